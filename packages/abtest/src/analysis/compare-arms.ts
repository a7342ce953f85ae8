import type { Summary, Warning } from '@mlops/core'
import { formatNumber, invalid, withDisplay } from '@mlops/core'
import type {
  Alternative,
  NumericSample,
  Proportion,
  SampleSummary,
  TestResult,
  TTestResult,
} from '@mlops/stats'
import { describe, fisherExact, newcombe, studentTTest, twoProportionZ, welchT } from '@mlops/stats'
import type { AbReadout, ArmSummary, Estimate } from '../readout.ts'
import { conclude } from './conclude.ts'
import { relativeEffect } from './relative-effect.ts'
import { sampleRatio } from './sample-ratio.ts'

/** One arm's outcomes: values, their sufficient statistics, or successes out of trials. */
export type ArmData = NumericSample | SampleSummary | Proportion

export interface CompareArmsOptions {
  /** What is measured, and which way is better. @default { name: 'metric', better: 'higher' } */
  readonly metric?: { readonly name: string; readonly better: 'higher' | 'lower' }
  /** @default 'welch' for values, 'two-proportion-z' for proportions */
  readonly test?: 'welch' | 'student' | 'two-proportion-z' | 'fisher'
  /** Of treatment minus control. @default 'two-sided' */
  readonly alternative?: Alternative
  /** @default 0.05 */
  readonly alpha?: number
  /** Planned shares of control and treatment, for the sample-ratio check. @default [0.5, 0.5] */
  readonly allocation?: readonly [number, number]
}

/**
 * Compares two arms with different units: test, difference and relative lift with intervals, and
 * the sample-ratio check.
 *
 * Input: values (missing ones left out and counted), sufficient statistics, or successes and trials.
 * Output: an {@link AbReadout}; intervals are two-sided at level 1 − alpha. Too little data is the
 * status of the test, and `inconclusive`.
 * Cost: one pass.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`; those of the tests
 *   (`stats.bad-proportion`, `stats.infinite-value`, …).
 * @example
 * ```ts
 * import { compareArms } from '@mlops/abtest'
 *
 * const readout = compareArms({ successes: 500, n: 10_000 }, { successes: 570, n: 10_000 })
 * console.log(readout.verdict, readout.effect?.value.toFixed(4), readout.test.pValue?.toFixed(4)) // pass 0.0070 0.0278
 * ```
 */
export function compareArms(
  control: ArmData,
  treatment: ArmData,
  {
    metric = { name: 'metric', better: 'higher' },
    test,
    alternative = 'two-sided',
    alpha = 0.05,
    allocation = [0.5, 0.5],
  }: CompareArmsOptions = {},
): AbReadout {
  for (const [name, data] of Object.entries({ control, treatment })) {
    if (typeof data === 'object' && data !== null) continue
    throw invalid(
      'abtest.invalid-arms',
      `${name} is ${String(data)}; pass values, { n, mean, variance } or { successes, n }`,
      { arm: name },
    )
  }
  checkLevel(alpha)
  const confidence = 1 - alpha
  const proportions = isProportion(control) && isProportion(treatment)
  if (isProportion(control) !== isProportion(treatment)) {
    throw invalid(
      'abtest.invalid-arms',
      'one arm is a proportion and the other is not; give both in the same form',
      {},
    )
  }
  const chosen = test ?? (proportions ? 'two-proportion-z' : 'welch')
  if ((chosen === 'welch' || chosen === 'student') === proportions) {
    throw invalid(
      'abtest.invalid-arms',
      `the test '${chosen}' does not fit ${proportions ? 'proportions' : 'values'}`,
      { test: chosen },
    )
  }
  const analysed = proportions
    ? compareProportions(
        control,
        treatment,
        chosen as 'two-proportion-z' | 'fisher',
        alternative,
        confidence,
      )
    : compareMeans(
        control as NumericSample | SampleSummary,
        treatment as NumericSample | SampleSummary,
        chosen as 'welch' | 'student',
        alternative,
        confidence,
      )

  const counts = analysed.arms.map((arm) => arm.n + arm.dropped)
  const ratio = sampleRatio(counts, allocation)
  const guards: Warning[] = ratio.mismatch
    ? [
        {
          code: 'abtest.sample-ratio-mismatch',
          message: `the arms have ${counts.join(' and ')} units where ${allocation.join(' to ')} was planned (p = ${formatNumber(ratio.pValue ?? 0)}); find out why before believing any effect`,
        },
      ]
    : []
  return readoutOf({
    ...analysed,
    design: 'unpaired',
    metric,
    alpha,
    adjustments: [intervalNote(alternative, confidence)],
    guards,
  })
}

function compareMeans(
  control: NumericSample | SampleSummary,
  treatment: NumericSample | SampleSummary,
  test: 'welch' | 'student',
  alternative: Alternative,
  confidence: number,
) {
  const run = test === 'welch' ? welchT : studentTTest
  const result = run(treatment, control, { alternative, confidence })
  const twoSided = run(treatment, control, { confidence })
  const arms = [armOf('control', control), armOf('treatment', treatment)] as const
  const [c, t] = arms
  const relative =
    result.status === 'ok' && c.mean !== null && t.mean !== null && c.sd !== null && t.sd !== null
      ? relativeEffect(
          {
            control: c.mean,
            treatment: t.mean,
            controlVariance: c.sd ** 2 / c.n,
            treatmentVariance: t.sd ** 2 / t.n,
            covariance: 0,
          },
          { confidence, df: result.degreesOfFreedom },
        )
      : null
  return { arms, test: result as TestResult, effect: effectOf(twoSided), relativeEffect: relative }
}

function compareProportions(
  control: Proportion,
  treatment: Proportion,
  test: 'two-proportion-z' | 'fisher',
  alternative: Alternative,
  confidence: number,
) {
  const result: TestResult =
    test === 'fisher'
      ? fisherExact(
          [
            [treatment.successes, treatment.n - treatment.successes],
            [control.successes, control.n - control.successes],
          ],
          { alternative },
        )
      : twoProportionZ(treatment, control, { alternative })
  const arms = [proportionArm('control', control), proportionArm('treatment', treatment)] as const
  const both = control.n > 0 && treatment.n > 0
  const interval = both ? newcombe(treatment, control, { confidence }) : null
  const [pc, pt] = [control.successes / control.n, treatment.successes / treatment.n]
  return {
    arms,
    test: result,
    effect: both
      ? {
          value: pt - pc,
          interval: interval && { level: confidence, lower: interval.lower, upper: interval.upper },
          method: 'newcombe',
        }
      : null,
    relativeEffect: both
      ? relativeEffect(
          {
            control: pc,
            treatment: pt,
            controlVariance: (pc * (1 - pc)) / control.n,
            treatmentVariance: (pt * (1 - pt)) / treatment.n,
            covariance: 0,
          },
          { confidence, df: null },
        )
      : null,
  }
}

/** Puts a readout together from its analysis. */
export function readoutOf(input: {
  readonly arms: readonly [ArmSummary, ArmSummary]
  readonly test: TestResult
  readonly effect: Estimate | null
  readonly relativeEffect: Estimate | null
  readonly design: AbReadout['design']
  readonly metric: AbReadout['metric']
  readonly alpha: number
  readonly adjustments: readonly string[]
  readonly guards: readonly Warning[]
}): AbReadout {
  const { guards, ...rest } = input
  const { verdict, reasons } = conclude({ ...input, guards })
  const readout: AbReadout = {
    kind: 'ab-readout',
    ...rest,
    verdict,
    reasons,
    warnings: [...guards, ...input.test.warnings],
  }
  return withDisplay(readout, summarise)
}

/** The difference with its interval from a t test. */
export function effectOf({ difference, interval, method, status }: TTestResult): Estimate | null {
  return status === 'ok' && difference !== null ? { value: difference, interval, method } : null
}

/** Which interval goes with which test. */
export function intervalNote(alternative: Alternative, confidence: number): string {
  const level = `${formatNumber(confidence * 100)} %`
  return alternative === 'two-sided'
    ? `two-sided test; intervals are two-sided at ${level}; nothing is adjusted for repeated looks or several metrics`
    : `one-sided test ('${alternative}'); intervals are two-sided at ${level} all the same; nothing is adjusted for repeated looks or several metrics`
}

/** @throws `invalid` `abtest.invalid-option` */
export function checkLevel(alpha: number): void {
  if (!(alpha > 0 && alpha < 1))
    throw invalid(
      'abtest.invalid-option',
      `alpha must lie strictly between 0 and 1, got ${alpha}`,
      { alpha },
    )
}

function isProportion(data: ArmData): data is Proportion {
  return typeof (data as Proportion | null)?.successes === 'number'
}

function armOf(name: string, data: NumericSample | SampleSummary): ArmSummary {
  if ('variance' in data)
    return {
      name,
      n: data.n,
      dropped: 0,
      mean: data.mean,
      sd: data.n > 1 ? Math.sqrt(data.variance) : null,
    }
  const { n, dropped, mean, sd } = describe(data)
  return { name, n, dropped, mean, sd }
}

function proportionArm(name: string, { successes, n }: Proportion): ArmSummary {
  const p = n === 0 ? null : successes / n
  return { name, n, dropped: 0, mean: p, sd: p === null ? null : Math.sqrt(p * (1 - p)) }
}

function summarise(readout: AbReadout): Summary {
  return {
    title: `${readout.metric.name} (${readout.metric.better} is better), ${readout.design}`,
    verdict: readout.verdict,
    lines: [
      ...readout.reasons,
      ...readout.warnings.map((warning) => `warning: ${warning.message}`),
    ],
    table: {
      columns: ['arm', 'n', 'mean', 'sd'],
      rows: readout.arms.map(({ name, n, mean, sd }) => [name, n, mean, sd]),
    },
  }
}
