import { MlopsError } from '@mlops/core'
import { binomialDeviance, binomialFactor } from '../special/deviance.ts'
import { addDouble2, divideDouble2, expNegative, low } from '../special/double-double.ts'
import { requireCount, requireNumber } from './parameters.ts'

/**
 * The hypergeometric distribution: successes among `draws` items drawn without replacement from a
 * population of `population` items of which `successes` are successes.
 *
 * pmf(k) = C(successes, k) C(population - successes, draws - k) / C(population, draws); `cdf` is
 * P(X <= k), `sf` is P(X > k). The pmf is exact to a few ulp for any size; a tail is summed from k
 * away from the mode, so it keeps its relative accuracy.
 *
 * Input: whole numbers, successes and draws at most population; k any number (cdf and sf use its
 * floor, the pmf of a fraction is 0).
 * Cost: 1 microsecond for a pmf; a tail adds up as many terms as matter, some standard deviations.
 *
 * @throws invalid `stats.invalid-parameter` for NaN or sizes that are no such counts
 *
 * @example
 * ```ts
 * import { hypergeometric } from '@mlops/stats'
 *
 * // the lady tasting tea: all four cups right by chance
 * console.log(hypergeometric.pmf(4, 8, 4, 4).toFixed(6)) // '0.014286'
 * ```
 *
 * Source: C. Loader (2000): the quotient of three binomial probabilities with p = draws/population,
 * the third of which has no exponent.
 */
export const hypergeometric = /* @__PURE__ */ Object.freeze({
  pmf(k: number, population: number, successes: number, draws: number): number {
    check(k, population, successes, draws)
    return mass(k, population, successes, draws, false)
  },
  logPmf(k: number, population: number, successes: number, draws: number): number {
    check(k, population, successes, draws)
    return mass(k, population, successes, draws, true)
  },
  cdf(k: number, population: number, successes: number, draws: number): number {
    check(k, population, successes, draws)
    return tail(Math.floor(k), population, successes, draws, false)
  },
  sf(k: number, population: number, successes: number, draws: number): number {
    check(k, population, successes, draws)
    return tail(Math.floor(k), population, successes, draws, true)
  },
})

function mass(
  k: number,
  population: number,
  successes: number,
  draws: number,
  log: boolean,
): number {
  const failures = population - successes
  if (!Number.isInteger(k) || k < Math.max(0, draws - failures) || k > Math.min(successes, draws)) {
    return log ? Number.NEGATIVE_INFINITY : 0
  }
  if (draws === 0 || draws === population) return log ? 0 : 1
  const xh = divideDouble2(draws, 0, population, 0)
  const xl = low[0]!
  const yh = divideDouble2(population - draws, 0, population, 0)
  const yl = low[0]!
  const eh = binomialDeviance(k, successes, xh, xl, yh, yl)
  const el = low[0]!
  const fh = binomialDeviance(draws - k, failures, xh, xl, yh, yl)
  const exponent = addDouble2(eh, el, fh, low[0]!)
  const exponentLow = low[0]!
  const factor =
    (binomialFactor(k, successes) / binomialFactor(draws, population)) *
    binomialFactor(draws - k, failures)
  return log
    ? Math.log(factor) - exponentLow - exponent
    : expNegative(exponent, exponentLow, factor)
}

function tail(
  k: number,
  population: number,
  successes: number,
  draws: number,
  upper: boolean,
): number {
  const least = Math.max(0, draws + successes - population)
  const most = Math.min(successes, draws)
  if (k < least) return upper ? 1 : 0
  if (k >= most) return upper ? 0 : 1
  // the side of k away from the mean is the one to add up
  const above = (k + 1) * population > draws * successes
  const sum = above
    ? sumFrom(k + 1, 1, population, successes, draws)
    : sumFrom(k, -1, population, successes, draws)
  return above === upper ? sum : 1 - Math.min(1, sum)
}

function sumFrom(
  first: number,
  direction: 1 | -1,
  population: number,
  successes: number,
  draws: number,
): number {
  let ratio = 1
  let sum = 1
  for (let k = first; ratio > sum * 1e-18; k += direction) {
    const up =
      ((successes - k) * (draws - k)) / ((k + 1) * (population - successes - draws + k + 1))
    const down =
      (k * (population - successes - draws + k)) / ((successes - k + 1) * (draws - k + 1))
    ratio *= direction === 1 ? up : down
    sum += ratio
  }
  return mass(first, population, successes, draws, false) * sum
}

function check(k: number, population: number, successes: number, draws: number): void {
  requireNumber('k', k)
  requireCount('population', population)
  requireCount('successes', successes)
  requireCount('draws', draws)
  if (successes > population || draws > population) {
    throw new MlopsError({
      kind: 'invalid',
      code: 'stats.invalid-parameter',
      message: `successes (${successes}) and draws (${draws}) must not exceed the population of ${population}`,
      details: { population, successes, draws },
    })
  }
}
