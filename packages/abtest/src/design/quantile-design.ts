import type { NumericSample } from '@mlops/stats'
import { normal, quantile as quantileOf } from '@mlops/stats'
import type { Design, DesignSettings } from './design.ts'
import { defineDesign } from './design.ts'
import { checkGiven, checkProportion } from './design-checks.ts'
import { bad, positive } from './sample-size.ts'

export interface QuantileDesignOptions extends DesignSettings {
  /** Which quantile: 0.5 is the median. */
  readonly quantile: number
  /** Density of the metric at that quantile, per unit of the metric; {@link quantileDensity} estimates it. */
  readonly density: number
}

/**
 * Design of a difference of quantiles (z test of two sample quantiles, of independent units).
 *
 * Variance of a sample quantile: `q(1 − q)/(n·f²)` with f the density there, the same in all arms.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * @example
 * ```ts
 * import { designForQuantile, requiredUnits } from '@mlops/abtest/design'
 *
 * // The median of standard normal values: density 0.3989.
 * console.log(requiredUnits(designForQuantile({ quantile: 0.5, density: 0.3989 }), { effect: 0.1 }).total) // 4934
 * ```
 * Source: Serfling 1980, section 2.3.3.
 */
export function designForQuantile(options: QuantileDesignOptions): Design {
  checkGiven(options, '{ quantile: 0.5, density: 0.4 }')
  const { quantile, density } = options
  checkProportion('quantile', quantile)
  positive('density', density)
  const variance = (quantile * (1 - quantile)) / density ** 2
  // Below, the interval of order statistics around the quantile does not fit into the sample.
  const least = Math.ceil(
    (normal.quantileSf(0.025) ** 2 * Math.max(quantile, 1 - quantile)) /
      Math.min(quantile, 1 - quantile),
  )
  return defineDesign(options, {
    method: 'quantile-z',
    scale: `difference of quantiles (q = ${quantile})`,
    pair: (c, t, effect, test) => test.z(effect / Math.sqrt(variance * (1 / c + 1 / t)), 1, c + t),
    warningsAt: (arms) =>
      Math.min(...arms) >= least
        ? []
        : [
            {
              code: 'abtest.small-sample',
              message: `an arm with fewer than ${least} units has too few values beyond the quantile: the normal approximation is rough`,
            },
          ],
  })
}

/**
 * Density of a metric at a quantile, from a pilot sample.
 *
 * `f = 2h/(Q(q + h) − Q(q − h))`, with Bofinger's bandwidth
 * `h = n^(−1/5)·(4.5·φ(z_q)⁴/(2z_q² + 1)²)^(1/5)`, kept within the sample.
 *
 * Input: values (missing ones left out), at least 20. Output: per unit of the metric. Cost: a sort.
 *
 * @throws `invalid` `abtest.invalid-design`: too few values, or ties all around the quantile.
 * @example
 * ```ts
 * import { quantileDensity } from '@mlops/abtest/design'
 *
 * const values = Array.from({ length: 999 }, (_, i) => (i + 1) / 10)
 * console.log(quantileDensity(values, 0.5).toFixed(4)) // 0.0100
 * ```
 * Source: Bofinger 1975; Koenker 2005, section 3.4.
 */
export function quantileDensity(sample: NumericSample, quantile: number): number {
  checkProportion('quantile', quantile)
  if (!Number.isInteger((sample as { length?: number } | null)?.length))
    throw bad('give the values of a pilot sample', {})
  const values = Array.from(sample as ArrayLike<number>).filter((x) => Number.isFinite(x))
  const n = values.length
  if (n < 20) throw bad(`a pilot sample of at least 20 values is needed, got ${n}`, { n })
  const z = normal.quantile(quantile)
  const density = Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI)
  const wanted = n ** -0.2 * ((4.5 * density ** 4) / (2 * z * z + 1) ** 2) ** 0.2
  const h = Math.min(wanted, quantile - 0.5 / n, 1 - quantile - 0.5 / n)
  if (!(h > 0)) throw bad(`${n} values have none beyond the quantile ${quantile}; give more`, { n })
  const [upper, lower] = [quantileOf(values, quantile + h), quantileOf(values, quantile - h)]
  const width = (upper ?? Number.NaN) - (lower ?? Number.NaN)
  if (!(width > 0))
    throw bad(
      `the values around the quantile ${quantile} are all the same; a quantile of so few distinct values has no density, compare proportions instead`,
      { quantile },
    )
  return (2 * h) / width
}
