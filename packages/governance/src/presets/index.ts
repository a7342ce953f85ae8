export { standardPolicy } from './standard-policy.ts'
