import type { Design, DesignSettings } from './design.ts'
import { defineDesign } from './design.ts'
import { checkGiven, checkProportion, oneOfDesign } from './design-checks.ts'

export interface ProportionsDesignOptions extends DesignSettings {
  /** Proportion under control, strictly between 0 and 1. */
  readonly control: number
  /**
   * `pooled`: the test's standard error pools the arms, as in R's power.prop.test; `unpooled`; or
   * `arcsine` on Cohen's h, as in statsmodels. @default 'pooled'
   */
  readonly variance?: 'pooled' | 'unpooled' | 'arcsine'
}

/**
 * Design of a difference of two proportions (z test).
 *
 * The effect is treatment minus control. With few units see {@link designForExactProportions}.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * @example
 * ```ts
 * import { designForProportions, detectableEffect } from '@mlops/abtest/design'
 *
 * const design = designForProportions({ control: 0.5 })
 * console.log(detectableEffect(design, { units: [50, 50], power: 0.9 }).effect?.toFixed(4)) // 0.3026
 * ```
 * Source: Fleiss, Levin & Paik 2003, chapter 4; Cohen 1988, chapter 6 (arcsine).
 */
export function designForProportions(options: ProportionsDesignOptions): Design {
  checkGiven(options, '{ control: 0.05 }')
  const { control, variance = 'pooled' } = options
  checkProportion('control', control)
  oneOfDesign('variance', variance, ['pooled', 'unpooled', 'arcsine'])
  return defineDesign(options, {
    method: `two-proportion-z-${variance}`,
    scale: 'difference of proportions',
    limits: { down: control, up: 1 - control },
    pair: (c, t, effect, test) => {
      const treatment = control + effect
      if (variance === 'arcsine') {
        const h = 2 * Math.asin(Math.sqrt(treatment)) - 2 * Math.asin(Math.sqrt(control))
        return test.z(h / Math.sqrt(1 / c + 1 / t), 1, c + t)
      }
      const mean = (c * control + t * treatment) / (c + t)
      const own = Math.sqrt((control * (1 - control)) / c + (treatment * (1 - treatment)) / t)
      const pooled = Math.sqrt(mean * (1 - mean) * (1 / c + 1 / t))
      return test.z(effect / own, variance === 'pooled' ? pooled / own : 1, c + t)
    },
    warningsAt: (arms, effect) => rough(arms, [control, control + (effect ?? 0)]),
  })
}

export interface OddsRatioDesignOptions extends DesignSettings {
  /** Proportion under control, strictly between 0 and 1. */
  readonly control: number
}

/**
 * Design of an odds ratio: the z test of its logarithm.
 *
 * `z = ln OR/σ`, `σ² = 1/(n_c·p_c·q_c) + 1/(n_t·p_t·q_t)`, under the null hypothesis with the mean proportion in both.
 * The effect is the odds ratio of treatment to control; 1 is none.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * @example
 * ```ts
 * import { designForOddsRatio, requiredUnits } from '@mlops/abtest/design'
 *
 * console.log(requiredUnits(designForOddsRatio({ control: 0.15 }), { effect: 17 / 27 }).total) // 1356
 * ```
 * Source: the log odds ratio scale of Fleiss, Levin & Paik 2003, chapter 6; agrees with gsDesign nBinomial.
 */
export function designForOddsRatio(options: OddsRatioDesignOptions): Design {
  checkGiven(options, '{ control: 0.15 }')
  const { control } = options
  checkProportion('control', control)
  const treatmentOf = (ratio: number) => (control * ratio) / (1 - control + control * ratio)
  return defineDesign(options, {
    method: 'log-odds-ratio-z',
    scale: 'odds ratio',
    effectAt: Math.exp,
    distanceOf: (ratio) => (ratio > 0 ? Math.log(ratio) : Number.NaN),
    pair: (c, t, ratio, test) => {
      const treatment = treatmentOf(ratio)
      const mean = (c * control + t * treatment) / (c + t)
      const own = Math.sqrt(
        1 / (c * control * (1 - control)) + 1 / (t * treatment * (1 - treatment)),
      )
      const pooled = Math.sqrt((1 / c + 1 / t) / (mean * (1 - mean)))
      return test.z(Math.log(ratio) / own, pooled / own, c + t)
    },
    warningsAt: (arms, ratio) => rough(arms, [control, treatmentOf(ratio ?? 1)]),
  })
}

function rough(arms: readonly number[], proportions: readonly [number, number]) {
  const expected = Math.min(
    ...arms.flatMap((n, arm) => {
      const p = proportions[arm === 0 ? 0 : 1]
      return [n * p, n * (1 - p)]
    }),
  )
  if (expected >= 5) return []
  return [
    {
      code: 'abtest.small-sample',
      message: `only ${expected.toPrecision(3)} successes or failures are expected in an arm: the normal approximation is rough; use designForExactProportions`,
    },
  ]
}
