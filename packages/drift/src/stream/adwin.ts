import { givenOptions } from '@mlops/core'
import type { AdwinWindow } from './adwin-window.ts'
import {
  BATCH,
  dropOldest,
  emptyWindow,
  MAX_ROWS,
  measure,
  occupied,
  SIZES,
  settle,
} from './adwin-window.ts'
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
  /** Values since cuts were last looked for. */
  readonly sinceCheck: number
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
export function adwin(options: AdwinOptions = {}): StreamDetector<AdwinBody> {
  const {
    delta = 0.002,
    clock = 32,
    maxBuckets = 5,
    minWindowLength = 5,
    gracePeriod = 10,
    cuts = 'all',
    badValue = 'refuse',
  } = givenOptions(options)
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

  function advance(w: AdwinWindow, x: number, signal: Signal): StreamVerdict {
    w.pending[w.waiting++] = x
    if (++w.sinceCheck < clock) {
      if (w.waiting === BATCH) settle(w)
      return 'stable'
    }
    w.sinceCheck = 0
    settle(w)
    if (w.width <= gracePeriod) return 'stable'
    let verdict: StreamVerdict = 'stable'
    while (w.width > 1 && mayCut(w) && findCut(w, signal)) {
      verdict = 'drift'
      dropOldest(w)
    }
    return verdict
  }

  /**
   * Whether any cut may exceed the bound's first term with 1/n0 + 1/n1 for r, which is less than the whole
   * bound: seldom true on a stable stream, and without divisions and roots. Rows that seldom change are
   * looked through only where their sum and their stray do not rule a cut out.
   */
  function mayCut(w: AdwinWindow): boolean {
    const { rows, starts, totals, sums, strays, stale, rowCount, width, total } = w
    // The logarithm grows with the width, and slowly: that of a width a little less will do.
    if (width < w.loggedWidth || width > 1.02 * w.loggedWidth) {
      w.loggedWidth = width
      w.log = logOf(width)
    }
    const level = 2 * w.squares * w.log * (1 - 1e-9)
    let n0 = 0
    let u0 = 0
    // How far the older side is from its share of the total, times the width.
    let cross = 0
    for (let row = rowCount - 1; row >= 0; row--) {
      const size = SIZES[row]!
      const base = starts[row]!
      const count = rows[row]!
      if (size >= clock && row > 0 && left === 0) {
        if (stale[row] === 1) measure(w, row)
        const n = n0 + count * size
        const u = u0 + sums[row]!
        const end = width * u - total * n
        const most = Math.max(Math.abs(cross), Math.abs(end)) + width * strays[row]!
        const first = (n0 + size) * (width - n0 - size)
        const last = n * (width - n)
        if (most * most <= level * Math.min(first, last)) {
          n0 = n
          u0 = u
          cross = end
          continue
        }
      }
      const last = base + count - (row === 0 ? 1 : left)
      for (let k = base; k < last; k++) {
        n0 += size
        u0 += totals[k]!
        cross = width * u0 - total * n0
        if (cross * cross > level * n0 * (width - n0)) return true
      }
    }
    return false
  }

  const logOf = (width: number) => Math.log((2 * Math.log(width)) / delta)

  function findCut(w: AdwinWindow, signal: Signal): boolean {
    const { rows, starts, totals, width } = w
    const d = logOf(width)
    const v = w.squares / width
    let n0 = 0
    let n1 = width
    let u0 = 0
    let u1 = w.total
    for (let row = w.rowCount - 1; row >= 0; row--) {
      const size = SIZES[row]!
      const base = starts[row]!
      // The cut behind the newest value of all would leave nothing on the other side.
      const last = base + rows[row]! - (row === 0 ? 1 : left)
      for (let k = base; k < last; k++) {
        const total = totals[k]!
        n0 += size
        n1 -= size
        u0 += total
        u1 -= total
        if (n1 < least || n0 < least) continue
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

  return defineDetector<AdwinBody, AdwinWindow>({
    name: 'adwin',
    values: 'number',
    options: { delta, clock, maxBuckets, minWindowLength, gracePeriod, cuts },
    badValue,
    fresh: () => emptyWindow(capacity),
    advance,
    save(w) {
      settle(w)
      return {
        sinceCheck: w.sinceCheck,
        width: w.width,
        total: w.total,
        squares: w.squares,
        rows: Array.from(w.rows.subarray(0, w.rowCount)),
        totals: occupied(w, w.totals),
        variances: occupied(w, w.variances),
      }
    },
    load({ rows, totals, variances, ...scalars }) {
      const w = { ...emptyWindow(capacity), ...scalars, rowCount: rows.length }
      let at = 0
      rows.forEach((count, row) => {
        w.rows[row] = count
        for (let k = 0; k < count; k++, at++) {
          w.totals[row * w.room + k] = totals[at]!
          w.variances[row * w.room + k] = variances[at]!
        }
      })
      return w
    },
    shape: {
      sinceCheck: 'count',
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
    estimates(w) {
      settle(w)
      const { width, total, squares } = w
      return {
        mean: width === 0 ? null : total / width,
        variance: width === 0 ? null : Math.max(0, squares / width),
        width,
      }
    },
  })
}
