import type { CategoricalColumn, Column, ReadTableOptions } from '@mlops/core'
import { createRng, givenOptions, invalid } from '@mlops/core'
import type {
  CategoricalReference,
  ColumnReference,
  DriftReference,
  NumericReference,
} from '../reference.ts'
import { checkReference, sampleOf } from '../reference.ts'
import { requireChoice, requireLevel } from '../stream/require-option.ts'
import { requireState } from './bounded-value.ts'
import type { BernsteinState } from './confidence-sequence.ts'
import { emptyBernstein } from './confidence-sequence.ts'
import type { ExchangeabilityState } from './exchangeability.ts'
import { startExchangeability } from './exchangeability.ts'
import type { ExchangeabilityReference } from './exchangeability-reference.ts'
import { categoryExchangeability, numericExchangeability } from './exchangeability-reference.ts'

export interface MonitorOptions {
  /** Chance of ever raising a false alarm, over all columns and all time. @default 0.05 */
  readonly alpha?: number
  /**
   * What alpha bounds: the chance of any false alarm (`family-wise`), or the mean share of false ones among the
   * alarmed columns (`e-benjamini-hochberg`). @default 'family-wise'
   */
  readonly budget?: 'family-wise' | 'e-benjamini-hochberg'
  /** Columns that are left out: identifiers, for example. */
  readonly ignore?: readonly string[]
  /** Bins of numeric columns. @default 10 */
  readonly bins?: number
  /** Orders equal values at random. @default 'drift-monitor' */
  readonly seed?: number | string
}

/** One test of a column: of its values (categories in both orders), or of what is missing. */
export interface MonitorPart {
  readonly tests: 'values' | 'missing'
  readonly order: 'ascending' | 'descending'
  readonly reference: ExchangeabilityReference
  readonly state: ExchangeabilityState
}

/** A column as the monitor keeps it. */
export interface MonitorColumn {
  readonly name: string
  readonly type: ColumnReference['type']
  readonly parts: readonly MonitorPart[]
  /** A share that people understand, with its confidence sequence. */
  readonly share: {
    /** The values at or below this one; or the ones equal to this category. */
    readonly of: number | string
    readonly reference: number
    readonly sequence: BernsteinState
  }
  readonly missing: number
  /** Rows after which the alarm was raised; null before. An alarm stands. */
  readonly alarmAt: number | null
}

/** All that a monitor knows. Plain JSON: keep it wherever state is kept. */
export interface MonitorState {
  readonly kind: 'anytime-monitor'
  readonly formatVersion: 1
  readonly alpha: number
  readonly budget: 'family-wise' | 'e-benjamini-hochberg'
  readonly types: NonNullable<ReadTableOptions['types']>
  readonly rows: number
  readonly batches: number
  readonly columns: readonly MonitorColumn[]
}

/**
 * Sets up anytime-valid monitoring against a reference made by `fitReference`.
 *
 * Columns of dates, and columns without a value in the reference, are not watched.
 *
 * Input: the reference; it is taken as the finite sample that it is. Output: plain JSON, a few KB a column.
 * Cost: O(kept sample · log) a column.
 *
 * @throws `invalid`: `drift.not-a-reference`, `drift.invalid-option`, `drift.unknown-column`,
 *   `drift.nothing-to-monitor`; `unsupported` `drift.unsupported-format`.
 */
export function startMonitor(
  reference: DriftReference,
  options: MonitorOptions = {},
): MonitorState {
  const {
    alpha = 0.05,
    budget = 'family-wise',
    ignore = [],
    bins = 10,
    seed = 'drift-monitor',
  } = givenOptions(options)
  checkReference(reference)
  requireLevel('alpha', alpha)
  requireChoice('budget', budget, ['family-wise', 'e-benjamini-hochberg'])
  for (const name of ignore) {
    if (reference.columns.some((column) => column.name === name)) continue
    throw invalid(
      'drift.unknown-column',
      `ignore names a column '${name}' that the reference does not have`,
      { column: name },
    )
  }
  const watched = reference.columns
    .filter(isWatched)
    .filter(({ name, count }) => count > 0 && !ignore.includes(name))
  if (watched.length === 0) {
    throw invalid(
      'drift.nothing-to-monitor',
      'the reference has no numeric, categorical or boolean column with values that is not ignored',
      {},
    )
  }
  return {
    kind: 'anytime-monitor',
    formatVersion: 1,
    alpha,
    budget,
    types: {
      ...reference.types,
      ...Object.fromEntries(watched.map(({ name, type }) => [name, type])),
    },
    rows: 0,
    batches: 0,
    columns: watched.map((column) => columnOf(column, bins, seed)),
  }
}

/** Times move on by nature; texts and embeddings have no order to bet on. */
function isWatched(column: ColumnReference): column is WatchedReference {
  return column.type === 'numeric' || 'categories' in column
}

type WatchedReference = NumericReference | CategoricalReference

function columnOf(column: WatchedReference, bins: number, seed: number | string): MonitorColumn {
  const { name, type, count, missing } = column
  const rng = createRng(`${seed}/${name}`)
  const part = (
    tests: MonitorPart['tests'],
    reference: ExchangeabilityReference,
    order: MonitorPart['order'] = 'ascending',
  ): MonitorPart => {
    const state = startExchangeability(reference, { seed: `${seed}/${name}/${tests}/${order}` })
    return { tests, order, reference, state }
  }
  const gone = part(
    'missing',
    categoryExchangeability(
      [
        ['missing', missing],
        ['present', count],
      ],
      { rng },
    ),
  )
  const outline = { name, type, missing: 0, alarmAt: null }
  if ('categories' in column) {
    const { categories } = column
    const [of, n] = categories[0]!
    return {
      ...outline,
      parts: [
        part('values', categoryExchangeability(categories, { rng })),
        part(
          'values',
          categoryExchangeability(categories, { rng, order: 'descending' }),
          'descending',
        ),
        gone,
      ],
      share: { of, reference: n / count, sequence: emptyBernstein },
    }
  }
  const sample = sampleOf(column)
  const values = numericExchangeability(sample, { bins, rng })
  const of = values.edges[values.edges.length >> 1]!.value
  return {
    ...outline,
    parts: [part('values', values), gone],
    share: {
      of,
      reference: sample.filter((x) => x <= of).length / sample.length,
      sequence: emptyBernstein,
    },
  }
}

/** Throws unless the document read back is the state of a monitor. */
export function checkMonitor(state: MonitorState): void {
  requireState(state, 'anytime-monitor', state?.formatVersion === 1 && Array.isArray(state.columns))
}

/** The present values of a column, as the tests take them. */
export function presentValues(column: Column): ArrayLike<number> | ArrayLike<string> {
  if (column.type === 'numeric') return column.values.filter((x) => !Number.isNaN(x))
  const { codes, categories } = column as CategoricalColumn
  return Array.from(codes)
    .filter((code) => code >= 0)
    .map((code) => categories[code]!)
}
