import type { Rng } from '@mlops/core'
import { formatNumber } from '@mlops/core'
import type { NumericSample } from '@mlops/stats'
import { binomial, normal } from '@mlops/stats'
import type { Finding } from './finding.ts'
import { badArms, checkAlpha, checkOptions, percentOf } from './finding.ts'

export interface RetroAaOptions {
  readonly rng: Rng
  /** Who is assigned, of each value: all values of a unit fall into one half. @default every value its own unit */
  readonly units?: readonly (string | number)[]
  /** Random splits. @default 2000 */
  readonly splits?: number
  /** Level of the test whose errors are counted. @default 0.05 */
  readonly level?: number
  /** Level of the check itself. @default 0.001 */
  readonly alpha?: number
}

/** How the usual test behaves where there is no effect. Plain JSON. */
export interface RetroAa {
  readonly kind: 'retro-aa'
  readonly splits: number
  /** Share of splits in which the test found a difference; `null` without enough splits that could be tested. */
  readonly falseAlarms: number | null
  readonly level: number
  /** Variance of the difference over the splits, over the one the test believes in; 1 is right. */
  readonly varianceRatio: number | null
  readonly units: number
  readonly values: number
  readonly finding: Finding
}

/**
 * Retro A/A: splits data without an effect at random, many times, and counts how often the test finds one.
 *
 * Each split assigns whole units to two halves as the experiment does, and makes the z test of the difference of means
 * as if every value were independent. Too many alarms mean that the variance is underestimated: values of one unit
 * are alike, so analyse by unit (delta method, clusters).
 *
 * Alarms are compared with the level by a binomial test against `level·(1 ± 0.3)`: three in ten too many are
 * tolerated, since splits of the same data are alike and means of skewed values are not quite normal. More is `fail`,
 * fewer `warn` (a test that is too cautious).
 *
 * Input: values of a period without an experiment, or of the control alone. Cost: splits × values.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`.
 * @example
 * ```ts
 * import { createRng } from '@mlops/core'
 * import { retroAa } from '@mlops/abtest/guards'
 *
 * // 200 users with 10 requests each, all ten alike: the user is assigned, the request is analysed.
 * const units = Array.from({ length: 2000 }, (_, i) => i % 200)
 * const values = units.map((user) => (user * 7919) % 101)
 * const byRequest = retroAa(values, { rng: createRng(1), units })
 * console.log(byRequest.finding.verdict, byRequest.varianceRatio?.toFixed(1)) // fail 10.0
 * const byUser = retroAa(values.slice(0, 200), { rng: createRng(1) })
 * console.log(byUser.finding.verdict) // ok
 * ```
 * Source: Kohavi, Tang & Xu 2020, chapter 19 (A/A tests by replaying the last week).
 */
export function retroAa(sample: NumericSample, options: RetroAaOptions): RetroAa {
  checkOptions(options)
  const { rng, units, splits = 2000, level = 0.05, alpha = 0.001 } = options
  checkAlpha(alpha)
  checkAlpha(level)
  if (typeof rng?.uint32 !== 'function')
    throw badArms('give an rng: retroAa(values, { rng: createRng(seed) })', {})
  if (!Number.isInteger(splits) || splits < 100)
    throw badArms(`splits must be an integer >= 100, got ${String(splits)}`, { splits })
  const groups = sumsByUnit(sample, units)
  const { n: size, sum, squares } = groups
  const values = size.reduce((total, n) => total + n, 0)
  const critical = normal.quantileSf(level / 2)
  let [alarms, made, believed, seen] = [0, 0, 0, 0]
  for (let split = 0; split < splits && size.length >= 20; split++) {
    const half = [0, 0, 0]
    const other = [0, 0, 0]
    for (let i = 0; i < size.length; i++) {
      const to = rng.uint32() >>> 31 === 0 ? half : other
      to[0]! += size[i]!
      to[1]! += sum[i]!
      to[2]! += squares[i]!
    }
    const [a, b] = [half, other].map(([n, s, q]) => ({
      mean: s! / n!,
      error: (q! - s! ** 2 / n!) / (n! - 1) / n!,
    }))
    const variance = a!.error + b!.error
    if (!(variance > 0)) continue
    const difference = b!.mean - a!.mean
    made++
    believed += variance
    seen += difference ** 2
    if (Math.abs(difference) > critical * Math.sqrt(variance)) alarms++
  }
  const common = { splits: made, level, units: size.length, values }
  const falseAlarms = alarms / made
  const outline = {
    check: 'variance',
    method: 'retro-aa',
    alpha,
    sizes: [size.length, values],
  } as const
  if (made < 100) {
    return {
      kind: 'retro-aa',
      ...common,
      falseAlarms: null,
      varianceRatio: null,
      finding: {
        ...outline,
        verdict: 'insufficient-data',
        statistic: null,
        pValue: null,
        message: 'not checked: at least 20 units whose values differ are needed',
      },
    }
  }
  const many = binomial.sf(alarms - 1, made, Math.min(1, level * 1.3))
  const few = binomial.cdf(alarms, made, level * 0.7)
  const verdict = many < alpha / 2 ? 'fail' : few < alpha / 2 ? 'warn' : 'ok'
  const varianceRatio = seen / believed
  const found = `${percentOf(falseAlarms)} of ${made} random splits found a difference where there is none (level ${percentOf(level)}), the variance is ${formatNumber(varianceRatio)} times what the test believes`
  return {
    kind: 'retro-aa',
    ...common,
    falseAlarms,
    varianceRatio,
    finding: {
      ...outline,
      verdict,
      statistic: falseAlarms,
      pValue: Math.min(1, 2 * Math.min(many, few)),
      message:
        verdict === 'fail'
          ? `${found}: p-values are too small; analyse by the unit that is assigned`
          : verdict === 'warn'
            ? `${found}: the test is too cautious`
            : found,
    },
  }
}

/** Count, sum and sum of squares of each unit, centred so that sums of squares keep their digits. */
function sumsByUnit(sample: NumericSample, units: readonly (string | number)[] | undefined) {
  if (
    !Number.isInteger((sample as { length?: number } | null)?.length) ||
    typeof sample === 'string'
  )
    throw badArms('give the values, one number each', {})
  if (units !== undefined && (!Array.isArray(units) || units.length !== sample.length))
    throw badArms('units must name the unit of each value', {})
  const rows: [string | number, number][] = []
  for (let i = 0; i < sample.length; i++) {
    const value = sample[i]
    if (value === null || value === undefined || Number.isNaN(value)) continue
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw badArms(`value ${i} is ${String(value)}, no finite number`, { index: i })
    rows.push([units === undefined ? i : units[i]!, value])
  }
  const centre = rows.reduce((total, [, value]) => total + value, 0) / Math.max(1, rows.length)
  const at = new Map<string | number, number>()
  const [n, sum, squares]: number[][] = [[], [], []]
  for (const [unit, value] of rows) {
    let i = at.get(unit)
    if (i === undefined) {
      i = at.size
      at.set(unit, i)
      n!.push(0)
      sum!.push(0)
      squares!.push(0)
    }
    const x = value - centre
    n![i]! += 1
    sum![i]! += x
    squares![i]! += x * x
  }
  return { n: n!, sum: sum!, squares: squares! }
}
