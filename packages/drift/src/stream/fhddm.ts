import { givenOptions } from '@mlops/core'
import { defineDetector } from './define-detector.ts'
import type { RecentValues } from './recent-values.ts'
import { pushRecent, recentAt, recentList, recentValues } from './recent-values.ts'
import { requireChoice, requireCountOption, requireLevel, requireOption } from './require-option.ts'
import type { DetectorOptions, StreamDetector } from './stream-detector.ts'

export interface FhddmOptions extends DetectorOptions {
  /** @default 100 */
  readonly windowSize?: number
  /** Probability of a false alarm of one comparison. @default 1e-6 */
  readonly confidence?: number
  /** A second, shorter window that sees abrupt changes sooner. @default none */
  readonly shortWindowSize?: number
  /** What a 1 on the stream means. @default 'correct' */
  readonly ones?: 'correct' | 'error'
}

export interface FhddmBody {
  /** The window, the oldest first: 1 for correct. */
  readonly recent: readonly number[]
  readonly best: number
  readonly bestShort: number
}

interface Work {
  readonly recent: RecentValues
  correct: number
  correctShort: number
  best: number
  bestShort: number
}

/**
 * FHDDM: an alarm when the share of correct predictions in a sliding window has fallen below its best.
 *
 * Drift where `max(p) − p > sqrt(ln(1/confidence)/(2·size))`, for the window or for the short one.
 *
 * Input: 1 or true for a correct prediction, 0 or false for an error; the other way round with
 * `ones: 'error'`. Output: `stable` or `drift`, none before the window is full; no warnings. Statistic and
 * threshold are of the long window. Estimate: the share of correct ones in the window.
 * Cost: constant time, memory of the window.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { fhddm } from '@mlops/drift/stream'
 *
 * const run = fhddm().run()
 * const verdicts = Array.from({ length: 400 }, (_, i) => run.update(i < 200 || i % 2 === 0))
 * console.log(verdicts.indexOf('drift')) // 253
 * ```
 * Source: Pesaranghader & Viktor, "Fast Hoeffding drift detection method for evolving data streams",
 * ECML PKDD 2016; the short window: Pesaranghader, Viktor & Paquet 2018.
 */
export function fhddm(options: FhddmOptions = {}): StreamDetector<FhddmBody> {
  const {
    windowSize = 100,
    confidence = 1e-6,
    shortWindowSize,
    ones = 'correct',
    badValue = 'refuse',
  } = givenOptions(options)
  requireCountOption('windowSize', windowSize, 1)
  requireLevel('confidence', confidence)
  if (shortWindowSize !== undefined) {
    requireCountOption('shortWindowSize', shortWindowSize, 1)
    const fits = shortWindowSize < windowSize
    requireOption('shortWindowSize', shortWindowSize, fits, `be below windowSize (${windowSize})`)
  }
  requireChoice('ones', ones, ['correct', 'error'])
  const short = shortWindowSize ?? 0
  const bound = Math.sqrt(Math.log(1 / confidence) / (2 * windowSize))
  const shortBound = Math.sqrt(Math.log(1 / confidence) / (2 * short))

  function load({ recent, best, bestShort }: FhddmBody): Work {
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
    return {
      recent: recentValues(windowSize, recent),
      correct: sum(recent),
      correctShort: short === 0 ? 0 : sum(recent.slice(-short)),
      best,
      bestShort,
    }
  }

  return defineDetector<FhddmBody, Work>({
    name: 'fhddm',
    values: 'binary',
    options: { windowSize, confidence, shortWindowSize: shortWindowSize ?? null, ones },
    badValue,
    fresh: () => load({ recent: [], best: 0, bestShort: 0 }),
    load,
    advance(work, x, signal) {
      const { recent } = work
      const correct = ones === 'correct' ? x : 1 - x
      if (short > 0 && recent.count >= short)
        work.correctShort -= recentAt(recent, recent.count - short)
      work.correctShort += correct
      work.correct += correct - (pushRecent(recent, correct) ?? 0)
      if (recent.count < windowSize) return 'stable'
      const share = work.correct / windowSize
      work.best = Math.max(work.best, share)
      signal.statistic = work.best - share
      signal.threshold = bound
      let drifted = signal.statistic > bound
      if (short > 0) {
        const shortShare = work.correctShort / short
        work.bestShort = Math.max(work.bestShort, shortShare)
        drifted ||= work.bestShort - shortShare > shortBound
      }
      return drifted ? 'drift' : 'stable'
    },
    save: ({ recent, best, bestShort }) => ({ recent: recentList(recent), best, bestShort }),
    shape: { recent: 'counts', best: 'number', bestShort: 'number' },
    fault: ({ recent }) =>
      recent.length <= windowSize && recent.every((x) => x <= 1)
        ? undefined
        : 'its window is too long or holds other values than 0 and 1',
    estimates: ({ recent, correct }) => ({
      correctShare: recent.count === 0 ? null : correct / recent.count,
    }),
  })
}
