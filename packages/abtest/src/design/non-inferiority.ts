import { normal } from '@mlops/stats'
import { given } from '../given.ts'
import { smallestN, zPower } from './power.ts'
import type { SampleSize } from './sample-size.ts'
import { bad, check, found, positive, result } from './sample-size.ts'

export interface MarginDesign {
  /** Proportion under control, strictly between 0 and 1. */
  readonly control: number
  /** Proportion under treatment that is expected. */
  readonly treatment: number
  /** How much worse (equivalence: how different) still counts as good enough. */
  readonly margin: number
  /** Level of the one-sided test, or of each of the two. @default 0.05 */
  readonly alpha?: number
  /** @default 0.8 */
  readonly power?: number
  /** Treatment units per control unit. @default 1 */
  readonly ratio?: number
}

export interface NonInferiorityDesign extends MarginDesign {
  /** Is a larger proportion better? @default 'higher' */
  readonly better?: 'higher' | 'lower'
  /**
   * Standard error under the null hypothesis: `farrington-manning` from proportions that lie a margin apart,
   * `wald` from the expected ones. @default 'farrington-manning'
   */
  readonly variance?: 'farrington-manning' | 'wald'
}

/**
 * Sample size to show that a proportion is not worse by more than a margin (one-sided z test).
 *
 * Null hypothesis, for `higher`: `treatment − control = −margin`. `n = (z_α·σ0 + z_β·σ1)²/(d + margin)²` with the
 * standard deviations per control unit under the null and as expected; the smallest whole number that
 * reaches the power. A negative margin asks for being better by as much.
 *
 * @throws `invalid`: `abtest.invalid-design`, `abtest.wrong-tail` when the expected difference lies beyond
 *   the margin.
 * @example
 * ```ts
 * import { sampleSizeForNonInferiority } from '@mlops/abtest'
 *
 * const { control } = sampleSizeForNonInferiority({ control: 0.65, treatment: 0.85, margin: 0.1, variance: 'wald' })
 * console.log(control) // 25
 * ```
 * Source: Farrington & Manning 1990; Chow, Shao & Wang 2008, section 4.2.
 */
export function sampleSizeForNonInferiority(options: NonInferiorityDesign): SampleSize {
  const {
    control,
    treatment,
    margin,
    alpha = 0.05,
    power = 0.8,
    ratio = 1,
    better = 'higher',
    variance = 'farrington-manning',
  } = given(options, 'abtest.invalid-design')
  checkMargin({ control, treatment, margin, ratio }, -1)
  const sign = better === 'higher' ? 1 : -1
  const difference = treatment - control
  const distance = sign * difference + margin
  check({ alpha, power, alternative: 'greater', effect: distance })
  const [c, t] =
    variance === 'wald'
      ? [control, treatment]
      : proportionsApart(control, treatment, -sign * margin, ratio)
  const arm = (n: number) => Math.max(1, Math.ceil(n * ratio))
  const at = (n: number) => {
    const m = arm(n)
    const own = deviation(control, treatment, n, m)
    return zPower(distance / own, alpha, 'greater', deviation(c, t, n, m) / own)
  }
  const n = found(smallestN(2, power, at))
  return result(`two-proportion-non-inferiority-${variance}`, n, arm(n), n + arm(n), at(n), {
    alpha,
    alternative: better === 'higher' ? 'greater' : 'less',
    effect: difference,
  })
}

/**
 * Sample size to show that two proportions differ by less than a margin either way (two one-sided z tests).
 *
 * `power = Φ((margin − d)/se − z_α) + Φ((margin + d)/se − z_α) − 1`, and the smallest whole number that reaches it.
 *
 * @throws `invalid`: `abtest.invalid-design`, also when the expected difference is not within the margin.
 * @example
 * ```ts
 * import { sampleSizeForEquivalence } from '@mlops/abtest'
 *
 * console.log(sampleSizeForEquivalence({ control: 0.5, treatment: 0.5, margin: 0.1 }).control) // 429
 * ```
 * Source: Schuirmann 1987; Chow, Shao & Wang 2008, section 4.2.
 * Differs from: the closed form of that book, which replaces the power by z_{β/2} for any difference and gives
 * a number even where the proportions are not equivalent.
 */
export function sampleSizeForEquivalence(options: MarginDesign): SampleSize {
  const {
    control,
    treatment,
    margin,
    alpha = 0.05,
    power = 0.8,
    ratio = 1,
  } = given(options, 'abtest.invalid-design')
  checkMargin({ control, treatment, margin, ratio }, 0)
  const difference = treatment - control
  if (Math.abs(difference) >= margin) {
    throw bad(
      `the expected difference ${difference} is not within the margin ${margin}; no sample size shows equivalence`,
      { difference, margin },
    )
  }
  check({ alpha, power, alternative: 'two-sided', effect: margin })
  const arm = (n: number) => Math.max(1, Math.ceil(n * ratio))
  const z = normal.quantileSf(alpha)
  const at = (n: number) => {
    const se = deviation(control, treatment, n, arm(n))
    const [up, down] = [(margin - difference) / se - z, (margin + difference) / se - z]
    return Math.max(0, normal.cdf(up) - normal.sf(down))
  }
  const n = found(smallestN(2, power, at))
  return result('two-proportion-equivalence', n, arm(n), n + arm(n), at(n), {
    alpha,
    alternative: 'two-sided',
    effect: difference,
  })
}

/**
 * The most likely proportions of control and treatment among those that differ by exactly `difference`.
 *
 * The root of `(p_c − c)/(c(1 − c)) + ratio·(p_t − t)/(t(1 − t))` with `t = c + difference`, by bisection.
 *
 * Input: observed or expected proportions, and treatment units per control unit. Output: both, control first.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * @example
 * ```ts
 * import { proportionsApart } from '@mlops/abtest'
 *
 * console.log(proportionsApart(0.5, 0.5, 0.2, 1).map((p) => p.toFixed(3))) // [ '0.400', '0.600' ]
 * ```
 * Source: Farrington & Manning 1990, section 2 (their closed root of a cubic).
 */
export function proportionsApart(
  control: number,
  treatment: number,
  difference: number,
  ratio: number,
): readonly [number, number] {
  const share = (p: number) => p >= 0 && p <= 1
  if (!share(control) || !share(treatment) || !(Math.abs(difference) < 1)) {
    throw bad(
      `control and treatment must be shares from 0 to 1 and their difference within 1, got ${control}, ${treatment} and ${difference}`,
      { control, treatment, difference },
    )
  }
  positive('ratio', ratio)
  const slope = (c: number) => {
    const t = c + difference
    return (control - c) / (c * (1 - c)) + (ratio * (treatment - t)) / (t * (1 - t))
  }
  let [low, high] = [Math.max(0, -difference), Math.min(1, 1 - difference)]
  for (let i = 0; i < 200 && high - low > 1e-15; i++) {
    const middle = (low + high) / 2
    if (slope(middle) > 0) low = middle
    else high = middle
  }
  const c = (low + high) / 2
  return [c, c + difference]
}

function deviation(control: number, treatment: number, n: number, m: number): number {
  return Math.sqrt((control * (1 - control)) / n + (treatment * (1 - treatment)) / m)
}

function checkMargin(
  { control, treatment, margin, ratio }: MarginDesign & { readonly ratio: number },
  above: -1 | 0,
): void {
  for (const [name, p] of Object.entries({ control, treatment })) {
    if (!(p > 0 && p < 1))
      throw bad(`${name} must lie strictly between 0 and 1, got ${p}`, { [name]: p })
  }
  if (!(margin > above && margin < 1))
    throw bad(`margin must lie strictly between ${above} and 1, got ${margin}`, { margin })
  positive('ratio', ratio)
}
