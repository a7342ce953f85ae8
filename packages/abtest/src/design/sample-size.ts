import type { Warning } from '@mlops/core'
import { invalid, MlopsError } from '@mlops/core'
import type { Alternative } from '@mlops/stats'
import { given } from '../given.ts'
import { smallestN, tPower, zPower } from './power.ts'

/** What every design shares. */
export interface DesignOptions {
  /** Level of the test. @default 0.05 */
  readonly alpha?: number
  /** Probability of finding the effect if it is there. @default 0.8 */
  readonly power?: number
  /** Of treatment minus control. @default 'two-sided' */
  readonly alternative?: Alternative
}

/** How many units a test needs, and what that rests on. */
export interface SampleSize {
  readonly kind: 'sample-size'
  readonly method: string
  /** Units per arm; for a paired design the number of pairs stands in both. */
  readonly control: number
  readonly treatment: number
  /** Units in all; pairs, for a paired design. */
  readonly total: number
  /** Power at these whole numbers: at least the one asked for. */
  readonly power: number
  readonly alpha: number
  readonly alternative: Alternative
  /** The effect that is found with that power, treatment minus control. */
  readonly effect: number
  /** A two-sided power counts both tails; R's power functions leave the far one out. */
  readonly tails: 'both' | 'one'
  readonly warnings: readonly Warning[]
}

export interface MeansDesign extends DesignOptions {
  /** The smallest difference of means worth finding, treatment minus control; not 0. */
  readonly effect: number
  /** Standard deviation of the metric in either arm; of the differences, for pairs. */
  readonly sd: number
  /** Treatment units per control unit. @default 1 */
  readonly ratio?: number
}

/**
 * Sample size for a difference of means (Student's t, equal variances).
 *
 * The smallest n whose power, from the non-central t with δ = effect/(sd·sqrt(1/n + 1/(n·ratio))),
 * reaches the target.
 *
 * @throws `invalid` `abtest.invalid-design`; `abtest.wrong-tail` when a one-sided alternative points
 *   away from the effect.
 * @example
 * ```ts
 * import { sampleSizeForMeans } from '@mlops/abtest'
 *
 * console.log(sampleSizeForMeans({ effect: 0.5, sd: 1 }).control) // 64
 * ```
 * Source: Cohen 1988, chapter 2. Agrees with statsmodels TTestIndPower.
 */
export function sampleSizeForMeans(options: MeansDesign): SampleSize {
  const {
    effect,
    sd,
    ratio = 1,
    alpha = 0.05,
    power = 0.8,
    alternative = 'two-sided',
  } = given(options, 'abtest.invalid-design')
  check({ alpha, power, alternative, effect })
  positive('sd', sd)
  positive('ratio', ratio)
  const treatment = (n: number) => Math.max(1, Math.ceil(n * ratio))
  const at = (n: number) => {
    const m = treatment(n)
    return tPower(effect / (sd * Math.sqrt(1 / n + 1 / m)), n + m - 2, alpha, alternative)
  }
  const n = found(smallestN(2, power, at))
  return result('student-t', n, treatment(n), n + treatment(n), at(n), {
    alpha,
    alternative,
    effect,
  })
}

/**
 * Number of pairs for a mean difference (paired t): every unit is measured under both arms.
 *
 * @throws as {@link sampleSizeForMeans}.
 * @example
 * ```ts
 * import { sampleSizeForPairs } from '@mlops/abtest'
 *
 * console.log(sampleSizeForPairs({ effect: 0.5, sd: 1 }).total) // 34
 * ```
 * Source: Cohen 1988, chapter 2. Agrees with statsmodels TTestPower.
 */
export function sampleSizeForPairs(options: Omit<MeansDesign, 'ratio'>): SampleSize {
  const {
    effect,
    sd,
    alpha = 0.05,
    power = 0.8,
    alternative = 'two-sided',
  } = given(options, 'abtest.invalid-design')
  check({ alpha, power, alternative, effect })
  positive('sd', sd)
  const at = (n: number) => tPower((effect / sd) * Math.sqrt(n), n - 1, alpha, alternative)
  const n = found(smallestN(2, power, at))
  return result('paired-t', n, n, n, at(n), { alpha, alternative, effect })
}

export interface ProportionsDesign extends DesignOptions {
  /** Proportion under control, strictly between 0 and 1. */
  readonly control: number
  /** Proportion under treatment that is worth finding. */
  readonly treatment: number
  /** Treatment units per control unit. @default 1 */
  readonly ratio?: number
  /**
   * `pooled`: the test's standard error pools the arms, as in R's power.prop.test; `unpooled`; or
   * `arcsine` on Cohen's h, as in statsmodels. @default 'pooled'
   */
  readonly variance?: 'pooled' | 'unpooled' | 'arcsine'
}

/**
 * Sample size for a difference of two proportions (z test).
 *
 * @throws as {@link sampleSizeForMeans}.
 * @example
 * ```ts
 * import { sampleSizeForProportions } from '@mlops/abtest'
 *
 * console.log(sampleSizeForProportions({ control: 0.05, treatment: 0.055 }).control) // 31234
 * ```
 * Source: Fleiss, Levin & Paik 2003, chapter 4; Cohen 1988, chapter 6 (arcsine).
 */
export function sampleSizeForProportions(options: ProportionsDesign): SampleSize {
  const {
    control,
    treatment,
    ratio = 1,
    variance = 'pooled',
    alpha = 0.05,
    power = 0.8,
    alternative = 'two-sided',
  } = given(options, 'abtest.invalid-design')
  for (const [name, p] of Object.entries({ control, treatment })) {
    if (!(p > 0 && p < 1))
      throw bad(`${name} must lie strictly between 0 and 1, got ${p}`, { [name]: p })
  }
  const effect = treatment - control
  check({ alpha, power, alternative, effect })
  positive('ratio', ratio)
  const arm = (n: number) => Math.max(1, Math.ceil(n * ratio))
  const at = (n: number) => {
    const m = arm(n)
    if (variance === 'arcsine') {
      const h = 2 * Math.asin(Math.sqrt(treatment)) - 2 * Math.asin(Math.sqrt(control))
      return zPower(h / Math.sqrt(1 / n + 1 / m), alpha, alternative)
    }
    const mean = (n * control + m * treatment) / (n + m)
    const own = Math.sqrt((control * (1 - control)) / n + (treatment * (1 - treatment)) / m)
    const pooled = Math.sqrt(mean * (1 - mean) * (1 / n + 1 / m))
    return zPower(effect / own, alpha, alternative, variance === 'pooled' ? pooled / own : 1)
  }
  const n = found(smallestN(2, power, at))
  return result(`two-proportion-z-${variance}`, n, arm(n), n + arm(n), at(n), {
    alpha,
    alternative,
    effect,
  })
}

/** Puts a sample size together. */
export function result(
  method: string,
  control: number,
  treatment: number,
  total: number,
  power: number,
  {
    alpha,
    alternative,
    effect,
  }: { readonly alpha: number; readonly alternative: Alternative; readonly effect: number },
): SampleSize {
  const tails = alternative === 'two-sided' ? 'both' : 'one'
  const small = method.startsWith('two-proportion') && Math.min(control, treatment) < 30
  const warnings = small
    ? [
        {
          code: 'abtest.small-sample',
          message: 'so few units make the normal approximation rough; use an exact test',
        },
      ]
    : []
  return {
    kind: 'sample-size',
    method,
    control,
    treatment,
    total,
    power,
    alpha,
    alternative,
    effect,
    tails,
    warnings,
  }
}

/** @throws `invalid` `abtest.invalid-design`, `abtest.wrong-tail` */
export function check({
  alpha,
  power,
  alternative,
  effect,
}: Required<DesignOptions> & { readonly effect: number }): void {
  if (!(alpha > 0 && alpha < 1))
    throw bad(`alpha must lie strictly between 0 and 1, got ${alpha}`, { alpha })
  if (!(power > 0 && power < 1))
    throw bad(`power must lie strictly between 0 and 1, got ${power}`, { power })
  if (!(power > alpha))
    throw bad(
      `power (${power}) must exceed alpha (${alpha}); a test that ignores the data has power alpha`,
      { power, alpha },
    )
  if (!Number.isFinite(effect) || effect === 0)
    throw bad(
      `the effect must be finite and not 0, got ${effect}: no sample size finds a difference of nothing`,
      { effect },
    )
  if ((alternative === 'greater' && effect < 0) || (alternative === 'less' && effect > 0)) {
    throw invalid(
      'abtest.wrong-tail',
      `the alternative '${alternative}' points away from the effect ${effect}; no sample size would find it`,
      {
        alternative,
        effect,
      },
    )
  }
}

/** @throws `invalid` `abtest.invalid-design` */
export function positive(name: string, value: number): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY))
    throw bad(`${name} must be > 0 and finite, got ${value}`, { [name]: value })
}

/** The error of a design that makes no sense. */
export function bad(message: string, details: object): MlopsError {
  return invalid('abtest.invalid-design', message, details)
}

/** @throws `unsupported` `abtest.too-large` */
export function found(n: number | null): number {
  if (n !== null) return n
  throw new MlopsError({
    kind: 'unsupported',
    code: 'abtest.too-large',
    message:
      'more than a million million units would be needed; look for a larger effect or a less noisy metric',
  })
}
