import { betaPrefactor } from './deviance.ts'
import { low, twoSum } from './double-double.ts'
import { betaTail } from './incomplete-beta.ts'
import { normalQuantile } from './normal-quantile.ts'
import { logBeta } from './stirling.ts'
import { logTailRatio } from './tail.ts'

/** x and its complement y = 1 - x, each with its own digits. */
export interface UnitPoint {
  readonly x: number
  readonly y: number
}

/**
 * x, and y = 1 - x, with I_x(a, b) = p, where q = 1 - p is given as exactly as p.
 *
 * Halley's iteration on the logarithm of the smaller tail over u = log(x/y), in which the log tails
 * are concave. The smaller of x and y is carried, the other is its exact
 * complement. `guess` is a first log(x/y), if the caller knows one.
 */
export function inverseRegularizedBeta(
  a: number,
  b: number,
  p: number,
  q: number,
  guess?: number,
): UnitPoint {
  if (p === 0) return { x: 0, y: 1 }
  if (q === 0) return { x: 1, y: 0 }
  const upper = q < p
  // the smaller tail as a lower tail
  const logit = guess === undefined ? undefined : upper ? -guess : guess
  const solved = upper ? solve(b, a, q, p, logit) : solve(a, b, p, q, logit)
  return upper ? { x: solved.y, y: solved.x } : solved
}

function solve(a: number, b: number, p: number, q: number, guess: number | undefined): UnitPoint {
  const target = Math.log(p)
  // I <= (x/y)^a / (a B): a lower bound of u
  const floor = (target + Math.log(a) + logBeta(a, b)) / a
  if (floor < -708) return { x: Math.exp(floor), y: 1 }
  const prefactor = betaPrefactor(a, b)
  let u = Math.max(floor, guess ?? start(a, b, p, q))
  let point = fromLogit(u)
  for (let i = 0; i < 100; i++) {
    const { x, y } = point
    const small = x <= y
    const xh = small ? x : twoSum(1, -y)
    const xl = small ? 0 : low[0]!
    const yh = small ? twoSum(1, -x) : y
    const yl = small ? low[0]! : 0
    const tail = betaTail(a, b, xh, xl, yh, yl)
    const g = logTailRatio(tail, false, p)
    const slope = prefactor * Math.exp(-tail.deviance - g - target)
    const bend = a * yh - b * xh - slope
    let step = -g / slope
    const halley = 1 + 0.5 * step * bend
    if (Math.abs(g) < 1 && halley > 0.3 && halley < 3) step /= halley
    if (Math.abs(g) < 3e-6) return move(x, y, step)
    const next = Math.max(floor, u + step)
    point = next === u + step && Math.abs(step) < 1 ? move(x, y, step) : fromLogit(next)
    if (next === u) return point
    u = next
  }
  return point
}

function fromLogit(u: number): UnitPoint {
  const e = Math.exp(-Math.abs(u))
  const small = e / (1 + e)
  return u < 0 ? { x: small, y: 1 - small } : { x: 1 - small, y: small }
}

// u + step, without passing through u
function move(x: number, y: number, step: number): UnitPoint {
  const s = Math.expm1(step)
  const d = 1 + x * s
  const x1 = (x + x * s) / d
  const y1 = y / d
  return x1 < y1 ? { x: x1, y: 1 - x1 } : { x: 1 - y1, y: y1 }
}

// Carter's approximation through the normal quantile; the bound of the lower tail where it fails.
function start(a: number, b: number, p: number, q: number): number {
  if (a < 1 || b < 1) return Number.NEGATIVE_INFINITY
  const z = normalQuantile(p, q)
  const ra = 1 / (2 * a - 1)
  const rb = 1 / (2 * b - 1)
  const h = 2 / (ra + rb)
  const l = (z * z - 3) / 6
  const w = (z * Math.sqrt(h + l)) / h + (rb - ra) * (l + 5 / 6 - 2 / (3 * h))
  return Math.log(a / b) + 2 * w
}
