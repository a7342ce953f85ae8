import { low, polynomial, twoProduct } from './double-double.ts'
import { ERF_SERIES, ERFCX, ERFCX_TAIL } from './fits.ts'

const TWO_OVER_SQRT_PI = 1.1283791670955126
const SQRT_HALF = Math.SQRT1_2
const SQRT_HALF_LOW = -4.833646656726457e-17

/**
 * The scaled complementary error function exp(x^2) erfc(x), which neither under- nor overflows for
 * x >= 0.
 *
 * Output: 1 at 0, about 1/(x sqrt(pi)) for large x, +Infinity below about -26.6.
 */
export function erfcx(x: number): number {
  if (x < SQRT_HALF) {
    if (x < 0) {
      const square = twoProduct(x, x)
      const l = low[0]!
      const e = Math.exp(square)
      return x < -26.7 ? Number.POSITIVE_INFINITY : 2 * (e + e * l) - erfcx(-x)
    }
    return Math.exp(x * x) * (1 - erf(x))
  }
  if (x < 2.25) {
    return x < 1.25
      ? polynomial(ERFCX[0], ((x - 0.875) * 8) / 3)
      : polynomial(ERFCX[1], (x - 1.75) * 2)
  }
  if (x < 6) {
    return x < 3.75
      ? polynomial(ERFCX[2], (x - 3) / 0.75)
      : polynomial(ERFCX[3], (x - 4.875) / 1.125)
  }
  return polynomial(ERFCX_TAIL, 72 / (x * x) - 1) / x
}

/** The error function 2/sqrt(pi) * integral of exp(-t^2) from 0 to x: odd, from -1 to 1. */
export function erf(x: number): number {
  const square = x * x
  if (square <= 0.5) return x * TWO_OVER_SQRT_PI + x * polynomial(ERF_SERIES, 4 * square - 1)
  return x > 0 ? 1 - erfc(x) : erfc(-x) - 1
}

/** The complementary error function 1 - erf(x): from 2 to 0, without underflow before x = 26.5. */
export function erfc(x: number): number {
  if (x < SQRT_HALF) return x < -SQRT_HALF ? 2 - erfc(-x) : 1 - erf(x)
  if (x > 27.3) return 0
  const square = twoProduct(x, x)
  const l = low[0]!
  return Math.exp(-square) * (1 - l) * erfcx(x)
}

/** exp(x^2/2) times the upper tail of the standard normal at x >= 0. */
export function scaledNormalTail(x: number): number {
  return 0.5 * erfcx(x * SQRT_HALF)
}

/** Phi(x) - 1/2 for |x| <= 1. */
export function centralNormal(x: number): number {
  const square = 0.5 * x * x
  const c = SQRT_HALF + SQRT_HALF_LOW
  return 0.5 * c * (x * TWO_OVER_SQRT_PI + x * polynomial(ERF_SERIES, 4 * square - 1))
}

/** erfcx(sqrt(e)) for e >= 0. */
export function scaledErfcRoot(e: number): number {
  return erfcx(Math.sqrt(e))
}
