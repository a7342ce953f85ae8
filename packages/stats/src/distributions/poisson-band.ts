import {
  addDouble2,
  divideDouble2,
  low,
  multiplyDouble2,
  twoProduct,
  twoSum,
} from '../special/double-double.ts'
import { poisson } from './poisson.ts'

const RESCALE_ABOVE = 2 ** 256
const LN2_LOW = 2.3190468138462996e-17

/**
 * P(D_n < d), exactly: the probability that a Poisson process of rate 1 on [0, n] stays between
 * t - nd and t + nd, given that it ends at n.
 *
 * A value i becomes possible at time i - nd and impossible at time i + nd, so all steps between such
 * events have one of three lengths, and one kernel each serves them all. Everything added is
 * positive; kernels end where their weights fall below 1e-20. Cost: about 80 n * nd operations.
 *
 * Source: A. Moscovich, B. Nadler, "Fast calculation of boundary crossing probabilities for Poisson
 * processes", Stat. Probab. Lett. 123 (2017), with direct convolution.
 */
export function insideProbability(d: number, n: number): number {
  const width = twoProduct(n, d)
  const widthLow = low[0]!
  const whole = Math.floor(width) - (width === Math.floor(width) && widthLow < 0 ? 1 : 0)
  const fraction = width - whole + widthLow
  const closesFirst = fraction <= 0.5
  const inner = 2 * Math.abs(width - whole - 0.5 + widthLow)
  const outer = fraction < 0.25 ? fraction : fraction > 0.75 ? 1 - fraction : 0.5 - 0.5 * inner
  // all steps together shall last n; what they miss of it returns as a relative error of the count
  const unit = twoSum(2 * outer, inner)
  let drift = n * (unit - 1 + low[0]!)
  const band = 2 * whole + 3
  const outerKernel = poissonKernel(outer, band)
  const joinKernel = poissonKernel(2 * outer, band)
  const innerKernel = poissonKernel(inner, band)
  let state = new Float64Array(n + 2)
  let next = new Float64Array(n + 2)
  state[0] = 1
  let least = 0
  let most = Math.min(n, whole)
  let scale = 0
  const advance = ({ weights, drift: step }: Kernel): void => {
    drift += step
    let total = 0
    for (let i = least; i <= most; i++) {
      let s = 0
      const reach = Math.min(weights.length - 1, i - least)
      // smallest first: the far terms, lost one by one in a larger sum, would be missed after n steps
      for (let k = reach; k >= 0; k--) s += weights[k]! * state[i - k]!
      next[i] = s
      total += s
    }
    ;[state, next] = [next, state]
    if (total > RESCALE_ABOVE) {
      for (let i = least; i <= most; i++) state[i] = state[i]! / RESCALE_ABOVE
      scale += 1
    }
  }
  const close = (k: number): void => {
    if (k >= whole && least === k - whole) least++
  }
  const open = (): void => {
    if (most < n) state[++most] = 0
  }
  advance(outerKernel)
  for (let k = 0; k < n; k++) {
    if (closesFirst) close(k)
    else open()
    advance(innerKernel)
    if (closesFirst) open()
    else close(k)
    if (least > most) return 0
    advance(k === n - 1 ? outerKernel : joinKernel)
  }
  // exp(n) pmf(n; n) = n^n / n! is the value without boundaries
  const unbounded = poisson.pmf(n, n)
  const scaled = twoProduct(-256 * scale, Math.LN2)
  const exponent = addDouble2(n, 0, scaled, low[0]! - 256 * scale * LN2_LOW)
  const correction = 1 - low[0]! - drift
  return Math.min(1, (state[n]! / unbounded) * Math.exp(-exponent) * correction)
}

interface Kernel {
  readonly weights: Float64Array
  /** The sum of the roundings of the weights, relative to the sum of the weights. */
  readonly drift: number
}

// mean^k / k!: the factors exp(-mean) cancel in the end. The same roundings return in thousands of
// steps, so they are kept, to be taken out of the result.
function poissonKernel(mean: number, length: number): Kernel {
  const weights: number[] = [1]
  let h = 1
  let l = 0
  let roundings = 0
  for (let k = 1; k < length && h > 1e-20; k++) {
    h = multiplyDouble2(h, l, mean, 0)
    h = divideDouble2(h, low[0]!, k, 0)
    l = low[0]!
    roundings -= l
    weights.push(h)
  }
  return { weights: Float64Array.from(weights), drift: roundings * Math.exp(-mean) }
}
