import { invalid } from '@mlops/core'

/** A half-open range [from, to) of the numbers from 0 to 1. */
export type BucketRange = readonly [from: number, to: number]

/**
 * GrowthBook's hash of a unit: a number in [0, 1), or null for an unknown version (nobody takes part).
 *
 * `fnv` is FNV-1a, 32 bits, over UTF-16 code units. Version 1: `fnv(value + seed) mod 1000 / 1000`.
 * Version 2: `fnv(String(fnv(seed + value))) mod 10000 / 10000`.
 *
 * Version 1 is correlated over similar seeds: with `exp-1` and `exp-2` half-and-half splits agree for
 * 47.5 % of the units. Use it only to agree with what runs already. Texts beyond ASCII hash otherwise
 * in SDKs that hash UTF-8 bytes.
 *
 * @example
 * ```ts
 * import { growthbookHash } from '@mlops/abtest/assignment'
 *
 * console.log(growthbookHash('seed', 'a', 2), growthbookHash('', 'a', 1)) // 0.0505 0.22
 * ```
 * Source: GrowthBook SDK specification 0.8.0.
 */
export function growthbookHash(seed: string, value: string, version: number): number | null {
  if (typeof seed !== 'string' || typeof value !== 'string') throw noText(seed, value)
  if (version === 1) return (fnv1a(value, seed) % 1000) / 1000
  if (version === 2) return (fnv1a(String(fnv1a(seed, value)), '') % 10000) / 10000
  return null
}

/**
 * The range of each variation under GrowthBook's rule: `[cum, cum + coverage·weight)`.
 *
 * Coverage is clamped to [0, 1]; weights of another number, or whose sum is not within 0.01 of 1, are
 * replaced by equal ones without a word. {@link createAssigner} refuses such weights.
 *
 * @example
 * ```ts
 * import { growthbookRanges } from '@mlops/abtest/assignment'
 *
 * console.log(growthbookRanges(2, 0.5)) // [ [ 0, 0.25 ], [ 0.5, 0.75 ] ]
 * ```
 * Source: GrowthBook SDK specification 0.8.0, `getBucketRange`.
 */
export function growthbookRanges(
  variations: number,
  coverage: number,
  weights?: readonly number[],
): BucketRange[] {
  if (!Number.isInteger(variations)) {
    throw invalid('abtest.invalid-option', `variations must be an integer, got ${variations}`, {
      variations,
    })
  }
  if (Number.isNaN(Number(coverage)) || !(weights === undefined || Array.isArray(weights)))
    throw invalid(
      'abtest.invalid-option',
      'coverage must be a number, and weights a list of them',
      {
        coverage: String(coverage),
      },
    )
  const share = Math.min(1, Math.max(0, coverage))
  const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? Number.NaN
  const usable = weights?.length === variations && total >= 0.99 && total <= 1.01
  let from = 0
  return (usable ? weights : equalWeights(variations)).map((weight) => {
    const range = [from, from + share * weight] as const
    from += weight
    return range
  })
}

/** The first range that holds `bucket`; -1 when none does. */
export function chooseRange(bucket: number, ranges: readonly BucketRange[]): number {
  checkRanges(ranges)
  return ranges.findIndex(([from, to]) => bucket >= from && bucket < to)
}

/** Whether a unit lies in [from, to) of a GrowthBook namespace: version 1 with the seed `__` + name. */
export function inGrowthbookNamespace(value: string, name: string, range: BucketRange) {
  checkRanges([range])
  const [from, to] = range
  const n = growthbookHash(`__${name}`, value, 1)!
  return n >= from && n < to
}

/** `n` weights of 1/n; none for n < 1. */
export function equalWeights(n: number): number[] {
  if (n < 1) return []
  if (!Number.isInteger(n) || n > 1e6)
    throw invalid('abtest.invalid-option', `n must be a whole number up to 1e6, got ${String(n)}`, {
      n: String(n),
    })
  return new Array<number>(n).fill(1 / n)
}

function checkRanges(ranges: readonly BucketRange[]): void {
  if (Array.isArray(ranges) && ranges.every((range) => Array.isArray(range) && range.length === 2))
    return
  throw invalid('abtest.invalid-option', 'a range is [from, to]; pass a list of them', {})
}

function noText(...given: readonly unknown[]) {
  return invalid(
    'abtest.invalid-option',
    `seed and unit must be texts, got ${given.map(String).join(' and ')}`,
    {},
  )
}

function fnv1a(first: string, second: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < first.length; i++) h = Math.imul(h ^ first.charCodeAt(i), 0x01000193)
  for (let i = 0; i < second.length; i++) h = Math.imul(h ^ second.charCodeAt(i), 0x01000193)
  return h >>> 0
}
