import { invalid } from '@mlops/core'
import type { Allocation } from './allocation.ts'
import { allocate, allocationWeights, checkAllocation } from './allocation.ts'
import type { AssignmentAlgorithm } from './bucket-of.ts'
import { ALGORITHMS } from './bucket-of.ts'
import type { Condition } from './condition.ts'
import { checkCondition } from './condition.ts'
import type { BucketRange } from './growthbook.ts'

/** An experiment as assignment sees it: who takes part, and with which shares. Plain JSON. */
export interface Experiment {
  readonly key: string
  /** Arms with their shares, which add up to 1; or an allocation, to change shares later ({@link reallocate}). */
  readonly arms: readonly ExperimentArm[] | Allocation
  /** @default 'mlops-v1' */
  readonly algorithm?: AssignmentAlgorithm
  /** Share of the units that take part. Raising it moves nobody. @default 1 */
  readonly coverage?: number
  /** Salts, where they must not be the key: to re-randomise, or to agree with another system. */
  readonly salts?: { readonly enrolment?: string; readonly variant?: string }
  /** The attribute that identifies the unit. @default 'id' */
  readonly unit?: string
  /** The attribute that does so when `unit` is missing. */
  readonly fallbackUnit?: string
  readonly condition?: Condition
  /** Experiments in disjoint ranges of one namespace share no unit. */
  readonly namespace?: { readonly name: string; readonly ranges: readonly BucketRange[] }
  /** Units held out of this and every other experiment that names the holdout. */
  readonly holdouts?: readonly { readonly name: string; readonly share: number }[]
  /**
   * Version of the stored assignments: those of other versions are not used, those below `blockBelow`
   * keep their unit out. @default { version: 0, blockBelow: 0 }
   */
  readonly sticky?: { readonly version?: number; readonly blockBelow?: number } | 'off'
}

/** An arm and its share. Without any weights the arms have equal shares. */
export interface ExperimentArm {
  readonly key: string
  readonly weight?: number
}

/** An experiment, checked, with nothing left open. */
export interface CheckedExperiment {
  readonly key: string
  readonly arms: readonly string[]
  readonly weights: Readonly<Record<string, number>>
  readonly allocation: Allocation
  readonly algorithm: AssignmentAlgorithm
  readonly coverage: number
  readonly salts: { readonly enrolment: string; readonly variant: string }
  readonly unit: string
  readonly fallbackUnit: string | undefined
  readonly condition: Condition | undefined
  readonly namespace: Experiment['namespace']
  readonly holdouts: NonNullable<Experiment['holdouts']>
  readonly sticky: { readonly version: number; readonly blockBelow: number } | 'off'
}

/** Throws on what cannot be meant, and fills in the defaults. */
export function checkExperiment(experiment: Experiment): CheckedExperiment {
  const {
    key,
    arms,
    algorithm = 'mlops-v1',
    coverage = 1,
    salts = {},
    unit = 'id',
    fallbackUnit,
    condition,
    namespace,
    holdouts = [],
    sticky = {},
  } = experiment ?? {}
  requireText('key', key)
  requireText('unit', unit)
  if (fallbackUnit !== undefined) requireText('fallbackUnit', fallbackUnit)
  if (!ALGORITHMS.includes(algorithm))
    throw bad(`algorithm must be one of ${ALGORITHMS.join(', ')}, got '${String(algorithm)}'`, {
      algorithm,
    })
  requireShare('coverage', coverage)
  if (condition !== undefined) checkCondition(condition)
  for (const { name, share } of holdouts) {
    requireText('the name of a holdout', name)
    requireShare(`the share of holdout '${name}'`, share)
  }
  if (namespace !== undefined) {
    requireText('the name of the namespace', namespace.name)
    if (!Array.isArray(namespace.ranges)) throw bad('namespace.ranges must be a list', {})
    for (const [from, to] of namespace.ranges) {
      if (!(from >= 0 && from <= to && to <= 1))
        throw bad(`a range of the namespace must lie within [0, 1], got [${from}, ${to})`, {
          from,
          to,
        })
    }
  }
  const allocation = allocationOf(arms)
  const { enrolment, variant } = salts
  const md5 = algorithm === 'md5-shard'
  return {
    key,
    arms: 'segments' in arms ? Object.keys(allocationWeights(allocation)) : arms.map((a) => a.key),
    weights: allocationWeights(allocation),
    allocation,
    algorithm,
    coverage,
    salts: {
      enrolment: enrolment ?? (md5 ? `traffic-${key}` : (variant ?? key)),
      variant: variant ?? (md5 ? `split-${key}` : key),
    },
    unit,
    fallbackUnit,
    condition,
    namespace,
    holdouts,
    sticky: checkedSticky(sticky),
  }
}

function allocationOf(arms: Experiment['arms']): Allocation {
  if (arms && 'segments' in arms) return checkAllocation(arms)
  if (!Array.isArray(arms) || arms.length === 0)
    throw bad('an experiment needs arms: a list of { key, weight }', {})
  const keys = arms.map(({ key }) => key)
  for (const key of keys) requireText('the key of an arm', key)
  const twice = keys.find((key, at) => keys.indexOf(key) !== at)
  if (twice !== undefined) throw bad(`there are two arms '${twice}'`, { arm: twice })
  const weighted = arms.filter(({ weight }) => weight !== undefined).length
  if (weighted > 0 && weighted < arms.length)
    throw bad('give every arm a weight, or none', { arms: keys })
  return allocate(
    Object.fromEntries(arms.map(({ key, weight }) => [key, weight ?? 1 / arms.length])),
  )
}

function checkedSticky(sticky: NonNullable<Experiment['sticky']>): CheckedExperiment['sticky'] {
  if (sticky === 'off') return sticky
  const { version = 0, blockBelow = 0 } = sticky
  for (const [name, value] of Object.entries({ version, blockBelow })) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw bad(`sticky.${name} must be an integer >= 0, got ${value}`, { [name]: String(value) })
  }
  if (blockBelow > version)
    throw bad(`sticky.blockBelow (${blockBelow}) must not exceed sticky.version (${version})`, {
      version,
      blockBelow,
    })
  return { version, blockBelow }
}

function requireText(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '')
    throw bad(`${name} must be a text that is not empty, got ${JSON.stringify(value)}`, { name })
}

function requireShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1))
    throw bad(`${name} must be a number from 0 to 1, got ${value}`, { name, value: String(value) })
}

function bad(message: string, details: Record<string, unknown>) {
  return invalid('abtest.invalid-experiment', message, details)
}
