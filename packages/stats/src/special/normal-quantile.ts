import { logDouble2, low, polynomial, twoProduct } from './double-double.ts'
import { scaledNormalTail } from './error-function.ts'
import { NORMAL_QUANTILE_ANCHORS, NORMAL_QUANTILE_CENTRE, NORMAL_QUANTILE_FLANK } from './fits.ts'

const SQRT_TWO_PI_HIGH = 2.5066282746310007
const SQRT_TWO_PI_LOW = -1.8328579980459167e-16

/**
 * The standard normal quantile from p and q = 1 - p, both as exact as the caller has them.
 *
 * Correctly rounded in all but a few cases in a hundred: within 1/4 of p = 1/2 an odd polynomial
 * with a double-double leading term, down to p = 0.0044 short polynomials between anchors in log p,
 * beyond that one Newton step on log p in double-double.
 */
export function normalQuantile(p: number, q: number): number {
  if (p === 0) return Number.NEGATIVE_INFINITY
  if (q === 0) return Number.POSITIVE_INFINITY
  const y = p < q ? p - 0.5 : 0.5 - q
  if (Math.abs(y) <= 0.25) {
    const h = twoProduct(y, SQRT_TWO_PI_HIGH)
    const u = y * y
    return (
      h + (low[0]! + y * (SQRT_TWO_PI_LOW + u * polynomial(NORMAL_QUANTILE_CENTRE, 32 * u - 1)))
    )
  }
  const z = upperNormalQuantile(Math.min(p, q))
  return p < q ? -z : z
}

// z with Phi(-z) = p, for p <= 1/4
function upperNormalQuantile(p: number): number {
  const lh = logDouble2(p)
  const ll = low[0]!
  const row = Math.round((-1.53125 - lh) / 0.3125)
  if (row < NORMAL_QUANTILE_FLANK.length) {
    const index = Math.max(0, row)
    const [z0, l0, l0Low] = NORMAL_QUANTILE_ANCHORS[index]!
    const s = lh - l0 + (ll - l0Low)
    return z0 + s * polynomial(NORMAL_QUANTILE_FLANK[index]!, s / 0.17)
  }
  const r = -2 * lh
  let z = Math.sqrt(r - Math.log(6.283185307179586 * (r - Math.log(6.283185307179586 * r) + 1)))
  for (let i = 0; ; i++) {
    const square = twoProduct(z, z)
    const squareLow = low[0]!
    const tail = scaledNormalTail(z)
    const g = 0.5 * square + lh + (0.5 * squareLow + ll - Math.log(tail))
    // d log Phi(-z) / dz = -1 / mills; the second derivative gives Halley's correction
    const mills = SQRT_TWO_PI_HIGH * tail
    const step = -g * mills
    const d = step / (1 + 0.5 * step * (1 / mills - z))
    const next = z + d
    if (Math.abs(d) < 1e-5 || i > 20) return next
    z = next
  }
}
