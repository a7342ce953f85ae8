import { formatNumber } from '@mlops/core'
import type { KsTestResult } from '@mlops/stats'
import type { SideSummary } from './report.ts'

/** A share as people say it. */
export function percent(share: number): string {
  const points = share * 100
  return `${points !== 0 && Math.abs(points) < 1 ? points.toFixed(2) : points.toFixed(1)} %`
}

/** A value of the column as people read it. */
function shown(type: 'numeric' | 'datetime', value: number): string {
  return type === 'datetime' ? new Date(value).toISOString() : formatNumber(value)
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

/** The categories whose share moved most, then those that came and went. */
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
  const moved = labels
    .map((label, at) => ({
      label,
      from: r[at]!,
      to: c[at]!,
      both: reference[at]! > 0 && current[at]! > 0,
    }))
    .filter(({ both, from, to }) => both && from !== to)
    .sort((a, b) => Math.abs(b.to - b.from) - Math.abs(a.to - a.from))
    .slice(0, 3)
  return moved.map(
    ({ label, from, to }) =>
      `'${clip(label)}' ${to > from ? 'rose' : 'fell'} from ${percent(from)} to ${percent(to)}`,
  )
}

/** Names of categories in a sentence, at most five. */
export function listed(names: readonly string[]): string {
  const few = names.slice(0, 5).map((name) => `'${clip(name)}'`)
  return names.length > 5 ? `${few.join(', ')} and ${names.length - 5} more` : few.join(', ')
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
