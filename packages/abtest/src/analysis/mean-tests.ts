import type { NumericSample, TestResult, TTestResult } from '@mlops/stats'
import { permutationTest, studentTTest, welchT, yuenT } from '@mlops/stats'
import type { Effect } from '../readout.ts'
import type { CheckedOptions } from './analysis-options.ts'
import { requireRng } from './analysis-options.ts'
import type { ArmData } from './arm-data.ts'
import { ARMS, armOf, sampleOrSummary, valuesOf } from './arm-data.ts'
import type { CompareArmsOptions } from './arm-tests.ts'
import type { Analysed } from './build-readout.ts'
import { relativeEffect } from './relative-effect.ts'

type Values = Exclude<ArmData, { successes: number }>

/** Welch's or Student's t test, from values or sufficient statistics. */
export function compareMeans(
  test: 'welch' | 'student',
  control: Values,
  treatment: Values,
  { alternative, confidence }: CheckedOptions,
): Analysed {
  const run = test === 'welch' ? welchT : studentTTest
  const [c, t] = [sampleOrSummary(control), sampleOrSummary(treatment)]
  const result = run(t, c, { alternative, confidence })
  return {
    arms: [armOf('control', control), armOf('treatment', treatment)],
    test: countDropped(result, control, treatment),
    effect: effectOf(run(t, c, { confidence })),
    relativeEffect: liftOfMeans(result, control, treatment, confidence, test),
  }
}

/** Yuen's test of trimmed means. */
export function compareTrimmed(
  control: ArmData,
  treatment: ArmData,
  { alternative, confidence }: CheckedOptions,
  { trim = 0.2 }: CompareArmsOptions,
): Analysed {
  const [c, t] = [valuesOf('control', control, 'yuen'), valuesOf('treatment', treatment, 'yuen')]
  const result = yuenT(t, c, { alternative, confidence, trim })
  const twoSided = yuenT(t, c, { confidence, trim })
  const [tm, cm] = result.trimmedMeans
  const [tv, cv] = result.meanVariances
  return {
    arms: [
      { ...armOf('control', c), mean: cm },
      { ...armOf('treatment', t), mean: tm },
    ],
    test: result,
    effect: effectOf(twoSided),
    relativeEffect:
      result.status === 'ok' && cm !== null && tm !== null && cv !== null && tv !== null
        ? relativeEffect(
            {
              control: cm,
              treatment: tm,
              controlVariance: cv,
              treatmentVariance: tv,
              covariance: 0,
            },
            { confidence, df: result.degreesOfFreedom },
          )
        : null,
    notes: [`means are trimmed by ${trim} at each end; the verdict speaks of trimmed means`],
  }
}

/** A permutation test of Welch's statistic, which stays valid for means when spreads differ. */
export function comparePermuted(
  control: ArmData,
  treatment: ArmData,
  options: CheckedOptions,
  { rng, resamples }: CompareArmsOptions,
): Analysed {
  const [c, t] = ARMS.map((name) =>
    valuesOf(name, name === 'control' ? control : treatment, 'permutation'),
  ) as [NumericSample, NumericSample]
  const test = permutationTest(t, c, welchStatistic, {
    rng: requireRng(rng, 'permutation'),
    alternative: options.alternative,
    ...(resamples !== undefined && { resamples }),
  })
  const { arms, effect, relativeEffect: lift } = compareMeans('welch', c, t, options)
  return {
    arms,
    test,
    effect,
    relativeEffect: lift,
    notes: [
      `p from ${test.resamples} relabellings of Welch's statistic; the interval is Welch's own`,
    ],
  }
}

function welchStatistic(x: Float64Array, y: Float64Array): number {
  const [a, b] = [meanAndVariance(x), meanAndVariance(y)]
  const gap = a.mean - b.mean
  const se = Math.sqrt(a.variance / x.length + b.variance / y.length)
  // A relabelling that parts the values perfectly is more extreme than any other.
  if (se === 0) return gap === 0 ? 0 : Math.sign(gap) * Number.MAX_VALUE
  return gap / se
}

function meanAndVariance(x: Float64Array): { mean: number; variance: number } {
  let mean = 0
  for (const v of x) mean += v / x.length
  let squares = 0
  for (const v of x) squares += (v - mean) ** 2
  return { mean, variance: x.length > 1 ? squares / (x.length - 1) : Number.NaN }
}

function liftOfMeans(
  { status, degreesOfFreedom: df }: TTestResult,
  control: Values,
  treatment: Values,
  confidence: number,
  test: 'welch' | 'student',
): Effect | null {
  const [c, t] = [armOf('control', control), armOf('treatment', treatment)]
  if (status !== 'ok' || c.mean === null || t.mean === null) return null
  let [cv, tv] = [(c.sd ?? 0) ** 2, (t.sd ?? 0) ** 2]
  if (test === 'student') cv = tv = ((c.n - 1) * cv + (t.n - 1) * tv) / (c.n + t.n - 2)
  return relativeEffect(
    {
      control: c.mean,
      treatment: t.mean,
      controlVariance: cv / c.n,
      treatmentVariance: tv / t.n,
      covariance: 0,
    },
    { confidence, df },
  )
}

/** The statistics of an arm know what was left out of it; the test of their summary does not. */
function countDropped(result: TestResult, control: Values, treatment: Values): TestResult {
  const dropped = [armOf('treatment', treatment).dropped, armOf('control', control).dropped]
  return { ...result, dropped }
}

/** The difference with its interval from a t test. */
export function effectOf(result: TTestResult): Effect | null {
  const { difference, interval, method, status, standardError, degreesOfFreedom } = result
  if (status !== 'ok' || difference === null) return null
  return {
    value: difference,
    interval,
    method,
    scale: 'difference',
    standardError,
    degreesOfFreedom,
  }
}
