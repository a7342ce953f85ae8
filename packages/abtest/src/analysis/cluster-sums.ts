import type { NumericSample } from '@mlops/stats'
import { badArms } from './arm-data.ts'
import type { ArmStats } from './arm-stats.ts'
import { armStats, isSample } from './arm-stats.ts'

/** The cluster (shop, session's user, classroom) of each value. */
export type ClusterIds = readonly (string | number)[] | ArrayLike<number>

/** Values, and the cluster that each belongs to. */
export interface ClusteredValues {
  readonly values: NumericSample
  readonly clusters: ClusterIds
}

/**
 * The clusters of one arm as sufficient statistics: outcome is a cluster's sum, denominator the number
 * of its values, so that their ratio is the mean of all values. They merge as long as no cluster is in
 * two parts.
 *
 * Input: values with the cluster of each; missing values are left out, and clusters that hold no other
 * are counted in `dropped`. Output: {@link ArmStats} whose units are clusters. Cost: linear.
 *
 * @throws `invalid` `abtest.invalid-arms`, `abtest.invalid-stats`.
 * @example
 * ```ts
 * import { clusterStats } from '@mlops/abtest'
 *
 * const { n, means } = clusterStats({ values: [1, 2, 3, 6], clusters: ['a', 'a', 'b', 'b'] })
 * console.log(n, means) // 2 [ 6, 2 ]
 * ```
 */
export function clusterStats(data: ClusteredValues, name = 'arm'): ArmStats {
  const { values, clusters } = data ?? {}
  if (!isSample(values) || clusters?.length !== values.length)
    throw badArms(`${name} must be { values, clusters } of one length`, { name })
  const sums = new Map<string | number, { sum: number; count: number }>()
  for (let i = 0; i < values.length; i++) {
    const [value, id] = [values[i], clusters[i]]
    if (id === null || id === undefined)
      throw badArms(`${name}: value ${i} has no cluster`, { name, index: i })
    const own = sums.get(id) ?? { sum: 0, count: 0 }
    sums.set(id, own)
    if (value === null || value === undefined || Number.isNaN(value)) continue
    own.sum += value
    own.count++
  }
  const rows = [...sums.values()].filter(({ count }) => count > 0)
  const stats = armStats({
    outcome: rows.map((row) => row.sum),
    denominator: rows.map((row) => row.count),
  })
  return { ...stats, dropped: sums.size - rows.length }
}
