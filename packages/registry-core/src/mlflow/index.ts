export type { MlflowEndpoint } from './handler.ts'
export { createMlflowHandler, mlflowEndpoints, openAccess } from './handler.ts'
export type { MlflowHandlerOptions } from './handler-options.ts'
