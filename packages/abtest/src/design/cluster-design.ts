import type { Design, DesignSettings } from './design.ts'
import { defineDesign } from './design.ts'
import { checkGiven, checkProportion } from './design-checks.ts'
import { bad, positive } from './sample-size.ts'

export interface ClusterSizes {
  /** Intracluster correlation, 0 to 1: how much alike units of one cluster are. */
  readonly icc: number
  /** Units per cluster, on average. */
  readonly clusterSize: number
  /** Standard deviation of the cluster sizes over their mean. @default 0 */
  readonly sizeCv?: number
}

export type ClusterDesignOptions = DesignSettings &
  ClusterSizes &
  (
    | {
        /** Standard deviation of the metric over all units. */
        readonly sd: number
      }
    | {
        /** Proportion under control. */
        readonly control: number
      }
  )

/**
 * How many times more units whole clusters need than single units.
 *
 * `1 + ((1 + cv²)·m − 1)·icc`; with equal sizes `1 + (m − 1)·icc`.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * @example
 * ```ts
 * import { designEffect } from '@mlops/abtest/design'
 *
 * console.log(designEffect({ icc: 0.05, clusterSize: 20 }).toFixed(2)) // 1.95
 * console.log(designEffect({ icc: 0.05, clusterSize: 20, sizeCv: 0.6 }).toFixed(2)) // 2.31
 * ```
 * Source: Eldridge, Ashby & Kerry 2006.
 */
export function designEffect(sizes: ClusterSizes): number {
  checkGiven(sizes, '{ icc: 0.05, clusterSize: 20 }')
  const { icc, clusterSize, sizeCv = 0 } = sizes
  if (!(typeof icc === 'number' && icc >= 0 && icc <= 1))
    throw bad(`icc must lie between 0 and 1, got ${icc}`, { icc })
  if (
    !(typeof clusterSize === 'number' && clusterSize >= 1 && clusterSize < Number.POSITIVE_INFINITY)
  )
    throw bad(`clusterSize must be at least 1, got ${clusterSize}`, { clusterSize })
  if (!(typeof sizeCv === 'number' && sizeCv >= 0 && sizeCv < Number.POSITIVE_INFINITY))
    throw bad(`sizeCv must be >= 0, got ${sizeCv}`, { sizeCv })
  return 1 + ((1 + sizeCv ** 2) * clusterSize - 1) * icc
}

/**
 * Design in which whole clusters are assigned (shops, classes, regions) and units are measured.
 *
 * Variance of an arm's mean: `σ²·deff/(m·k)` for k clusters; the test is a t test with `k_c + k_t − 2` degrees of
 * freedom, which matters when clusters are few. A proportion has `σ² = p(1 − p)` in each arm.
 *
 * Units of the answer are clusters. With unequal sizes the arms' means are those over all units.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * @example
 * ```ts
 * import { designForClusters, requiredUnits } from '@mlops/abtest/design'
 *
 * const design = designForClusters({ sd: 1, icc: 0.05, clusterSize: 20 })
 * console.log(requiredUnits(design, { effect: 0.3 }).arms) // [ 19, 19 ]
 * ```
 * Source: Donner & Klar 2000, chapter 5; {@link designEffect}.
 */
export function designForClusters(options: ClusterDesignOptions): Design {
  const inflation = designEffect(options)
  const { clusterSize } = options
  if ('sd' in options) positive('sd', options.sd)
  else checkProportion('control', options.control)
  const variance = (effect: number) => {
    if ('sd' in options) return options.sd ** 2
    return (options.control + effect) * (1 - options.control - effect)
  }
  return defineDesign(options, {
    method: 'cluster-t',
    unit: 'clusters',
    scale: 'sd' in options ? 'difference of means' : 'difference of proportions',
    ...('control' in options && { limits: { down: options.control, up: 1 - options.control } }),
    adjustments: [
      `design effect ${inflation.toPrecision(4)} for clusters of ${clusterSize} units; t with the clusters' degrees of freedom`,
    ],
    pair: (c, t, effect, test) => {
      const each = inflation / clusterSize
      const squared = (variance(0) * each) / c + (variance(effect) * each) / t
      return test.t(effect / Math.sqrt(squared), c + t - 2, (c + t) * clusterSize)
    },
    warningsAt: (arms) =>
      Math.min(...arms) >= 4
        ? []
        : [
            {
              code: 'abtest.few-clusters',
              message:
                'with fewer than four clusters in an arm one unusual cluster decides; take more, smaller clusters',
            },
          ],
  })
}
