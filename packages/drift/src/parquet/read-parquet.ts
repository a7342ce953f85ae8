import type { ColumnInput } from '@mlops/core'
import { invalid, MlopsError } from '@mlops/core'

/** A file of which ranges can be had: an ArrayBuffer, or what hyparquet's `asyncBufferFrom…` give. */
export interface RangeSource {
  readonly byteLength: number
  slice(start: number, end?: number): ArrayBuffer | Promise<ArrayBuffer>
}

export interface ReadParquetOptions {
  /** The columns to read. @default all */
  readonly columns?: readonly string[]
  /** Decoders beyond snappy and uncompressed: those of `hyparquet-compressors`. */
  readonly compressors?: Readonly<
    Record<string, (input: Uint8Array, outputLength: number) => Uint8Array>
  >
}

type Hyparquet = typeof import('hyparquet')
type Metadata = Awaited<ReturnType<Hyparquet['parquetMetadataAsync']>>

/**
 * Reads a Parquet file as batches of columns, one a row group, for `profileBatches`.
 *
 * Input: what `hyparquet` reads: an ArrayBuffer, or `asyncBufferFromFile`, `asyncBufferFromUrl`, whose
 * ranges are fetched as they are needed. Columns must be flat.
 * Output: records of columns, pulled one by one. Memory: the chosen columns of one row group.
 * Cost: about 50 ns a value.
 *
 * @throws `invalid`: `drift.parquet-unreadable`, `drift.parquet-nested-column`,
 *   `drift.unknown-column`; `unsupported` `drift.no-hyparquet`.
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { readParquet } from '@mlops/drift/parquet'
 * import { profileBatches } from '@mlops/drift/profile'
 *
 * const profileFile = async (path: string) =>
 *   profileBatches(readParquet(new Uint8Array(await readFile(path)).buffer))
 * console.log(typeof profileFile) // 'function'
 * ```
 */
export async function* readParquet(
  file: RangeSource,
  { columns, compressors }: ReadParquetOptions = {},
): AsyncGenerator<Record<string, ColumnInput>> {
  const { parquetMetadataAsync, parquetRead } = await loadHyparquet()
  const metadata = await reading('its footer', () => parquetMetadataAsync(file))
  const names = namesOf(metadata, columns)

  async function columnOf(name: string, rowStart: number, rowEnd: number): Promise<ColumnInput> {
    const pieces: ArrayLike<unknown>[] = []
    await reading(`column '${name}'`, () =>
      parquetRead({
        file,
        metadata,
        columns: [name],
        rowStart,
        rowEnd,
        ...(compressors && { compressors }),
        onChunk: ({ columnData }) => pieces.push(columnData),
      }),
    )
    if (pieces.length === 1) return pieces[0] as ColumnInput
    return pieces.flatMap((piece) => Array.from(piece)) as ColumnInput
  }

  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    if (rowEnd > rowStart) {
      const batch: [string, ColumnInput][] = []
      for (const name of names) batch.push([name, await columnOf(name, rowStart, rowEnd)])
      yield Object.fromEntries(batch)
    }
    rowStart = rowEnd
  }
}

async function loadHyparquet(): Promise<Hyparquet> {
  try {
    return await import('hyparquet')
  } catch (cause) {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'drift.no-hyparquet',
      message: 'reading Parquet needs the hyparquet package: run `npm install hyparquet`',
      cause,
    })
  }
}

async function reading<Result>(what: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw invalid(
      'drift.parquet-unreadable',
      `the Parquet file cannot be read at ${what}: ${reason}`,
      { what, reason },
    )
  }
}

function namesOf({ schema }: Metadata, wanted: readonly string[] | undefined): string[] {
  const nested = new Set<string>()
  const names: string[] = []
  for (let at = 1; at < schema.length; ) {
    const { name, num_children: children = 0, repetition_type: repetition } = schema[at]!
    names.push(name)
    if (children > 0 || repetition === 'REPEATED') nested.add(name)
    at = afterSubtree(schema, at)
  }
  const chosen = wanted ?? names
  for (const name of chosen) {
    if (!names.includes(name)) {
      throw invalid(
        'drift.unknown-column',
        `the file has no column '${name}'; it has ${names.slice(0, 20).join(', ')}`,
        { column: name },
      )
    }
    if (nested.has(name)) {
      throw invalid(
        'drift.parquet-nested-column',
        `column '${name}' is nested; name the flat ones in columns, or flatten it before`,
        { column: name },
      )
    }
  }
  return [...chosen]
}

function afterSubtree(schema: Metadata['schema'], at: number): number {
  let next = at + 1
  for (let child = 0; child < (schema[at]!.num_children ?? 0); child++)
    next = afterSubtree(schema, next)
  return next
}
