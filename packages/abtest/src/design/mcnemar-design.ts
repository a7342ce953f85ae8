import type { Design, DesignSettings } from './design.ts'
import { defineDesign } from './design.ts'
import { checkGiven, checkProportion } from './design-checks.ts'

export interface McNemarDesignOptions extends Omit<DesignSettings, 'allocation' | 'correction'> {
  /** Share of pairs whose two outcomes differ. */
  readonly discordant: number
}

/**
 * Design of McNemar's test (z form). The effect is the share of pairs that only the treatment gets right, minus the
 * share that only the control does.
 *
 * With ψ the discordant share and d the effect: `power = Φ((d√n − z_{α/2}√ψ)/√(ψ − d²))`, and the far tail. The exact
 * test reaches a little less.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * @example
 * ```ts
 * import { designForMcNemar, requiredUnits } from '@mlops/abtest/design'
 *
 * console.log(requiredUnits(designForMcNemar({ discordant: 0.23 }), { effect: 0.07 }).total) // 367
 * ```
 * Source: Connor 1987.
 */
export function designForMcNemar(options: McNemarDesignOptions): Design {
  checkGiven(options, '{ discordant: 0.2 }')
  const { discordant } = options
  checkProportion('discordant', discordant)
  return defineDesign(
    { ...options, allocation: [1, 1] },
    {
      method: 'mcnemar',
      unit: 'pairs',
      scale: 'difference of paired proportions',
      limits: { down: discordant, up: discordant },
      pair: (n, _same, effect, test) => {
        const own = Math.sqrt(discordant - effect ** 2)
        return test.z((effect * Math.sqrt(n)) / own, Math.sqrt(discordant) / own, n)
      },
    },
  )
}
