import { givenOptions } from '@mlops/core'
import { defineDetector } from './define-detector.ts'
import { requireChoice, requireCountOption, requireLevel, requireOption } from './require-option.ts'
import type { DetectorOptions, StreamDetector } from './stream-detector.ts'

export interface EddmOptions extends DetectorOptions {
  /** Verdicts begin behind this many values, and this many errors. @default 30 */
  readonly warmUp?: number
  /** Warns below this share of the largest distance. @default 0.95 */
  readonly alpha?: number
  /** Drift below this share. @default 0.9 */
  readonly beta?: number
  /** What the sum of squares of the distances is divided by: n − ddof. @default 1 */
  readonly ddof?: 0 | 1
}

export interface EddmBody {
  readonly n: number
  readonly errors: number
  readonly lastError: number
  /** Mean and sum of squared deviations of the distances between errors. */
  readonly meanDistance: number
  readonly squares: number
  /** Largest `mean + 2·sd` so far; 0 before there is one. */
  readonly largest: number
  /** 1 while the last error left a warning standing. */
  readonly warned: number
}

type Work = { -readonly [Key in keyof EddmBody]: number }

/**
 * EDDM: an alarm when the distances between a classifier's errors have shrunk.
 *
 * With `d = mean + 2·sd` of the distances, after each error: warning where `d/max(d) < alpha`, drift
 * below `beta`. Better than DDM for slow changes.
 *
 * Input: 1 or true for an error, 0 or false for none. Output: `stable`, `warning` or `drift`; between
 * errors a warning stands. Estimates: mean distance, errors. Cost: constant time and memory.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { eddm } from '@mlops/drift/stream'
 *
 * const run = eddm().run()
 * const verdicts = Array.from({ length: 600 }, (_, i) => run.update((i * i) % 17 < (i < 400 ? 3 : 9)))
 * console.log(verdicts.indexOf('warning'), verdicts.indexOf('drift')) // 427 499
 * ```
 * Source: Baena-García et al., "Early drift detection method", 4th workshop on knowledge discovery from
 * data streams, 2006.
 * Differs from: Frouros, which divides by n and begins one value earlier (`ddof: 0, warmUp: 29`).
 */
export function eddm(options: EddmOptions = {}): StreamDetector<EddmBody> {
  const {
    warmUp = 30,
    alpha = 0.95,
    beta = 0.9,
    ddof = 1,
    badValue = 'refuse',
  } = givenOptions(options)
  requireCountOption('warmUp', warmUp)
  requireLevel('alpha', alpha)
  requireLevel('beta', beta)
  requireOption('beta', beta, beta <= alpha, `be at most alpha (${alpha})`)
  requireChoice('ddof', String(ddof), ['0', '1'])

  return defineDetector<EddmBody, Work>({
    name: 'eddm',
    values: 'binary',
    options: { warmUp, alpha, beta, ddof },
    badValue,
    fresh: () => ({
      n: 0,
      errors: 0,
      lastError: 0,
      meanDistance: 0,
      squares: 0,
      largest: 0,
      warned: 0,
    }),
    advance(work, x, signal) {
      const n = ++work.n
      if (x === 0) return work.warned === 1 ? 'warning' : 'stable'
      const errors = ++work.errors
      const distance = n - work.lastError
      work.lastError = n
      const before = distance - work.meanDistance
      work.meanDistance += before / errors
      work.squares += before * (distance - work.meanDistance)
      if (n > warmUp) {
        const variance = errors > ddof ? work.squares / (errors - ddof) : 0
        const d = work.meanDistance + 2 * Math.sqrt(variance)
        if (d > work.largest) work.largest = d
        else if (errors > warmUp) {
          const share = d / work.largest
          signal.statistic = share
          signal.threshold = beta
          if (share < beta) return 'drift'
          work.warned = share < alpha ? 1 : 0
        }
      }
      return work.warned === 1 ? 'warning' : 'stable'
    },
    save: (work) => ({ ...work }),
    load: (body) => ({ ...body }),
    shape: {
      n: 'count',
      errors: 'count',
      lastError: 'count',
      meanDistance: 'number',
      squares: 'number',
      largest: 'number',
      warned: 'count',
    },
    estimates: ({ errors, meanDistance }) => ({
      meanDistance: errors === 0 ? null : meanDistance,
      errors,
    }),
  })
}
