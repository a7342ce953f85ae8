import { givenOptions } from '@mlops/core'
import { defineDetector } from './define-detector.ts'
import { requireCountOption, requireOption, requirePositive } from './require-option.ts'
import type { DetectorOptions, StreamDetector } from './stream-detector.ts'

export interface DdmOptions extends DetectorOptions {
  /** Verdicts begin behind this many values. @default 30 */
  readonly warmUp?: number
  /** Warns from this many standard deviations above the best error rate on. @default 2 */
  readonly warningThreshold?: number
  /** @default 3 */
  readonly driftThreshold?: number
}

export interface DdmBody {
  readonly n: number
  readonly errorRate: number
  /** Error rate and standard deviation where their sum was least. */
  readonly bestRate: number
  readonly bestSd: number
}

type Work = { -readonly [Key in keyof DdmBody]: number }

/**
 * DDM: an alarm when a classifier's error rate has risen well above its best.
 *
 * With `p` the error rate and `s = sqrt(p(1 − p)/n)`: warning where `p + s > p_min + 2·s_min`, drift
 * from 3 on; `p_min, s_min` are those where `p + s` was least.
 *
 * Input: 1 or true for an error, 0 or false for none. Output: `stable`, `warning` or `drift`.
 * Estimate: the error rate. Cost: constant time and memory.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { ddm } from '@mlops/drift/stream'
 *
 * const run = ddm().run()
 * const verdicts = Array.from({ length: 120 }, (_, i) => run.update(i < 100 ? i % 5 === 0 : true))
 * console.log(verdicts.indexOf('warning'), verdicts.indexOf('drift')) // 105 110
 * ```
 * Source: Gama, Medas, Castillo & Rodrigues, "Learning with drift detection", SBIA 2004.
 * Differs from: Frouros, which begins one value earlier (`warmUp: 29`).
 */
export function ddm(options: DdmOptions = {}): StreamDetector<DdmBody> {
  const {
    warmUp = 30,
    warningThreshold = 2,
    driftThreshold = 3,
    badValue = 'refuse',
  } = givenOptions(options)
  requireCountOption('warmUp', warmUp)
  requirePositive('warningThreshold', warningThreshold)
  requirePositive('driftThreshold', driftThreshold)
  requireOption(
    'driftThreshold',
    driftThreshold,
    driftThreshold >= warningThreshold,
    `be at least warningThreshold (${warningThreshold})`,
  )

  return defineDetector<DdmBody, Work>({
    name: 'ddm',
    values: 'binary',
    options: { warmUp, warningThreshold, driftThreshold },
    badValue,
    fresh: () => ({ n: 0, errorRate: 0, bestRate: 0, bestSd: 0 }),
    advance(work, x, signal) {
      const n = ++work.n
      work.errorRate += (x - work.errorRate) / n
      if (n <= warmUp) return 'stable'
      const p = work.errorRate
      const s = Math.sqrt((p * (1 - p)) / n)
      if (n === warmUp + 1 || p + s <= work.bestRate + work.bestSd) {
        work.bestRate = p
        work.bestSd = s
      }
      signal.statistic = p + s
      signal.threshold = work.bestRate + driftThreshold * work.bestSd
      if (p + s > signal.threshold) return 'drift'
      return p + s > work.bestRate + warningThreshold * work.bestSd ? 'warning' : 'stable'
    },
    save: (work) => ({ ...work }),
    load: (body) => ({ ...body }),
    shape: { n: 'count', errorRate: 'number', bestRate: 'number', bestSd: 'number' },
    estimates: ({ n, errorRate }) => ({ errorRate: n === 0 ? null : errorRate }),
  })
}
