export type { RunningServer, ServeOptions } from './serve.ts'
export { serve } from './serve.ts'
