import { givenOptions } from '@mlops/core'
import { normal } from '@mlops/stats'
import { defineDetector } from './define-detector.ts'
import type { RecentValues } from './recent-values.ts'
import { pushRecent, recentList, recentValues } from './recent-values.ts'
import { requireCountOption, requireLevel, requireOption } from './require-option.ts'
import type { DetectorOptions, StreamDetector } from './stream-detector.ts'

export interface WstdOptions extends DetectorOptions {
  /** @default 30 */
  readonly recentSize?: number
  /** @default 120 */
  readonly olderSize?: number
  /** Testing begins when the older window holds this many. @default 30 */
  readonly minSamples?: number
  /** Level of a drift. @default 0.003 */
  readonly alphaDrift?: number
  /** Level of a warning. @default 0.05 */
  readonly alphaWarning?: number
}

export interface WstdBody {
  /** Both windows, the oldest first. */
  readonly older: readonly number[]
  readonly recent: readonly number[]
}

interface Work {
  readonly older: RecentValues
  readonly recent: RecentValues
  onesOlder: number
  onesRecent: number
}

/**
 * WSTD: a two-sided Wilcoxon rank-sum test between the recent errors and a window of older ones.
 *
 * `z = (R − n1(N + 1)/2)/sqrt(n1·n2(N + 1)/12)` with average ranks, without corrections for ties or
 * continuity; drift where `2·(1 − Φ(|z|)) < alphaDrift`, warning below `alphaWarning`.
 *
 * Input: 1 or true for an error, 0 or false for none. Output: `stable`, `warning` or `drift`. The
 * statistic is |z|. Estimates: error rates of both windows. Ties make the test conservative.
 * Cost: constant time, memory of the windows.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { wstd } from '@mlops/drift/stream'
 *
 * const run = wstd().run()
 * const verdicts = Array.from({ length: 460 }, (_, i) => run.update(i >= 200 && i < 260))
 * console.log(verdicts.indexOf('drift'), verdicts.lastIndexOf('drift')) // 210 273
 * ```
 * Source: de Barros, Hidalgo & de Lima Cabral, "Wilcoxon rank sum test drift detector",
 * Neurocomputing 275 (2018).
 */
export function wstd(options: WstdOptions = {}): StreamDetector<WstdBody> {
  const {
    recentSize = 30,
    olderSize = 120,
    minSamples = 30,
    alphaDrift = 0.003,
    alphaWarning = 0.05,
    badValue = 'refuse',
  } = givenOptions(options)
  requireCountOption('recentSize', recentSize, 2)
  requireCountOption('olderSize', olderSize, 2)
  requireCountOption('minSamples', minSamples, 2)
  requireOption('minSamples', minSamples, minSamples <= olderSize, `be at most ${olderSize}`)
  requireLevel('alphaDrift', alphaDrift)
  requireLevel('alphaWarning', alphaWarning)
  const ordered = alphaDrift <= alphaWarning
  requireOption('alphaWarning', alphaWarning, ordered, `be at least alphaDrift (${alphaDrift})`)
  const driftZ = normal.quantileSf(alphaDrift / 2)
  const warningZ = normal.quantileSf(alphaWarning / 2)

  function load({ older, recent }: WstdBody): Work {
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
    return {
      older: recentValues(olderSize, older),
      recent: recentValues(recentSize, recent),
      onesOlder: sum(older),
      onesRecent: sum(recent),
    }
  }

  return defineDetector<WstdBody, Work>({
    name: 'wstd',
    values: 'binary',
    options: { recentSize, olderSize, minSamples, alphaDrift, alphaWarning },
    badValue,
    fresh: () => load({ older: [], recent: [] }),
    load,
    advance(work, x, signal) {
      const aged = pushRecent(work.recent, x)
      work.onesRecent += x - (aged ?? 0)
      if (aged !== undefined) work.onesOlder += aged - (pushRecent(work.older, aged) ?? 0)
      const older = work.older.count
      signal.statistic = Number.NaN
      signal.threshold = driftZ
      if (work.recent.count < recentSize || older < minSamples) return 'stable'
      const ones = work.onesRecent + work.onesOlder
      const total = recentSize + older
      const zeros = total - ones
      const rankOfZero = (zeros + 1) / 2
      const rankOfOne = zeros + (ones + 1) / 2
      const rankSum = (recentSize - work.onesRecent) * rankOfZero + work.onesRecent * rankOfOne
      // |z| is the same for either window.
      const mean = (recentSize * (total + 1)) / 2
      const z = Math.abs(rankSum - mean) / Math.sqrt((recentSize * older * (total + 1)) / 12)
      signal.statistic = z
      if (z > driftZ) return 'drift'
      return z > warningZ ? 'warning' : 'stable'
    },
    save: ({ older, recent }) => ({ older: recentList(older), recent: recentList(recent) }),
    shape: { older: 'counts', recent: 'counts' },
    fault: ({ older, recent }) =>
      older.length <= olderSize &&
      recent.length <= recentSize &&
      [...older, ...recent].every((x) => x <= 1)
        ? undefined
        : 'its windows are too long or hold other values than 0 and 1',
    estimates: ({ older, recent, onesOlder, onesRecent }) => ({
      olderErrorRate: older.count === 0 ? null : onesOlder / older.count,
      recentErrorRate: recent.count === 0 ? null : onesRecent / recent.count,
    }),
  })
}
