import type { Interval, Proportion, TestResult } from '@mlops/stats'
import {
  agrestiCaffo,
  chiSquareContingency,
  fisherExact,
  katzLogRatio,
  koopmanRatio,
  miettinenNurminen,
  newcombe,
  oddsRatioLogit,
  twoProportionZ,
  waldDifference,
} from '@mlops/stats'
import type { Effect } from '../readout.ts'
import type { CheckedOptions } from './analysis-options.ts'
import { bad, oneOf } from './analysis-options.ts'
import type { ArmData } from './arm-data.ts'
import { proportionArm, proportionOf } from './arm-data.ts'
import type { CompareArmsOptions, ProportionTest } from './arm-tests.ts'
import type { Analysed } from './build-readout.ts'
import { relativeEffect } from './relative-effect.ts'

const DIFFERENCE = {
  newcombe,
  'miettinen-nurminen': miettinenNurminen,
  'agresti-caffo': agrestiCaffo,
  wald: waldDifference,
} as const

/** Two proportions: test, difference, relative lift, ratio and odds. */
export function compareProportions(
  test: ProportionTest,
  control: ArmData,
  treatment: ArmData,
  { alternative, confidence }: CheckedOptions,
  { interval = 'newcombe', ratioInterval = 'koopman' }: CompareArmsOptions,
): Analysed {
  oneOf('interval', interval, ['newcombe', 'miettinen-nurminen', 'agresti-caffo', 'wald'])
  oneOf('ratioInterval', ratioInterval, ['koopman', 'katz'])
  const [c, t] = [
    proportionOf('control', control, test),
    proportionOf('treatment', treatment, test),
  ]
  const counted = testOf(test, c.proportion, t.proportion, alternative)
  const result = {
    ...counted,
    sizes: [t.proportion.n, c.proportion.n],
    dropped: [t.dropped, c.dropped],
  }
  const arms = [
    proportionArm('control', c.proportion, c.dropped),
    proportionArm('treatment', t.proportion, t.dropped),
  ] as const
  if (c.proportion.n === 0 || t.proportion.n === 0)
    return { arms, test: result, effect: null, relativeEffect: null }
  const [pc, pt] = [arms[0].mean!, arms[1].mean!]
  const variances = {
    controlVariance: (pc * (1 - pc)) / c.proportion.n,
    treatmentVariance: (pt * (1 - pt)) / t.proportion.n,
  }
  const law = { confidence, df: null }
  const level = { confidence }
  const lift =
    pc === 0
      ? null
      : relativeEffect({ control: pc, treatment: pt, covariance: 0, ...variances }, law)
  const ends = DIFFERENCE[interval](t.proportion, c.proportion, level)
  const effect: Effect = {
    value: pt - pc,
    interval: { level: confidence, lower: ends.lower, upper: ends.upper },
    method: interval,
    scale: 'difference',
    standardError: Math.sqrt(variances.controlVariance + variances.treatmentVariance),
    degreesOfFreedom: null,
  }
  const otherEffects = [
    ratioOf(c.proportion, t.proportion, ratioInterval, confidence),
    oddsOf(test, c.proportion, t.proportion, confidence),
  ].filter((other) => other !== null)
  return { arms, test: result, effect, relativeEffect: lift, otherEffects }
}

function testOf(
  test: ProportionTest,
  control: Proportion,
  treatment: Proportion,
  alternative: CheckedOptions['alternative'],
): TestResult {
  if (test === 'two-proportion-z') return twoProportionZ(treatment, control, { alternative })
  if (test === 'two-proportion-z-unpooled')
    return twoProportionZ(treatment, control, { alternative, variance: 'unpooled' })
  if (test === 'fisher') return fisherExact(tableOf(control, treatment), { alternative })
  if (alternative !== 'two-sided')
    throw bad(`'${test}' has no sides; use 'two-proportion-z', whose square it is, or 'fisher'`, {
      alternative,
    })
  // Checked here: the contingency test would speak of cells.
  twoProportionZ(treatment, control)
  return chiSquareContingency(tableOf(control, treatment), {
    correction: test === 'chi-square' ? 'none' : 'yates',
  })
}

function tableOf(control: Proportion, treatment: Proportion) {
  return [
    [treatment.successes, treatment.n - treatment.successes],
    [control.successes, control.n - control.successes],
  ] as [[number, number], [number, number]]
}

/** The ratio of proportions; `null` where nobody succeeded under control. */
function ratioOf(
  control: Proportion,
  treatment: Proportion,
  by: 'koopman' | 'katz',
  confidence: number,
): Effect | null {
  if (control.successes === 0) return null
  const found: { lower: number; upper: number | null } | null =
    by === 'katz'
      ? katzLogRatio(treatment, control, { confidence })
      : koopmanRatio(treatment, control, { confidence })
  return onRatioScale(
    'ratio',
    by,
    treatment.successes / treatment.n / (control.successes / control.n),
    found && { level: confidence, lower: found.lower, upper: found.upper },
  )
}

/** The odds ratio: exact beside Fisher's test, else Woolf's logit interval; `null` with an empty cell. */
function oddsOf(
  test: ProportionTest,
  control: Proportion,
  treatment: Proportion,
  confidence: number,
): Effect | null {
  if (test === 'fisher') {
    const exact = fisherExact(tableOf(control, treatment), { confidence })
    return exact.conditionalOddsRatio === null
      ? null
      : onRatioScale('odds-ratio', 'conditional-exact', exact.conditionalOddsRatio, exact.interval)
  }
  const found = oddsRatioLogit(treatment, control, { confidence })
  return (
    found &&
    onRatioScale('odds-ratio', 'logit', found.oddsRatio, {
      level: confidence,
      ...bounds(found),
    })
  )
}

function onRatioScale(
  scale: 'ratio' | 'odds-ratio',
  method: string,
  value: number,
  interval: Effect['interval'],
): Effect {
  return { value, interval, method, scale, standardError: null, degreesOfFreedom: null }
}

function bounds({ lower, upper }: Interval): Interval {
  return { lower, upper }
}
