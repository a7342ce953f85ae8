import { invalid } from '@mlops/core'

/** A stretch [from, to) of the buckets that belongs to an arm. */
export interface AllocationSegment {
  readonly arm: string
  readonly from: number
  readonly to: number
}

/** Which buckets belong to which arm, as plain JSON. The segments tile [0, 1) in order. */
export interface Allocation {
  readonly segments: readonly AllocationSegment[]
}

/** The shares of the arms, adding up to 1. */
export type ArmWeights = Readonly<Record<string, number>>

const ROUNDING = 1e-9

/**
 * A first allocation: each arm gets one stretch of the buckets, in the order given.
 *
 * @throws `invalid` `abtest.invalid-weights` unless the weights are >= 0 and add up to 1 (within 1e-9).
 * @example
 * ```ts
 * import { allocate } from '@mlops/abtest/assignment'
 *
 * console.log(allocate({ control: 0.5, treatment: 0.5 }).segments.at(-1)) // { arm: 'treatment', from: 0.5, to: 1 }
 * ```
 */
export function allocate(weights: ArmWeights): Allocation {
  const entries = checkedWeights(weights)
  let from = 0
  return {
    segments: entries
      .map(([arm, weight], at) => {
        const to = at === lastUsed(entries) ? 1 : Math.min(1, from + weight)
        const segment = { arm, from, to: Math.max(from, to) }
        from = segment.to
        return segment
      })
      .filter(({ from: start, to }) => to > start),
  }
}

/**
 * The allocation after a change of weights that moves as few units as possible: arms that shrink give
 * up their last buckets, arms that grow take them, everybody else stays where they are.
 *
 * The mass that moves is `½ Σ |new − old|`, which no allocation can undercut. Arms may be new, or gone
 * (weight 0 or left out).
 *
 * Cost: O(segments) time.
 *
 * @throws `invalid`: `abtest.invalid-weights`, `abtest.invalid-allocation`.
 * @example
 * ```ts
 * import { allocate, reallocate } from '@mlops/abtest/assignment'
 *
 * const before = allocate({ a: 0.25, b: 0.25, c: 0.5 })
 * console.log(reallocate(before, { a: 0.5, b: 0.25, c: 0.25 }).segments)
 * // [
 * //   { arm: 'a', from: 0, to: 0.25 },
 * //   { arm: 'b', from: 0.25, to: 0.5 },
 * //   { arm: 'c', from: 0.5, to: 0.75 },
 * //   { arm: 'a', from: 0.75, to: 1 }
 * // ]
 * ```
 * Differs from: cumulative ranges (GrowthBook, Unleash), where changing one weight of three shifts the
 * ranges behind it.
 */
export function reallocate(allocation: Allocation, weights: ArmWeights): Allocation {
  const wanted = new Map(checkedWeights(weights))
  const { segments } = checkAllocation(allocation)
  const held = new Map<string, number>()
  for (const { arm, from, to } of segments) held.set(arm, (held.get(arm) ?? 0) + to - from)

  const excess = new Map([...held].map(([arm, mass]) => [arm, mass - (wanted.get(arm) ?? 0)]))
  const missing = [...wanted]
    .map(([arm, weight]) => ({ arm, mass: weight - (held.get(arm) ?? 0) }))
    .filter(({ mass }) => mass > ROUNDING)
  // Rounding can leave crumbs without a taker: the largest arm takes them.
  const largest = [...wanted].reduce((a, b) => (b[1] > a[1] ? b : a))[0]
  if (missing.length === 0) missing.push({ arm: largest, mass: 0 })

  const kept: AllocationSegment[] = []
  const freed: { from: number; to: number }[] = []
  // From the end: what an arm gives up are its last buckets.
  for (const { arm, from, to } of [...segments].reverse()) {
    const over = excess.get(arm)!
    const gone = !((wanted.get(arm) ?? 0) > 0) || over >= to - from - ROUNDING
    const cut = gone ? to - from : over > ROUNDING ? over : 0
    excess.set(arm, over - cut)
    if (cut > 0) freed.unshift({ from: cut === to - from ? from : to - cut, to })
    if (cut < to - from) kept.unshift({ arm, from, to: cut === 0 ? to : to - cut })
  }
  const given: AllocationSegment[] = []
  for (const stretch of freed) {
    let { from } = stretch
    while (from < stretch.to) {
      const first = missing[0]!
      const last = missing.length === 1 || first.mass >= stretch.to - from - ROUNDING
      const to = last ? stretch.to : from + first.mass
      given.push({ arm: first.arm, from, to })
      first.mass -= to - from
      if (first.mass <= ROUNDING && missing.length > 1) missing.shift()
      from = to
    }
  }
  return { segments: joined([...kept, ...given].sort((a, b) => a.from - b.from)) }
}

/** The arm that a bucket in [0, 1) belongs to. */
export function armAt({ segments }: Allocation, bucket: number): string {
  let low = 0
  let high = segments.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (bucket < segments[middle]!.to) high = middle
    else low = middle + 1
  }
  return segments[low]!.arm
}

/** The share of each arm. */
export function allocationWeights(allocation: Allocation): Record<string, number> {
  const { segments } = checkAllocation(allocation)
  const weights: Record<string, number> = {}
  for (const { arm, from, to } of segments) weights[arm] = (weights[arm] ?? 0) + to - from
  return weights
}

/** Throws `abtest.invalid-allocation` unless the segments tile [0, 1). */
export function checkAllocation(allocation: Allocation): Allocation {
  const segments = allocation?.segments
  const fault = (why: string) =>
    invalid(
      'abtest.invalid-allocation',
      `${why}; take an allocation that allocate or reallocate returned`,
      { allocation },
    )
  if (!Array.isArray(segments) || segments.length === 0) throw fault('there are no segments')
  let at = 0
  for (const { arm, from, to } of segments.map((segment) => segment ?? {})) {
    if (typeof arm !== 'string' || arm === '') throw fault('a segment names no arm')
    if (from !== at || !(to > from))
      throw fault(`the segment [${from}, ${to}) does not follow ${at}`)
    at = to
  }
  if (at !== 1) throw fault(`the segments end at ${at} instead of 1`)
  return allocation
}

function checkedWeights(weights: ArmWeights): [string, number][] {
  const entries = Object.entries(weights ?? {})
  if (entries.length === 0) {
    throw invalid('abtest.invalid-weights', 'there are no arms: give each its weight', {})
  }
  let sum = 0
  for (const [arm, weight] of entries) {
    if (arm === '' || !(weight >= 0 && weight <= 1)) {
      throw invalid(
        'abtest.invalid-weights',
        `the weight of arm '${arm}' must be a number from 0 to 1 and its name not empty, got ${weight}`,
        { arm, weight: String(weight) },
      )
    }
    sum += weight
  }
  if (Math.abs(sum - 1) > ROUNDING) {
    throw invalid(
      'abtest.invalid-weights',
      `the weights must add up to 1, their sum is ${sum}; use coverage to leave units out`,
      { sum },
    )
  }
  return entries
}

function lastUsed(entries: readonly [string, number][]): number {
  return entries.findLastIndex(([, weight]) => weight > 0)
}

function joined(segments: readonly AllocationSegment[]): AllocationSegment[] {
  const out: AllocationSegment[] = []
  for (const segment of segments) {
    const before = out.at(-1)
    if (before?.arm === segment.arm && before.to === segment.from)
      out[out.length - 1] = { ...before, to: segment.to }
    else out.push(segment)
  }
  return out
}
