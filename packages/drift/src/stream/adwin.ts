import { defineDetector, type Signal } from './define-detector.ts'
import { isCount } from './detector-state.ts'
import { requireChoice, requireCountOption, requireLevel, requireOption } from './require-option.ts'
import type { DetectorOptions, StreamDetector, StreamVerdict } from './stream-detector.ts'

export interface AdwinOptions extends DetectorOptions {
  /** Confidence of each comparison. @default 0.002 */
  readonly delta?: number
  /** Cuts are looked for at every so many values. @default 32 */
  readonly clock?: number
  /** Buckets of each size before two are merged. @default 5 */
  readonly maxBuckets?: number
  /** The least values on a side of a cut. @default 5 */
  readonly minWindowLength?: number
  /** The window must hold more than this before it is cut. @default 10 */
  readonly gracePeriod?: number
  /**
   * Which buckets move to the older side of a cut: all, or all but the newest of each size, with more
   * than `minWindowLength` values on both sides, as in Frouros and older rivers. @default 'all'
   */
  readonly cuts?: 'all' | 'without-last-bucket'
}

/** The window as buckets: row i holds sums over 2^i values each, the oldest first. */
export interface AdwinBody {
  readonly ticks: number
  readonly width: number
  readonly total: number
  /** Sum of squared deviations from the window's mean. */
  readonly squares: number
  /** Buckets in each row. */
  readonly rows: readonly number[]
  /** Sum, and sum of squared deviations, of each bucket, row by row. */
  readonly totals: readonly number[]
  readonly variances: readonly number[]
}

interface Window {
  ticks: number
  width: number
  total: number
  squares: number
  rowCount: number
  readonly rows: Int32Array
  readonly totals: Float64Array
  readonly variances: Float64Array
}

// Full only after 10^15 values.
const MAX_ROWS = 50

/**
 * ADWIN: a window of variable length that drops its older part as soon as two parts of it have
 * different means.
 *
 * Cut where `|m0 − m1| > sqrt(2·r·v·d) + 2/3·r·d`, with `d = ln(2·ln(W)/delta)`, `v` the window's
 * variance and `r = 1/(n0 − L + 1) + 1/(n1 − L + 1)` for `L = minWindowLength`.
 *
 * Input: numbers of any scale; the bound is tightest for values within [0, 1].
 * Output: `drift` when the window was cut; no warnings. `statistic` is the gap of the means of the cut
 * made, `threshold` its bound; null at all other times. Estimates: mean, variance and width of the window.
 * Cost: constant amortised time, O(maxBuckets · log W) memory.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { adwin } from '@mlops/drift/stream'
 *
 * const run = adwin().run()
 * const verdicts = Array.from({ length: 400 }, (_, i) => run.update(i < 200 ? i % 2 : 4 + (i % 2)))
 * console.log(verdicts.indexOf('drift')) // 223
 * ```
 * Source: Bifet & Gavaldà, "Learning from time-changing data with adaptive windowing", SDM 2007.
 * Differs from: MOA, whose reset keeps the newer part; as in river a drift empties the window.
 */
export function adwin({
  delta = 0.002,
  clock = 32,
  maxBuckets = 5,
  minWindowLength = 5,
  gracePeriod = 10,
  cuts = 'all',
  badValue = 'refuse',
}: AdwinOptions = {}): StreamDetector<AdwinBody> {
  requireLevel('delta', delta)
  requireCountOption('clock', clock, 1)
  requireCountOption('maxBuckets', maxBuckets, 2)
  requireOption('maxBuckets', maxBuckets, maxBuckets <= 1000, 'be at most 1000')
  requireCountOption('minWindowLength', minWindowLength, 1)
  requireCountOption('gracePeriod', gracePeriod, 1)
  requireChoice('cuts', cuts, ['all', 'without-last-bucket'])
  const capacity = maxBuckets + 1
  const left = cuts === 'all' ? 0 : 1
  const least = minWindowLength + left

  function advance(w: Window, x: number, signal: Signal): StreamVerdict {
    insert(w, x)
    w.ticks++
    signal.statistic = Number.NaN
    signal.threshold = Number.NaN
    if (w.ticks % clock !== 0 || w.width <= gracePeriod) return 'stable'
    let verdict: StreamVerdict = 'stable'
    while (w.width > 1 && findCut(w, signal)) {
      verdict = 'drift'
      dropOldest(w)
    }
    return verdict
  }

  function insert(w: Window, x: number): void {
    const { rows, totals, variances } = w
    const at = rows[0]!
    totals[at] = x
    variances[at] = 0
    rows[0] = at + 1
    const before = w.width
    const width = before + 1
    if (before > 0) {
      const gap = x - w.total / before
      w.squares += (before * gap * gap) / width
    }
    w.width = width
    w.total += x
    if (at + 1 === capacity) merge(w)
  }

  function merge(w: Window): void {
    const { rows, totals, variances } = w
    let n = 1
    for (let row = 0; rows[row]! === capacity; row++, n *= 2) {
      const base = row * capacity
      const a = totals[base]!
      const b = totals[base + 1]!
      const gap = a / n - b / n
      const up = base + capacity + rows[row + 1]!
      totals[up] = a + b
      variances[up] = variances[base]! + variances[base + 1]! + n * 0.5 * gap * gap
      rows[row + 1]!++
      if (row + 1 === w.rowCount) w.rowCount++
      for (let k = base + 2; k < base + capacity; k++) {
        totals[k - 2] = totals[k]!
        variances[k - 2] = variances[k]!
      }
      rows[row] = capacity - 2
    }
  }

  function findCut(w: Window, signal: Signal): boolean {
    const { rows, totals, width } = w
    const d = Math.log((2 * Math.log(width)) / delta)
    const v = w.squares / width
    // With 1/n0 + 1/n1 for r the bound is smaller: what stays below needs no division and no root.
    const quick = 2 * v * d * width * (1 - 1e-9)
    let n0 = 0
    let n1 = width
    let u0 = 0
    let u1 = w.total
    for (let row = w.rowCount - 1, size = 2 ** row; row >= 0; row--, size /= 2) {
      const base = row * capacity
      // The cut behind the newest value of all would leave nothing on the other side.
      const last = base + rows[row]! - (row === 0 ? 1 : left)
      for (let k = base; k < last; k++) {
        const total = totals[k]!
        n0 += size
        n1 -= size
        u0 += total
        u1 -= total
        const cross = u0 * n1 - u1 * n0
        if (cross * cross <= quick * n0 * n1 || n1 < least || n0 < least) continue
        const r = 1 / (n0 - minWindowLength + 1) + 1 / (n1 - minWindowLength + 1)
        const bound = Math.sqrt(2 * r * v * d) + (2 / 3) * d * r
        const gap = Math.abs(u0 / n0 - u1 / n1)
        // Rounding can leave a variance below 0 and a bound that is no number: no cut then.
        if (!(gap > bound)) continue
        signal.statistic = gap
        signal.threshold = bound
        return true
      }
    }
    return false
  }

  function dropOldest(w: Window): void {
    const row = w.rowCount - 1
    const n = 2 ** row
    const base = row * capacity
    const total = w.totals[base]!
    w.width -= n
    w.total -= total
    const gap = total / n - w.total / w.width
    w.squares -= w.variances[base]! + (n * w.width * gap * gap) / (n + w.width)
    const count = --w.rows[row]!
    w.totals.copyWithin(base, base + 1, base + 1 + count)
    w.variances.copyWithin(base, base + 1, base + 1 + count)
    if (count === 0 && w.rowCount > 1) w.rowCount--
  }

  function fresh(): Window {
    return {
      ticks: 0,
      width: 0,
      total: 0,
      squares: 0,
      rowCount: 1,
      rows: new Int32Array(MAX_ROWS),
      totals: new Float64Array(MAX_ROWS * capacity),
      variances: new Float64Array(MAX_ROWS * capacity),
    }
  }

  const occupied = (w: Window, values: Float64Array) =>
    Array.from(w.rows.subarray(0, w.rowCount)).flatMap((count, row) =>
      Array.from(values.subarray(row * capacity, row * capacity + count)),
    )

  return defineDetector<AdwinBody, Window>({
    name: 'adwin',
    values: 'number',
    options: { delta, clock, maxBuckets, minWindowLength, gracePeriod, cuts },
    badValue,
    fresh,
    advance,
    save: (w) => ({
      ticks: w.ticks,
      width: w.width,
      total: w.total,
      squares: w.squares,
      rows: Array.from(w.rows.subarray(0, w.rowCount)),
      totals: occupied(w, w.totals),
      variances: occupied(w, w.variances),
    }),
    load({ rows, totals, variances, ...scalars }) {
      const w = { ...fresh(), ...scalars, rowCount: rows.length }
      let at = 0
      rows.forEach((count, row) => {
        w.rows[row] = count
        for (let k = 0; k < count; k++, at++) {
          w.totals[row * capacity + k] = totals[at]!
          w.variances[row * capacity + k] = variances[at]!
        }
      })
      return w
    },
    shape: {
      ticks: 'count',
      width: 'count',
      total: 'number',
      squares: 'number',
      rows: 'counts',
      totals: 'numbers',
      variances: 'numbers',
    },
    fault({ rows, totals, variances, width }) {
      const buckets = rows.reduce((sum, count) => sum + count, 0)
      const values = rows.reduce((sum, count, row) => sum + count * 2 ** row, 0)
      const fits = rows.length >= 1 && rows.length < MAX_ROWS && rows.every((c) => c < capacity)
      if (!fits || buckets !== totals.length || buckets !== variances.length)
        return 'its rows and buckets do not agree'
      return isCount(values) && values === width ? undefined : 'its rows do not add up to its width'
    },
    estimates: ({ width, total, squares }) => ({
      mean: width === 0 ? null : total / width,
      variance: width === 0 ? null : Math.max(0, squares / width),
      width,
    }),
  })
}
