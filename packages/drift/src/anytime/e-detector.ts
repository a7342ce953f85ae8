import { givenOptions } from '@mlops/core'
import { defineDetector } from '../stream/define-detector.ts'
import { requireChoice, requireLevel, requireOption } from '../stream/require-option.ts'
import type { DetectorOptions, StreamDetector } from '../stream/stream-detector.ts'
import { requireBounds } from './bounded-value.ts'

export interface EDetectorOptions extends DetectorOptions {
  /** The mean that is acceptable, strictly between the bounds. */
  readonly mean: number
  /** @default 0 */
  readonly lower?: number
  /** @default 1 */
  readonly upper?: number
  /** False alarms are at least 1/alpha values apart, on average. @default 0.001 */
  readonly alpha?: number
  /** A mean above or below the acceptable one. @default 'up' */
  readonly direction?: 'up' | 'down'
  /** How evidence from all possible change points is put together: their sum, or the best. @default 'shiryaev-roberts' */
  readonly form?: 'shiryaev-roberts' | 'cusum'
}

export interface EDetectorBody {
  readonly n: number
  /** Logarithm of the detector for each size of bet. */
  readonly logs: readonly number[]
}

interface Work {
  n: number
  readonly logs: number[]
}

/** Shares of the largest bet; a small one suits a small change. */
const BETS = [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625]

/**
 * An e-detector: finds when the mean of bounded values rises above (or falls below) an acceptable one,
 * and starts again after each alarm, with a guaranteed mean time between false alarms.
 *
 * `M ← (M + 1)·(1 + λ(x − m))` (Shiryaev-Roberts) or `max(M, 1)·(…)` (CUSUM), averaged over several λ; drift where
 * `M >= 1/alpha`. While `E[x_t | past] <= m`, the mean number of values to a false alarm is at least 1/alpha.
 *
 * Input: numbers within the bounds. Output: `stable` or `drift`; no warnings. The statistic is ln M, the
 * threshold ln(1/alpha). Cost: constant time and memory.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { eDetector } from '@mlops/drift/anytime'
 *
 * const run = eDetector({ mean: 0.3 }).run()
 * const verdicts = Array.from({ length: 600 }, (_, i) => run.update((i < 500 ? i % 4 : i % 2) === 0 ? 1 : 0))
 * console.log(verdicts.indexOf('drift')) // 554
 * ```
 * Source: Shin, Ramdas & Rinaldo, "E-detectors: a nonparametric framework for sequential change detection",
 * New England Journal of Statistics in Data Science 2 (2024).
 * Differs from: `cusum` and the other detectors of `@mlops/drift/stream`, which promise no rate of false alarms.
 */
export function eDetector(options: EDetectorOptions): StreamDetector<EDetectorBody> {
  const {
    mean,
    lower = 0,
    upper = 1,
    alpha = 0.001,
    direction = 'up',
    form = 'shiryaev-roberts',
    badValue = 'refuse',
  } = givenOptions(options)
  requireBounds(lower, upper)
  requireOption('mean', mean, mean > lower && mean < upper, `lie in (${lower}, ${upper})`)
  requireLevel('alpha', alpha)
  requireChoice('direction', direction, ['up', 'down'])
  requireChoice('form', form, ['shiryaev-roberts', 'cusum'])
  const threshold = Math.log(1 / alpha)
  const scale = direction === 'up' ? mean - lower : upper - mean
  const sign = direction === 'up' ? 1 : -1

  return defineDetector<EDetectorBody, Work>({
    name: 'e-detector',
    values: 'number',
    range: [lower, upper],
    options: { mean, lower, upper, alpha, direction, form },
    badValue,
    // ln 0 for nothing yet, kept as a number that JSON can hold.
    fresh: () => ({ n: 0, logs: BETS.map(() => LOG_ZERO) }),
    advance(work, x, signal) {
      work.n++
      const gain = (sign * (x - mean)) / scale
      let top = LOG_ZERO
      for (let i = 0; i < BETS.length; i++) {
        const log = work.logs[i]!
        const begun = form === 'cusum' ? Math.max(log, 0) : logPlusOne(log)
        work.logs[i] = begun + Math.log1p(BETS[i]! * gain)
        top = Math.max(top, work.logs[i]!)
      }
      const sum = work.logs.reduce((total, log) => total + Math.exp(log - top), 0)
      signal.statistic = top + Math.log(sum / BETS.length)
      signal.threshold = threshold
      return signal.statistic >= threshold ? 'drift' : 'stable'
    },
    save: ({ n, logs }) => ({ n, logs: [...logs] }),
    load: ({ n, logs }) => ({ n, logs: [...logs] }),
    shape: { n: 'count', logs: 'numbers' },
    fault: ({ logs }) => (logs.length === BETS.length ? undefined : 'its bets are other ones'),
    estimates: ({ n }) => ({ n }),
  })
}

const LOG_ZERO = -1e300

/** ln(e^log + 1). */
function logPlusOne(log: number): number {
  return log > 0 ? log + Math.log1p(Math.exp(-log)) : Math.log1p(Math.exp(log))
}
