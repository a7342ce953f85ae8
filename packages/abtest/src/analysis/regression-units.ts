import type { NumericSample } from '@mlops/stats'
import { badArms } from './arm-data.ts'
import type { ArmStats } from './arm-stats.ts'
import { armStats, isSample } from './arm-stats.ts'
import type { ClusterIds } from './cluster-sums.ts'
import { clusterStats } from './cluster-sums.ts'

/** One arm, unit by unit: the outcome, and covariates from before the experiment. */
export interface CovariateColumns {
  readonly outcome: NumericSample
  /** Columns of the outcome's length; a category of k levels is k − 1 columns of 0 and 1. */
  readonly covariates: readonly NumericSample[]
  /** The cluster of each unit, where whole clusters were dealt to the arms. */
  readonly clusters?: ClusterIds
}

/** The units of an arm that have every value. */
export interface CompleteUnits {
  readonly outcome: Float64Array
  readonly covariates: readonly Float64Array[]
  readonly clusters: readonly (string | number)[] | undefined
  readonly dropped: number
  readonly width: number
}

/** The outcome alone: of units, or of clusters where there are any. */
export function outcomeStats({ outcome, clusters, dropped }: CompleteUnits): ArmStats {
  if (clusters === undefined) return { ...armStats(outcome), dropped }
  return clusterStats({ values: outcome, clusters })
}

/** The cluster of each unit of both arms, control's first, numbered from 0: those of the arms are different ones. */
export function clusterNumbers(arms: readonly CompleteUnits[]): Int32Array | undefined {
  if (arms.some(({ clusters }) => clusters === undefined)) return undefined
  let next = 0
  const numbers = arms.flatMap(({ clusters }) => {
    const known = new Map<string | number, number>()
    return clusters!.map((id) => {
      const number = known.get(id) ?? next++
      known.set(id, number)
      return number
    })
  })
  return Int32Array.from(numbers)
}

/** @throws `invalid` `abtest.invalid-arms` */
export function completeUnits(name: string, data: CovariateColumns): CompleteUnits {
  const { outcome, covariates, clusters } = data ?? {}
  if (!isSample(outcome) || !Array.isArray(covariates))
    throw badArms(
      `${name} must be columns { outcome, covariates: [column, …] }; robust errors need every unit`,
      { name },
    )
  if (clusters !== undefined && clusters?.length !== outcome.length)
    throw badArms(`${name}: clusters must name one for each of the ${outcome.length} units`, {
      name,
    })
  const columns = [outcome, ...covariates] as ArrayLike<number | null | undefined>[]
  for (const [j, column] of columns.entries()) {
    if (!isSample(column) || column.length !== outcome.length)
      throw badArms(`${name}: covariate ${j - 1} must be an array of ${outcome.length} numbers`, {
        name,
        covariate: j - 1,
      })
  }
  const kept: number[] = []
  for (let i = 0; i < outcome.length; i++) {
    const values = columns.map((column) => column[i])
    if (values.some((v) => v === null || v === undefined || Number.isNaN(v))) continue
    if (!values.every((v) => Number.isFinite(v)))
      throw badArms(`${name}: unit ${i} holds a value that is no finite number`, { name, index: i })
    kept.push(i)
  }
  const ids = clusters && kept.map((i) => clusters[i]!)
  if (ids?.some((id) => id === null || id === undefined))
    throw badArms(`${name}: a unit has no cluster`, { name })
  return {
    outcome: Float64Array.from(kept, (i) => outcome[i]!),
    covariates: kept.map((i) => Float64Array.from(columns.slice(1), (column) => column[i]!)),
    clusters: ids,
    dropped: outcome.length - kept.length,
    width: covariates.length,
  }
}
