import { invalid } from '@mlops/core'
import type { NumericSample, Proportion, SampleSummary } from '@mlops/stats'
import { moments, varianceOf } from '@mlops/stats'
import type { ArmSummary } from '../readout.ts'
import type { ArmStats } from './arm-stats.ts'
import { checkArmStats, covarianceOf, isArmStats, isSample, meanOfVariable } from './arm-stats.ts'

/**
 * One arm's outcomes: values, their sufficient statistics ({@link ArmStats}, or mean and variance), or
 * successes out of trials.
 */
export type ArmData = NumericSample | SampleSummary | ArmStats | Proportion

/** The names of the arms, control first. */
export const ARMS = ['control', 'treatment'] as const

/** @throws `invalid` `abtest.invalid-arms` unless both arms are data of one form. */
export function checkArms(control: ArmData, treatment: ArmData): void {
  for (const [name, data] of Object.entries({ control, treatment })) {
    if (typeof data !== 'object' || data === null)
      throw badArms(
        `${name} is ${String(data)}; pass values, armStats, { n, mean, variance } or { successes, n }`,
        { name },
      )
    if (isArmStats(data)) checkArmStats(data, name)
    else if (!isSample(data) && !('mean' in data) && !('successes' in data))
      throw badArms(
        `${name} is none of values, armStats, { n, mean, variance } and { successes, n }`,
        { name },
      )
  }
  if (isProportion(control) !== isProportion(treatment))
    throw badArms('one arm is a proportion and the other is not; give both in the same form', {})
}

/** Whether data are successes out of trials. */
export function isProportion(data: ArmData): data is Proportion {
  return typeof (data as Proportion | null)?.successes === 'number'
}

/** Values, or the summary of them that the t tests take. */
export function sampleOrSummary(data: Exclude<ArmData, Proportion>): NumericSample | SampleSummary {
  if (!isArmStats(data)) return data
  return {
    n: data.n,
    mean: meanOfVariable(data, 'outcome'),
    variance: covarianceOf(data, 'outcome', 'outcome'),
  }
}

/** The values themselves, for tests that need every one. */
export function valuesOf(name: string, data: ArmData, test: string): NumericSample {
  if (isSample(data)) return data
  throw badArms(
    `the test '${test}' needs the values of ${name}, one for each unit: sufficient statistics do not hold them`,
    { name, test },
  )
}

/** Successes and trials, counted where the arm is values of 0 and 1. */
export function proportionOf(
  name: string,
  data: ArmData,
  test: string,
): { readonly proportion: Proportion; readonly dropped: number } {
  if (isProportion(data)) return { proportion: data, dropped: 0 }
  if (!isSample(data))
    throw badArms(`the test '${test}' takes { successes, n } or values of 0 and 1 as ${name}`, {
      name,
      test,
    })
  let [successes, n] = [0, 0]
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    if (value === null || value === undefined || Number.isNaN(value)) continue
    if (value !== 0 && value !== 1)
      throw badArms(`the test '${test}' takes outcomes of 0 and 1; ${name}[${i}] is ${value}`, {
        name,
        test,
        index: i,
      })
    n++
    successes += value
  }
  return { proportion: { successes, n }, dropped: data.length - n }
}

/** An arm of values or statistics. */
export function armOf(name: string, data: Exclude<ArmData, Proportion>): ArmSummary {
  if (isSample(data)) {
    const all = moments(data)
    const { n, dropped, mean, meanTail } = all
    return {
      name,
      n,
      dropped,
      mean: n > 0 ? mean + meanTail : null,
      sd: n > 1 ? Math.sqrt(varianceOf(all)!) : null,
    }
  }
  const { n, mean, variance } = sampleOrSummary(data) as SampleSummary
  return {
    name,
    n,
    dropped: isArmStats(data) ? data.dropped : 0,
    mean: n > 0 ? mean : null,
    sd: n > 1 ? Math.sqrt(variance) : null,
  }
}

/** An arm of successes out of trials. */
export function proportionArm(
  name: string,
  { successes, n }: Proportion,
  dropped: number,
): ArmSummary {
  const p = n === 0 ? null : successes / n
  return { name, n, dropped, mean: p, sd: p === null ? null : Math.sqrt(p * (1 - p)) }
}

/** An error about the data of an arm. */
export function badArms(message: string, details: Record<string, unknown>) {
  return invalid('abtest.invalid-arms', message, details)
}
