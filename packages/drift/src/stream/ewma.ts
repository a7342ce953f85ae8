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

export interface EwmaOptions extends DetectorOptions {
  /** Values seen before any alarm. @default 30 */
  readonly minSamples?: number
  /** Weight of the newest value. @default 0.1 */
  readonly alpha?: number
  /** Alarm level in standard errors of the moving average. @default 4 */
  readonly threshold?: number
  /** Which change of the mean counts. @default 'both' */
  readonly direction?: Direction
}

export interface EwmaBody {
  readonly n: number
  readonly mean: number
  /** Exponentially weighted means of the values and of their squares. */
  readonly average: number
  readonly squareAverage: number
}

type Work = { -readonly [Key in keyof EwmaBody]: number }

/**
 * The EWMA control chart: an exponentially weighted mean held against the running mean.
 *
 * `z ← alpha·x + (1 − alpha)·z`, drift where `|z − mean| > L·sd·sqrt(alpha/(2 − alpha)·(1 − (1 − alpha)^(2n)))`,
 * with `L` the threshold and `sd` the exponentially weighted standard deviation.
 *
 * Input: numbers of any scale. Output: `stable` or `drift`; no warnings. Statistic and threshold are
 * in the input's unit. Estimates: running mean, moving average.
 * Cost: constant time and memory.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { ewma } from '@mlops/drift/stream'
 *
 * const run = ewma().run()
 * const verdicts = Array.from({ length: 100 }, (_, i) => run.update(i < 60 ? i % 2 : 4 + (i % 2)))
 * console.log(verdicts.indexOf('drift')) // 68
 * ```
 * Source: Roberts 1959; Lucas & Saccucci, "Exponentially weighted moving average control schemes",
 * Technometrics 32 (1990).
 * Differs from: the textbook chart, whose mean and standard deviation are known; as in river they are
 * estimated along the way.
 */
export function ewma(options: EwmaOptions = {}): StreamDetector<EwmaBody> {
  const {
    minSamples = 30,
    alpha = 0.1,
    threshold = 4,
    direction = 'both',
    badValue = 'refuse',
  } = givenOptions(options)
  requireCountOption('minSamples', minSamples, 1)
  requireOption('alpha', alpha, alpha > 0 && alpha <= 1, 'lie above 0 and at most at 1')
  requirePositive('threshold', threshold)
  requireChoice('direction', direction, DIRECTIONS)

  return defineDetector<EwmaBody, Work>({
    name: 'ewma',
    values: 'number',
    options: { minSamples, alpha, threshold, direction },
    badValue,
    fresh: () => ({ n: 0, mean: 0, average: 0, squareAverage: 0 }),
    advance(work, x, signal) {
      const n = ++work.n
      const weight = n === 1 ? 1 : alpha
      const rest = 1 - weight
      work.average = weight * x + rest * work.average
      work.squareAverage = weight * x * x + rest * work.squareAverage
      work.mean += (x - work.mean) / n
      if (n < minSamples) return 'stable'
      const variance = Math.max(0, work.squareAverage - work.average * work.average)
      const factor = (alpha / (2 - alpha)) * (1 - (1 - alpha) ** (2 * n))
      const rise = work.average - work.mean
      const moved = direction === 'up' ? rise : direction === 'down' ? -rise : Math.abs(rise)
      signal.statistic = moved
      signal.threshold = threshold * Math.sqrt(variance) * Math.sqrt(factor)
      return moved > signal.threshold ? 'drift' : 'stable'
    },
    save: (work) => ({ ...work }),
    load: (body) => ({ ...body }),
    shape: { n: 'count', mean: 'number', average: 'number', squareAverage: 'number' },
    estimates: ({ n, mean, average }) => ({
      mean: n === 0 ? null : mean,
      average: n === 0 ? null : average,
    }),
  })
}
