export type { RegistryServiceOptions } from './registry-service.ts'
export { createRegistryService } from './registry-service.ts'
