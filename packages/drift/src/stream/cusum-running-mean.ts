import { givenOptions } from '@mlops/core'
import { defineDetector } from './define-detector.ts'
import { requireCountOption, requireNonNegative, requirePositive } from './require-option.ts'
import type { DetectorOptions, StreamDetector } from './stream-detector.ts'

export interface CusumRunningMeanOptions extends DetectorOptions {
  /** Values seen before any alarm. @default 30 */
  readonly minSamples?: number
  /** Tolerated deviation per value, in the input's unit. @default 0.005 */
  readonly delta?: number
  /** Alarm level of the sum, in the input's unit. @default 50 */
  readonly threshold?: number
}

export interface CusumRunningMeanBody {
  readonly n: number
  readonly mean: number
  readonly sum: number
}

type Work = { -readonly [Key in keyof CusumRunningMeanBody]: number }

/**
 * CUSUM around the running mean, for rises only.
 *
 * `s ← max(0, s + x − mean − delta)`, drift where `s > threshold`; `mean` is of all values so far.
 *
 * Input: numbers; delta and threshold are in their unit. Output: `stable` or `drift`; no warnings.
 * Estimate: the running mean. Cost: constant time and memory.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { cusumRunningMean } from '@mlops/drift/stream'
 *
 * const run = cusumRunningMean({ threshold: 5 }).run()
 * const verdicts = Array.from({ length: 200 }, (_, i) => run.update(i < 100 ? i % 2 : 2 + (i % 2)))
 * console.log(verdicts.indexOf('drift')) // 102
 * ```
 * Source: Page, "Continuous inspection schemes", Biometrika 41 (1954), in the form of Frouros' CUSUM.
 * Differs from: `cusum`, whose mean is frozen and which watches both directions.
 */
export function cusumRunningMean(
  options: CusumRunningMeanOptions = {},
): StreamDetector<CusumRunningMeanBody> {
  const {
    minSamples = 30,
    delta = 0.005,
    threshold = 50,
    badValue = 'refuse',
  } = givenOptions(options)
  requireCountOption('minSamples', minSamples, 1)
  requireNonNegative('delta', delta)
  requirePositive('threshold', threshold)

  return defineDetector<CusumRunningMeanBody, Work>({
    name: 'cusum-running-mean',
    values: 'number',
    options: { minSamples, delta, threshold },
    badValue,
    fresh: () => ({ n: 0, mean: 0, sum: 0 }),
    advance(work, x, signal) {
      const n = ++work.n
      work.mean += (x - work.mean) / n
      work.sum = Math.max(0, work.sum + x - work.mean - delta)
      signal.statistic = work.sum
      signal.threshold = threshold
      return n >= minSamples && work.sum > threshold ? 'drift' : 'stable'
    },
    save: (work) => ({ ...work }),
    load: (body) => ({ ...body }),
    shape: { n: 'count', mean: 'number', sum: 'number' },
    estimates: ({ n, mean }) => ({ mean: n === 0 ? null : mean }),
  })
}
