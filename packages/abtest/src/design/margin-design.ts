import { normal, studentT } from '@mlops/stats'
import type { Design, DesignSettings } from './design.ts'
import { defineDesign } from './design.ts'
import { checkGiven, checkProportion, oneOfDesign } from './design-checks.ts'
import { proportionsApart } from './non-inferiority.ts'
import { equivalenceTPower } from './noncentral-t.ts'
import { bad, positive } from './sample-size.ts'

interface MarginSettings extends Omit<DesignSettings, 'alternative' | 'looks'> {
  /** Difference of treatment minus control that is expected in truth. @default 0 */
  readonly difference?: number
}

interface OfMeans {
  /** Standard deviation of the metric in either arm. */
  readonly sd: number
}

interface OfProportions {
  /** Proportion under control, strictly between 0 and 1. */
  readonly control: number
}

export type NonInferiorityDesignOptions = MarginSettings & {
  /** Which way the metric is better. @default 'higher' */
  readonly better?: 'higher' | 'lower'
} & (
    | OfMeans
    | (OfProportions & {
        /** Standard error under the null hypothesis. @default 'farrington-manning' */
        readonly variance?: 'farrington-manning' | 'wald'
      })
  )

export type EquivalenceDesignOptions = MarginSettings & (OfMeans | OfProportions)

/**
 * Design of a test that the treatment is not worse by more than a margin. The effect is the margin, and positive.
 *
 * One-sided at alpha. Means: a t test whose non-centrality is `(difference + margin)/se`. Proportions: a z test with
 * the null's standard error from the proportions that lie a margin apart, or Wald's.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * @example
 * ```ts
 * import { designForNonInferiority, requiredUnits } from '@mlops/abtest/design'
 *
 * console.log(requiredUnits(designForNonInferiority({ sd: 1 }), { effect: 0.25 }).total) // 398
 * const worse = designForNonInferiority({ control: 0.65, difference: 0.2, variance: 'wald' })
 * console.log(requiredUnits(worse, { effect: 0.1 }).arms) // [ 25, 25 ]
 * ```
 * Source: Farrington & Manning 1990; Chow, Shao & Wang 2008, chapters 3 and 4.
 */
export function designForNonInferiority(options: NonInferiorityDesignOptions): Design {
  checkGiven(options, '{ sd: 1 }')
  const { difference = 0, better = 'higher' } = options
  oneOfDesign('better', better, ['higher', 'lower'])
  const sign = better === 'higher' ? 1 : -1
  checkMarginOptions(options)
  const scale = 'non-inferiority margin'
  const common = {
    scale,
    effectAt: (distance: number) => distance - sign * difference,
    // A margin that is not positive, or that the truth lies beyond, shows nothing.
    distanceOf: (margin: number) => (margin > 0 ? inside(margin + sign * difference) : Number.NaN),
    adjustments: [`one-sided; a true difference of ${difference} is expected`],
  }
  const settings = { ...options, alternative: 'greater' as const }
  if ('sd' in options) {
    return defineDesign(settings, {
      ...common,
      method: 'non-inferiority-t',
      pair: (c, t, margin, test) =>
        test.t(
          (sign * difference + margin) / (options.sd * Math.sqrt(1 / c + 1 / t)),
          c + t - 2,
          c + t,
        ),
    })
  }
  const { control, variance = 'farrington-manning' } = options
  oneOfDesign('variance', variance, ['farrington-manning', 'wald'])
  return defineDesign(settings, {
    ...common,
    method: `two-proportion-non-inferiority-${variance}`,
    limits: { down: Number.POSITIVE_INFINITY, up: 1 + sign * difference },
    pair: (c, t, margin, test) => {
      const own = deviation(control, control + difference, c, t)
      const [nc, nt] =
        variance === 'wald'
          ? [control, control + difference]
          : proportionsApart(control, control + difference, -sign * margin, t / c)
      return test.z((sign * difference + margin) / own, deviation(nc, nt, c, t) / own, c + t)
    },
  })
}

/**
 * Design of two one-sided tests that the arms differ by less than a margin. The effect is the margin.
 *
 * Means: `∫ [Φ((margin − d)/se − t·s) − Φ(t·s − (margin + d)/se)]⁺ f(s) ds`, exact for Student's t.
 * Proportions: `Φ((margin − d)/se − z_α) + Φ((margin + d)/se − z_α) − 1`.
 *
 * @throws `invalid` `abtest.invalid-design`, also when the expected difference is not within the margin.
 * @example
 * ```ts
 * import { designForEquivalence, requiredUnits } from '@mlops/abtest/design'
 *
 * console.log(requiredUnits(designForEquivalence({ control: 0.5 }), { effect: 0.1 }).arms) // [ 429, 429 ]
 * console.log(requiredUnits(designForEquivalence({ sd: 1 }), { effect: 0.25 }).total) // 550
 * ```
 * Source: Schuirmann 1987; Phillips 1990 (exact power).
 */
export function designForEquivalence(options: EquivalenceDesignOptions): Design {
  checkGiven(options, '{ sd: 1 }')
  const { difference = 0 } = options
  checkMarginOptions(options)
  const common = {
    scale: 'equivalence margin',
    effectAt: (distance: number) => distance + Math.abs(difference),
    distanceOf: (margin: number) =>
      margin > 0 ? inside(margin - Math.abs(difference)) : Number.NaN,
    adjustments: [
      `two one-sided tests, each at the level; a true difference of ${difference} is expected`,
    ],
  }
  const settings = { ...options, alternative: 'greater' as const }
  if ('sd' in options) {
    return defineDesign(settings, {
      ...common,
      method: 'equivalence-t',
      pair: (c, t, margin, { level }) => {
        const [se, df] = [options.sd * Math.sqrt(1 / c + 1 / t), c + t - 2]
        const critical = studentT.quantileSf(level, df)
        return equivalenceTPower(
          (margin - difference) / se,
          (margin + difference) / se,
          critical,
          df,
        )
      },
    })
  }
  const { control } = options
  return defineDesign(settings, {
    ...common,
    method: 'two-proportion-equivalence',
    limits: { down: Number.POSITIVE_INFINITY, up: 1 - Math.abs(difference) },
    pair: (c, t, margin, { level }) => {
      const se = deviation(control, control + difference, c, t)
      const z = normal.quantileSf(level)
      const [up, down] = [(margin - difference) / se - z, (margin + difference) / se - z]
      return Math.max(0, normal.cdf(up) - normal.sf(down))
    },
  })
}

function checkMarginOptions(options: EquivalenceDesignOptions): void {
  const { difference = 0 } = options
  if (!Number.isFinite(difference))
    throw bad(`difference must be finite, got ${difference}`, { difference })
  if ('looks' in options) throw bad('a design for a margin has one look; leave out looks', {})
  if ('sd' in options) {
    positive('sd', options.sd)
    return
  }
  checkProportion('control', options.control)
  checkProportion('control + difference', options.control + difference)
}

/** A distance from what is expected to the margin; none where the expectation lies beyond it. */
function inside(distance: number): number {
  return distance > 0 ? distance : Number.NaN
}

function deviation(control: number, treatment: number, c: number, t: number): number {
  return Math.sqrt((control * (1 - control)) / c + (treatment * (1 - treatment)) / t)
}
