import { gammaPrefactor } from './deviance.ts'
import { addDouble2, divideDouble2, expDouble2, logDouble2, low } from './double-double.ts'
import { gammaTail } from './incomplete-gamma.ts'
import { normalQuantile } from './normal-quantile.ts'
import { logGammaOnePlus } from './stirling.ts'
import { logTailRatio } from './tail.ts'

/**
 * x with P(a, x) = p, where q = 1 - p is given as exactly as p.
 *
 * The smaller of both is matched in its logarithm, over u = log x: the density of u is log-concave,
 * so the log tails are concave and Halley's iteration cannot be trapped. Its last step is a small
 * relative correction of x, so that x keeps the digits of the tail.
 */
export function inverseRegularizedGamma(a: number, p: number, q: number): number {
  if (p === 0) return 0
  if (q === 0) return Number.POSITIVE_INFINITY
  const upper = q < p
  const smaller = upper ? q : p
  const logSmaller = Math.log(smaller)
  const power = leadingPower(a, p)
  // P = x^a / Gamma(a+1) to the last digit
  if (power < 1e-18 * (a + 1)) return power
  let x = start(a, p, q, power)
  const prefactor = a * gammaPrefactor(a)
  for (let i = 0; i < 100; i++) {
    const tail = gammaTail(a, x)
    const g = logTailRatio(tail, upper, smaller)
    // d log tail / d log x, and the derivative of the log density of log x
    const slope = (upper ? -1 : 1) * prefactor * Math.exp(-tail.deviance - g - logSmaller)
    const bend = a - x - slope
    let step = -g / slope
    const halley = 1 + 0.5 * step * bend
    if (Math.abs(g) < 1 && halley > 0.3 && halley < 3) step /= halley
    const next = Math.max(power, x * Math.exp(clamp(step)))
    if (Math.abs(g) < 3e-6 || next === x) return x + x * Math.expm1(clamp(step))
    x = next
  }
  return x
}

function clamp(step: number): number {
  return Math.max(-20, Math.min(20, step))
}

// (p Gamma(a+1))^(1/a), a lower bound of the quantile
function leadingPower(a: number, p: number): number {
  const lh = logDouble2(p)
  const ll = low[0]!
  const e = (lh + logGammaOnePlus(a)) / a
  if (e > 700 || e < -745) return e > 0 ? Number.MAX_VALUE : 0
  const g = logGammaOnePlus(a)
  const s = addDouble2(lh, ll, g, 0)
  const h = divideDouble2(s, low[0]!, a, 0)
  return expDouble2(h, low[0]!)
}

function start(a: number, p: number, q: number, power: number): number {
  const z = normalQuantile(p, q)
  const c = 1 / (9 * a)
  const w = 1 - c + z * Math.sqrt(c)
  const wilsonHilferty = w > 0 ? a * w * w * w : 0
  if (a < 10 && q < 1e-3) {
    // x - (a-1) log x = -log(q Gamma(a))
    const l = -Math.log(q) - (logGammaOnePlus(a) - Math.log(a))
    const x = l + (a - 1) * Math.log(Math.max(1, l))
    return Math.max(l + (a - 1) * Math.log(Math.max(1, x)), power, 1e-300)
  }
  return Math.max(wilsonHilferty, power)
}
