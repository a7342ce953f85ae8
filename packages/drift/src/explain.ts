import { formatNumber } from '@mlops/core'
import type { KsTestResult, TestResult } from '@mlops/stats'
import type { ColumnDecision, SideSummary } from './report.ts'

/** A share as people say it. */
export function percent(share: number): string {
  const points = share * 100
  return `${points !== 0 && Math.abs(points) < 1 ? points.toFixed(2) : points.toFixed(1)} %`
}

/** A value of the column as people read it. */
function shown(type: 'numeric' | 'datetime', value: number): string {
  // Beyond the range of Date a time is only a number.
  return type === 'datetime' && Math.abs(value) <= 8.64e15
    ? new Date(value).toISOString()
    : formatNumber(value)
}

/** Which way numbers moved, and where the gap is widest. */
export function numericReasons(
  type: 'numeric' | 'datetime',
  test: KsTestResult,
  sides: { readonly reference: SideSummary; readonly current: SideSummary },
  shareUpTo: (value: number) => readonly [reference: number, current: number],
): string[] {
  const reasons: string[] = []
  const { location, statistic } = test
  if (location !== null && statistic !== null && statistic > 0) {
    const [reference, current] = shareUpTo(location)
    const way = current > reference ? 'values became smaller' : 'values became larger'
    reasons.push(
      `${way}: ${percent(current)} are at or below ${shown(type, location)}, in the reference ${percent(reference)}`,
    )
  }
  const before = sides.reference.numbers?.median
  const after = sides.current.numbers?.median
  if (typeof before === 'number' && typeof after === 'number' && before !== after) {
    reasons.push(`the median moved from ${shown(type, before)} to ${shown(type, after)}`)
  }
  return reasons
}

/** Categories that moved, came and went; the largest change first. */
export function categoricalReasons(
  labels: readonly string[],
  reference: readonly number[],
  current: readonly number[],
): string[] {
  const share = (counts: readonly number[]) => {
    const total = counts.reduce((sum, count) => sum + count, 0)
    return counts.map((count) => count / total)
  }
  const [r, c] = [share(reference), share(current)]
  const all = labels.map((label, at) => ({
    label,
    from: r[at]!,
    to: c[at]!,
    size: Math.abs(c[at]! - r[at]!),
  }))
  all.sort((a, b) => b.size - a.size)
  const moved = all.filter(({ from, to, size }) => from > 0 && to > 0 && size > 0).slice(0, 3)
  const fresh = all.filter(({ from }) => from === 0)
  const gone = all.filter(({ to }) => to === 0)
  const total = (some: typeof all) => some.reduce((sum, { size }) => sum + size, 0)
  const names = (some: typeof all) => listed(some.map(({ label }) => label))

  const changes = moved.map(({ label, from, to, size }) => ({
    size,
    told: `'${clip(label)}' ${to > from ? 'rose' : 'fell'} from ${percent(from)} to ${percent(to)}`,
  }))
  if (fresh.length > 0) {
    changes.push({
      size: total(fresh),
      told: `${fresh.length} new: ${names(fresh)} (${percent(total(fresh))} of the rows)`,
    })
  }
  if (gone.length > 0) {
    changes.push({
      size: total(gone),
      told: `${gone.length} no longer there: ${names(gone)} (${percent(total(gone))} of the reference)`,
    })
  }
  return changes.sort((a, b) => b.size - a.size).map(({ told }) => told)
}

/** Names of categories in a sentence, at most five. */
export function listed(names: readonly string[]): string {
  const few = names.slice(0, 5).map((name) => `'${clip(name)}'`)
  return names.length > 5 ? `${few.join(', ')} and ${names.length - 5} more` : few.join(', ')
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

/** Why a column that was tested did not drift: nothing is shown, or what is shown does not matter. */
export function reassurance(decision: ColumnDecision | null): string[] {
  if (decision?.undecided)
    return [
      'the error bounds leave it open whether this is drift; profile with a larger k, times over whole cycles, or compare the values',
    ]
  if (decision?.method !== 'test-and-effect' || decision.drifted) return []
  const { adjustedPValue: p, alpha, value, threshold } = decision
  if (p === null || value === null) return []
  return p < alpha
    ? [
        `a real but small difference: ${formatNumber(value)} where ${formatNumber(threshold)} would matter`,
      ]
    : [`no difference beyond chance is shown (adjusted p = ${formatNumber(p)})`]
}

/** Why a measure that was asked for has no value. */
export function undefinedValue(decision: ColumnDecision | null, test: TestResult | null): string[] {
  if (decision === null || decision.value !== null) return []
  const why = test?.warnings[0]?.message
  return [
    `'${decision.method}' is undefined for these values${why && test.pValue === null ? `: ${why}` : ''}`,
  ]
}
