import type { Description, NumericBinning } from '@mlops/stats'
import { excessKurtosisOf, skewnessOf, varianceOf } from '@mlops/stats'
import { finiteOrNull } from '../profile/numeric-side.ts'
import type { SqlTable } from './sql-columns.ts'
import { presentNumbers } from './sql-columns.ts'
import { numberOf } from './sql-engine.ts'

/** What is counted of a numeric column in one look. */
export interface NumericCounts {
  readonly count: number
  readonly missing: number
  readonly negativeInfinite: number
  readonly positiveInfinite: number
  readonly finite: number
}

/** Present, missing and infinite values. */
export async function countNumbers(table: SqlTable, name: string): Promise<NumericCounts> {
  const { dialect, engine, rowCount } = table
  const is = (x: number) => `sum(CASE WHEN x = ${dialect.literal(x)} THEN 1 ELSE 0 END)`
  const [row] = await engine.query(
    `SELECT count(*) AS n, ${is(-Infinity)} AS low, ${is(Infinity)} AS high FROM ${presentNumbers(table, name)} AS v`,
  )
  const count = numberOf(row!['n'])
  const [negativeInfinite, positiveInfinite] =
    count === 0 ? [0, 0] : [numberOf(row!['low']), numberOf(row!['high'])]
  return {
    count,
    missing: rowCount - count,
    negativeInfinite,
    positiveInfinite,
    finite: count - negativeInfinite - positiveInfinite,
  }
}

/** The finite values at the given ranks (0-based) of their sorted order. */
export async function valuesAtRanks(
  table: SqlTable,
  name: string,
  { negativeInfinite, finite }: NumericCounts,
  ranks: readonly number[],
): Promise<(rank: number) => number> {
  const wanted = [...new Set(ranks.map((rank) => Math.min(rank, finite - 1) + negativeInfinite))]
  const rows = await table.engine.query(
    `SELECT rank, x FROM (SELECT x, row_number() OVER (ORDER BY x) - 1 AS rank FROM ${presentNumbers(table, name)} AS v) AS w WHERE rank IN (${wanted.join(',')})`,
  )
  const found = new Map(rows.map((row) => [numberOf(row['rank']), numberOf(row['x'])]))
  return (rank) => found.get(Math.min(rank, finite - 1) + negativeInfinite)!
}

/** The ranks that quantiles of type 7 rest on, and the quantiles from them. */
export function quantileRanks(n: number, probabilities: readonly number[]): number[] {
  return probabilities.flatMap((p) => {
    const rank = Math.floor((n - 1) * p)
    return [rank, Math.min(rank + 1, n - 1)]
  })
}

/** A quantile of type 7, as `quantile` of @mlops/stats. */
export function quantileAt(at: (rank: number) => number, n: number, p: number): number {
  const h = (n - 1) * p
  const rank = Math.floor(h)
  const [a, b, t] = [at(rank), at(Math.min(rank + 1, n - 1)), h - rank]
  if (t === 0 || a === b) return a
  const gap = b - a
  // Two finite ends may be further apart than the largest double.
  if (gap === Infinity) return a * (1 - t) + b * t
  return t < 0.5 ? a + gap * t : b - gap * (1 - t)
}

export const DESCRIBED = [0.05, 0.25, 0.5, 0.75, 0.95] as const

/** Moments and quantiles of the finite values. */
export async function describeNumbers(
  table: SqlTable,
  name: string,
  counts: NumericCounts,
  at: (rank: number) => number,
): Promise<Description> {
  const n = counts.finite
  const none = { n, dropped: 0, mean: null, variance: null, sd: null, min: null, q05: null }
  if (n === 0) {
    return {
      ...none,
      q25: null,
      median: null,
      q75: null,
      q95: null,
      max: null,
      skewness: null,
      excessKurtosis: null,
    }
  }
  const [q05, q25, median, q75, q95] = DESCRIBED.map((p) => quantileAt(at, n, p))
  const [min, max] = [at(0), at(n - 1)]
  const { dialect, engine } = table
  const finite = `(SELECT x FROM ${presentNumbers(table, name)} AS v WHERE x > ${dialect.literal(-Infinity)} AND x < ${dialect.literal(Infinity)}) AS f`
  // Around a value amid the data no digits are lost to an offset, and over the spread nothing overflows.
  const spread = Math.max(median! - min, max - median!)
  const scale = Number.isFinite(spread) ? spread || 1 : Math.max(-min, max)
  const u = Number.isFinite(spread)
    ? quotient(`x - ${dialect.literal(median!)}`, scale, dialect)
    : `(${quotient('x', scale, dialect)} - ${dialect.literal(median! / scale)})`
  const [row] = await engine.query(
    `SELECT avg(${u}) AS u1, avg(${u} * ${u}) AS u2, avg(${u} * ${u} * ${u}) AS u3, avg(${u} * ${u} * ${u} * ${u}) AS u4 FROM ${finite}`,
  )
  const [a, b, c, e] = [1, 2, 3, 4].map((k) => numberOf(row![`u${k}`])) as [
    number,
    number,
    number,
    number,
  ]
  const constant = min === max
  const moments = {
    n,
    mean: median! + a * scale,
    meanTail: 0,
    m2: constant ? 0 : n * Math.max(0, b - a * a) * scale * scale,
    m3: constant ? 0 : n * (c - 3 * a * b + 2 * a ** 3) * scale ** 3,
    m4: constant ? 0 : n * (e - 4 * a * c + 6 * a * a * b - 3 * a ** 4) * scale ** 4,
    min,
    max,
    dropped: 0,
  }
  const variance = finiteOrNull(varianceOf(moments))
  return {
    ...none,
    mean: finiteOrNull(moments.mean),
    variance,
    sd: variance === null ? null : Math.sqrt(variance),
    min,
    q05: q05!,
    q25: q25!,
    median: median!,
    q75: q75!,
    q95: q95!,
    max,
    skewness: finiteOrNull(skewnessOf(moments)),
    excessKurtosis: finiteOrNull(excessKurtosisOf(moments)),
  }
}

/** A quotient whose fourth power does not underflow: PostgreSQL takes that for an error. */
function quotient(x: string, by: number, { literal }: SqlTable['dialect']): string {
  return `(CASE WHEN abs(${x}) < ${literal(by * 1e-70)} THEN ${literal(0)} ELSE (${x}) / ${literal(by)} END)`
}

/** Counts over the bins of several binnings, in one pass over the table. */
export async function countIntoBins(
  table: SqlTable,
  name: string,
  binnings: readonly NumericBinning[],
): Promise<number[][]> {
  const { dialect, engine } = table
  const conditions = binnings.map((binning) => binConditions(binning, dialect.literal))
  const sums = conditions.flatMap((bins, b) =>
    bins.map((condition, i) => `sum(CASE WHEN ${condition} THEN 1 ELSE 0 END) AS b${b}_${i}`),
  )
  if (sums.length === 0) return []
  const [row] = await engine.query(
    `SELECT ${sums.join(', ')} FROM ${presentNumbers(table, name)} AS v`,
  )
  return conditions.map((bins, b) => bins.map((_, i) => numberOf(row![`b${b}_${i}`] ?? 0)))
}

function binConditions(
  { innerEdges, closed, outside, range }: NumericBinning,
  literal: (x: number) => string,
): string[] {
  const [from, to] = closed === 'left' ? ['>=', '<'] : ['>', '<=']
  const own = outside === 'own-bin' && range !== null
  const within = own ? [`x >= ${literal(range[0])}`, `x <= ${literal(range[1])}`] : []
  const bins = Array.from({ length: innerEdges.length + 1 }, (_, i) => {
    const ends = [
      ...(i > 0 ? [`x ${from} ${literal(innerEdges[i - 1]!)}`] : []),
      ...(i < innerEdges.length ? [`x ${to} ${literal(innerEdges[i]!)}`] : []),
      ...within,
    ]
    return ends.length === 0 ? '1 = 1' : ends.join(' AND ')
  })
  return own ? [...bins, `NOT (${within.join(' AND ')})`] : bins
}
