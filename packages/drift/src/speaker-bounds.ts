import type { EstimateBounds, PartDrift } from './report.ts'

/** What a column with parts is judged by. */
interface Spoken {
  readonly pValue: number | null
  readonly effectSize: number
}

interface Known {
  readonly effect: readonly [low: number, high: number]
  /** Times the number of parts, the most and the fewest there may be; 2 where no test was made. */
  readonly p: readonly [low: number, high: number]
}

/**
 * What {@link speaker} would say where the figures of parts are only known to lie between bounds.
 *
 * Surely large is a part whose effect reaches the threshold at its lower end, and with one of these the
 * column can only be judged by a smaller p-value than theirs: the least of their upper ends is what is
 * certain. Without one the column has not drifted for certain, and it counts in the adjustment with the
 * largest p-value that it may have.
 *
 * The part that speaks is one that may be large, or, where none surely is, may have the largest effect:
 * of these the smallest p-value and the largest effect are what is possible.
 */
export function speakerBounds(
  parts: readonly PartDrift[],
  threshold: number,
): { readonly certain: Spoken; readonly possible: Spoken; readonly bounds: EstimateBounds } {
  const known = parts.map((part) => knownOf(part, fewestTests(parts)))
  const sure = known.filter(({ effect }) => effect[0] >= threshold)
  const largest = Math.max(...known.map(({ effect }) => effect[0]))
  const candidates = known.filter(
    ({ effect }) => effect[1] >= threshold || (sure.length === 0 && effect[1] >= largest),
  )
  const least = (values: readonly number[]) => Math.min(...values)
  const most = (values: readonly number[]) => Math.max(...values)
  const surest = sure.reduce<Known | undefined>(
    (a, b) => (a === undefined || b.p[1] < a.p[1] ? b : a),
    undefined,
  )
  const p = [
    least(candidates.map((one) => one.p[0])),
    surest?.p[1] ?? most(candidates.map((one) => one.p[1])),
  ] as const
  const effects = candidates.map(({ effect }) => effect)
  const tested = (value: number) => (p[0] > 1 ? null : Math.min(1, value))
  return {
    certain: { pValue: tested(p[1]), effectSize: surest?.effect[0] ?? largest },
    possible: { pValue: tested(p[0]), effectSize: most(effects.map(([, high]) => high)) },
    bounds: {
      confidence: 1 - parts.reduce((sum, part) => sum + 1 - (part.bounds?.confidence ?? 1), 0),
      effectSize: [least(effects.map(([low]) => low)), most(effects.map(([, high]) => high))],
      pValue: p[0] > 1 ? null : [p[0], Math.min(1, p[1])],
      distances: {},
    },
  }
}

function knownOf({ effectSize, adjustedPValue, test, bounds }: PartDrift, fewest: number): Known {
  const { value } = effectSize
  const high = adjustedPValue ?? 2
  if (bounds === undefined)
    return { effect: [value, value], p: [lowest(test.pValue, fewest), high] }
  return { effect: bounds.effectSize, p: [lowest(bounds.pValue?.[0] ?? null, fewest), high] }
}

function lowest(p: number | null, fewest: number): number {
  return p === null ? 2 : Math.min(1, p * fewest)
}

/** By how many parts p-values are multiplied at least. */
function fewestTests(parts: readonly PartDrift[]): number {
  const sure = parts.filter(({ test, uncertain }) => test.pValue !== null && !uncertain)
  return Math.max(1, sure.length)
}
