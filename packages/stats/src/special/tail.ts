import { addDouble2, expNegative } from './double-double.ts'

/**
 * One tail of a distribution as exp(-(exponent + exponentLow)) * factor: the tail that was computed
 * directly, so that both it and its complement keep their digits.
 */
export interface Tail {
  /** Whether this is the upper tail P(X > x). */
  readonly upper: boolean
  readonly exponent: number
  readonly exponentLow: number
  readonly factor: number
  /** The exponent of the density at the same point, for those who need a derivative too. */
  readonly deviance: number
}

/** The tail that holds nothing: the lower one left of the support, the upper one right of it. */
export function emptyTail(upper: boolean): Tail {
  return { upper, exponent: 0, exponentLow: 0, factor: 0, deviance: Number.POSITIVE_INFINITY }
}

/** The probability of the wanted tail. */
export function tailProbability(tail: Tail, upper: boolean): number {
  const p = Math.min(1, expNegative(tail.exponent, tail.exponentLow, tail.factor))
  return tail.upper === upper ? p : 1 - p
}

/** The logarithm of the wanted tail, also where the tail itself underflows. */
export function logTailProbability(tail: Tail, upper: boolean): number {
  if (tail.upper === upper) {
    const p = tail.exponent < 600 ? expNegative(tail.exponent, tail.exponentLow, tail.factor) : 0
    if (p > 0.5) return Math.min(0, Math.log(p))
    if (tail.factor === 0 || tail.exponent === Number.POSITIVE_INFINITY)
      return Number.NEGATIVE_INFINITY
    return addDouble2(-tail.exponent, -tail.exponentLow, Math.log(tail.factor), 0)
  }
  return Math.log1p(-Math.min(1, expNegative(tail.exponent, tail.exponentLow, tail.factor)))
}

/**
 * log(tail / p): from the quotient where both are of a size, since the difference of two logarithms
 * near -700 has lost three digits.
 */
export function logTailRatio(tail: Tail, upper: boolean, p: number): number {
  const ratio = tailProbability(tail, upper) / p
  return ratio > 1e-3 && ratio < 1e3
    ? Math.log(ratio)
    : logTailProbability(tail, upper) - Math.log(p)
}
