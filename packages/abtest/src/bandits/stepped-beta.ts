import { logBeta } from '@mlops/stats'
import { edge, levelOf } from './arm-laws.ts'
import type { SteppedLaws } from './stepped-laws.ts'
import { emptyColumns, LEAST_BELOW, natsOf } from './stepped-laws.ts'

/** Multiples of the step whose logarithms are kept. */
const NODES = 512

export interface SteppedBeta extends SteppedLaws {
  set(k: number, a: number, b: number): void
}

/**
 * Beta laws over t = logit(x), where the density is `x^a·(1 − x)^b/B(a, b)`.
 *
 * Off the axis `|1 + e^{t+iy}|` is at least `1 + e^t·cos y` and at least `(1 + e^t)·cos(y/2)`, so that the integral of
 * `|f|` is at most `cos(y)^−min(a, b)` and at most `cos(y/2)^−(a + b)`; `−ln cos y` is convex in y², and `bend` its
 * chord.
 */
export function steppedBeta(arms: number, error: number): SteppedBeta {
  const nats = natsOf(error, arms)
  const row = () => new Float64Array(arms)
  const [as, bs, norm] = [row(), row(), row()]
  const [low, middle, high, bend, reach] = [row(), row(), row(), row(), row()]
  const columns = emptyColumns(arms)
  const { width, begin, length, sum, below, hazard } = columns
  // ln x, ln(1 − x) and x at multiples of the step, and which these are.
  const node = new Int32Array(NODES)
  const logX = new Float64Array(NODES)
  const logY = new Float64Array(NODES)
  const xs = new Float64Array(NODES)
  let step = 0

  function newStep(h: number): void {
    step = h
    // None of them belongs where it stands.
    for (let i = 0; i < NODES; i++) node[i] = i + 1
  }

  function prepare(slot: number, m: number, h: number): void {
    node[slot] = m
    const t = m * h
    const e = Math.exp(-Math.abs(t))
    const log = Math.log1p(e)
    logX[slot] = Math.min(0, t) - log
    logY[slot] = Math.min(0, -t) - log
    xs[slot] = (t < 0 ? e : 1) / (1 + e)
  }

  return {
    low,
    middle,
    high,
    start: high,
    bend,
    reach,
    columns,
    set(k, a, b) {
      if (as[k] === a && bs[k] === b) return
      as[k] = a
      bs[k] = b
      length[k] = -1
      norm[k] = logBeta(a, b)
      const peak = Math.log(a / b)
      const reaches = Math.sqrt((1 / a + 1 / b) * 2 * nats)
      const level = levelOf(a, b, peak, nats)
      middle[k] = peak
      low[k] = edge(a, b, peak, -reaches, level)
      high[k] = edge(a, b, peak, reaches, level)
      const [least, n] = [Math.min(a, b), a + b]
      const round = n >= 30 ? 0.1295 * n : 0.154 * n
      const skew = least >= 10 ? 0.559 * least : 0.705 * least
      bend[k] = Math.min(round, skew)
      reach[k] = round <= skew ? (n >= 30 ? 0.9 : 2) : least >= 10 ? 0.77 : 1.2
    },
    beyond: () => 0,
    lengthen(k, h, to) {
      if (h !== step) newStep(h)
      const a = as[k]!
      const n = a + bs[k]!
      const b = bs[k]!
      const c = norm[k]!
      const g = h / 12
      const w = (h * h) / 60
      let above = sum[k]!
      const from = begin[k]!
      for (let i = length[k]!; i < to; i++) {
        const m = from - i
        const slot = m & (NODES - 1)
        if (node[slot] !== m) prepare(slot, m, h)
        const x = xs[slot]!
        const f = Math.exp(a * logX[slot]! + b * logY[slot]! - c)
        const slope = a - n * x
        const bent = -n * x * (1 - x)
        const end =
          0.5 + g * (slope - w * (slope * (slope * slope + 3 * bent) + bent * (1 - 2 * x)))
        const p = Math.min(1, Math.max(LEAST_BELOW, 1 - above - f * h * end))
        const at = k * width + i
        below[at] = p
        hazard[at] = f / p
        above += h * f
      }
      sum[k] = above
      length[k] = to
    },
  }
}
