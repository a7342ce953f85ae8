export type { RangeSource, ReadParquetOptions } from './read-parquet.ts'
export { readParquet } from './read-parquet.ts'
