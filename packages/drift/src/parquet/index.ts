export type { ReadParquetOptions } from './read-parquet.ts'
export { readParquet } from './read-parquet.ts'
