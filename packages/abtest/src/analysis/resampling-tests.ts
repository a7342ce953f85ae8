import type { Warning } from '@mlops/core'
import type { NumericSample, TestResult } from '@mlops/stats'
import { describe, median } from '@mlops/stats'
import type { ArmSummary } from '../readout.ts'
import type { CheckedOptions } from './analysis-options.ts'
import { bad, oneOf, requireRng } from './analysis-options.ts'
import type { ArmData } from './arm-data.ts'
import { armOf, badArms, valuesOf } from './arm-data.ts'
import type { BootstrapDifferenceOptions, CompareArmsOptions } from './arm-tests.ts'
import type { ArmStatistic, BootstrapDifference, Groups } from './bootstrap-difference.ts'
import { bootstrapDifference } from './bootstrap-difference.ts'
import type { Analysed } from './build-readout.ts'
import type { ClusterIds } from './cluster-sums.ts'

/** Bootstrap of a difference, of units or of whole clusters. */
export function compareBootstrapped(
  control: ArmData,
  treatment: ArmData,
  options: CheckedOptions,
  given: CompareArmsOptions,
): Analysed {
  const [c, t] = [
    valuesOf('control', control, 'bootstrap'),
    valuesOf('treatment', treatment, 'bootstrap'),
  ]
  const groups = given.clusters
    ? [
        clusterGroups('control', c, given.clusters.control),
        clusterGroups('treatment', t, given.clusters.treatment),
      ]
    : [unitGroups(c), unitGroups(t)]
  const [cg, tg] = groups as [Grouped, Grouped]
  const { found, test, notes } = bootstrapTest(cg, tg, options, given)
  const statistic = statisticOf(given)
  return {
    arms: [armShown('control', c, cg, statistic), armShown('treatment', t, tg, statistic)],
    test,
    effect: found?.effect ?? null,
    relativeEffect: null,
    notes: given.clusters ? [...notes, 'whole clusters are drawn: they are the units'] : notes,
  }
}

/** Groups of values, and what was left out of them. */
export interface Grouped {
  readonly groups: Groups
  readonly dropped: number
}

/** The bootstrap's test result, for unpaired arms and (with no values under control) for pairs. */
export function bootstrapTest(
  control: Grouped,
  treatment: Grouped,
  { alternative, confidence }: CheckedOptions,
  options: BootstrapDifferenceOptions,
): { found: BootstrapDifference | undefined; test: TestResult; notes: string[] } {
  const { bootstrap: kind = 'percentile', resamples = 2000 } = options
  oneOf('bootstrap', kind, ['bca', 'percentile'])
  if (!(Number.isInteger(resamples) && resamples >= 100 && resamples <= 1e7))
    throw bad(`resamples must be a whole number from 100 to 1e7, got ${resamples}`, { resamples })
  const rng = requireRng(options.rng, 'bootstrap')
  const statistic = statisticOf(options)
  const sizes = [treatment.groups.length, control.groups.length]
  const outline = {
    method: `bootstrap-${kind}`,
    alternative,
    sizes,
    dropped: [treatment.dropped, control.dropped],
    effectSize: null,
  }
  const nothing = { ...outline, statistic: null, pValue: null }
  const warn = (code: string, message: string): Warning[] => [{ code, message }]
  if (Math.min(...sizes) < 2) {
    const message = `a bootstrap needs 2 units in each arm; there are ${sizes.join(' and ')}.`
    const test = {
      ...nothing,
      status: 'insufficient-data',
      warnings: warn('too-few-values', message),
    } as const
    return { found: undefined, test, notes: [] }
  }
  const found = bootstrapDifference(control.groups, treatment.groups, statistic, {
    rng,
    resamples,
    kind,
    confidence,
  })
  const notes = [`${kind} interval and p-value from ${resamples} resamples`]
  if (found.pValue === null) {
    const message = 'the statistic is not finite, or the same, on every resample.'
    const test = {
      ...nothing,
      status: 'undefined',
      warnings: warn('statistic-undefined', message),
    } as const
    return { found, test, notes }
  }
  const { less, greater } = found.pValue
  const pValue = { less, greater, 'two-sided': Math.min(1, 2 * Math.min(less, greater)) }[
    alternative
  ]
  return {
    found,
    test: {
      ...outline,
      status: 'ok',
      statistic: found.effect?.value ?? null,
      pValue,
      warnings: found.fellBack
        ? warn('bca-undefined', 'bias or acceleration is undefined: percentiles were used.')
        : [],
    },
    notes,
  }
}

/** The statistic that was asked for. */
export function statisticOf({ statistic = 'mean' }: BootstrapDifferenceOptions): ArmStatistic {
  if (typeof statistic === 'function') return statistic
  oneOf('statistic', statistic, ['mean', 'median'])
  return statistic === 'mean' ? mean : median
}

function mean(values: Float64Array): number {
  let sum = 0
  for (const v of values) sum += v
  return sum / values.length
}

/** Every value is a group of its own. */
export function unitGroups(sample: NumericSample): Grouped {
  const groups: Float64Array[] = []
  for (let i = 0; i < sample.length; i++) {
    const value = finiteOrMissing(sample[i], i)
    if (value !== undefined) groups.push(Float64Array.of(value))
  }
  return { groups, dropped: sample.length - groups.length }
}

function clusterGroups(name: string, sample: NumericSample, ids: ClusterIds): Grouped {
  if (ids?.length !== sample.length)
    throw badArms(`clusters.${name} must name a cluster for each of the ${sample.length} values`, {
      name,
    })
  const groups = new Map<string | number, number[]>()
  for (let i = 0; i < sample.length; i++) {
    const group = groups.get(ids[i]!) ?? []
    groups.set(ids[i]!, group)
    const value = finiteOrMissing(sample[i], i)
    if (value !== undefined) group.push(value)
  }
  const filled = [...groups.values()].filter((group) => group.length > 0)
  return {
    groups: filled.map((group) => Float64Array.from(group)),
    dropped: groups.size - filled.length,
  }
}

function finiteOrMissing(value: number | null | undefined, index: number): number | undefined {
  if (value === null || value === undefined || Number.isNaN(value)) return undefined
  if (Number.isFinite(value)) return value
  throw badArms(`value ${index} is ${String(value)}; the bootstrap needs finite numbers`, { index })
}

function armShown(
  name: string,
  sample: NumericSample,
  { groups, dropped }: Grouped,
  statistic: ArmStatistic,
): ArmSummary {
  const arm = armOf(name, sample)
  const { n } = describe(sample)
  return {
    ...arm,
    n: groups.length,
    dropped,
    mean: n === 0 ? null : statistic(Float64Array.from(groups.flatMap((group) => [...group]))),
  }
}
