import { givenOptions } from '@mlops/core'
import { defineDetector } from './define-detector.ts'
import { requireChoice, requireCountOption, requireLevel, requireOption } from './require-option.ts'
import type { DetectorOptions, StreamDetector, StreamVerdict } from './stream-detector.ts'

export interface HddmAOptions extends DetectorOptions {
  /** @default 0.001 */
  readonly driftConfidence?: number
  /** @default 0.005 */
  readonly warningConfidence?: number
  /** Whether only a rising error rate counts, or a falling one as well. @default 'up' */
  readonly direction?: 'up' | 'both'
  /** Verdicts begin with this many values. @default 1 */
  readonly minSamples?: number
  /**
   * The logarithm in the bound of a verdict: ln(2/confidence) in MOA and river, ln(1/confidence) for
   * one side in the paper and in Frouros. @default 'ln(2/confidence)'
   */
  readonly bound?: 'ln(2/confidence)' | 'ln(1/confidence)'
}

export interface HddmABody {
  readonly n: number
  readonly mean: number
  /** Count and mean at the cut from which a rise, and a fall, is measured. */
  readonly lowCount: number
  readonly lowMean: number
  readonly highCount: number
  readonly highMean: number
}

type Work = { -readonly [Key in keyof HddmABody]: number }

/**
 * HDDM-A: Hoeffding's bound on the difference between the mean of all values and that at the best cut.
 *
 * The cut is where `mean + eps(n)` was least, `eps(n) = sqrt(ln(1/confidence)/(2n))`. Drift where
 * `mean_n − mean_cut >= sqrt((n − c)/(c·n)/2·ln(2/confidence))`, c the values up to the cut.
 *
 * Input: 1 or true for an error, 0 or false for none. Output: `stable`, `warning` or `drift`; for
 * `direction: 'both'` falls count alike. Statistic and threshold are of the rise. Estimate: the error rate.
 * Cost: constant time and memory.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { hddmA } from '@mlops/drift/stream'
 *
 * const run = hddmA().run()
 * const verdicts = Array.from({ length: 300 }, (_, i) => run.update(i < 200 ? i % 5 === 0 : true))
 * console.log(verdicts.indexOf('warning'), verdicts.indexOf('drift')) // 204 206
 * ```
 * Source: Frías-Blanco et al., "Online and non-parametric drift detection methods based on Hoeffding's
 * bounds", IEEE TKDE 27 (2015).
 */
export function hddmA(options: HddmAOptions = {}): StreamDetector<HddmABody> {
  const {
    driftConfidence = 0.001,
    warningConfidence = 0.005,
    direction = 'up',
    minSamples = 1,
    bound = 'ln(2/confidence)',
    badValue = 'refuse',
  } = givenOptions(options)
  requireLevel('driftConfidence', driftConfidence)
  requireLevel('warningConfidence', warningConfidence)
  requireOption(
    'warningConfidence',
    warningConfidence,
    warningConfidence >= driftConfidence,
    `be at least driftConfidence (${driftConfidence})`,
  )
  requireChoice('direction', direction, ['up', 'both'])
  requireCountOption('minSamples', minSamples, 1)
  requireChoice('bound', bound, ['ln(2/confidence)', 'ln(1/confidence)'])
  const sides = bound === 'ln(2/confidence)' ? 2 : 1
  const cutLog = Math.log(1 / driftConfidence)
  const driftLog = Math.log(sides / driftConfidence)
  const warningLog = Math.log(sides / warningConfidence)

  /** The verdict on a change from the mean at a cut. */
  function judge(change: number, cut: number, n: number): StreamVerdict {
    if (cut === n) return 'stable'
    const m = (n - cut) / cut / n / 2
    if (change >= Math.sqrt(m * driftLog)) return 'drift'
    return change >= Math.sqrt(m * warningLog) ? 'warning' : 'stable'
  }

  return defineDetector<HddmABody, Work>({
    name: 'hddm-a',
    values: 'binary',
    options: { driftConfidence, warningConfidence, direction, minSamples, bound },
    badValue,
    fresh: () => ({ n: 0, mean: 0, lowCount: 0, lowMean: 0, highCount: 0, highMean: 0 }),
    advance(work, x, signal) {
      const n = ++work.n
      work.mean += (x - work.mean) / n
      const { mean } = work
      const eps = Math.sqrt(cutLog / (2 * n))
      if (n === 1 || work.lowMean + Math.sqrt(cutLog / (2 * work.lowCount)) >= mean + eps) {
        work.lowCount = n
        work.lowMean = mean
      }
      if (n === 1 || work.highMean - Math.sqrt(cutLog / (2 * work.highCount)) <= mean - eps) {
        work.highCount = n
        work.highMean = mean
      }
      signal.statistic = mean - work.lowMean
      signal.threshold =
        work.lowCount === n
          ? Number.NaN
          : Math.sqrt(((n - work.lowCount) / work.lowCount / n / 2) * driftLog)
      if (n < minSamples) return 'stable'
      const rise = judge(mean - work.lowMean, work.lowCount, n)
      if (direction === 'up' || rise === 'drift') return rise
      const fall = judge(work.highMean - mean, work.highCount, n)
      return fall === 'stable' ? rise : fall
    },
    save: (work) => ({ ...work }),
    load: (body) => ({ ...body }),
    shape: {
      n: 'count',
      mean: 'number',
      lowCount: 'count',
      lowMean: 'number',
      highCount: 'count',
      highMean: 'number',
    },
    estimates: ({ n, mean }) => ({ errorRate: n === 0 ? null : mean }),
  })
}
