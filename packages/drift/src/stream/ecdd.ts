import { givenOptions } from '@mlops/core'
import { defineDetector } from './define-detector.ts'
import { requireCountOption, requireLevel, requireOption } from './require-option.ts'
import type { DetectorOptions, StreamDetector } from './stream-detector.ts'

export interface EcddOptions extends DetectorOptions {
  /** Values seen before any verdict. @default 30 */
  readonly minSamples?: number
  /** Weight of the newest error. @default 0.2 */
  readonly lambda?: number
  /** Mean number of values between false alarms: 100, 400 or 1000. @default 400 */
  readonly averageRunLength?: 100 | 400 | 1000
  /** Share of the control limit from which on it warns. @default 0.5 */
  readonly warningLevel?: number
}

export interface EcddBody {
  readonly n: number
  readonly errorRate: number
  readonly average: number
}

type Work = { -readonly [Key in keyof EcddBody]: number }

/** Control limits as polynomials of the error rate, fitted by the paper for lambda = 0.2. */
const CONTROL_LIMITS: Readonly<Record<number, (p: number) => number>> = {
  100: (p) => 2.76 - 6.23 * p + 18.12 * p ** 3 - 312.45 * p ** 5 + 1002.18 * p ** 7,
  400: (p) => 3.97 - 6.56 * p + 48.73 * p ** 3 - 330.13 * p ** 5 + 848.18 * p ** 7,
  1000: (p) => 1.17 + 7.56 * p - 21.24 * p ** 3 + 112.12 * p ** 5 - 987.23 * p ** 7,
}

/**
 * ECDD: an EWMA chart of a classifier's errors, with limits for a chosen mean time between false alarms.
 *
 * `z ← lambda·e + (1 − lambda)·z`, drift where `z > p + c·sd_z`, warning from the share `warningLevel`
 * of `c·sd_z` on; `p` is the error rate so far, `sd_z² = lambda/(2 − lambda)·(1 − (1 − lambda)^(2n))·p(1 − p)`,
 * `c` the paper's polynomial of p for the wanted run length.
 *
 * Input: 1 or true for an error, 0 or false for none. Output: `stable`, `warning` or `drift`.
 * Estimate: the error rate. Cost: constant time and memory.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { ecdd } from '@mlops/drift/stream'
 *
 * const run = ecdd().run()
 * const verdicts = Array.from({ length: 120 }, (_, i) => run.update(i < 100 ? i % 5 === 0 : true))
 * console.log(verdicts.indexOf('drift')) // 103
 * ```
 * Source: Ross, Adams, Tasoulis & Hand, "Exponentially weighted moving average charts for detecting
 * concept drift", Pattern Recognition Letters 33 (2012), table 1.
 * The limits hold for lambda = 0.2 and error rates below about 0.5; elsewhere the run length differs.
 */
export function ecdd(options: EcddOptions = {}): StreamDetector<EcddBody> {
  const {
    minSamples = 30,
    lambda = 0.2,
    averageRunLength = 400,
    warningLevel = 0.5,
    badValue = 'refuse',
  } = givenOptions(options)
  requireCountOption('minSamples', minSamples, 1)
  requireLevel('lambda', lambda)
  requireLevel('warningLevel', warningLevel)
  const limit = CONTROL_LIMITS[averageRunLength]
  requireOption('averageRunLength', averageRunLength, limit !== undefined, 'be 100, 400 or 1000')

  return defineDetector<EcddBody, Work>({
    name: 'ecdd',
    values: 'binary',
    options: { minSamples, lambda, averageRunLength, warningLevel },
    badValue,
    fresh: () => ({ n: 0, errorRate: 0, average: 0 }),
    advance(work, x, signal) {
      const n = ++work.n
      work.errorRate += (x - work.errorRate) / n
      work.average = lambda * x + (1 - lambda) * work.average
      if (n < minSamples) return 'stable'
      const p = work.errorRate
      const spread = (lambda / (2 - lambda)) * (1 - (1 - lambda) ** (2 * n)) * p * (1 - p)
      const reach = limit!(p) * Math.sqrt(spread)
      signal.statistic = work.average
      signal.threshold = p + reach
      if (work.average > signal.threshold) return 'drift'
      return work.average > p + warningLevel * reach ? 'warning' : 'stable'
    },
    save: (work) => ({ ...work }),
    load: (body) => ({ ...body }),
    shape: { n: 'count', errorRate: 'number', average: 'number' },
    estimates: ({ n, errorRate }) => ({ errorRate: n === 0 ? null : errorRate }),
  })
}
