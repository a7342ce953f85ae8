import type { NumericSample } from '@mlops/stats'
import type { AbReadout } from '../readout.ts'
import type { UnpairedOptions } from './analysis-options.ts'
import { checkedOptions } from './analysis-options.ts'
import { badArms } from './arm-data.ts'
import { isSample } from './arm-stats.ts'
import { unpairedReadout } from './build-readout.ts'
import type { ClusterIds } from './cluster-sums.ts'
import type { QuantileStats } from './quantile-stats.ts'
import { quantileStats, quantileVariance } from './quantile-stats.ts'
import { relativeEffect } from './relative-effect.ts'
import { waldEffect, waldTest } from './wald.ts'

export interface CompareQuantilesOptions extends UnpairedOptions {
  /** Strictly between 0 and 1; of {@link QuantileStats} their own. @default 0.5 */
  readonly quantile?: number
  /** The cluster of each value, where clusters (users behind page loads) were randomised. */
  readonly clusters?: { readonly control: ClusterIds; readonly treatment: ClusterIds }
}

/**
 * Compares a quantile of two arms: the median session, the 99th percentile of latency.
 *
 * `z = (q_t − q_c)/sqrt(se_t² + se_c²)`, each se from two order statistics ({@link quantileStats}).
 *
 * Input: values, or {@link QuantileStats}. With `clusters`, values of one cluster may depend on each
 * other. Output: an {@link AbReadout} of difference and relative lift; too few values for the quantile
 * are `insufficient-data`, equal order statistics (ties) `undefined`. Cost: O(n log n).
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`.
 * @example
 * ```ts
 * import { compareQuantiles } from '@mlops/abtest'
 *
 * const control = Array.from({ length: 200 }, (_, i) => 100 + i)
 * const { effect } = compareQuantiles(control, control.map((ms) => 0.8 * ms), {
 *   quantile: 0.9,
 *   metric: { name: 'p90 latency', better: 'lower' },
 * })
 * console.log(effect?.value.toFixed(2), effect?.standardError?.toFixed(2)) // -55.82 5.87
 * ```
 * Source: Deng, Knoblich & Lu 2018, section 4.2.
 * Differs from: GrowthBook's written formula, which divides by the design effect of clusters where its
 * code multiplies; this multiplies.
 */
export function compareQuantiles(
  control: NumericSample | QuantileStats,
  treatment: NumericSample | QuantileStats,
  options: CompareQuantilesOptions = {},
): AbReadout {
  const checked = checkedOptions(options)
  const { quantile = 0.5, clusters } = options
  const [c, t] = (['control', 'treatment'] as const).map((name) => {
    const data = name === 'control' ? control : treatment
    if (isSample(data)) {
      const own = clusters?.[name]
      return quantileStats(data, { quantile, ...(own !== undefined && { clusters: own }) }, name)
    }
    if (data?.kind !== 'quantile-stats' || ![data.n, data.nStar].every((n) => n >= 0))
      throw badArms(`${name} must be an array of numbers or quantileStats of it`, { name })
    return data
  }) as [QuantileStats, QuantileStats]
  if (c.quantile !== t.quantile)
    throw badArms(`the arms hold quantiles ${c.quantile} and ${t.quantile}; compare the same one`, {
      control: c.quantile,
      treatment: t.quantile,
    })
  const [vc, vt] = [quantileVariance(c), quantileVariance(t)]
  const parts = {
    method: 'quantile-z',
    difference: (t.value ?? Number.NaN) - (c.value ?? Number.NaN),
    standardError: Math.sqrt((vc ?? Number.NaN) + (vt ?? Number.NaN)),
    df: null,
    sizes: [t.n, c.n],
    dropped: [t.dropped, c.dropped],
    alternative: checked.alternative,
    tooFew:
      vc === undefined || vt === undefined
        ? `the ${c.quantile} quantile has no order statistics on both sides at this size (${t.n} and ${c.n}); a value nearer 0.5, or more units, has.`
        : undefined,
  }
  const test = waldTest(parts)
  return unpairedReadout(
    {
      arms: [armOf('control', c, vc), armOf('treatment', t, vt)],
      test,
      effect: waldEffect(parts, test, checked.confidence),
      relativeEffect:
        test.status === 'ok'
          ? relativeEffect(
              {
                control: c.value!,
                treatment: t.value!,
                controlVariance: vc!,
                treatmentVariance: vt!,
                covariance: 0,
              },
              { confidence: checked.confidence, df: null },
            )
          : null,
      notes: [
        `the verdict speaks of the ${c.quantile} quantile; its variance is read from order statistics`,
        ...(clusters === undefined ? [] : ['clusters are the units']),
      ],
    },
    checked,
  )
}

function armOf(name: string, { n, dropped, value }: QuantileStats, variance: number | undefined) {
  return {
    name,
    n,
    dropped,
    mean: value,
    sd: variance === undefined ? null : Math.sqrt(variance * n),
  }
}
