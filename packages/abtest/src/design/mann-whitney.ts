import { given } from '../given.ts'
import { smallestN, zPower } from './power.ts'
import type { DesignOptions, SampleSize } from './sample-size.ts'
import { bad, check, found, positive, result } from './sample-size.ts'

export interface MannWhitneyDesign extends DesignOptions {
  /** Probability that a treatment value exceeds a control value, ties half; not 1/2. */
  readonly superiority: number
  /** Treatment units per control unit. @default 1 */
  readonly ratio?: number
}

/**
 * Sample size for the Mann-Whitney test.
 *
 * `N = (z_{α/2} + z_β)²/(12c(1 − c)(P − ½)²)` with c the control's share, rounded up to where the power, both
 * tails counted, reaches the target. The variance is that without an effect: rough for P far from 1/2.
 *
 * @throws `invalid`: `abtest.invalid-design`, `abtest.wrong-tail`.
 * @example
 * ```ts
 * import { sampleSizeForMannWhitney } from '@mlops/abtest'
 *
 * console.log(sampleSizeForMannWhitney({ superiority: 0.56 }).total) // 728
 * ```
 * Source: Noether 1987.
 */
export function sampleSizeForMannWhitney(options: MannWhitneyDesign): SampleSize {
  const {
    superiority,
    ratio = 1,
    alpha = 0.05,
    power = 0.8,
    alternative = 'two-sided',
  } = given(options, 'abtest.invalid-design')
  if (!(superiority >= 0 && superiority <= 1))
    throw bad(`superiority must lie between 0 and 1, got ${superiority}`, { superiority })
  positive('ratio', ratio)
  const effect = superiority - 0.5
  check({ alpha, power, alternative, effect })
  const arm = (n: number) => Math.max(1, Math.ceil(n * ratio))
  const at = (n: number) => {
    const m = arm(n)
    return zPower(effect * Math.sqrt((12 * n * m) / (n + m)), alpha, alternative)
  }
  const n = found(smallestN(2, power, at))
  return result('mann-whitney', n, arm(n), n + arm(n), at(n), { alpha, alternative, effect })
}
