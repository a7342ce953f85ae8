import type {
  CategoricalColumn,
  NumericColumn,
  ReadTableOptions,
  Rng,
  TableInput,
} from '@mlops/core'
import { createRng, invalid, readTable } from '@mlops/core'
import type { NumericBinning } from '@mlops/stats'
import { countBins, describe, equalWidthBinning, quantileBinning, quantiles } from '@mlops/stats'
import type { CategoricalReference, DriftReference, NumericReference } from './reference.ts'
import { categoriesOf, isNumeric, numbersOf } from './reference.ts'

export interface FitReferenceOptions extends Omit<ReadTableOptions, 'name'> {
  /** How many bins the numeric columns get: deciles by default. @default 10 */
  readonly bins?: number
  /** Bins for single columns, instead of quantiles. */
  readonly binnings?: Readonly<Record<string, NumericBinning>>
  /** How many values are kept per numeric column for the tests on values; `'all'` keeps every one. @default 10000 */
  readonly sampleSize?: number | 'all'
  /** Draws the sample. @default createRng('drift-reference') */
  readonly rng?: Rng
}

/**
 * Boils a reference table down to a small JSON document, to be compared with any number of tables
 * later: per column counts, moments, quantile bins and a sample of the values, or the categories.
 *
 * Input: a table in any shape that `readTable` takes. Missing values are counted, not used.
 * Output: plain JSON; about 100 KB for a numeric column with a full sample of 10 000.
 * Cost: O(rows · columns).
 *
 * @throws `invalid`: those of `readTable` (`core.empty-table`, `core.missing-key`, …), and
 *   `drift.invalid-option`.
 * @example
 * ```ts
 * import { compare, fitReference } from '@mlops/drift'
 *
 * const reference = fitReference({ age: [22, 35, 41, 58, 63, 29, 47, 51, 38, 44] })
 * const saved = JSON.stringify(reference)
 *
 * const report = compare(JSON.parse(saved), { age: [23, 36, 40, 57, 64, 28, 46, 52, 39, 43] })
 * console.log(report.verdict) // 'pass'
 * ```
 */
export function fitReference(table: TableInput, options: FitReferenceOptions = {}): DriftReference {
  const { sampleSize = 10_000 } = options
  if (sampleSize !== 'all' && (!Number.isInteger(sampleSize) || sampleSize < 1)) {
    throw invalid(
      'drift.invalid-option',
      `sampleSize must be an integer >= 1 or 'all', got ${sampleSize}`,
      { sampleSize },
    )
  }
  const fitted = fitColumns(table, { ...options, sampleSize })
  const columns = fitted.columns.map((column) =>
    'sample' in column ? { ...column, sample: Array.from(column.sample, jsonSafe) } : column,
  )
  return { ...fitted, columns }
}

/** As {@link fitReference}, but keeps the samples as they are, uncopied. For use at once, not for JSON. */
export function fitColumns(
  input: TableInput,
  {
    bins = 10,
    binnings = {},
    sampleSize = 'all',
    rng = createRng('drift-reference'),
    ...reading
  }: FitReferenceOptions,
): DriftReference {
  const table = readTable(input, { ...reading, name: 'reference' })
  const columns = [...table.columns].map(([name, column]) =>
    isNumeric(column)
      ? fitNumeric(name, column, {
          bins,
          binning: Object.hasOwn(binnings, name) ? binnings[name] : undefined,
          sampleSize,
          rng,
        })
      : fitCategorical(name, column),
  )
  return {
    kind: 'drift-reference',
    formatVersion: 1,
    rowCount: table.rowCount,
    types: reading.types ?? {},
    columns,
  }
}

interface NumericFit {
  readonly bins: number
  readonly binning: NumericBinning | undefined
  readonly sampleSize: number | 'all'
  readonly rng: Rng
}

function fitNumeric(
  name: string,
  column: NumericColumn,
  { bins, binning: given, sampleSize, rng }: NumericFit,
): NumericReference {
  const { present, finite } = numbersOf(column)
  const some = finite.length > 0
  const binning = some || given ? (given ?? quantileBinning(finite, { bins })) : undefined
  const histogram = some ? drawingBins(finite) : undefined
  const complete = sampleSize === 'all' || present.length <= sampleSize
  return {
    name,
    type: column.type,
    count: present.length,
    missing: column.missing,
    infinite: present.length - finite.length,
    summary: describe(finite),
    ...(binning && { bins: { binning, counts: countBins(binning, present).counts } }),
    ...(histogram && {
      histogram: { binning: histogram, counts: countBins(histogram, present).counts },
    }),
    sample: complete ? present : drawSample(present, sampleSize, rng),
    sampleIsComplete: complete,
  }
}

function fitCategorical(name: string, column: CategoricalColumn): CategoricalReference {
  return {
    name,
    type: column.type,
    count: column.length - column.missing,
    missing: column.missing,
    categories: categoriesOf(column),
  }
}

function drawingBins(finite: Float64Array): NumericBinning {
  const [low, high] = quantiles(finite, [0.01, 0.99])
  return equalWidthBinning([low!, high!], { bins: 24 })
}

/** A simple random sample without replacement (a partial Fisher-Yates shuffle). */
function drawSample(values: Float64Array, size: number, rng: Rng): Float64Array {
  const pool = values.slice()
  for (let i = 0; i < size; i++) {
    const j = i + rng.int(pool.length - i)
    const held = pool[i]!
    pool[i] = pool[j]!
    pool[j] = held
  }
  return pool.slice(0, size)
}

/** JSON has no infinities; the largest doubles stand for them. */
function jsonSafe(x: number): number {
  return Number.isFinite(x) ? x : Math.sign(x) * Number.MAX_VALUE
}
