import type { SteppedLaws } from './stepped-laws.ts'

/** So many steps are taken at once where the end is near. */
const STRIDE = 4

/**
 * The probability of each arm to have the largest mean, by the trapezoidal rule: `Σ_m h·f_k(mh)·Π_{j≠k} F_j(mh)`.
 *
 * Divided by their sum the numbers lie within `error` of the exact probabilities, in total variation. A third of it
 * is for each of three:
 *
 * The rule. `g_k = f_k·Π F_j` is analytic, and off the axis `|F_j(t + iy)| <= ∫ |f_j(s + iy)| ds` up to t, so that
 * the integrals of all `|g_k(t + iy)|` sum to at most `exp(Σ bend·y²)`: those of `|f_j|`, multiplied. The rule then
 * errs, over all arms, by at most `2·exp(Σ bend·d²)/(e^{2πd/h} − 1)` for any d within the reach (Trefethen &
 * Weideman 2014, theorem 5.1).
 *
 * The distribution functions. `1 − F_j` is a sum from above with Euler and Maclaurin's terms of f′ and f‴; what that
 * leaves is at most `2·h⁶/30240·∫ |f⁽⁶⁾|`, by Cauchy's formula on a circle of radius ρ no more than
 * `(h/ρ)⁶/21·(1 + 2.9·bend·ρ²)` (the mean of `exp(bend·ρ²·sin²)`, as long as `bend·ρ² <= 3.5`). Replacing the F_j one
 * by one, these errors add up and no more.
 *
 * What is left out: arms and parts of the axis beyond `low` and `high`, two arms above `start`, all arms below the
 * last step.
 *
 * Returns a function that writes into `out`, which starts as zeros, and tells whether it did: laws of very different
 * widths ask for too many steps. Columns are kept between calls, and the same laws give the same numbers whatever
 * was asked before. Cost: O(steps × arms), about 1 µs for ten arms, and 1 µs for each law that has changed.
 */
export function bestArmBySteps(laws: SteppedLaws, error: number): (out: Float64Array) => boolean {
  const share = error / 3
  const { low, middle, high, start, columns } = laws
  const { width, begin, length, above, sum, below, hazard } = columns
  const arms = low.length
  const rivals = new Int32Array(arms)
  const product = new Float64Array(width)
  const mass = new Float64Array(arms)
  let step = 0

  return (out) => {
    // Below the highest low end its arm beats all others: nothing there counts.
    let bar = Number.NEGATIVE_INFINITY
    for (let k = 0; k < arms; k++) if (low[k]! > bar) bar = low[k]!
    let count = 0
    let top = bar
    let half = bar
    for (let k = 0; k < arms; k++) {
      if (high[k]! <= bar) continue
      rivals[count++] = k
      top = Math.max(top, start[k]!)
      half = Math.max(half, middle[k]!)
    }
    if (count === 1) {
      out[rivals[0]!] = 1
      return true
    }
    const h = stepOf(laws, rivals, count, share)
    const first = Math.ceil(top / h)
    // Beyond, multiples of h would not be exact enough.
    if (!(Math.abs(first) < 2 ** 30)) return false
    beginColumns(count, h, first)
    // Down to where half of the law of one arm lies below there is no end to look for.
    const sure = Math.max(STRIDE, first - Math.ceil(half / h))
    const steps = multiply(count, h, first, sure, bar)
    let total = 0
    for (let r = 0; r < count && steps > 0; r++) {
      const k = rivals[r]!
      const late = first - begin[k]!
      const at = k * width - late
      let own = above[k]! / h
      for (let j = late; j < steps; j++) own += hazard[at + j]! * product[j]!
      mass[r] = own
      total += own
    }
    if (!(Math.abs(h * total - 1) <= error)) return false
    for (let r = 0; r < count; r++) out[rivals[r]!] = mass[r]! / total
    return true
  }

  /** Starts the columns that are not of this step, of this law, or of this height. */
  function beginColumns(count: number, h: number, first: number): void {
    if (h !== step) length.fill(-1)
    step = h
    for (let r = 0; r < count; r++) {
      const k = rivals[r]!
      const from = Math.min(first, Math.floor(high[k]! / h))
      if (length[k]! >= 0 && begin[k] === from) continue
      begin[k] = from
      length[k] = 0
      above[k] = laws.beyond(k, from, h)
      sum[k] = above[k]!
    }
  }

  /** Fills in the products of all F, from the top down until nothing is left; 0 where that takes too many steps. */
  function multiply(count: number, h: number, first: number, sure: number, bar: number): number {
    for (let from = 0, to = sure; to <= width; from = to, to += STRIDE) {
      for (let j = from; j < to; j++) product[j] = 1
      for (let r = 0; r < count; r++) {
        const k = rivals[r]!
        const late = first - begin[k]!
        if (to <= late) continue
        if (to - late > length[k]!) laws.lengthen(k, h, to - late)
        const at = k * width - late
        for (let j = Math.max(from, late); j < to; j++) product[j]! *= below[at + j]!
      }
      if (4 * product[to - 1]! < share || (first - to) * h < bar) return to
    }
    return 0
  }
}

/** The longest step that keeps the errors of rule and distribution functions, on a ladder where it seldom changes. */
export function stepOf(
  { bend, reach }: SteppedLaws,
  rivals: Int32Array,
  count: number,
  share: number,
): number {
  let bends = 0
  let most = 0
  let far = Number.POSITIVE_INFINITY
  for (let r = 0; r < count; r++) {
    const k = rivals[r]!
    bends += bend[k]!
    most = Math.max(most, bend[k]!)
    far = Math.min(far, reach[k]!)
  }
  const d = Math.min(far, Math.sqrt(Math.log(1 + 2 / share) / bends))
  const rule = (2 * Math.PI * d) / Math.log1p((2 * Math.exp(bends * d * d)) / share)
  const rho = Math.min(far, Math.sqrt(3.5 / most))
  const sums = rho * ((21 * share) / (count + 2.9 * bends * rho * rho)) ** (1 / 6)
  return 2 ** (Math.floor(4 * Math.log2(Math.min(rule, sums))) / 4)
}
