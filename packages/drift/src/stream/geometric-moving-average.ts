import { givenOptions } from '@mlops/core'
import { defineDetector } from './define-detector.ts'
import type { Direction } from './require-option.ts'
import {
  DIRECTIONS,
  requireChoice,
  requireCountOption,
  requireOption,
  requirePositive,
} from './require-option.ts'
import type { DetectorOptions, StreamDetector } from './stream-detector.ts'

export interface GeometricMovingAverageOptions extends DetectorOptions {
  /** Values seen before any alarm. @default 30 */
  readonly minSamples?: number
  /** Weight of the past in the moving average. @default 0.99 */
  readonly alpha?: number
  /** Alarm level of the average, in the input's unit. @default 1 */
  readonly threshold?: number
  /** Which change of the mean counts. @default 'up' */
  readonly direction?: Direction
}

export interface GeometricMovingAverageBody {
  readonly n: number
  readonly mean: number
  readonly average: number
}

type Work = { -readonly [Key in keyof GeometricMovingAverageBody]: number }

/**
 * Geometric moving average (GMA): a fading mean of the deviations from the running mean.
 *
 * `g ← alpha·g + (1 − alpha)·(x − mean)`, drift where `g > threshold` (falls: `−g`).
 *
 * Input: numbers; the threshold is in their unit. Output: `stable` or `drift`; no warnings.
 * Estimate: the running mean. Cost: constant time and memory.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { geometricMovingAverage } from '@mlops/drift/stream'
 *
 * const run = geometricMovingAverage({ threshold: 0.3 }).run()
 * const verdicts = Array.from({ length: 200 }, (_, i) => run.update(i < 100 ? i % 2 : 2 + (i % 2)))
 * console.log(verdicts.indexOf('drift')) // 117
 * ```
 * Source: Roberts, "Control chart tests based on geometric moving averages", Technometrics 1 (1959).
 */
export function geometricMovingAverage(
  options: GeometricMovingAverageOptions = {},
): StreamDetector<GeometricMovingAverageBody> {
  const {
    minSamples = 30,
    alpha = 0.99,
    threshold = 1,
    direction = 'up',
    badValue = 'refuse',
  } = givenOptions(options)
  requireCountOption('minSamples', minSamples, 1)
  requireOption('alpha', alpha, alpha >= 0 && alpha < 1, 'lie in [0, 1)')
  requirePositive('threshold', threshold)
  requireChoice('direction', direction, DIRECTIONS)

  return defineDetector<GeometricMovingAverageBody, Work>({
    name: 'geometric-moving-average',
    values: 'number',
    options: { minSamples, alpha, threshold, direction },
    badValue,
    fresh: () => ({ n: 0, mean: 0, average: 0 }),
    advance(work, x, signal) {
      const n = ++work.n
      work.mean += (x - work.mean) / n
      const g = alpha * work.average + (1 - alpha) * (x - work.mean)
      work.average = g
      const moved = direction === 'up' ? g : direction === 'down' ? -g : Math.abs(g)
      signal.statistic = moved
      signal.threshold = threshold
      return n >= minSamples && moved > threshold ? 'drift' : 'stable'
    },
    save: (work) => ({ ...work }),
    load: (body) => ({ ...body }),
    shape: { n: 'count', mean: 'number', average: 'number' },
    estimates: ({ n, mean }) => ({ mean: n === 0 ? null : mean }),
  })
}
