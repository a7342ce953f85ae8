import type { Row, TableInput } from '@mlops/core'
import type { ProfilerOptions } from './create-profiler.ts'
import { createProfiler } from './create-profiler.ts'
import type { DataProfile } from './data-profile.ts'

/**
 * Profiles rows as they arrive, in one pass. The source waits while a row is taken in.
 *
 * Input: rows, synchronous or not: an array, a database cursor, a message stream.
 * Cost and errors: as for {@link createProfiler}; errors of the source go through.
 *
 * @example
 * ```ts
 * import { profileRows } from '@mlops/drift/profile'
 *
 * async function* requests() {
 *   yield { latency: 12 }
 *   yield { latency: 15 }
 * }
 * console.log((await profileRows(requests())).rowCount) // 2
 * ```
 */
export async function profileRows(
  rows: AsyncIterable<Row> | Iterable<Row>,
  options: ProfilerOptions = {},
): Promise<DataProfile> {
  const profiler = createProfiler(options)
  for await (const row of rows) profiler.add(row)
  return profiler.profile()
}

/**
 * Profiles batches as they arrive, in one pass: Arrow record batches, CSV ({@link readCsv}), Parquet
 * (`readParquet` of `@mlops/drift/parquet`), records of columns. One batch is held at a time.
 *
 * Cost and errors: as for {@link createProfiler}; errors of the source go through.
 *
 * @example
 * ```ts
 * import { profileBatches, readCsv } from '@mlops/drift/profile'
 *
 * const profile = await profileBatches(readCsv(['age,city\n31,Oslo\n', '40,Rome\n']))
 * console.log(profile.rowCount, profile.columns.map(({ type }) => type)) // 2 [ 'numeric', 'categorical' ]
 * ```
 */
export async function profileBatches(
  batches: AsyncIterable<TableInput> | Iterable<TableInput>,
  options: ProfilerOptions = {},
): Promise<DataProfile> {
  const profiler = createProfiler(options)
  for await (const batch of batches) profiler.addTable(batch)
  return profiler.profile()
}
