export type { MlflowEndpoint, MlflowHandlerOptions } from './handler.ts'
export { createMlflowHandler, mlflowEndpoints, openAccess } from './handler.ts'
