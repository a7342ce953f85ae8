import type { Alternative } from '@mlops/stats'
import { normal } from '@mlops/stats'
import { given } from '../given.ts'
import { oneOfDesign } from './design-checks.ts'

/** How several comparisons with one control share a level. */
export type Correction = 'bonferroni' | 'sidak' | 'dunnett' | 'none'

/** The test of one treatment against the control, at its share of the level. */
export interface ComparisonTest {
  readonly level: number
  readonly alternative: Alternative
  /** Power of a z test: effect over standard error, and the null's standard error over the alternative's. */
  z(shift: number, nullRatio: number, units: number): number
  /** Power of a t test. */
  t(delta: number, df: number, units: number): number
}

/**
 * The level of each comparison with the control, so that all together keep alpha.
 *
 * `bonferroni`: α/k. `sidak`: `1 − (1 − α)^(1/k)`. `dunnett`: from the joint normal law of the k statistics, which
 * share the control: `P(max |Z_i| ≤ c) = ∫ φ(u) Π [Φ((c + λ_i·u)/√(1 − λ_i²)) − Φ((−c + λ_i·u)/√(1 − λ_i²))] du`
 * with `λ_i² = n_i/(n_i + n_0)`, and the level is that of c.
 *
 * Output: the level of one test, two-sided or one-sided as the alternative. Cost: one integral per bisection.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * Source: Dunnett 1955, with the variance known; the corrections: Bonferroni, Šidák 1967.
 */
export function comparisonLevel(options: {
  readonly alpha: number
  readonly alternative: Alternative
  readonly allocation: readonly number[]
  readonly correction: Correction
}): number {
  const { alpha, alternative, allocation, correction } = given(options, 'abtest.invalid-design')
  oneOfDesign('correction', correction, ['bonferroni', 'sidak', 'dunnett', 'none'])
  const treatments = allocation.length - 1
  if (treatments === 1 || correction === 'none') return alpha
  if (correction === 'bonferroni') return alpha / treatments
  if (correction === 'sidak') return -Math.expm1(Math.log1p(-alpha) / treatments)
  const sides = alternative === 'two-sided' ? 2 : 1
  const loadings = allocation
    .slice(1)
    .map((weight) => Math.sqrt(weight / (weight + allocation[0]!)))
  let [low, high] = [0, normal.quantileSf(alpha / sides / treatments) + 1e-9]
  for (let i = 0; i < 60 && high - low > 1e-12; i++) {
    const middle = (low + high) / 2
    if (1 - within(middle, loadings, sides) > alpha) low = middle
    else high = middle
  }
  return sides * normal.sf((low + high) / 2)
}

/** Probability that no comparison passes c; the trapezoidal rule converges geometrically for this integrand. */
function within(c: number, loadings: readonly number[], sides: number): number {
  const step = 1 / 32
  let [sum, weights] = [0, 0]
  for (let k = -288; k <= 288; k++) {
    const u = k * step
    const weight = Math.exp(-(u * u) / 2)
    let product = weight
    for (const loading of loadings) {
      const rest = Math.sqrt(1 - loading * loading)
      const below = sides === 2 ? normal.cdf((-c + loading * u) / rest) : 0
      product *= normal.cdf((c + loading * u) / rest) - below
    }
    sum += product
    weights += weight
  }
  return sum / weights
}
