import { invalid } from '@mlops/core'
import { normal } from '@mlops/stats'

/** How much of the error may be spent by which information fraction. */
export type SpendingFunction =
  | 'lan-demets-obrien-fleming'
  | 'lan-demets-pocock'
  | { readonly family: 'hwang-shih-decani'; readonly gamma: number }
  | { readonly family: 'kim-demets'; readonly rho: number }

/**
 * The part of the level that may be spent by an information fraction.
 *
 * `lan-demets-obrien-fleming`: `2 − 2Φ(z_{level/2}/√t)`; `lan-demets-pocock`: `level·ln(1 + (e − 1)t)`;
 * `hwang-shih-decani`: `level·(1 − e^{−γt})/(1 − e^{−γ})`, `level·t` at γ = 0; `kim-demets`: `level·t^ρ`.
 *
 * Input: `fraction` >= 0 (above 1 it counts as 1), `level` the error of **one** side. Output: 0 to `level`.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { errorSpent } from '@mlops/abtest/sequential'
 *
 * console.log(errorSpent('lan-demets-obrien-fleming', 0.5, 0.025).toFixed(6)) // 0.001525
 * console.log(errorSpent({ family: 'kim-demets', rho: 2 }, 0.5, 0.025)) // 0.00625
 * ```
 * Source: Lan & DeMets 1983; Hwang, Shih & DeCani 1990; Kim & DeMets 1987.
 * Differs from: rpact, whose two-sided O'Brien-Fleming type is `4 − 4Φ(z_{α/4}/√t)`: the same as this with
 * level = α/2 for each side.
 */
export function errorSpent(spending: SpendingFunction, fraction: number, level: number): number {
  checkSpending(spending)
  if (!(fraction >= 0)) throw option(`fraction must be >= 0, got ${fraction}`, { fraction })
  if (!(level > 0 && level < 1))
    throw option(`level must lie strictly between 0 and 1, got ${level}`, { level })
  if (fraction === 0) return 0
  if (fraction >= 1) return level
  if (spending === 'lan-demets-obrien-fleming')
    return 2 * normal.sf(normal.quantileSf(level / 2) / Math.sqrt(fraction))
  if (spending === 'lan-demets-pocock') return level * Math.log1p((Math.E - 1) * fraction)
  if (spending.family === 'kim-demets') return level * fraction ** spending.rho
  const { gamma } = spending
  // So near 0 the curve is a straight line, and the quotient of denormal numbers is anything.
  return Math.abs(gamma) < 1e-12
    ? level * fraction
    : (level * Math.expm1(-gamma * fraction)) / Math.expm1(-gamma)
}

/** @throws `invalid` `abtest.invalid-option` */
export function checkSpending(spending: SpendingFunction): void {
  if (spending === 'lan-demets-obrien-fleming' || spending === 'lan-demets-pocock') return
  if (spending?.family === 'hwang-shih-decani' && Math.abs(spending.gamma) <= 40) return
  if (spending?.family === 'kim-demets' && spending.rho > 0 && spending.rho <= 100) return
  throw option(
    `spending must be 'lan-demets-obrien-fleming', 'lan-demets-pocock', hwang-shih-decani with gamma from -40 to 40 or kim-demets with rho above 0 and up to 100, got ${JSON.stringify(spending)}`,
    { spending },
  )
}

/** How the spending is called in a sentence. */
export function spendingName(spending: SpendingFunction): string {
  if (typeof spending === 'string') return spending
  return spending.family === 'kim-demets'
    ? `kim-demets with rho ${spending.rho}`
    : `hwang-shih-decani with gamma ${spending.gamma}`
}

function option(message: string, details: object) {
  return invalid('abtest.invalid-option', message, details)
}
