import { invalid } from '@mlops/core'
import type { Alternative } from '@mlops/stats'
import type { CompareArmsOptions } from './analysis/compare-arms.ts'
import { checkLevel } from './analysis/compare-arms.ts'
import type { ComparePairsOptions } from './analysis/compare-pairs.ts'

/** A plan is read without a random number generator: tests that draw are not for plans. */
type DrawingTest = 'permutation' | 'bootstrap'
export type UnpairedTest = Exclude<NonNullable<CompareArmsOptions['test']>, DrawingTest>
export type PairedTest = Exclude<NonNullable<ComparePairsOptions['test']>, DrawingTest>

/** Tests that have no sides. */
const TWO_SIDED = /^(chi-square|mcnemar)/

/** Every test that compareArms and comparePairs can make without drawing, so that a plan may name it. */
const TESTS: {
  readonly unpaired: Readonly<Record<UnpairedTest, true>>
  readonly paired: Readonly<Record<PairedTest, true>>
} = {
  unpaired: {
    welch: true,
    student: true,
    yuen: true,
    'mann-whitney': true,
    'brunner-munzel': true,
    'two-proportion-z': true,
    'two-proportion-z-unpooled': true,
    'chi-square': true,
    'chi-square-yates': true,
    fisher: true,
  },
  paired: {
    'paired-t': true,
    wilcoxon: true,
    sign: true,
    mcnemar: true,
    'mcnemar-mid-p': true,
    'mcnemar-chi-square': true,
    'mcnemar-corrected': true,
  },
}

/** Everything about an experiment that must be fixed before the first outcome is seen. */
export interface PlanInput {
  readonly name: string
  readonly hypothesis: string
  readonly metric: { readonly name: string; readonly better: 'higher' | 'lower' }
  /** What is assigned or paired: user, session, flight. */
  readonly unit: string
  /** Who takes part, in words: 'visitors from Norway with an account'. */
  readonly population?: string
  /** `paired`: each unit is measured under both arms. */
  readonly design: 'unpaired' | 'paired'
  readonly test: UnpairedTest | PairedTest
  /** Of treatment minus control. @default 'two-sided' */
  readonly alternative?: Alternative
  /** @default 0.05 */
  readonly alpha?: number
  /** Units per arm (pairs, when paired) from which on the result may be read. */
  readonly sampleSize: { readonly control: number; readonly treatment: number }
  /** What the sample size was made for: the power, and the smallest effect that is found with it. */
  readonly power?: number
  readonly minimumEffect?: number
  /** Planned shares of control and treatment. @default [0.5, 0.5] */
  readonly allocation?: readonly [number, number]
  /** ISO 8601; not read before, however many units there are (whole weeks, for example). */
  readonly notBefore?: string
  /** Who is left out, in words. */
  readonly exclusions?: readonly string[]
}

/**
 * All of a plan but its time and seal.
 *
 * @throws `invalid`: `abtest.invalid-plan`, `abtest.invalid-option`, `abtest.wrong-tail`.
 */
export function planBody(input: PlanInput) {
  checkShape(input)
  const {
    alternative = 'two-sided',
    alpha = 0.05,
    allocation = [0.5, 0.5],
    exclusions = [],
    notBefore,
    population,
    power,
    minimumEffect,
    ...rest
  } = input
  checkLevel(alpha)
  const { design, test, sampleSize } = rest
  if (!(test in TESTS[design]))
    throw bad(`the test '${test}' does not fit a ${design} design`, { design, test })
  if (TWO_SIDED.test(test) && alternative !== 'two-sided')
    throw bad(`the test '${test}' has no sides; leave the alternative two-sided`, { alternative })
  for (const arm of ['control', 'treatment'] as const) {
    const n = sampleSize[arm]
    if (!Number.isInteger(n) || n < 2)
      throw bad(`sampleSize.${arm} must be an integer >= 2, got ${n}`, { arm, n })
  }
  if (design === 'paired' && sampleSize.control !== sampleSize.treatment)
    throw bad('a paired design has as many controls as treatments', sampleSize)
  const two = Array.isArray(allocation) && allocation.length === 2
  if (
    !two ||
    !allocation.every((share) => share > 0) ||
    Math.abs(allocation[0] + allocation[1] - 1) > 1e-9
  ) {
    throw bad(
      `allocation must be two positive shares that add up to 1, got ${two ? allocation.join(' and ') : String(allocation)}`,
      { allocation },
    )
  }
  if (!['two-sided', 'less', 'greater'].includes(alternative))
    throw bad(`alternative must be two-sided, less or greater, got ${String(alternative)}`, {
      alternative,
    })
  if (!Array.isArray(exclusions) || !exclusions.every((text) => typeof text === 'string'))
    throw bad('exclusions must be a list of words', { exclusions })
  if (notBefore !== undefined && Number.isNaN(Date.parse(notBefore)))
    throw bad(`notBefore is not an ISO 8601 time: '${notBefore}'`, { notBefore })
  if (population !== undefined && (typeof population !== 'string' || population === ''))
    throw bad('population says in words who takes part', { population })
  if (power !== undefined && !(power > 0 && power < 1))
    throw bad(`power must lie strictly between 0 and 1, got ${power}`, { power })
  if (minimumEffect !== undefined) checkMinimumEffect(minimumEffect, alternative)
  return {
    kind: 'ab-plan' as const,
    horizon: 'fixed' as const,
    ...rest,
    alternative,
    alpha,
    allocation,
    exclusions,
    ...(notBefore !== undefined && { notBefore }),
    ...(population !== undefined && { population }),
    ...(power !== undefined && { power }),
    ...(minimumEffect !== undefined && { minimumEffect }),
  }
}

function checkMinimumEffect(effect: number, alternative: Alternative): void {
  if (!Number.isFinite(effect) || effect === 0)
    throw bad(`minimumEffect must be finite and not 0, got ${effect}`, { minimumEffect: effect })
  if ((alternative === 'greater' && effect < 0) || (alternative === 'less' && effect > 0))
    throw invalid(
      'abtest.wrong-tail',
      `the alternative '${alternative}' points away from the minimum effect ${effect}; no sample size would find it`,
      { alternative, minimumEffect: effect },
    )
}

/** A plan is read from files and forms: its parts are there and of their kinds, or it says which is not. */
function checkShape(input: PlanInput): void {
  const text = (value: unknown) => typeof value === 'string' && value !== ''
  const tests = [...Object.keys(TESTS.unpaired), ...Object.keys(TESTS.paired)]
  const parts: [string, boolean][] = [
    ['name', text(input?.name)],
    ['hypothesis', text(input?.hypothesis)],
    ['unit', text(input?.unit)],
    ['metric.name', text(input?.metric?.name)],
    ['metric.better', ['higher', 'lower'].includes(input?.metric?.better)],
    ['design', ['unpaired', 'paired'].includes(input?.design)],
    ['test', tests.includes(input?.test)],
    ['sampleSize', typeof input?.sampleSize === 'object' && input.sampleSize !== null],
  ]
  const wrong = parts.filter(([, fine]) => !fine).map(([part]) => part)
  if (wrong.length > 0) {
    throw bad(`a plan needs ${wrong.join(', ')}: missing, or not of its kind`, { wrong })
  }
}

function bad(message: string, details: object) {
  return invalid('abtest.invalid-plan', message, details)
}
