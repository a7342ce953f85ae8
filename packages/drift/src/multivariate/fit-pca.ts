import type { ColumnType, Table, TableInput } from '@mlops/core'
import { givenOptions, invalid, MlopsError } from '@mlops/core'
import type { ThresholdLimits, ThresholdRule } from '@mlops/stats'
import { checkThresholdRule, thresholdLimits } from '@mlops/stats'
import type { Matrix } from '@mlops/stats/multivariate'
import { symmetricEigen } from '@mlops/stats/multivariate'
import type { ChunkBy } from '../chunk.ts'
import { chunk } from '../chunk.ts'
import { encodeTable } from './encode-table.ts'
import type { ColumnEncoding, EncodingOptions } from './table-encoding.ts'
import { fitEncoding, readEncodable, refuseUnknown } from './table-encoding.ts'

export interface FitPcaOptions extends EncodingOptions {
  /** The components kept explain more than this share of the variance. @default 0.65 */
  readonly variance?: number
  /** A number of chunks, or how else the reference is cut, to learn the limits. @default 10 */
  readonly chunks?: number | ChunkBy
  /** How the limits follow from the errors of the chunks. @default { kind: 'standard-deviation' } */
  readonly limits?: ThresholdRule
}

/** What a comparison by reconstruction error needs of the reference. Plain JSON. */
export interface PcaReference {
  readonly kind: 'pca-reference'
  readonly formatVersion: 1
  readonly rowCount: number
  readonly types: Readonly<Record<string, ColumnType>>
  readonly ignore: readonly string[]
  readonly encoding: readonly ColumnEncoding[]
  /** Orthonormal directions in the encoded space, the largest variance first. */
  readonly components: readonly (readonly number[])[]
  /** The share of the variance that each explains. */
  readonly explained: readonly number[]
  /** Mean reconstruction error of each chunk of the reference, and the limits learned from them. */
  readonly learned: ThresholdLimits & {
    readonly values: readonly number[]
    readonly rule: ThresholdRule
  }
}

/**
 * Learns the usual combinations of the columns' values: the principal components that explain more
 * than 65 % of the variance. {@link pcaDrift} asks how well they reproduce later rows.
 *
 * Numbers are standardised (ddof 0), categories replaced by their shares and then standardised,
 * missing values by mean or mode; `k` is the smallest number of components whose share of the variance
 * exceeds `variance`. Limits: mean ± 3 standard deviations (ddof 0) of the mean errors over chunks.
 *
 * Input: a reference table, in the order of time if the limits should allow for its ups and downs.
 * Times and texts are left out.
 * Output: plain JSON of k·columns numbers; keep it with the model. Limits hold for tables about as
 * large as a chunk.
 * Cost: O(rows · columns² + columns³).
 *
 * @throws `invalid`: those of `readTable` and `chunk`; `drift.no-columns`, `drift.unknown-column`,
 *   `drift.no-variance` where every column is constant, `drift.invalid-option`,
 *   `stats.bad-threshold-rule`.
 * @example
 * ```ts
 * import { fitPca, pcaDrift } from '@mlops/drift/multivariate'
 *
 * const x = Array.from({ length: 400 }, (_, i) => (i * 37) % 100)
 * const reference = fitPca({ x, y: x.map((v, i) => 2 * v + (i % 7)) })
 * const later = pcaDrift(reference, { x, y: x.map((v, i) => 200 - 2 * v + (i % 7)) })
 * console.log(reference.components.length, later.verdict) // 1 fail
 * ```
 * Source: NannyML's data reconstruction error.
 */
export function fitPca(input: TableInput, options: FitPcaOptions = {}): PcaReference {
  const {
    variance = 0.65,
    chunks = 10,
    limits = { kind: 'standard-deviation' },
    ...reading
  } = givenOptions(options)
  if (!(variance > 0 && variance < 1)) {
    throw invalid(
      'drift.invalid-option',
      `variance must lie strictly between 0 and 1, got ${variance}`,
      { variance },
    )
  }
  checkThresholdRule(limits)
  const { read, table } = readEncodable(input, reading, 'reference')
  refuseUnknown(reading.ignore ?? [], [read])
  const encoding = fitEncoding(table, 'frequency')
  const { matrix } = encodeTable(encoding, table, 'impute')
  const { components, explained } = principalComponents(matrix, variance)
  const how: ChunkBy = typeof chunks === 'number' ? { by: 'count', count: chunks } : chunks
  // Cut before a time column, by which a chunk may be a period, is left out.
  const values = chunk(read, how).map(({ table: part }) =>
    meanOf(reconstructionErrors({ encoding, components }, part)),
  )
  return {
    kind: 'pca-reference',
    formatVersion: 1,
    rowCount: table.rowCount,
    types: reading.types ?? {},
    ignore: reading.ignore ?? [],
    encoding,
    components,
    explained,
    learned: { ...thresholdLimits(values, limits), values, rule: limits },
  }
}

function principalComponents({ rows, columns, values }: Matrix, variance: number) {
  const covariance = new Float64Array(columns * columns)
  const mean = new Float64Array(columns)
  for (let i = 0; i < values.length; i++) mean[i % columns]! += values[i]! / rows
  for (let row = 0; row < rows; row++) {
    const start = row * columns
    for (let j = 0; j < columns; j++) {
      const x = values[start + j]! - mean[j]!
      for (let k = j; k < columns; k++)
        covariance[j * columns + k]! += (x * (values[start + k]! - mean[k]!)) / rows
    }
  }
  const eigen = symmetricEigen({ rows: columns, columns, values: covariance })
  const total = eigen.values.reduce((sum, value) => sum + Math.max(0, value), 0)
  if (!(total > 0)) {
    throw invalid(
      'drift.no-variance',
      `all ${columns} encoded columns of the reference are constant: there is no variance to explain`,
      { columns },
    )
  }
  const explained: number[] = []
  for (let at = 0, sum = 0; at < columns && sum <= variance; at++) {
    explained.push(eigen.values[at]! / total)
    sum += explained[at]!
  }
  return {
    explained,
    components: explained.map((_, at) =>
      Array.from(eigen.vectors.values.subarray(at * columns, (at + 1) * columns)),
    ),
  }
}

/** Length of what the components leave of each encoded row: |z − CᵀCz|. */
export function reconstructionErrors(
  { encoding, components }: Pick<PcaReference, 'encoding' | 'components'>,
  table: Table,
): Float64Array {
  const { rows, columns, values } = encodeTable(encoding, table, 'impute').matrix
  const errors = new Float64Array(rows)
  const rest = new Float64Array(columns)
  for (let row = 0; row < rows; row++) {
    const encoded = values.subarray(row * columns, (row + 1) * columns)
    rest.set(encoded)
    for (const component of components) {
      let score = 0
      for (let k = 0; k < columns; k++) score += component[k]! * encoded[k]!
      for (let k = 0; k < columns; k++) rest[k]! -= score * component[k]!
    }
    let squares = 0
    for (let k = 0; k < columns; k++) squares += rest[k]! * rest[k]!
    errors[row] = Math.sqrt(squares)
  }
  return errors
}

/** Arithmetic mean. */
export function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/**
 * Confirms that a document read back is one that this version can compare with.
 *
 * @throws `invalid` `drift.not-a-reference`; `unsupported` `drift.unsupported-format`.
 */
export function checkPcaReference(reference: PcaReference): void {
  if (reference?.kind !== 'pca-reference' || !Array.isArray(reference.components)) {
    throw invalid('drift.not-a-reference', 'the reference is no document made by fitPca()', {})
  }
  if (reference.formatVersion === 1) return
  throw new MlopsError({
    kind: 'unsupported',
    code: 'drift.unsupported-format',
    message: `the reference has format ${String((reference as PcaReference).formatVersion)}, this version reads format 1; fit it again, or update @mlops/drift`,
    details: { formatVersion: (reference as PcaReference).formatVersion },
  })
}
