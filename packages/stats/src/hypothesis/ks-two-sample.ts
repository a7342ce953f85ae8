import { givenOptions, invalid } from '@mlops/core'
import { ksFiniteSample } from '../distributions/ks-finite-sample.ts'
import { ksTwoSample } from '../distributions/ks-two-sample.ts'
import { type KsExtremes, ksExtremes } from '../kernels/ks-extremes.ts'
import { roundHalfEven } from '../kernels/round-half-even.ts'
import { type NumericSample, type PresentValues, presentValues } from '../samples/sample.ts'
import { ksOneSidedExact } from './ks-one-sided.ts'
import { type Alternative, checkCounts, type TestResult } from './test-result.ts'

export interface KsTestOptions {
  /** `greater`: the distribution function of the first sample lies above (its values lie below). @default 'two-sided' */
  readonly alternative?: Alternative
  /** `auto`: exact where the larger sample has at most 10 000 values, as scipy. @default 'auto' */
  readonly pValueBy?: 'auto' | 'exact' | 'asymptotic'
}

export interface KsTestResult extends TestResult {
  readonly pValueBy: 'exact' | 'asymptotic'
  /** The value at which the gap is largest (the smallest such value). */
  readonly location: number | null
  /** +1 where the first sample's distribution function is the upper one there, else −1. */
  readonly sign: 1 | -1 | null
}

const LARGEST_EXACT = 10_000

/**
 * Kolmogorov-Smirnov test: do two samples come from one continuous distribution?
 *
 * `D = max|F1 − F2|`; one-sided: `max(F1 − F2)` for `greater`, `max(F2 − F1)` for `less`.
 *
 * Input: two samples; missing values are left out and counted, infinities are legal. With ties the
 * p-value is conservative.
 * Output: D, its p-value, the place of the gap; effect size D. An empty side gives
 * `insufficient-data`.
 * Cost: O(n + m) for D, without sorting; the exact p-value up to O(n·m).
 *
 * The asymptotic p-value is that of the finite one-sample distribution at n = nm/(n + m), rounded
 * (two-sided), and Hodges' expansion (one-sided); the Kolmogorov limit is cruder.
 *
 * @throws `invalid`: `stats.exact-too-large`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { ksTwoSampleTest } from '@mlops/stats'
 *
 * const { statistic, pValue, location } = ksTwoSampleTest([1, 2, 3, 4], [4, 5, 6, 7])
 * console.log(statistic, pValue?.toFixed(4), location) // 0.75 '0.2286' 3
 * ```
 * Source: Hodges 1958; Simard & L'Ecuyer 2011.
 */
export function ksTwoSampleTest(
  x: NumericSample,
  y: NumericSample,
  options: KsTestOptions = {},
): KsTestResult {
  return ksTestOfSamples(
    presentValues(x, 'first sample'),
    presentValues(y, 'second sample'),
    undefined,
    options,
  )
}

/** {@link ksTwoSampleTest} of the present values, with the extremes of F1 − F2 where they are known. */
export function ksTestOfSamples(
  a: PresentValues,
  b: PresentValues,
  known?: KsExtremes,
  options: KsTestOptions = {},
): KsTestResult {
  const { alternative = 'two-sided', pValueBy = 'auto' } = givenOptions(options)
  const n = a.values.length
  const m = b.values.length
  const outline = {
    method: 'ks-two-sample',
    alternative,
    sizes: [n, m],
    dropped: [a.dropped, b.dropped],
  }
  if (n === 0 || m === 0) {
    return {
      ...outline,
      status: 'insufficient-data',
      statistic: null,
      pValue: null,
      pValueBy: 'exact',
      location: null,
      sign: null,
      effectSize: null,
      warnings: [
        { code: 'too-few-values', message: `each side needs a value; there are ${n} and ${m}.` },
      ],
    }
  }
  const { plus, plusAt, minus, minusAt } = known ?? ksExtremes(a.values, b.values)
  const upper = alternative === 'greater' || (alternative === 'two-sided' && plus >= minus)
  return {
    ...outline,
    ...tailOf(upper ? plus : minus, outline.sizes, { alternative, pValueBy }),
    location: upper ? plusAt : minusAt,
    sign: upper ? 1 : -1,
  }
}

/** A two-sample KS statistic that was found elsewhere: by a database, on sketches. */
export interface KsDistanceFound {
  /** D, 0 to 1. */
  readonly statistic: number
  readonly location: number | null
  readonly sign: 1 | -1 | null
  /** Of which distance it is, as for {@link ksTwoSampleTest}. @default 'two-sided' */
  readonly alternative?: Alternative
  /** Values on each side, at least one. */
  readonly sizes: readonly [number, number]
  readonly dropped: readonly [number, number]
}

/**
 * The Kolmogorov-Smirnov test of a distance that was computed elsewhere, two-sided unless said
 * otherwise, with the p-value that {@link ksTwoSampleTest} would give.
 *
 * Input: D between 0 and 1 and both sizes. Cost: that of the p-value.
 *
 * @throws `invalid`: `stats.bad-distance`, `stats.bad-count`.
 * @example
 * ```ts
 * import { ksTestOfDistance } from '@mlops/stats'
 *
 * const found = { statistic: 0.75, location: 3, sign: 1, sizes: [4, 4], dropped: [0, 0] } as const
 * console.log(ksTestOfDistance(found).pValue?.toFixed(4)) // '0.2286'
 * ```
 */
export function ksTestOfDistance({
  statistic,
  location,
  sign,
  alternative = 'two-sided',
  sizes,
  dropped,
}: KsDistanceFound): KsTestResult {
  if (!(statistic >= 0 && statistic <= 1)) {
    throw invalid('stats.bad-distance', `statistic is ${statistic}; it must lie in [0, 1].`, {
      statistic,
    })
  }
  checkCounts('sizes', sizes)
  if (sizes[0] < 1 || sizes[1] < 1) {
    throw invalid('stats.bad-count', `sizes are ${sizes.join(' and ')}; each must be at least 1.`, {
      sizes,
    })
  }
  return {
    method: 'ks-two-sample',
    alternative,
    sizes,
    dropped,
    ...tailOf(statistic, sizes, { alternative, pValueBy: 'auto' }),
    location,
    sign,
  }
}

function tailOf(
  statistic: number,
  sizes: readonly number[],
  { alternative, pValueBy }: Required<KsTestOptions>,
) {
  const [n, m] = sizes as [number, number]
  const by = choose(pValueBy, n, m)
  const tail = alternative === 'two-sided' ? twoSided : oneSided
  return {
    status: 'ok' as const,
    statistic,
    pValue: Math.min(1, Math.max(0, tail(statistic, n, m, by))),
    pValueBy: by,
    effectSize: { name: 'ks-distance', value: statistic },
    warnings: [],
  }
}

function choose(by: 'auto' | 'exact' | 'asymptotic', n: number, m: number): 'exact' | 'asymptotic' {
  if (by === 'asymptotic') return by
  const feasible = Math.max(n, m) <= LARGEST_EXACT
  if (feasible) return 'exact'
  if (by === 'auto') return 'asymptotic'
  throw invalid(
    'stats.exact-too-large',
    `the exact p-value is computed up to ${LARGEST_EXACT} values a side; there are ${n} and ${m}. Use pValueBy: "asymptotic".`,
    { n, m },
  )
}

function twoSided(d: number, n: number, m: number, by: 'exact' | 'asymptotic'): number {
  if (by === 'exact') return ksTwoSample.sf(d, n, m)
  return ksFiniteSample.sf(d, Math.max(1, roundHalfEven((n * m) / (n + m))))
}

function oneSided(d: number, n: number, m: number, by: 'exact' | 'asymptotic'): number {
  if (by === 'exact') return ksOneSidedExact(d, n, m)
  const [large, small] = n >= m ? [n, m] : [m, n]
  const z = Math.sqrt((n * m) / (n + m)) * d
  const skew = (2 * z * (large + 2 * small)) / (3 * Math.sqrt(large * small * (large + small)))
  return Math.exp(-2 * z * z - skew)
}
