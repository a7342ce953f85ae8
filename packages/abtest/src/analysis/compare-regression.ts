import type { Warning } from '@mlops/core'
import type { AbReadout } from '../readout.ts'
import type { CheckedOptions, UnpairedOptions } from './analysis-options.ts'
import { checkedOptions, oneOf } from './analysis-options.ts'
import { badArms } from './arm-data.ts'
import type { Analysed } from './build-readout.ts'
import { unpairedReadout } from './build-readout.ts'
import { compareFunctionals } from './compare-ratios.ts'
import type { RobustErrors } from './least-squares.ts'
import { leastSquares } from './least-squares.ts'
import type { CompleteUnits, CovariateColumns } from './regression-units.ts'
import { clusterNumbers, completeUnits, outcomeStats } from './regression-units.ts'
import { liftOf } from './relative-effect.ts'
import { waldEffect, waldTest } from './wald.ts'

export type { CovariateColumns } from './regression-units.ts'

export interface RegressionOptions extends UnpairedOptions {
  /**
   * `lin`: each arm has slopes of its own, which never does worse than no adjustment in large samples;
   * `none`: common slopes (ANCOVA). @default 'lin'
   */
  readonly interactions?: 'lin' | 'none'
  /** `CR0` and `CR1` need clusters, and clusters need one of them. @default 'HC2'; with clusters 'CR1' */
  readonly errors?: RobustErrors
}

/**
 * Compares two arms adjusted for covariates by least squares, with robust errors.
 *
 * `y = α + τ·T + β·(x − x̄) + δ·T·(x − x̄)`, x̄ over both arms. The variance of τ and α is the robust one
 * plus `g·Σ_x·g/n` (g the slopes: δ for τ, β for α), for x̄ is estimated as well: the units are a
 * sample. The relative lift is τ/|α|. With clusters (whole ones were dealt) both are sums over clusters, the law is
 * Student's with G − 1 degrees of freedom for G clusters, and arms count clusters.
 *
 * Input: for each arm columns `{ outcome, covariates, clusters? }`; the clusters of the arms are different ones, even
 * where they have one name; a unit with a missing value is left out and
 * counted. Covariates must not have been touched by the treatment. Robust errors need every unit:
 * from sufficient statistics use `compareCuped`.
 * Output: an {@link AbReadout} with `varianceReduction`; arms show adjusted means. Covariates that
 * depend on each other are the status `undefined`, n <= coefficients `insufficient-data`.
 * Cost: O(n·k²) for k coefficients.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-stats`, `abtest.invalid-option`.
 * @example
 * ```ts
 * import { compareRegression } from '@mlops/abtest'
 *
 * const before = [4, 6, 6, 9, 7, 5]
 * const control = { outcome: [5, 7, 6, 9, 8, 5], covariates: [before] }
 * const treatment = { outcome: [6, 9, 8, 11, 9, 7], covariates: [before] }
 * const { effect, varianceReduction } = compareRegression(control, treatment)
 * console.log(effect?.value.toFixed(3), varianceReduction?.varianceReduction?.toFixed(2)) // 1.667 0.91
 * ```
 * Source: Lin 2013; Negi & Wooldridge 2021 (the term for x̄); Su & Ding 2021 (clusters).
 * Differs from: statsmodels' HC errors of the same regression, which take x̄ as known: smaller, unless
 * the slopes of both arms are equal.
 */
export function compareRegression(
  control: CovariateColumns,
  treatment: CovariateColumns,
  options: RegressionOptions = {},
): AbReadout {
  const checked = checkedOptions(options)
  const { interactions = 'lin' } = options
  oneOf('interactions', interactions, ['lin', 'none'])
  const [c, t] = [completeUnits('control', control), completeUnits('treatment', treatment)]
  if (c.width !== t.width)
    throw badArms(
      `control has ${c.width} covariates and treatment ${t.width}; both need the same`,
      {
        control: c.width,
        treatment: t.width,
      },
    )
  const clustered = [c, t].filter(({ clusters }) => clusters !== undefined).length
  if (clustered === 1) throw badArms('both arms need clusters, or none', {})
  const { errors = clustered === 2 ? 'CR1' : 'HC2' } = options
  oneOf(
    'errors',
    errors,
    clustered === 2 ? ['CR0', 'CR1'] : ['classical', 'HC0', 'HC1', 'HC2', 'HC3'],
  )
  return unpairedReadout(regress(c, t, { interactions, errors }, checked), checked)
}

function regress(
  c: CompleteUnits,
  t: CompleteUnits,
  { interactions, errors }: { interactions: 'lin' | 'none'; errors: RobustErrors },
  checked: CheckedOptions,
): Analysed {
  const clusters = clusterNumbers([c, t])
  const raw = compareFunctionals(
    [outcomeStats(c), outcomeStats(t)],
    'unadjusted',
    clusters && 'denominator',
    checked,
  )
  const p = c.width
  const n = c.outcome.length + t.outcome.length
  const means = Array.from({ length: p }, (_, j) => {
    let sum = 0
    for (const arm of [c, t]) for (const row of arm.covariates) sum += row[j]!
    return sum / n
  })
  const k = 2 + p * (interactions === 'lin' ? 2 : 1)
  const rows = [c, t].flatMap((arm, treated) =>
    arm.covariates.map((row) => {
      const x = row.map((value, j) => value - means[j]!)
      return Float64Array.from(
        interactions === 'lin'
          ? [1, treated, ...x, ...x.map((v) => treated * v)]
          : [1, treated, ...x],
      )
    }),
  )
  const sizes = [raw.arms[1].n, raw.arms[0].n]
  const enough = Math.min(...sizes) >= 2 && n > k
  const fit = enough
    ? leastSquares(rows, Float64Array.from([...c.outcome, ...t.outcome]), errors, clusters)
    : undefined
  const slopes = (from: number) =>
    Array.from({ length: p }, (_, j) => fit?.coefficients[from + j] ?? 0)
  const beta = slopes(2)
  const delta = interactions === 'lin' ? slopes(2 + p) : beta.map(() => 0)
  const spread = (a: readonly number[], b: readonly number[]) => jointSpread(rows, a, b, clusters)
  const entry = (i: number, j: number) => fit?.covariance[i]?.[j] ?? Number.NaN
  const [alpha, tau] = [fit?.coefficients[0] ?? Number.NaN, fit?.coefficients[1] ?? Number.NaN]
  const tauVariance = entry(1, 1) + spread(delta, delta)
  const alphaVariance = entry(0, 0) + spread(beta, beta)
  const shared = entry(0, 1) + spread(beta, delta)
  const df = clusters === undefined ? n - k : sizes[0]! + sizes[1]! - 1
  const parts = {
    method: interactions === 'lin' ? 'regression-lin' : 'regression-ancova',
    difference: tau,
    standardError: Math.sqrt(tauVariance),
    df,
    sizes,
    dropped: [t.dropped, c.dropped],
    alternative: checked.alternative,
    tooFew: enough
      ? undefined
      : `${k} coefficients need 2 ${clusters === undefined ? 'units' : 'clusters'} in each arm and more than ${k} units in all; there are ${sizes.join(' and ')}.`,
  }
  const tested = waldTest(parts)
  const collinear: Warning[] = [
    {
      code: 'abtest.collinear-covariates',
      message: 'a covariate does not vary, or follows from the others; leave it out',
    },
  ]
  const test = enough && fit === undefined ? { ...tested, warnings: collinear } : tested
  const before = raw.effect?.standardError ?? null
  const adjusted = (mean: number) => (fit === undefined ? null : mean)
  return {
    arms: [
      { ...raw.arms[0], mean: adjusted(alpha) },
      { ...raw.arms[1], mean: adjusted(alpha + tau) },
    ],
    test,
    effect: waldEffect(parts, test, checked.confidence),
    relativeEffect:
      test.status === 'ok'
        ? liftOf(
            {
              difference: tau,
              baseline: alpha,
              differenceVariance: tauVariance,
              baselineVariance: alphaVariance,
              covariance: shared,
            },
            { confidence: checked.confidence, df },
          )
        : null,
    varianceReduction: {
      method: 'regression',
      unadjusted: raw.effect,
      varianceReduction:
        before === null || test.status !== 'ok' ? null : 1 - tauVariance / before ** 2,
      coefficients: fit === undefined ? [] : [...beta, ...(interactions === 'lin' ? delta : [])],
    },
    notes: [
      `adjusted for ${p} covariates by least squares (${interactions === 'lin' ? 'slopes of each arm' : 'common slopes'}), ${errors} errors${clusters === undefined ? '' : ' of whole clusters, which are the units'}; arms show adjusted means`,
    ],
  }

  /** a·Σ_x·b/n, from the centred covariates in the rows, or as much of the sums over clusters. */
  function jointSpread(
    design: readonly Float64Array[],
    a: readonly number[],
    b: readonly number[],
    groups: Int32Array | undefined,
  ): number {
    const left: number[] = []
    const right: number[] = []
    for (const [i, row] of design.entries()) {
      const g = groups?.[i] ?? i
      left[g] ??= 0
      right[g] ??= 0
      for (let j = 0; j < p; j++) {
        left[g]! += a[j]! * row[2 + j]!
        right[g]! += b[j]! * row[2 + j]!
      }
    }
    const m = left.length
    const sum = left.reduce((total, u, g) => total + u * right[g]!, 0)
    return m < 2 ? 0 : ((sum / (m - 1)) * (m / n)) / n
  }
}
