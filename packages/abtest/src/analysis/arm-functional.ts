import { badArms } from './arm-data.ts'
import type { ArmColumns, ArmStats, ArmVariable } from './arm-stats.ts'
import {
  armStats,
  checkArmStats,
  covarianceOf,
  isArmStats,
  isSample,
  meanOfVariable,
} from './arm-stats.ts'

/** A mean or ratio of an arm: its value, and the weights of its variables once linearised. */
export interface ArmFunctional {
  readonly value: number
  readonly weights: readonly (readonly [ArmVariable, number])[]
}

/** Columns of one arm, or their sufficient statistics. */
export type ArmMeasures = ArmColumns | ArmStats

/**
 * The mean of a variable, or its ratio to another one: `R = m_y/m_d` moves with a unit as
 * `(y − R·d)/m_d`. `undefined` over a denominator of 0.
 */
export function functionalOf(
  stats: ArmStats,
  numerator: ArmVariable,
  denominator: ArmVariable | undefined,
): ArmFunctional | undefined {
  const mean = meanOfVariable(stats, numerator)
  if (denominator === undefined) return { value: mean, weights: [[numerator, 1]] }
  const below = meanOfVariable(stats, denominator)
  if (below === 0) return undefined
  const value = mean / below
  return {
    value,
    weights: [
      [numerator, 1 / below],
      [denominator, -value / below],
    ],
  }
}

/** The covariance, for each unit, of two linearised functionals. */
export function covarianceBetween(stats: ArmStats, a: ArmFunctional, b: ArmFunctional): number {
  let sum = 0
  for (const [x, w] of a.weights)
    for (const [y, v] of b.weights) sum += w * v * covarianceOf(stats, x, y)
  return sum
}

/** @throws `invalid`: `abtest.invalid-arms` unless both arms hold what is needed. */
export function measuresOf(
  control: ArmMeasures,
  treatment: ArmMeasures,
  needed: readonly ArmVariable[],
): readonly [ArmStats, ArmStats] {
  return [statsOf('control', control, needed), statsOf('treatment', treatment, needed)]
}

function statsOf(name: string, data: ArmMeasures, needed: readonly ArmVariable[]): ArmStats {
  if (typeof data !== 'object' || data === null || isSample(data))
    throw badArms(`${name} must be columns { ${needed.join(', ')} } or armStats of them`, { name })
  if (isArmStats(data)) checkArmStats(data, name)
  const stats = isArmStats(data) ? data : armStats(data)
  for (const variable of needed) {
    if (!stats.variables.includes(variable))
      throw badArms(`${name} has no ${variable}; pass columns or sums that hold it`, {
        name,
        variable,
      })
  }
  return stats
}
