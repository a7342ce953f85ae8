import { givenOptions, invalid } from '@mlops/core'
import { finiteValues, type NumericSample } from '../samples/sample.ts'

/**
 * Running moments as plain JSON: count, mean, sums of the 2nd, 3rd and 4th powers of the deviations
 * from the mean, extremes. `min` and `max` are null while n = 0.
 */
export interface Moments {
  readonly n: number
  readonly mean: number
  /** What the double `mean` is too coarse to hold: the mean is mean + meanTail. */
  readonly meanTail: number
  readonly m2: number
  readonly m3: number
  readonly m4: number
  readonly min: number | null
  readonly max: number | null
  /** Missing values seen and left out. */
  readonly dropped: number
}

/** The moments of nothing: the neutral element of {@link mergeMoments}. */
export const emptyMoments: Moments = Object.freeze({
  n: 0,
  mean: 0,
  meanTail: 0,
  m2: 0,
  m3: 0,
  m4: 0,
  min: null,
  max: null,
  dropped: 0,
})

const BLOCK = 1024

/**
 * Count, mean and the sums of squared, cubed and fourth-power deviations of a sample.
 *
 * `m_k = sum((x - mean)^k)`, so variance = m2/(n-1). Computed block by block (1024 values, two
 * passes inside the cache) and merged, which keeps full precision even far from zero.
 *
 * Input: numbers; null, undefined and NaN are counted in `dropped`.
 * Output: a {@link Moments}; `n` is 0 for an empty sample.
 * Cost: O(n) time, constant memory.
 *
 * @throws `invalid`, `stats.infinite-value`, for an infinite value.
 * @example
 * ```ts
 * import { moments, varianceOf } from '@mlops/stats'
 *
 * const m = moments([1e9 + 1, 1e9 + 2, null, 1e9 + 3])
 * console.log(m.n, m.dropped, varianceOf(m)) // 3 1 1
 * ```
 * Source: Pébay 2008 (SAND2008-6212), eq. 2.1 and 3.1; Chan, Golub & LeVeque 1983.
 */
export function moments(sample: NumericSample): Moments {
  const { values, dropped } = finiteValues(sample)
  let total: Moments = { ...emptyMoments, dropped }
  for (let start = 0; start < values.length; start += BLOCK) {
    total = mergeMoments(total, blockMoments(values, start, Math.min(start + BLOCK, values.length)))
  }
  return total
}

function blockMoments(values: Float64Array, start: number, end: number): Moments {
  const n = end - start
  // Deviations from the first value, so that a large offset costs no digits of the mean.
  const shift = values[start]!
  let s0 = 0
  let s1 = 0
  let i = start
  for (; i + 1 < end; i += 2) {
    s0 += values[i]! - shift
    s1 += values[i + 1]! - shift
  }
  if (i < end) s0 += values[i]! - shift
  const mean = shift + (s0 + s1) / n
  let rest = 0
  let m2 = 0
  let m3 = 0
  let m4 = 0
  let min = values[start]!
  let max = min
  for (let k = start; k < end; k++) {
    const x = values[k]!
    const d = x - mean
    const d2 = d * d
    rest += d
    m2 += d2
    m3 += d2 * d
    m4 += d2 * d2
    if (x < min) min = x
    else if (x > max) max = x
  }
  // `mean` is rounded; its residue e becomes the tail and is taken out of the powers.
  const e = rest / n
  return {
    n,
    ...splitSum(mean, e),
    m2: m2 - n * e * e,
    m3: m3 - 3 * e * m2,
    m4: m4 - 4 * e * m3 + 6 * e * e * m2,
    min,
    max,
    dropped: 0,
  }
}

/** a + b as the nearest double and the rest, |a| >= |b|. */
function splitSum(a: number, b: number): { readonly mean: number; readonly meanTail: number } {
  const mean = a + b
  return { mean, meanTail: b - (mean - a) }
}

/**
 * The moments of two samples put together, from their moments alone. Exact up to rounding:
 * associative, commutative, with {@link emptyMoments} neutral.
 *
 * Cost: constant.
 *
 * @example
 * ```ts
 * import { mergeMoments, moments } from '@mlops/stats'
 *
 * const both = mergeMoments(moments([1, 2]), moments([3, 4, 5]))
 * console.log(both.n, both.mean, both.m2) // 5 3 10
 * ```
 * Source: Pébay 2008, eq. 2.1 (M3, M4); Chan, Golub & LeVeque 1983 (M2).
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  const dropped = a.dropped + b.dropped
  if (a.n === 0) return { ...b, dropped }
  if (b.n === 0) return { ...a, dropped }
  const n = a.n + b.n
  // The tails matter: around 1e9 the difference of two rounded means has lost half its digits.
  const d = b.mean - a.mean + (b.meanTail - a.meanTail)
  const ratio = (a.n * b.n) / n
  const shareA = a.n / n
  const shareB = b.n / n
  return {
    n,
    // The heavier side is moved by the lighter: merging stays symmetric.
    ...(a.n >= b.n
      ? splitSum(a.mean, a.meanTail + d * shareB)
      : splitSum(b.mean, b.meanTail - d * shareA)),
    m2: a.m2 + b.m2 + d * d * ratio,
    m3:
      a.m3 + b.m3 + d * d * d * ratio * (shareA - shareB) + 3 * d * (shareA * b.m2 - shareB * a.m2),
    m4:
      a.m4 +
      b.m4 +
      d * d * d * d * ratio * (shareA * shareA - shareA * shareB + shareB * shareB) +
      6 * d * d * (shareA * shareA * b.m2 + shareB * shareB * a.m2) +
      4 * d * (shareA * b.m3 - shareB * a.m3),
    min: Math.min(a.min!, b.min!),
    max: Math.max(a.max!, b.max!),
    dropped,
  }
}

/**
 * The moments after one more value; a missing value only raises `dropped`.
 *
 * @throws `invalid`, `stats.infinite-value`, for an infinite value.
 * @example
 * ```ts
 * import { emptyMoments, pushMoment } from '@mlops/stats'
 *
 * console.log([4, 6].reduce(pushMoment, emptyMoments).mean) // 5
 * ```
 */
export function pushMoment(state: Moments, x: number | null | undefined): Moments {
  if (x === null || x === undefined || Number.isNaN(x)) {
    return { ...state, dropped: state.dropped + 1 }
  }
  if (!Number.isFinite(x)) {
    throw invalid(
      'stats.infinite-value',
      `the value is ${x}; moments are defined for finite numbers only. Drop or clip it.`,
    )
  }
  return mergeMoments(state, { ...emptyMoments, n: 1, mean: x, min: x, max: x })
}

/**
 * Variance m2/(n − ddof); null where n <= ddof, because it is undefined there.
 *
 * @example
 * ```ts
 * import { moments, varianceOf } from '@mlops/stats'
 *
 * console.log(varianceOf(moments([2, 4])), varianceOf(moments([2]))) // 2 null
 * ```
 */
export function varianceOf(m: Moments, options: { readonly ddof?: number } = {}): number | null {
  const { ddof = 1 } = givenOptions(options)
  return m.n > ddof ? m.m2 / (m.n - ddof) : null
}

/**
 * Skewness g1 = (m3/n)/(m2/n)^1.5 of the sample (not bias-corrected); null for a constant sample.
 *
 * Differs from: simple-statistics `sampleSkewness`, which is the corrected G1.
 *
 * @example
 * ```ts
 * import { moments, skewnessOf } from '@mlops/stats'
 *
 * console.log(skewnessOf(moments([1, 2, 3])), skewnessOf(moments([5, 5]))) // 0 null
 * ```
 */
export function skewnessOf(m: Moments): number | null {
  return m.m2 > 0 ? (Math.sqrt(m.n) * m.m3) / (m.m2 * Math.sqrt(m.m2)) : null
}

/**
 * Excess kurtosis g2 = n·m4/m2² − 3 of the sample (not bias-corrected; 0 for a normal law); null for
 * a constant sample.
 *
 * @example
 * ```ts
 * import { excessKurtosisOf, moments } from '@mlops/stats'
 *
 * console.log(excessKurtosisOf(moments([-1, 1]))) // -2
 * ```
 */
export function excessKurtosisOf(m: Moments): number | null {
  return m.m2 > 0 ? (m.n * m.m4) / (m.m2 * m.m2) - 3 : null
}
