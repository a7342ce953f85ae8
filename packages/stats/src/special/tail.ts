import { expNegative } from './double-double.ts'

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
    return Math.log(tail.factor) - tail.exponentLow - tail.exponent
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
