import type { Design, DesignSettings } from './design.ts'
import { defineDesign } from './design.ts'

/**
 * Design of the Mann-Whitney test. The effect is `P(treatment > control) + P(tie)/2 − 1/2`.
 *
 * `z = (P − ½)·sqrt(12·n_c·n_t/(n_c + n_t))`. The variance is that without an effect: rough for P far from 1/2.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * @example
 * ```ts
 * import { designForMannWhitney, requiredUnits } from '@mlops/abtest/design'
 *
 * console.log(requiredUnits(designForMannWhitney(), { effect: 0.06 }).total) // 728
 * ```
 * Source: Noether 1987.
 */
export function designForMannWhitney(options: DesignSettings = {}): Design {
  return defineDesign(options ?? {}, {
    method: 'mann-whitney',
    scale: 'probability of superiority minus 1/2',
    limits: { down: 0.5, up: 0.5 },
    pair: (c, t, effect, test) => test.z(effect * Math.sqrt((12 * c * t) / (c + t)), 1, c + t),
  })
}
