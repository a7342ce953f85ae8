import { given } from '../given.ts'
import { smallestN, zPower } from './power.ts'
import type { DesignOptions, SampleSize } from './sample-size.ts'
import { bad, check, found, result } from './sample-size.ts'

export interface McNemarDesign extends DesignOptions {
  /** Share of pairs in which only the control succeeds. */
  readonly controlOnly: number
  /** Share of pairs in which only the treatment succeeds. */
  readonly treatmentOnly: number
}

/**
 * Number of pairs for McNemar's test: right and wrong answers of two models on the same units.
 *
 * With ψ the discordant share and d the difference: `n = (z_{α/2}√ψ + z_β√(ψ − d²))²/d²`, rounded up to where
 * the power, both tails counted, reaches the target.
 *
 * @throws `invalid`: `abtest.invalid-design`, `abtest.wrong-tail`.
 * @example
 * ```ts
 * import { sampleSizeForMcNemar } from '@mlops/abtest'
 *
 * console.log(sampleSizeForMcNemar({ controlOnly: 0.08, treatmentOnly: 0.15 }).total) // 367
 * ```
 * Source: Connor 1987.
 */
export function sampleSizeForMcNemar(options: McNemarDesign): SampleSize {
  const {
    controlOnly,
    treatmentOnly,
    alpha = 0.05,
    power = 0.8,
    alternative = 'two-sided',
  } = given(options, 'abtest.invalid-design')
  const discordant = controlOnly + treatmentOnly
  if (!(controlOnly >= 0 && treatmentOnly >= 0 && discordant <= 1)) {
    throw bad(
      `controlOnly and treatmentOnly must be shares that add up to at most 1, got ${controlOnly} and ${treatmentOnly}`,
      { controlOnly, treatmentOnly },
    )
  }
  const effect = treatmentOnly - controlOnly
  check({ alpha, power, alternative, effect })
  const own = Math.sqrt(discordant - effect ** 2)
  // All pairs discordant in one direction: no spread is left under the alternative.
  if (own === 0) throw bad('every pair would be discordant the same way; that needs no test', {})
  const at = (n: number) =>
    zPower((effect * Math.sqrt(n)) / own, alpha, alternative, Math.sqrt(discordant) / own)
  const n = found(smallestN(2, power, at))
  return result('mcnemar', n, n, n, at(n), { alpha, alternative, effect })
}
