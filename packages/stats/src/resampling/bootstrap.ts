import { givenOptions, invalid, type Rng, type Warning } from '@mlops/core'
import { quantiles } from '../descriptive/quantiles.ts'
import { normal } from '../distributions/normal.ts'
import { checkLevel } from '../hypothesis/test-result.ts'
import { finiteValues, type NumericSample } from '../samples/sample.ts'

export interface BootstrapOptions {
  readonly rng: Rng
  /** Number of resamples. @default 2000 */
  readonly resamples?: number
  /** @default 0.95 */
  readonly confidence?: number
  /** `percentile`: quantiles of the resampled statistic; `bca`: corrected for bias and skew. @default 'bca' */
  readonly kind?: 'percentile' | 'bca'
}

/** A bootstrap interval, with what it rests on. Bounds are null where none exists. */
export interface BootstrapResult {
  readonly kind: 'percentile' | 'bca'
  readonly status: 'ok' | 'insufficient-data' | 'undefined'
  readonly estimate: number | null
  readonly lower: number | null
  readonly upper: number | null
  /** Standard deviation of the resampled statistic. */
  readonly standardError: number | null
  readonly level: number
  readonly resamples: number
  readonly n: number
  readonly dropped: number
  readonly warnings: readonly Warning[]
}

/**
 * Bootstrap interval of any statistic of one sample.
 *
 * The sample is drawn from itself with replacement, `resamples` times. BCa shifts the percentiles by
 * z0 = Φ⁻¹(share of resamples below the estimate) and the acceleration a from the jackknife.
 *
 * Input: a sample (missing values left out and counted), a statistic of a Float64Array, a seeded rng.
 * The statistic must not keep or change the array it is given.
 * Output: estimate, bounds, standard error. Fewer than 2 values give `insufficient-data`; a statistic
 * that is not finite on some resample `undefined`. Where all resamples agree, BCa has no skew to
 * correct and falls back to percentiles (`bca-undefined`).
 * Cost: resamples (BCa: + n) times the statistic.
 *
 * @throws `invalid`: `stats.bad-resamples`, `stats.bad-level`, `stats.infinite-value`.
 * @example
 * ```ts
 * import { createRng } from '@mlops/core'
 * import { bootstrap, median } from '@mlops/stats'
 *
 * const x = [3, 5, 7, 8, 12, 13, 14, 18, 21]
 * const { estimate, lower, upper } = bootstrap(x, median, { rng: createRng(7), kind: 'percentile' })
 * console.log(estimate, lower, upper) // 12 5 18
 * ```
 * Source: Efron 1987; Efron & Tibshirani 1993, §14.3.
 */
export function bootstrap(
  sample: NumericSample,
  statistic: (values: Float64Array) => number,
  options: BootstrapOptions,
): BootstrapResult {
  const { rng, resamples = 2000, confidence: level = 0.95, kind = 'bca' } = givenOptions(options)
  checkLevel(level)
  checkResamples(resamples)
  const { values, dropped } = finiteValues(sample)
  const n = values.length
  const outline = { kind, level, resamples, n, dropped }
  const nothing = { estimate: null, lower: null, upper: null, standardError: null }
  if (n < 2) {
    return {
      ...outline,
      ...nothing,
      status: 'insufficient-data',
      warnings: [
        { code: 'too-few-values', message: `a bootstrap needs 2 values; there are ${n}.` },
      ],
    }
  }
  const estimate = statistic(values)
  const drawn = draw(values, statistic, rng, resamples)
  if (!Number.isFinite(estimate) || drawn.some((v) => !Number.isFinite(v))) {
    return {
      ...outline,
      ...nothing,
      status: 'undefined',
      estimate: Number.isFinite(estimate) ? estimate : null,
      warnings: [
        {
          code: 'statistic-undefined',
          message: 'the statistic is not finite on the sample or on some resample.',
        },
      ],
    }
  }
  const tail = (1 - level) / 2
  const levels = kind === 'bca' ? bcaLevels(values, statistic, drawn, estimate, tail) : undefined
  const [lower, upper] = quantiles(drawn, levels ?? [tail, 1 - tail]) as [number, number]
  const mean = drawn.reduce((sum, v) => sum + v, 0) / resamples
  const squares = drawn.reduce((sum, v) => sum + (v - mean) ** 2, 0)
  return {
    ...outline,
    status: 'ok',
    estimate,
    lower,
    upper,
    standardError: Math.sqrt(squares / (resamples - 1)),
    warnings:
      kind === 'bca' && levels === undefined
        ? [
            {
              code: 'bca-undefined',
              message:
                'bias or acceleration is undefined (the resamples all lie on one side): percentiles were used.',
            },
          ]
        : [],
  }
}

function draw(
  values: Float64Array,
  statistic: (values: Float64Array) => number,
  rng: Rng,
  resamples: number,
): Float64Array {
  const n = values.length
  const resample = new Float64Array(n)
  const drawn = new Float64Array(resamples)
  for (let b = 0; b < resamples; b++) {
    for (let i = 0; i < n; i++) resample[i] = values[rng.int(n)]!
    drawn[b] = statistic(resample)
  }
  return drawn
}

/** The corrected percentile levels; undefined where the correction is. */
function bcaLevels(
  values: Float64Array,
  statistic: (values: Float64Array) => number,
  drawn: Float64Array,
  estimate: number,
  tail: number,
): [number, number] | undefined {
  // Ties count half: a discrete statistic would otherwise look biased.
  const below = drawn.reduce((sum, v) => sum + (v < estimate ? 1 : v === estimate ? 0.5 : 0), 0)
  const z0 = normal.quantile(below / drawn.length)
  const acceleration = jackknifeAcceleration(values, statistic)
  if (!Number.isFinite(z0) || acceleration === undefined) return undefined
  const corrected = (z: number) => normal.cdf(z0 + (z0 + z) / (1 - acceleration * (z0 + z)))
  return [corrected(normal.quantile(tail)), corrected(-normal.quantile(tail))]
}

function jackknifeAcceleration(
  values: Float64Array,
  statistic: (values: Float64Array) => number,
): number | undefined {
  const n = values.length
  const without = values.slice(1)
  const left = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    if (i > 0) without[i - 1] = values[i - 1]!
    left[i] = statistic(without)
  }
  const mean = left.reduce((sum, v) => sum + v, 0) / n
  let squares = 0
  let cubes = 0
  for (const v of left) {
    squares += (mean - v) ** 2
    cubes += (mean - v) ** 3
  }
  return squares > 0 ? cubes / (6 * squares ** 1.5) : undefined
}

/** @throws `invalid`, `stats.bad-resamples`, unless it is a whole number from 2 to 1e7. */
export function checkResamples(resamples: number): void {
  if (!(Number.isInteger(resamples) && resamples >= 2 && resamples <= 1e7)) {
    throw invalid(
      'stats.bad-resamples',
      `resamples is ${resamples}; it must be a whole number from 2 to 1e7.`,
      { resamples },
    )
  }
}
