import { givenOptions } from '@mlops/core'
import { defineDetector } from './define-detector.ts'
import { requireChoice, requireLevel, requireOption } from './require-option.ts'
import type { DetectorOptions, StreamDetector, StreamVerdict } from './stream-detector.ts'

export interface HddmWOptions extends DetectorOptions {
  /** @default 0.001 */
  readonly driftConfidence?: number
  /** @default 0.005 */
  readonly warningConfidence?: number
  /** Weight of the newest value. @default 0.05 */
  readonly lambda?: number
  /** Whether only a rising error rate counts, or a falling one as well. @default 'up' */
  readonly direction?: 'up' | 'both'
}

/** An exponentially weighted mean of n values, with the sum of their squared weights. */
export interface WeightedMean {
  readonly n: number
  readonly mean: number
  readonly weights: number
}

export interface HddmWBody {
  readonly all: WeightedMean
  /** Up to the lowest bound and behind it; up to the highest and behind it. */
  readonly beforeRise: WeightedMean
  readonly afterRise: WeightedMean
  readonly beforeFall: WeightedMean
  readonly afterFall: WeightedMean
  readonly lowest: number
  readonly highest: number
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }
type Mean = Mutable<WeightedMean>
interface Work {
  readonly all: Mean
  beforeRise: Mean
  afterRise: Mean
  beforeFall: Mean
  afterFall: Mean
  lowest: number
  highest: number
}

/**
 * HDDM-W: McDiarmid's bound on the difference of two exponentially weighted means.
 *
 * Drift where `m2 − m1 > sqrt((w1 + w2)·ln(1/confidence)/2)`: m1 is of the values up to the cut where
 * `m + eps` was least, m2 of those behind it, w the sums of their squared weights.
 *
 * Input: 1 or true for an error, 0 or false for none. Output: `stable`, `warning` or `drift`; for
 * `direction: 'both'` falls count alike. Statistic and threshold are of the rise. Estimate: the weighted
 * error rate. Cost: constant time and memory.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { hddmW } from '@mlops/drift/stream'
 *
 * const run = hddmW().run()
 * const verdicts = Array.from({ length: 300 }, (_, i) => run.update(i < 200 ? i % 5 === 0 : true))
 * console.log(verdicts.indexOf('warning'), verdicts.indexOf('drift')) // 215 218
 * ```
 * Source: Frías-Blanco et al., "Online and non-parametric drift detection methods based on Hoeffding's
 * bounds", IEEE TKDE 27 (2015).
 * Differs from: Frouros, whose weighted means begin at 0 instead of at the first value.
 */
export function hddmW(options: HddmWOptions = {}): StreamDetector<HddmWBody> {
  const {
    driftConfidence = 0.001,
    warningConfidence = 0.005,
    lambda = 0.05,
    direction = 'up',
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
  requireOption('lambda', lambda, lambda > 0 && lambda <= 1, 'lie above 0 and at most at 1')
  requireChoice('direction', direction, ['up', 'both'])
  const driftLog = Math.log(1 / driftConfidence)
  const warningLog = Math.log(1 / warningConfidence)

  function push(mean: Mean, x: number): void {
    mean.mean = mean.n === 0 ? x : lambda * x + (1 - lambda) * mean.mean
    mean.weights = lambda * lambda + (1 - lambda) ** 2 * mean.weights
    mean.n++
  }

  /** The verdict on a step up from `lower` to `upper`. */
  function judge(lower: Mean, upper: Mean): StreamVerdict {
    if (lower.n === 0 || upper.n === 0) return 'stable'
    const gap = upper.mean - lower.mean
    const weights = lower.weights + upper.weights
    if (gap > Math.sqrt((weights * driftLog) / 2)) return 'drift'
    return gap > Math.sqrt((weights * warningLog) / 2) ? 'warning' : 'stable'
  }

  return defineDetector<HddmWBody, Work>({
    name: 'hddm-w',
    values: 'binary',
    options: { driftConfidence, warningConfidence, lambda, direction },
    badValue,
    fresh: () => ({
      all: nothing(),
      beforeRise: nothing(),
      afterRise: nothing(),
      beforeFall: nothing(),
      afterFall: nothing(),
      lowest: 0,
      highest: 0,
    }),
    advance(work, x, signal) {
      const { all } = work
      push(all, x)
      const eps = Math.sqrt((all.weights * driftLog) / 2)
      if (all.n === 1 || all.mean + eps < work.lowest) {
        work.lowest = all.mean + eps
        work.beforeRise = { ...all }
        work.afterRise = nothing()
      } else push(work.afterRise, x)
      if (all.n === 1 || all.mean - eps > work.highest) {
        work.highest = all.mean - eps
        work.beforeFall = { ...all }
        work.afterFall = nothing()
      } else push(work.afterFall, x)
      const open = work.afterRise.n === 0
      const weights = work.beforeRise.weights + work.afterRise.weights
      signal.statistic = open ? Number.NaN : work.afterRise.mean - work.beforeRise.mean
      signal.threshold = open ? Number.NaN : Math.sqrt((weights * driftLog) / 2)
      const rise = judge(work.beforeRise, work.afterRise)
      if (direction === 'up' || rise === 'drift') return rise
      const fall = judge(work.afterFall, work.beforeFall)
      return fall === 'stable' ? rise : fall
    },
    save: copy,
    load: copy,
    shape: {
      all: 'any',
      beforeRise: 'any',
      afterRise: 'any',
      beforeFall: 'any',
      afterFall: 'any',
      lowest: 'number',
      highest: 'number',
    },
    fault: ({ all, beforeRise, afterRise, beforeFall, afterFall }) =>
      [all, beforeRise, afterRise, beforeFall, afterFall].every(isWeightedMean)
        ? undefined
        : 'its weighted means are no means',
    estimates: ({ all }) => ({ errorRate: all.n === 0 ? null : all.mean }),
  })
}

/** The mean of nothing; the sum of squared weights starts at 1, as in MOA. */
const nothing = (): Mean => ({ n: 0, mean: 0, weights: 1 })

const copy = (body: HddmWBody): Work => ({
  all: { ...body.all },
  beforeRise: { ...body.beforeRise },
  afterRise: { ...body.afterRise },
  beforeFall: { ...body.beforeFall },
  afterFall: { ...body.afterFall },
  lowest: body.lowest,
  highest: body.highest,
})

function isWeightedMean(value: WeightedMean): boolean {
  return (
    Number.isSafeInteger(value?.n) && Number.isFinite(value.mean) && Number.isFinite(value.weights)
  )
}
