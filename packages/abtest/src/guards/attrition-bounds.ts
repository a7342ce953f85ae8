import type { NumericSample } from '@mlops/stats'
import { normal } from '@mlops/stats'
import { badArms, checkAlpha, checkOptions } from './finding.ts'

/** What missing outcomes leave of an effect. Plain JSON. */
export interface AttritionBounds {
  readonly kind: 'attrition-bounds'
  readonly method: 'lee' | 'worst-case'
  /** `undefined`: the assumption or the data do not bound the effect. */
  readonly status: 'ok' | 'insufficient-data'
  /** The effect lies between, treatment minus control. */
  readonly lower: number | null
  readonly upper: number | null
  /** Covers the effect with this level, sampling error included. */
  readonly interval: {
    readonly level: number
    readonly lower: number
    readonly upper: number
  } | null
  /** Units that were assigned, and those with an outcome. */
  readonly assigned: readonly [number, number]
  readonly observed: readonly [number, number]
  /** Share that was trimmed from the arm with more outcomes; `null` for the worst case. */
  readonly trimmed: number | null
  readonly trimmedArm: 'control' | 'treatment' | null
  readonly assumption: string
}

/**
 * Lee's bounds: the effect on units whose outcome is seen under either arm.
 *
 * The arm with the larger share of outcomes q₁ > q₀ is trimmed by `p = (q₁ − q₀)/q₁`, once from the top and once from
 * the bottom; the differences to the other arm's mean bound the effect. Assumes that the arm moves attrition one way
 * only. The interval is Imbens and Manski's, with Lee's standard errors.
 *
 * Input: outcomes of all units assigned, missing ones `null`, `undefined` or `NaN`. Cost: a sort.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`.
 * @example
 * ```ts
 * import { leeBounds } from '@mlops/abtest/guards'
 *
 * const control = [1, 2, 3, 4, 5, 6, null, null, null, null]
 * const treatment = [2, 3, 4, 5, 6, 7, 8, 9, null, null]
 * const { lower, upper, trimmedArm } = leeBounds(control, treatment)
 * console.log(lower, upper, trimmedArm) // 1 3 treatment
 * ```
 * Source: Lee 2009, "Training, wages, and sample selection", propositions 1a and 3; Imbens & Manski 2004.
 */
export function leeBounds(
  control: NumericSample,
  treatment: NumericSample,
  options: { readonly alpha?: number } = {},
): AttritionBounds {
  checkOptions(options)
  const { alpha = 0.05 } = options
  checkAlpha(alpha)
  const arms = [presentOf('control', control), presentOf('treatment', treatment)] as const
  const assigned = [arms[0].assigned, arms[1].assigned] as const
  const observed = [arms[0].values.length, arms[1].values.length] as const
  const outline = {
    kind: 'attrition-bounds',
    method: 'lee',
    assigned,
    observed,
    assumption: 'the arm changes whether an outcome is seen in one direction only, or not at all',
  } as const
  if (Math.min(...observed) < 3) {
    const nothing = { lower: null, upper: null, interval: null, trimmed: null, trimmedArm: null }
    return { ...outline, ...nothing, status: 'insufficient-data' }
  }
  const shares = [observed[0] / assigned[0], observed[1] / assigned[1]] as const
  const more = shares[1] >= shares[0] ? 1 : 0
  const trimmed = (shares[more] - shares[1 - more]!) / shares[more]
  const full = arms[1 - more]!.values
  const [bottom, top] = trimmedMeans(arms[more].values, trimmed)
  const [fullMean, fullVariance] = meanAndVariance(full)
  // Lee's V^p: the share that is trimmed is estimated, too.
  const shareVariance =
    (1 - trimmed) ** 2 * ((1 - shares[0]) / observed[0] + (1 - shares[1]) / observed[1])
  const errorOf = ({ mean, variance, edge, kept }: Trimmed) =>
    Math.sqrt(
      variance / kept +
        ((edge - mean) ** 2 * trimmed) / kept +
        ((edge - mean) / (1 - trimmed)) ** 2 * shareVariance +
        fullVariance / full.length,
    )
  const sign = more === 1 ? 1 : -1
  const ends = [sign * (bottom.mean - fullMean), sign * (top.mean - fullMean)]
  const errors = [errorOf(bottom), errorOf(top)]
  const [low, high] = sign === 1 ? [0, 1] : [1, 0]
  const [lower, upper] = [ends[low]!, ends[high]!]
  return {
    ...outline,
    status: 'ok',
    lower,
    upper,
    interval: imbensManski(lower, upper, errors[low]!, errors[high]!, alpha),
    trimmed,
    trimmedArm: trimmed === 0 ? null : more === 1 ? 'treatment' : 'control',
  }
}

/**
 * Worst-case bounds: every missing outcome as bad, or as good, as it can be. Assumes nothing else.
 *
 * `mean = q·ȳ + (1 − q)·(least or most)` in each arm; lower is the treatment's least minus the control's most.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`, also for outcomes outside the range.
 * @example
 * ```ts
 * import { worstCaseBounds } from '@mlops/abtest/guards'
 *
 * const { lower, upper } = worstCaseBounds([0, 1, 0, null], [1, 1, 0, null], { range: [0, 1] })
 * console.log(lower, upper) // 0 0.5
 * ```
 * Source: Horowitz & Manski 2000; interval as Imbens & Manski 2004.
 */
export function worstCaseBounds(
  control: NumericSample,
  treatment: NumericSample,
  options: {
    /** Least and most that an outcome can be. */
    readonly range: readonly [number, number]
    /** @default 0.05 */
    readonly alpha?: number
  },
): AttritionBounds {
  checkOptions(options)
  const { range, alpha = 0.05 } = options
  checkAlpha(alpha)
  if (
    !Array.isArray(range) ||
    range.length !== 2 ||
    !(range[0] < range[1]) ||
    !range.every(Number.isFinite)
  )
    throw badArms(
      'range must be the least and the most that an outcome can be, [0, 1] for example',
      { range },
    )
  const arms = [presentOf('control', control), presentOf('treatment', treatment)] as const
  const [least, most] = range
  for (const { values, name } of arms)
    for (const value of values)
      if (value < least || value > most)
        throw badArms(`an outcome of ${name} is ${value}, outside the range ${least} to ${most}`, {
          value,
        })
  const filled = arms.map(({ values, assigned }) =>
    [least, most].map((end) => {
      const all = Float64Array.from({ length: assigned }, (_, i) => values[i] ?? end!)
      const [mean, variance] = meanAndVariance(all)
      return { mean, variance: variance / assigned }
    }),
  )
  const outline = {
    kind: 'attrition-bounds',
    method: 'worst-case',
    assigned: [arms[0].assigned, arms[1].assigned],
    observed: [arms[0].values.length, arms[1].values.length],
    trimmed: null,
    trimmedArm: null,
    assumption: `outcomes lie between ${least} and ${most}`,
  } as const
  if (Math.min(...outline.assigned) < 2)
    return { ...outline, status: 'insufficient-data', lower: null, upper: null, interval: null }
  const [c, t] = filled as [(typeof filled)[0], (typeof filled)[0]]
  const [lower, upper] = [t[0]!.mean - c[1]!.mean, t[1]!.mean - c[0]!.mean]
  const errors = [
    Math.sqrt(t[0]!.variance + c[1]!.variance),
    Math.sqrt(t[1]!.variance + c[0]!.variance),
  ]
  return {
    ...outline,
    status: 'ok',
    lower,
    upper,
    interval: imbensManski(lower, upper, errors[0]!, errors[1]!, alpha),
  }
}

/** `Φ(c + width/max se) − Φ(−c) = 1 − alpha`: between the one-sided and the two-sided normal quantile. */
function imbensManski(lower: number, upper: number, low: number, high: number, alpha: number) {
  const widest = Math.max(low, high)
  const gap = widest > 0 ? (upper - lower) / widest : Number.POSITIVE_INFINITY
  let [from, to] = [normal.quantileSf(alpha), normal.quantileSf(alpha / 2)]
  for (let i = 0; i < 60; i++) {
    const c = (from + to) / 2
    if (normal.cdf(c + gap) - normal.cdf(-c) < 1 - alpha) from = c
    else to = c
  }
  const c = (from + to) / 2
  return { level: 1 - alpha, lower: lower - c * low, upper: upper + c * high }
}

interface Trimmed {
  readonly mean: number
  readonly variance: number
  /** Value at which the trimming cuts. */
  readonly edge: number
  readonly kept: number
}

/** Without the top share, and without the bottom share. */
function trimmedMeans(values: Float64Array, share: number): [Trimmed, Trimmed] {
  const sorted = values.slice().sort()
  const kept = Math.max(2, sorted.length - Math.round(share * sorted.length))
  const [bottom, top] = [sorted.slice(0, kept), sorted.slice(sorted.length - kept)]
  const of = (part: Float64Array, edge: number): Trimmed => {
    const [mean, variance] = meanAndVariance(part)
    return { mean, variance, edge, kept }
  }
  return [of(bottom, bottom.at(-1)!), of(top, top[0]!)]
}

function meanAndVariance(values: Float64Array): [number, number] {
  let [mean, squares] = [0, 0]
  for (const [i, x] of values.entries()) {
    const step = x - mean
    mean += step / (i + 1)
    squares += step * (x - mean)
  }
  return [mean, values.length > 1 ? squares / (values.length - 1) : 0]
}

function presentOf(name: string, sample: NumericSample) {
  if (
    !Number.isInteger((sample as { length?: number } | null)?.length) ||
    typeof sample === 'string'
  )
    throw badArms(`${name} must be the outcomes of all units, missing ones null`, { arm: name })
  const values: number[] = []
  for (const [i, value] of Array.from(sample as ArrayLike<unknown>).entries()) {
    if (value === null || value === undefined || Number.isNaN(value)) continue
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw badArms(`outcome ${i} of ${name} is ${String(value)}, no finite number`, { index: i })
    values.push(value)
  }
  return { name, values: Float64Array.from(values), assigned: sample.length }
}
