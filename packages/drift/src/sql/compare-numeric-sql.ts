import type { Warning } from '@mlops/core'
import { binLabels, ksTestOfDistance } from '@mlops/stats'
import type { ColumnComparison } from '../column-outline.ts'
import { notCompared, outlineBetween, sideOf, sideOfReference, tooFew } from '../column-outline.ts'
import { compareCalendars } from '../compare-datetime.ts'
import { binnedDistances } from '../distances.ts'
import { infinityWarning, numericComparison } from '../profile/compare-numeric-sides.ts'
import { finiteOrNull } from '../profile/numeric-side.ts'
import type { NumericReference } from '../reference.ts'
import { sampleOf } from '../reference.ts'
import type { Distances } from '../report.ts'
import { fitCalendarSql, sharesOutsideSql } from './calendar-sql.ts'
import type { NumericCounts } from './count-numeric.ts'
import {
  countIntoBins,
  countNumbers,
  DESCRIBED,
  describeNumbers,
  quantileRanks,
  valuesAtRanks,
} from './count-numeric.ts'
import type { SqlTable } from './sql-columns.ts'
import { presentNumbers } from './sql-columns.ts'
import { numberOf } from './sql-engine.ts'

/** Compares a column of numbers or instants where it lies: the same figures as in the process. */
export async function compareNumericSql(
  reference: NumericReference,
  table: SqlTable,
  minCount: number,
): Promise<ColumnComparison> {
  const { name } = reference
  const counts = await countNumbers(table, name)
  const before = sideOfReference(reference)
  if (counts.count === 0 || reference.count === 0) {
    const outline = outlineBetween(reference, before, sideOf(counts.count, counts.missing))
    return notCompared({ ...outline, status: 'insufficient-data' }, tooFew(outline, 1)!)
  }
  const infinite = counts.count - counts.finite
  const at =
    counts.finite === 0
      ? () => Number.NaN
      : await valuesAtRanks(table, name, counts, [
          0,
          counts.finite - 1,
          ...quantileRanks(counts.finite, DESCRIBED),
        ])
  const numbers = await describeNumbers(table, name, counts, at)
  const current = { ...sideOf(counts.count, counts.missing), numbers, infinite }
  const outline = outlineBetween(reference, before, current)
  if (reference.type === 'datetime') return compareInstants(reference, table, { outline, minCount })
  const warnings: Warning[] = [...outline.warnings, ...infinityWarning(reference, current)]
  const short = tooFew(outline, minCount)
  const { bins, histogram } = reference
  if (short || !bins) {
    return notCompared(
      { ...outline, warnings, status: 'insufficient-data' },
      short ?? 'the reference has no finite value to make bins of',
    )
  }
  const sample = sampleOf(reference)
  if (!reference.sampleIsComplete) {
    warnings.push({
      code: 'drift.reference-sampled',
      message: `KS and Wasserstein use a random sample of ${sample.length} of the reference's ${reference.count} values`,
    })
  }

  const [binned, drawn] = await countIntoBins(table, name, [
    bins.binning,
    ...(histogram ? [histogram.binning] : []),
  ])
  const gap = await largestGapSql(table, name, sample, {
    ...counts,
    min: at(0),
    max: at(counts.finite - 1),
  })
  const test = ksTestOfDistance({
    statistic: gap.statistic,
    location: finiteOrNull(gap.location),
    sign: gap.sign,
    sizes: [sample.length, counts.count],
    dropped: [0, 0],
  })
  const { variance, n } = reference.summary
  const sd = variance === null ? 0 : Math.sqrt((variance * (n - 1)) / n)
  const distances: Distances = {
    ...binnedDistances(bins.counts, binned!),
    wasserstein: gap.area,
    wassersteinNormed: gap.area !== null && sd > 0 ? finiteOrNull(gap.area / sd) : null,
  }
  let upTo = 0
  for (const x of sample) if (x <= gap.location) upTo++
  return numericComparison({
    outline: { ...outline, warnings },
    test,
    location: gap.location,
    distances,
    distribution: histogram
      ? {
          labels: binLabels(histogram.binning),
          edges: histogram.binning.innerEdges,
          reference: histogram.counts,
          current: drawn!,
        }
      : null,
    binning: bins.binning,
    counts: [bins.counts, binned!],
    shareUpTo: () => [upTo / sample.length, gap.currentUpTo / counts.count],
  })
}

/** Judges instants by clock and calendar, as `compareDatetime`. */
async function compareInstants(
  reference: NumericReference,
  table: SqlTable,
  {
    outline,
    minCount,
  }: { readonly outline: ReturnType<typeof outlineBetween>; readonly minCount: number },
): Promise<ColumnComparison> {
  const short = tooFew(outline, minCount)
  if (short) return notCompared({ ...outline, status: 'insufficient-data' }, short)
  const { name, calendar } = reference
  const after = await fitCalendarSql(table, name)
  const outside = calendar && (await sharesOutsideSql(table, name, calendar))
  return compareCalendars(outline, [calendar, after], { outside, minCount })
}

/**
 * The largest gap between the sample and the column, with the area between both: exact, by running
 * counts over the distinct values of both in order.
 */
async function largestGapSql(
  table: SqlTable,
  name: string,
  sample: Float64Array,
  counts: NumericCounts & { readonly min: number; readonly max: number },
) {
  const { dialect, engine } = table
  const width = widthUpTo(largestOf(sample, counts), dialect)
  const n = sample.length
  const m = counts.count
  const below = sample.filter((x) => x === -Infinity).length
  const finite = sample.filter(Number.isFinite).length
  const double = (count: string) => dialect.asDouble(count, 'numeric')
  const gap = `${double('r')} / ${double(String(n))} - ${double('c')} / ${double(String(m))}`
  const finiteGap = `${double(`(r - ${below})`)} / ${double(String(Math.max(1, finite)))} - ${double(`(c - ${counts.negativeInfinite})`)} / ${double(String(Math.max(1, counts.finite)))}`
  const isBetween = (x: string) =>
    `${x} > ${dialect.literal(-Infinity)} AND ${x} < ${dialect.literal(Infinity)}`
  const steps = `(SELECT x, sum(r) OVER w AS r, sum(c) OVER w AS c, lead(x) OVER (ORDER BY x) AS next_x, row_number() OVER (ORDER BY x DESC) AS from_end
    FROM (SELECT x, sum(r) AS r, sum(c) AS c
      FROM (SELECT x, 0 AS r, 1 AS c FROM ${presentNumbers(table, name)} AS v
        UNION ALL SELECT x, 1 AS r, 0 AS c FROM ${dialect.values(sample)} AS s) AS u
      GROUP BY x) AS g
    WINDOW w AS (ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS steps`
  const gaps = `(SELECT x, c, ${gap} AS d,
      CASE WHEN from_end > 1 AND ${isBetween('x')} AND ${isBetween('next_x')} THEN abs(${finiteGap}) * ${width.sql} ELSE 0 END AS area
    FROM ${steps}) AS gaps`
  // The places come back by themselves: the extremes are few, and equal to the last bit.
  const [row] = await engine.query(
    `SELECT max(d) AS plus, min(d) AS minus, sum(area) AS area FROM ${gaps}`,
  )
  const [plus, minus] = [numberOf(row!['plus']), -numberOf(row!['minus'])]
  const upper = plus >= minus
  const extreme = dialect.literal(upper ? plus : -minus)
  const [place] = await engine.query(
    `SELECT min(x) AS x, min(c) AS c FROM ${gaps} WHERE d = ${extreme}`,
  )
  const area = numberOf(row!['area']) * width.unit
  return {
    statistic: Math.max(0, upper ? plus : minus),
    location: numberOf(place!['x']),
    sign: upper ? (1 as const) : (-1 as const),
    currentUpTo: numberOf(place!['c']),
    area: finite === 0 || counts.finite === 0 ? null : finiteOrNull(area),
  }
}

/** How far a step is from the next: in units that neither overflow nor underflow, which engines refuse. */
function widthUpTo(largest: number, { literal }: SqlTable['dialect']) {
  const tiny = literal(1e-290)
  if (largest < 1e300) {
    const width = '(next_x - x)'
    return { unit: 1, sql: `(CASE WHEN ${width} < ${tiny} THEN ${literal(0)} ELSE ${width} END)` }
  }
  const scaled = (x: string) =>
    `(CASE WHEN abs(${x}) < 1 THEN ${literal(0)} ELSE ${x} / ${literal(largest)} END)`
  return { unit: largest, sql: `(${scaled('next_x')} - ${scaled('x')})` }
}

function largestOf(
  sample: Float64Array,
  { finite, min, max }: { readonly finite: number; readonly min: number; readonly max: number },
): number {
  let largest = finite === 0 ? 0 : Math.max(Math.abs(min), Math.abs(max))
  for (const x of sample) if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x))
  return largest
}
