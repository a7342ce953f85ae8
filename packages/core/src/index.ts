export type { ErrorKind, MlopsErrorInit } from './errors.ts'
export { invalid, isMlopsError, MlopsError } from './errors.ts'
