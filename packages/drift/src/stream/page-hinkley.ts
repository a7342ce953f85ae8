import { givenOptions } from '@mlops/core'
import { defineDetector } from './define-detector.ts'
import type { Direction } from './require-option.ts'
import {
  DIRECTIONS,
  requireChoice,
  requireCountOption,
  requireNonNegative,
  requireOption,
  requirePositive,
} from './require-option.ts'
import type { DetectorOptions, StreamDetector } from './stream-detector.ts'

export interface PageHinkleyOptions extends DetectorOptions {
  /** Values seen before any alarm. @default 30 */
  readonly minSamples?: number
  /** Tolerated deviation per value, in the input's unit. @default 0.005 */
  readonly delta?: number
  /** Alarm level of the cumulative sum, in the input's unit. @default 50 */
  readonly threshold?: number
  /** Factor by which the sum fades at each value. @default 0.9999 */
  readonly alpha?: number
  /** Which change of the mean counts. @default 'both' */
  readonly direction?: Direction
  /**
   * What the sum is held against: its own extremum so far; nothing (`no-minimum`, the form of Frouros,
   * upwards only); or 0, below which it cannot fall, alarming from the threshold on
   * (`reset-at-zero`, the form of rivers before 0.11, upwards only). @default 'running-extremum'
   */
  readonly form?: 'running-extremum' | 'no-minimum' | 'reset-at-zero'
}

export interface PageHinkleyBody {
  readonly n: number
  readonly mean: number
  /** Faded sums of the deviations, less and plus delta, with their least and largest value. */
  readonly up: number
  readonly down: number
  readonly lowest: number
  readonly highest: number
}

type Work = { -readonly [Key in keyof PageHinkleyBody]: number }

/**
 * The Page-Hinkley test: an alarm when the sum of deviations from the running mean has moved away
 * from its extremum.
 *
 * `s ← alpha·s + x − mean − delta`, drift where `s − min(s) > threshold`; mirrored for falls.
 *
 * Input: numbers; delta and threshold are in their unit, so scale the one or the other.
 * Output: `stable` or `drift`; no warnings. Estimate: the running mean.
 * Cost: constant time and memory.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { pageHinkley } from '@mlops/drift/stream'
 *
 * const run = pageHinkley({ threshold: 5 }).run()
 * const verdicts = Array.from({ length: 200 }, (_, i) => run.update(i < 100 ? i % 2 : 2 + (i % 2)))
 * console.log(verdicts.indexOf('drift')) // 102
 * ```
 * Source: Page, "Continuous inspection schemes", Biometrika 41 (1954); Hinkley 1971.
 * Differs from: Frouros and older rivers; `form` has their sums.
 */
export function pageHinkley(options: PageHinkleyOptions = {}): StreamDetector<PageHinkleyBody> {
  const {
    minSamples = 30,
    delta = 0.005,
    threshold = 50,
    alpha = 0.9999,
    direction = 'both',
    form = 'running-extremum',
    badValue = 'refuse',
  } = givenOptions(options)
  requireCountOption('minSamples', minSamples, 1)
  requireNonNegative('delta', delta)
  requirePositive('threshold', threshold)
  requireOption('alpha', alpha, alpha > 0 && alpha <= 1, 'lie above 0 and at most at 1')
  requireChoice('direction', direction, DIRECTIONS)
  requireChoice('form', form, ['running-extremum', 'no-minimum', 'reset-at-zero'])
  const extremum = form === 'running-extremum'

  /** How far the sums have moved in the direction that counts. */
  function movement({ up, down, lowest, highest }: Work): number {
    if (!extremum) return up
    const rise = up - lowest
    const fall = highest - down
    return direction === 'up' ? rise : direction === 'down' ? fall : Math.max(rise, fall)
  }

  return defineDetector<PageHinkleyBody, Work>({
    name: 'page-hinkley',
    values: 'number',
    options: { minSamples, delta, threshold, alpha, direction, form },
    badValue,
    fresh: () => ({ n: 0, mean: 0, up: 0, down: 0, lowest: 0, highest: 0 }),
    advance(work, x, signal) {
      const n = ++work.n
      work.mean += (x - work.mean) / n
      const deviation = x - work.mean
      const up = alpha * work.up + deviation - delta
      const down = alpha * work.down + deviation + delta
      work.up = form === 'reset-at-zero' && up < 0 ? 0 : up
      work.down = down
      if (n === 1 || up < work.lowest) work.lowest = up
      // The first sum is delta >= 0, so starting from river's -1 makes no difference.
      if (n === 1 || down > work.highest) work.highest = down
      const moved = movement(work)
      signal.statistic = moved
      signal.threshold = threshold
      if (n < minSamples) return 'stable'
      const alarm = form === 'reset-at-zero' ? moved >= threshold : moved > threshold
      return alarm ? 'drift' : 'stable'
    },
    save: (work) => ({ ...work }),
    load: (body) => ({ ...body }),
    shape: {
      n: 'count',
      mean: 'number',
      up: 'number',
      down: 'number',
      lowest: 'number',
      highest: 'number',
    },
    estimates: ({ n, mean }) => ({ mean: n === 0 ? null : mean }),
  })
}
