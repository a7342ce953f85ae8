import type {
  CategoricalColumn,
  Column,
  ReadTableOptions,
  Rng,
  Table,
  TableInput,
} from '@mlops/core'
import { createRng, givenOptions, invalid, readTable } from '@mlops/core'
import type { Binning } from '@mlops/stats'
import { checkBinning } from '@mlops/stats'
import { fitCalendar } from './fit-calendar.ts'
import { fitEmbedding } from './fit-embedding.ts'
import type { NumericFit } from './fit-numeric.ts'
import { fitNumeric, jsonSafe } from './fit-numeric.ts'
import { fitText } from './fit-text.ts'
import type {
  CategoricalReference,
  ColumnReference,
  DriftReference,
  LearnedLimit,
  NumericReference,
} from './reference.ts'
import { categoriesOf, numbersOf } from './reference.ts'

export interface FitReferenceOptions extends Omit<ReadTableOptions, 'name'> {
  /** How many bins the numeric columns get: deciles by default. @default 10 */
  readonly bins?: number
  /** Bins for single columns, instead of quantiles or one per category. */
  readonly binnings?: Readonly<Record<string, Binning>>
  /** How many values are kept per numeric column for the tests on values; `'all'` keeps every one. @default 10000 */
  readonly sampleSize?: number | 'all'
  /** Draws the sample. @default createRng('drift-reference') */
  readonly rng?: Rng
  /** What `learnThresholds` found, to be kept in the document. */
  readonly learned?: readonly LearnedLimit[]
}

/**
 * Boils a reference table down to a small JSON document, to be compared with any number of tables
 * later: per column counts, moments, quantile bins and a sample of the values, or the categories; of times
 * how they spread over clock and calendar; of texts (`types: { comment: 'text' }`) lengths, vocabulary
 * and word frequencies; of embeddings the mean and a sample of rows.
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
  const { sampleSize = DEFAULT_SAMPLE } = givenOptions(options)
  checkSampleSize(sampleSize)
  return asJsonReference(fitColumns(table, { ...options, sampleSize }))
}

/** Values kept per column when nothing is said. */
export const DEFAULT_SAMPLE = 10_000

/** Throws for a sample size that is neither `'all'` nor an integer >= 1. */
export function checkSampleSize(
  sampleSize: FitReferenceOptions['sampleSize'] = DEFAULT_SAMPLE,
): void {
  if (sampleSize === 'all' || (Number.isInteger(sampleSize) && sampleSize >= 1)) return
  throw invalid(
    'drift.invalid-option',
    `sampleSize must be an integer >= 1 or 'all', got ${sampleSize}`,
    { sampleSize },
  )
}

/** A reference that JSON holds: samples as plain arrays of finite numbers. */
export function asJsonReference(fitted: DriftReference): DriftReference {
  return { ...fitted, columns: fitted.columns.map(asJson) }
}

/** As {@link fitReference}, but keeps the samples as they are, uncopied. For use at once, not for JSON. */
export function fitColumns(
  input: TableInput,
  { rng = createRng('drift-reference'), missingKeys, ...options }: FitReferenceOptions,
): DriftReference {
  const { types } = options
  const table = readTable(input, {
    ...(types && { types }),
    ...(missingKeys && { missingKeys }),
    name: 'reference',
  })
  // A generator of its own, so that a column's sample does not depend on the columns before it.
  return fitTable(table, options, () => rng.split())
}

/** As {@link fitColumns}, of a table that was read; `rngOf` is asked once a column, in their order. */
export function fitTable(
  table: Table,
  {
    bins = 10,
    binnings = {},
    sampleSize = 'all',
    types = {},
    learned,
  }: Omit<FitReferenceOptions, 'rng' | 'missingKeys'>,
  rngOf: (at: number) => Rng,
): DriftReference {
  const columns = [...table.columns].map(([name, column], at) => {
    const binning = Object.hasOwn(binnings, name) ? binnings[name] : undefined
    if (binning) checkBinningOf(name, column, binning)
    return fitColumn(name, column, { bins, sampleSize, rng: rngOf(at) }, binning)
  })
  return {
    kind: 'drift-reference',
    formatVersion: 2,
    rowCount: table.rowCount,
    types,
    columns,
    ...(learned && { learned }),
  }
}

function checkBinningOf(name: string, { type }: Column, binning: Binning): void {
  checkBinning(binning)
  const fits =
    binning.kind === 'numeric'
      ? type === 'numeric' || type === 'datetime'
      : type === 'categorical' || type === 'boolean'
  if (fits) return
  throw invalid(
    'drift.invalid-option',
    `binnings: column '${name}' is ${type}, and its binning is of ${binning.kind === 'numeric' ? 'numbers' : 'categories'}`,
    { column: name, type, kind: binning.kind },
  )
}

function fitColumn(
  name: string,
  column: Column,
  fit: NumericFit,
  binning: Binning | undefined,
): ColumnReference {
  const ofNumbers = { ...fit, ...(binning?.kind === 'numeric' && { binning }) }
  switch (column.type) {
    case 'numeric':
      return fitNumeric(name, column, ofNumbers)
    case 'datetime': {
      const calendar = fitCalendar(numbersOf(column).finite)
      return { ...fitNumeric(name, column, ofNumbers), ...(calendar && { calendar }) }
    }
    case 'categorical':
    case 'boolean':
      return {
        ...fitCategorical(name, column),
        ...(binning?.kind === 'categories' && { binning }),
      }
    case 'text':
      return fitText(name, column, fit)
    case 'embedding':
      return fitEmbedding(name, column, fit)
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

function asJson(column: ColumnReference): ColumnReference {
  if (column.type === 'text') return { ...column, documents: column.documents.map(asJsonNumbers) }
  if ('sample' in column) return { ...column, sample: Array.from(column.sample, jsonSafe) }
  return column
}

function asJsonNumbers(column: NumericReference): NumericReference {
  return { ...column, sample: Array.from(column.sample, jsonSafe) }
}
