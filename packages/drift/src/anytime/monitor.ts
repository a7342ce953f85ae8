import type { Column, Summary, TableInput, Verdict } from '@mlops/core'
import { invalid, readTable, withDisplay } from '@mlops/core'
import type { Interval } from '@mlops/stats'
import { percent } from '../explain.ts'
import type { DriftReference } from '../reference.ts'
import { bernsteinSequence } from './confidence-sequence.ts'
import { eBenjaminiHochberg } from './e-benjamini-hochberg.ts'
import { exchangeability } from './exchangeability.ts'
import type { MonitorColumn, MonitorOptions, MonitorPart, MonitorState } from './monitor-state.ts'
import { checkMonitor, presentValues, startMonitor } from './monitor-state.ts'

/** What the evidence about a column comes to. */
export interface MonitoredColumn {
  readonly name: string
  readonly type: string
  readonly alarm: boolean
  /** Rows after which the alarm was raised. */
  readonly alarmAt: number | null
  /** Logarithm of the largest evidence so far: `P(evidence ever >= c) <= 1/c` without drift. */
  readonly logEvidence: number
  /** 1/evidence, at most 1: a p-value that holds at all times. */
  readonly pValue: number
  /** What the evidence alone must reach for an alarm under the family-wise budget. */
  readonly logThreshold: number
  readonly missing: number
  /** The watched share, in the reference and, if the stream has been stable, in the stream at all times. */
  readonly share: {
    readonly of: number | string
    readonly reference: number
    readonly interval: Interval
  }
  readonly reason: string
}

/** The standing of a monitor, to be read as often as one likes. */
export interface MonitorReport {
  readonly kind: 'anytime-drift-report'
  readonly verdict: Verdict
  readonly reasons: readonly string[]
  readonly alpha: number
  readonly budget: MonitorState['budget']
  readonly rows: number
  readonly batches: number
  /** Those with the most evidence first. */
  readonly columns: readonly MonitoredColumn[]
}

/** A monitor at work. */
export interface DriftMonitor {
  /** Takes the next rows, in the order in which they arrived. */
  observe(batch: TableInput): MonitorReport
  report(): MonitorReport
  state(): MonitorState
}

/**
 * A drift monitor that may be read after every row for years: the chance of ever raising a false alarm, over
 * all columns, is at most alpha.
 *
 * Each column has a betting test of its values and one of its missing values (see `exchangeability`); each part
 * gets an equal share of alpha. With `e-benjamini-hochberg` the evidence c of each column is turned into the e-value
 * `sqrt(c) − 1`, which is right at all times, and e-BH decides.
 *
 * Assumes that without drift rows are independent draws of the reference's distribution. Season, trend and
 * autocorrelation are departures, and are alarmed as such.
 * Input: a reference made by `fitReference`, or the state of an earlier monitor (which carries its options).
 * Output: a {@link DriftMonitor}. Cost: about a microsecond a value; constant memory.
 *
 * @throws `invalid`: those of `startMonitor`; `drift.not-an-anytime-state`; from `observe` those of `readTable` and
 *   `drift.missing-column`.
 * @example
 * ```ts
 * import { fitReference } from '@mlops/drift'
 * import { createMonitor } from '@mlops/drift/anytime'
 *
 * const rows = (n: number, shift: number) => Array.from({ length: n }, (_, i) => ({ x: ((i * 37) % 101) + shift }))
 * const monitor = createMonitor(fitReference(rows(1000, 0)))
 * console.log(monitor.observe(rows(200, 0)).verdict) // pass
 * const saved = JSON.stringify(monitor.state()) // survives a restart
 * console.log(createMonitor(JSON.parse(saved)).observe(rows(200, 60)).verdict) // fail
 * ```
 * Source: see `exchangeability`; Choe & Ramdas, "Combining evidence across filtrations" (2024), for the e-values of e-BH.
 */
export function createMonitor(
  start: DriftReference | MonitorState,
  options: MonitorOptions = {},
): DriftMonitor {
  let state: MonitorState
  if ((start as MonitorState)?.kind === 'anytime-monitor') {
    state = start as MonitorState
    checkMonitor(state)
    if (Object.keys(options).length > 0) {
      throw invalid(
        'drift.invalid-option',
        'a monitor goes on under the options it was started with; leave them out, or start from the reference',
        { given: Object.keys(options) },
      )
    }
  } else state = startMonitor(start as DriftReference, options)
  return {
    observe(batch) {
      state = observeBatch(state, batch)
      return reportOf(state)
    },
    report: () => reportOf(state),
    state: () => state,
  }
}

/** One batch: the state after it. The given one stays as it was. */
export function observeBatch(state: MonitorState, batch: TableInput): MonitorState {
  checkMonitor(state)
  const table = readTable(batch, { types: state.types, missingKeys: 'missing', name: 'batch' })
  const columns = state.columns.map((column) => {
    const found = table.columns.get(column.name)
    if (found !== undefined) return observeColumn(column, found)
    throw invalid(
      'drift.missing-column',
      `the batch has no column '${column.name}', which is watched; add it, or start the monitor with it in ignore`,
      { column: column.name },
    )
  })
  const next = {
    ...state,
    rows: state.rows + table.rowCount,
    batches: state.batches + 1,
    columns,
  }
  const alarmed = alarms(next)
  return {
    ...next,
    columns: columns.map((column, at) => ({
      ...column,
      alarmAt: column.alarmAt ?? (alarmed[at] ? next.rows : null),
    })),
  }
}

function observeColumn(column: MonitorColumn, found: Column): MonitorColumn {
  const present = presentValues(found)
  const gone = missingOf(found)
  const parts = column.parts.map((part): MonitorPart => {
    const values = part.tests === 'missing' ? gone : present
    const { order, reference, state } = part
    return {
      ...part,
      state: exchangeability(reference, state, values as ArrayLike<number>, { order }).state,
    }
  })
  let { sequence } = column.share
  const { of } = column.share
  for (let i = 0; i < present.length; i++) {
    const value = present[i]!
    const inside = typeof value === 'number' ? value <= (of as number) : value === of
    sequence = bernsteinSequence(sequence, inside ? 1 : 0).state
  }
  return {
    ...column,
    parts,
    share: { ...column.share, sequence },
    missing: column.missing + found.missing,
  }
}

/** For each row whether the value is there. */
function missingOf(column: Column): ArrayLike<number> {
  const gone =
    'codes' in column
      ? Array.from(column.codes, (c) => c < 0)
      : Array.from(column.values, Number.isNaN)
  return gone.map((is) => (is ? 'missing' : 'present')) as unknown as ArrayLike<number>
}

/** ln of the largest evidence: that of the best part, divided among the parts. */
function logEvidence({ parts }: MonitorColumn): number {
  const best = parts.reduce((most, { state }) => Math.max(most, state.logPeak), 0)
  return best - Math.log(parts.length)
}

function alarms({ columns, alpha, budget }: MonitorState): readonly boolean[] {
  if (budget === 'family-wise') {
    const threshold = Math.log(columns.length / alpha)
    return columns.map((column) => logEvidence(column) >= threshold)
  }
  const eValues = columns.map((column) => Math.max(0, Math.exp(logEvidence(column) / 2) - 1))
  return eBenjaminiHochberg(eValues, { alpha }).rejected
}

function reportOf(state: MonitorState): MonitorReport {
  const { alpha, budget, rows, batches } = state
  const logThreshold = Math.log(state.columns.length / alpha)
  const columns = state.columns
    .map((column): MonitoredColumn => {
      const log = logEvidence(column)
      const { of, reference, sequence } = column.share
      return {
        name: column.name,
        type: column.type,
        alarm: column.alarmAt !== null,
        alarmAt: column.alarmAt,
        logEvidence: log,
        pValue: Math.min(1, Math.exp(-log)),
        logThreshold,
        missing: column.missing,
        share: { of, reference, interval: { lower: sequence.low, upper: sequence.high } },
        reason: reasonOf(column),
      }
    })
    .sort((a, b) => b.logEvidence - a.logEvidence)
  const alarmed = columns.filter(({ alarm }) => alarm)
  const promise =
    budget === 'family-wise'
      ? `the chance of ever raising any false alarm is at most ${percent(alpha)}, however often this is read`
      : `on average at most ${percent(alpha)} of the alarmed columns are false alarms, however often this is read`
  const head =
    rows === 0
      ? 'nothing was observed yet'
      : alarmed.length === 0
        ? `no drift is shown in ${columns.length} columns after ${rows} rows`
        : `${alarmed.length} of ${columns.length} columns drifted`
  return withDisplay(
    {
      kind: 'anytime-drift-report',
      verdict: alarmed.length > 0 ? 'fail' : rows === 0 ? 'inconclusive' : 'pass',
      reasons: [
        head,
        ...alarmed.slice(0, 5).map(({ name, reason }) => `${name}: ${reason}`),
        promise,
      ],
      alpha,
      budget,
      rows,
      batches,
      columns,
    },
    summarise,
  )
}

function reasonOf({ parts, share, alarmAt }: MonitorColumn): string {
  if (alarmAt === null) return 'no drift is shown'
  const best = parts.reduce((a, b) => (b.state.logPeak > a.state.logPeak ? b : a))
  if (best.tests === 'missing')
    return `values are missing at another rate; shown after ${alarmAt} rows`
  const what =
    typeof share.of === 'number'
      ? `at or below ${Number(share.of.toPrecision(4))}`
      : `'${share.of}'`
  const now = share.sequence.n === 0 ? 0 : share.sequence.sum / share.sequence.n
  return `the distribution changed; ${what} were ${percent(share.reference)} of the values, and ${percent(now)} since monitoring began; shown after ${alarmAt} rows`
}

function summarise({ rows, verdict, reasons, columns }: MonitorReport): Summary {
  return {
    title: `Drift monitor after ${rows} rows`,
    verdict,
    lines: reasons,
    table: {
      columns: ['column', 'alarm', 'p (at all times)', 'missing'],
      rows: columns.map(({ name, alarmAt, pValue, missing }) => [
        name,
        alarmAt === null ? '–' : `after ${alarmAt} rows`,
        pValue,
        missing,
      ]),
    },
  }
}
