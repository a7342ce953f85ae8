import type { ReadTableOptions, Table, TableInput } from '@mlops/core'
import { givenOptions, invalid, withDisplay } from '@mlops/core'
import type { ThresholdLimits, ThresholdRule } from '@mlops/stats'
import { thresholdLimits } from '@mlops/stats'
import type { ChunkBy } from '../chunk.ts'
import { chunk } from '../chunk.ts'
import type { DriftPoint, DriftSeries } from '../drift-series.ts'
import { summarise, worst } from '../drift-series.ts'
import type { MultivariateDrift } from './multivariate-drift.ts'

/** Compares one chunk with the reference, by the method and options of your choice. */
export type CompareChunk = (part: Table) => MultivariateDrift

/** Limits of a statistic, with the values that they were learned from. */
export interface LearnedMultivariateLimits extends ThresholdLimits {
  readonly values: readonly (number | null)[]
  readonly rule: ThresholdRule
}

export interface MultivariateSeriesOptions extends Omit<ReadTableOptions, 'name'> {
  readonly chunk: ChunkBy
  readonly compare: CompareChunk
}

/**
 * Compares a table chunk by chunk with a multivariate method: the drift over time.
 *
 * Input: a table, how it is cut, and what compares a chunk. Reports draw the result.
 * Output: a series with one line, `all columns`; its value is the statistic where limits decide, else
 * the p-value. Every chunk is a test of its own.
 * Cost: one comparison per chunk.
 *
 * @throws as `chunk` and the comparison.
 * @example
 * ```ts
 * import { fitPca, multivariateSeries, pcaDrift } from '@mlops/drift/multivariate'
 *
 * const x = Array.from({ length: 400 }, (_, i) => (i * 37) % 100)
 * const reference = fitPca({ x, y: x.map((v) => v + (v % 5)) })
 * const later = { x, y: x.map((v, i) => (i < 200 ? v + (v % 5) : 99 - v)) }
 * const series = multivariateSeries(later, {
 *   chunk: { by: 'count', count: 4 },
 *   compare: (part) => pcaDrift(reference, part),
 * })
 * console.log(series.chunks.map(({ verdict }) => verdict)) // [ 'pass', 'pass', 'fail', 'fail' ]
 * ```
 */
export function multivariateSeries(
  table: TableInput,
  options: MultivariateSeriesOptions,
): DriftSeries {
  const { chunk: how, compare, ...reading } = givenOptions(options)
  const cut = chunk(table, how, reading)
  const found = cut.map((part) => compare(part.table))
  const points = found.map((one, at): DriftPoint => {
    const byLimits = one.limits !== null
    return {
      chunk: at,
      status: one.status === 'compared' ? 'compared' : 'insufficient-data',
      value: byLimits ? one.statistic : one.pValue,
      threshold: byLimits ? (one.limits?.upper ?? null) : one.alpha,
      direction: byLimits ? (one.limits?.upper == null ? null : '>') : '<',
      lower: one.limits?.lower ?? null,
      effectSize: byLimits ? null : one.statistic,
      adjustedPValue: one.pValue,
      drifted: one.drifted,
    }
  })
  const alarms = points.filter(({ drifted }) => drifted).length
  const first = cut[points.findIndex(({ drifted }) => drifted)]
  const series: DriftSeries = {
    kind: 'drift-series',
    verdict: worst(found.map(({ verdict }) => verdict)),
    sentence: first
      ? `All columns together drifted in ${alarms} of ${cut.length} chunks, first in ${first.label}.`
      : `All columns together drifted in none of ${cut.length} chunks.`,
    chunks: found.map((one, at) => ({
      label: cut[at]!.label,
      rows: cut[at]!.table.rowCount,
      verdict: one.verdict,
      drifted: one.drifted ? 1 : 0,
      compared: one.drifted === null ? 0 : 1,
      sentence: one.sentence,
    })),
    columns: [{ name: 'all columns', method: found[0]?.method ?? null, points, alarms }],
  }
  return withDisplay(series, summarise)
}

export interface LearnMultivariateLimitsOptions extends Omit<ReadTableOptions, 'name'> {
  /** A number of chunks, or how else the reference is cut. @default 10 */
  readonly chunks?: number | ChunkBy
  /** @default { kind: 'standard-deviation', multiplier: 3, lowerMultiplier: null } */
  readonly rule?: ThresholdRule
  readonly compare: CompareChunk
}

/**
 * Learns from chunks of the reference how large a multivariate statistic is while nothing drifts; pass
 * the result as `limits` to decide by size instead of by p-value.
 *
 * `limit = mean + 3·sd` of the statistic over the chunks (ddof 0), or quantiles.
 *
 * Input: the reference, and what compares a chunk with it. Output: limits, plain JSON; they hold for
 * tables about as large as a chunk. Cost: one comparison per chunk.
 *
 * @throws `invalid`: those of `chunk` and the comparison; `drift.too-few-chunks` when fewer than two
 *   chunks have a statistic; `stats.bad-threshold-rule`.
 * @example
 * ```ts
 * import { energyDrift, learnMultivariateLimits } from '@mlops/drift/multivariate'
 *
 * const table = { x: Array.from({ length: 500 }, (_, i) => (i * 37) % 101) }
 * const compare = (part: Parameters<typeof energyDrift>[1]) => energyDrift(table, part, { permutations: 9 })
 * const limits = learnMultivariateLimits(table, { chunks: 5, compare })
 * console.log(limits.values.length, limits.lower) // 5 null
 * ```
 * Source: NannyML's standard deviation threshold.
 */
export function learnMultivariateLimits(
  reference: TableInput,
  options: LearnMultivariateLimitsOptions,
): LearnedMultivariateLimits {
  const {
    chunks = 10,
    rule = { kind: 'standard-deviation', multiplier: 3, lowerMultiplier: null },
    compare,
    ...reading
  } = givenOptions(options)
  const how: ChunkBy = typeof chunks === 'number' ? { by: 'count', count: chunks } : chunks
  const values = chunk(reference, how, reading).map(({ table }) => compare(table).statistic)
  const known = values.filter((value) => value !== null)
  if (known.length < 2 && rule.kind !== 'constant') {
    throw invalid(
      'drift.too-few-chunks',
      `${known.length} of ${values.length} chunks have a statistic; at least 2 are needed. Cut fewer, larger chunks, or give a constant limit`,
      { chunks: values.length, known: known.length },
    )
  }
  return { ...thresholdLimits(known, rule), values, rule }
}
