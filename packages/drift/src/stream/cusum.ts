import { givenOptions } from '@mlops/core'
import { defineDetector } from './define-detector.ts'
import type { Direction } from './require-option.ts'
import {
  DIRECTIONS,
  requireChoice,
  requireCountOption,
  requireNonNegative,
  requirePositive,
} from './require-option.ts'
import type { DetectorOptions, StreamDetector } from './stream-detector.ts'

export interface CusumOptions extends DetectorOptions {
  /** Values from which the reference mean and standard deviation are estimated, then frozen. @default 30 */
  readonly minSamples?: number
  /** Tolerated deviation per value, in reference standard deviations. @default 0.5 */
  readonly slack?: number
  /** Alarm level of the sums, in reference standard deviations. @default 5 */
  readonly threshold?: number
  /** Which change of the mean counts. @default 'both' */
  readonly direction?: Direction
}

export interface CusumBody {
  readonly n: number
  /** Mean and sum of squared deviations of the first `minSamples` values. */
  readonly mean: number
  readonly squares: number
  readonly up: number
  readonly down: number
}

type Work = { -readonly [Key in keyof CusumBody]: number }

/**
 * Tabular CUSUM: sums of the deviations from a mean learned on the first values.
 *
 * `s⁺ ← max(0, s⁺ + x − m − k·sd)`, `s⁻ ← max(0, s⁻ − (x − m) − k·sd)`, drift where a sum exceeds
 * `h·sd`; `m` and `sd` (ddof 1) are of the first `minSamples` values, `k` the slack, `h` the threshold.
 *
 * Input: numbers of any scale. Output: `stable` or `drift`; no warnings. Statistic and threshold are
 * in the input's unit. Estimates: reference mean and standard deviation.
 * With the defaults a stable stream alarms every few hundred values: 0.5 and 5 are textbook values, not
 * a guarantee. Cost: constant time and memory.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { cusum } from '@mlops/drift/stream'
 *
 * const run = cusum().run()
 * const verdicts = Array.from({ length: 80 }, (_, i) => run.update(i < 50 ? i % 2 : 2 + (i % 2)))
 * console.log(verdicts.indexOf('drift')) // 51
 * ```
 * Source: Page, "Continuous inspection schemes", Biometrika 41 (1954).
 * Differs from: Frouros, whose mean runs along; see `cusumRunningMean`.
 */
export function cusum(options: CusumOptions = {}): StreamDetector<CusumBody> {
  const {
    minSamples = 30,
    slack = 0.5,
    threshold = 5,
    direction = 'both',
    badValue = 'refuse',
  } = givenOptions(options)
  requireCountOption('minSamples', minSamples, 1)
  requireNonNegative('slack', slack)
  requirePositive('threshold', threshold)
  requireChoice('direction', direction, DIRECTIONS)

  return defineDetector<CusumBody, Work>({
    name: 'cusum',
    values: 'number',
    options: { minSamples, slack, threshold, direction },
    badValue,
    fresh: () => ({ n: 0, mean: 0, squares: 0, up: 0, down: 0 }),
    advance(work, x, signal) {
      const n = ++work.n
      if (n <= minSamples) {
        const before = x - work.mean
        work.mean += before / n
        work.squares += before * (x - work.mean)
        if (n < minSamples) return 'stable'
      }
      const sd = deviationOf(work, minSamples)
      const deviation = x - work.mean
      work.up = Math.max(0, work.up + deviation - slack * sd)
      work.down = Math.max(0, work.down - deviation - slack * sd)
      const sum =
        direction === 'up'
          ? work.up
          : direction === 'down'
            ? work.down
            : Math.max(work.up, work.down)
      signal.statistic = sum
      signal.threshold = threshold * sd
      return sum > signal.threshold ? 'drift' : 'stable'
    },
    save: (work) => ({ ...work }),
    load: (body) => ({ ...body }),
    shape: { n: 'count', mean: 'number', squares: 'number', up: 'number', down: 'number' },
    estimates: (work) => ({
      mean: work.n === 0 ? null : work.mean,
      sd: work.n < minSamples ? null : deviationOf(work, minSamples),
    }),
  })
}

/** Standard deviation of the reference, ddof 1; 0 for a single value. */
function deviationOf({ squares }: Work, minSamples: number): number {
  return minSamples < 2 ? 0 : Math.sqrt(Math.max(0, squares) / (minSamples - 1))
}
