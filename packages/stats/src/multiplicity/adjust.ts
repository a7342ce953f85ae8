import { givenOptions, invalid } from '@mlops/core'

/** Adjusted p-values in input order, and which of them are <= alpha. */
export interface AdjustedPValues {
  readonly method: string
  readonly alpha: number
  readonly adjusted: readonly number[]
  readonly rejected: readonly boolean[]
}

export interface AdjustOptions {
  /** Level of the whole family: its error rate for Bonferroni to Hommel, its false discovery rate for the rest. @default 0.05 */
  readonly alpha?: number
}

/**
 * Bonferroni: every p-value times their number. Controls the family-wise error rate, always valid.
 *
 * Input: p-values in [0, 1]. Output: adjusted values in input order, capped at 1. Cost: O(m).
 *
 * @throws `invalid`: `stats.bad-p-value` for NaN or a value outside [0, 1], `stats.bad-alpha`.
 * @example
 * ```ts
 * import { bonferroni } from '@mlops/stats'
 *
 * console.log(bonferroni([0.01, 0.04]).adjusted) // [ 0.02, 0.08 ]
 * ```
 */
export function bonferroni(
  pValues: readonly number[],
  options: AdjustOptions = {},
): AdjustedPValues {
  const { alpha = 0.05 } = givenOptions(options)
  check(pValues, alpha)
  return result(
    'bonferroni',
    alpha,
    pValues.map((p) => p * pValues.length),
  )
}

/**
 * Šidák: `1 − (1 − p)^m`. Controls the family-wise error rate of independent tests.
 *
 * Input, output, errors and cost as for {@link bonferroni}.
 *
 * @example
 * ```ts
 * import { sidak } from '@mlops/stats'
 *
 * console.log(sidak([0.01, 0.5]).adjusted.map((p) => p.toFixed(4))) // [ '0.0199', '0.7500' ]
 * ```
 */
export function sidak(pValues: readonly number[], options: AdjustOptions = {}): AdjustedPValues {
  const { alpha = 0.05 } = givenOptions(options)
  check(pValues, alpha)
  const m = pValues.length
  return result(
    'sidak',
    alpha,
    pValues.map((p) => -Math.expm1(m * Math.log1p(-p))),
  )
}

/**
 * Holm: Bonferroni step-down. Family-wise error rate, always valid, never weaker than Bonferroni.
 *
 * Input, output and errors as for {@link bonferroni}. Cost: O(m log m).
 *
 * @example
 * ```ts
 * import { holm } from '@mlops/stats'
 *
 * console.log(holm([0.01, 0.04, 0.03]).adjusted) // [ 0.03, 0.06, 0.06 ]
 * ```
 * Source: Holm 1979.
 */
export function holm(pValues: readonly number[], options: AdjustOptions = {}): AdjustedPValues {
  const { alpha = 0.05 } = givenOptions(options)
  check(pValues, alpha)
  const m = pValues.length
  return result(
    'holm',
    alpha,
    stepDown(pValues, (p, i) => (m - i) * p),
  )
}

/**
 * Hochberg: step-up. Family-wise error rate under independence or positive dependence.
 *
 * Input, output and errors as for {@link bonferroni}. Cost: O(m log m).
 *
 * @example
 * ```ts
 * import { hochberg } from '@mlops/stats'
 *
 * console.log(hochberg([0.01, 0.04, 0.03]).adjusted) // [ 0.03, 0.04, 0.04 ]
 * ```
 * Source: Hochberg 1988.
 */
export function hochberg(pValues: readonly number[], options: AdjustOptions = {}): AdjustedPValues {
  const { alpha = 0.05 } = givenOptions(options)
  check(pValues, alpha)
  const m = pValues.length
  return result(
    'hochberg',
    alpha,
    stepUp(pValues, (p, i) => (m - i) * p),
  )
}

/**
 * Hommel: the closed test built on Simes. Valid where {@link hochberg} is, and never weaker than it.
 *
 * Input, output and errors as for {@link bonferroni}. Cost: O(m²).
 *
 * @example
 * ```ts
 * import { hommel } from '@mlops/stats'
 *
 * console.log(hommel([0.01, 0.04, 0.03]).adjusted) // [ 0.03, 0.04, 0.04 ]
 * ```
 * Source: Hommel 1988; algorithm of Wright 1992, Appendix.
 */
export function hommel(pValues: readonly number[], options: AdjustOptions = {}): AdjustedPValues {
  const { alpha = 0.05 } = givenOptions(options)
  check(pValues, alpha)
  const m = pValues.length
  const order = ascending(pValues)
  const p = order.map((i) => pValues[i]!)
  const simes = (size: number, from: number) => {
    let c = Infinity
    for (let k = 0; k < size; k++) c = Math.min(c, (size * p[from + k]!) / (k + 1))
    return c
  }
  const adjusted = p.map(() => simes(m, 0))
  for (let size = m - 1; size > 1; size--) {
    // The best Simes bound of a set of this size that leaves out the smallest m − size + 1 values …
    let c = Infinity
    for (let k = 2; k <= size; k++) c = Math.min(c, (size * p[m - size + k - 1]!) / k)
    // … and of one that holds p[i] together with the largest others.
    for (let i = 0; i < m; i++) {
      const bound = i >= m - size + 1 ? c : Math.min(c, size * p[i]!)
      adjusted[i] = Math.max(adjusted[i]!, bound)
    }
  }
  const inOrder = new Array<number>(m)
  order.forEach((index, i) => {
    inOrder[index] = Math.max(adjusted[i]!, p[i]!)
  })
  return result('hommel', alpha, inOrder)
}

/**
 * Benjamini-Hochberg: false discovery rate under independence or positive dependence.
 *
 * Input, output and errors as for {@link bonferroni}. Cost: O(m log m).
 *
 * @example
 * ```ts
 * import { benjaminiHochberg } from '@mlops/stats'
 *
 * console.log(benjaminiHochberg([0.01, 0.04, 0.02]).adjusted) // [ 0.03, 0.04, 0.03 ]
 * ```
 * Source: Benjamini & Hochberg 1995.
 */
export function benjaminiHochberg(
  pValues: readonly number[],
  options: AdjustOptions = {},
): AdjustedPValues {
  const { alpha = 0.05 } = givenOptions(options)
  check(pValues, alpha)
  const m = pValues.length
  return result(
    'benjamini-hochberg',
    alpha,
    stepUp(pValues, (p, i) => (p * m) / (i + 1)),
  )
}

/**
 * Benjamini-Yekutieli: false discovery rate under any dependence.
 *
 * Input, output and errors as for {@link bonferroni}. Cost: O(m log m).
 *
 * @example
 * ```ts
 * import { benjaminiYekutieli } from '@mlops/stats'
 *
 * console.log(benjaminiYekutieli([0.01, 0.02]).adjusted) // [ 0.03, 0.03 ]
 * ```
 * Source: Benjamini & Yekutieli 2001.
 */
export function benjaminiYekutieli(
  pValues: readonly number[],
  options: AdjustOptions = {},
): AdjustedPValues {
  const { alpha = 0.05 } = givenOptions(options)
  check(pValues, alpha)
  const m = pValues.length
  let harmonic = 0
  for (let k = 1; k <= m; k++) harmonic += 1 / k
  return result(
    'benjamini-yekutieli',
    alpha,
    stepUp(pValues, (p, i) => (p * m * harmonic) / (i + 1)),
  )
}

function ascending(pValues: readonly number[]): number[] {
  return pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!)
}

/** Adjusts from the smallest p up, never falling. */
function stepDown(pValues: readonly number[], adjust: (p: number, rank: number) => number) {
  const adjusted = new Array<number>(pValues.length)
  let running = 0
  ascending(pValues).forEach((index, rank) => {
    running = Math.max(running, adjust(pValues[index]!, rank))
    adjusted[index] = running
  })
  return adjusted
}

/** Adjusts from the largest p down, never rising. */
function stepUp(pValues: readonly number[], adjust: (p: number, rank: number) => number) {
  const adjusted = new Array<number>(pValues.length)
  const order = ascending(pValues)
  let running = 1
  for (let rank = order.length - 1; rank >= 0; rank--) {
    const index = order[rank]!
    running = Math.min(running, adjust(pValues[index]!, rank))
    adjusted[index] = running
  }
  return adjusted
}

function result(method: string, alpha: number, raw: readonly number[]): AdjustedPValues {
  const adjusted = raw.map((p) => Math.min(1, p))
  return { method, alpha, adjusted, rejected: adjusted.map((p) => p <= alpha) }
}

function check(pValues: readonly number[], alpha: number): void {
  if (!(alpha > 0 && alpha < 1)) {
    throw invalid('stats.bad-alpha', `alpha is ${alpha}; it must lie strictly between 0 and 1.`)
  }
  pValues.forEach((p, i) => {
    if (!(p >= 0 && p <= 1)) {
      throw invalid(
        'stats.bad-p-value',
        `pValues[${i}] is ${p}; p-values lie in [0, 1]. Leave tests without a p-value out of the family, and say so.`,
        { index: i },
      )
    }
  })
}
