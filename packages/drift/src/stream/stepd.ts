import { givenOptions } from '@mlops/core'
import { normal } from '@mlops/stats'
import { defineDetector } from './define-detector.ts'
import type { RecentValues } from './recent-values.ts'
import { pushRecent, recentList, recentValues } from './recent-values.ts'
import { requireCountOption, requireLevel, requireOption } from './require-option.ts'
import type { DetectorOptions, StreamDetector } from './stream-detector.ts'

export interface StepdOptions extends DetectorOptions {
  /** Values of the recent window; testing begins with twice as many. @default 30 */
  readonly windowSize?: number
  /** Level of a drift. @default 0.003 */
  readonly alphaDrift?: number
  /** Level of a warning. @default 0.05 */
  readonly alphaWarning?: number
}

export interface StepdBody {
  readonly n: number
  /** Ones among all values. */
  readonly ones: number
  readonly recent: readonly number[]
}

interface Work {
  n: number
  ones: number
  onesRecent: number
  readonly recent: RecentValues
}

/**
 * STEPD: a test of equal proportions between the last values and all before them.
 *
 * `t = (|p_o − p_r| − (1/n_o + 1/n_r)/2)/sqrt(p(1 − p)(1/n_o + 1/n_r))`; drift where the normal tail
 * of `|t|` is below `alphaDrift`, warning below `alphaWarning`.
 *
 * Input: 0 and 1, or false and true; whether 1 is an error or a success makes no difference.
 * Output: `stable`, `warning` or `drift`. The statistic is |t|, the threshold its quantile. Estimates: the shares
 * of ones, before and in the window. A stream without variation is `stable`.
 * Cost: constant time, memory of the window.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { stepd } from '@mlops/drift/stream'
 *
 * const run = stepd().run()
 * const verdicts = Array.from({ length: 300 }, (_, i) => run.update(i < 200 ? i % 5 === 0 : true))
 * console.log(verdicts.indexOf('warning'), verdicts.indexOf('drift')) // 206 209
 * ```
 * Source: Nishida & Yamauchi, "Detecting concept drift using statistical testing", Discovery Science 2007.
 */
export function stepd(options: StepdOptions = {}): StreamDetector<StepdBody> {
  const {
    windowSize = 30,
    alphaDrift = 0.003,
    alphaWarning = 0.05,
    badValue = 'refuse',
  } = givenOptions(options)
  requireCountOption('windowSize', windowSize, 1)
  requireLevel('alphaDrift', alphaDrift)
  requireLevel('alphaWarning', alphaWarning)
  const ordered = alphaDrift <= alphaWarning
  requireOption('alphaWarning', alphaWarning, ordered, `be at least alphaDrift (${alphaDrift})`)
  // Tails are compared as quantiles: one for all values instead of a tail for each.
  const driftZ = normal.quantileSf(alphaDrift)
  const warningZ = normal.quantileSf(alphaWarning)

  function load({ n, ones, recent }: StepdBody): Work {
    const onesRecent = recent.reduce((sum, x) => sum + x, 0)
    return { n, ones, onesRecent, recent: recentValues(windowSize, recent) }
  }

  return defineDetector<StepdBody, Work>({
    name: 'stepd',
    values: 'binary',
    options: { windowSize, alphaDrift, alphaWarning },
    badValue,
    fresh: () => load({ n: 0, ones: 0, recent: [] }),
    load,
    advance(work, x, signal) {
      const n = ++work.n
      work.ones += x
      work.onesRecent += x - (pushRecent(work.recent, x) ?? 0)
      signal.statistic = Number.NaN
      signal.threshold = driftZ
      if (n < 2 * windowSize) return 'stable'
      const older = n - windowSize
      const p = work.ones / n
      const inverse = 1 / older + 1 / windowSize
      const gap = Math.abs((work.ones - work.onesRecent) / older - work.onesRecent / windowSize)
      const t = Math.abs((gap - inverse / 2) / Math.sqrt(p * (1 - p) * inverse))
      signal.statistic = t
      if (t > driftZ) return 'drift'
      return t > warningZ ? 'warning' : 'stable'
    },
    save: ({ n, ones, recent }) => ({ n, ones, recent: recentList(recent) }),
    shape: { n: 'count', ones: 'count', recent: 'counts' },
    fault: ({ n, ones, recent }) =>
      ones <= n && recent.length === Math.min(n, windowSize) && recent.every((x) => x <= 1)
        ? undefined
        : 'its window and its counts do not agree',
    estimates: ({ n, ones, onesRecent, recent }) => ({
      olderShare: n === recent.count ? null : (ones - onesRecent) / (n - recent.count),
      recentShare: recent.count === 0 ? null : onesRecent / recent.count,
    }),
  })
}
