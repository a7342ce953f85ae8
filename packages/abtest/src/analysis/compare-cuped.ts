import type { AbReadout } from '../readout.ts'
import type { UnpairedOptions } from './analysis-options.ts'
import { checkedOptions, oneOf } from './analysis-options.ts'
import type { ArmFunctional, ArmMeasures } from './arm-functional.ts'
import { covarianceBetween, functionalOf, measuresOf } from './arm-functional.ts'
import type { ArmStats } from './arm-stats.ts'
import { mergeArmStats } from './arm-stats.ts'
import { unpairedReadout } from './build-readout.ts'
import { compareFunctionals } from './compare-ratios.ts'
import { liftOf } from './relative-effect.ts'
import { waldEffect, waldTest, welchDf } from './wald.ts'

export interface CupedOptions extends UnpairedOptions {
  /**
   * Where theta = cov(outcome, covariate)/var(covariate) comes from. `within-arms`: deviations from
   * each arm's own means, pooled; `all-units`: all units as one group, as Deng et al. and GrowthBook,
   * which a difference between the arms leaks into. @default 'within-arms'
   */
  readonly theta?: 'within-arms' | 'all-units'
}

/**
 * Compares two arms after what a covariate from before the experiment explains was taken out (CUPED).
 *
 * `difference = (y_t − y_c) − θ·(x_t − x_c)` with one θ for both arms. The relative lift is over the
 * unadjusted control mean, with a variance of its own:
 * `var(d)/y_c² + d²·var(y_c)/y_c⁴ − 2·d·cov(d, y_c)/y_c³`.
 *
 * Input: for each arm columns `{ outcome, covariate }` or `armStats` of them; with `denominator` (and
 * `covariateDenominator`) the outcome (and covariate) is a ratio. The covariate must not have been
 * touched by the treatment. A unit without one is left out: give new units a constant instead.
 * Output: an {@link AbReadout} with `varianceReduction`; a covariate that does not vary gives θ = 0 and
 * a warning. Cost: two passes; constant from statistics.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-stats`, `abtest.invalid-option`.
 * @example
 * ```ts
 * import { compareCuped } from '@mlops/abtest'
 *
 * const control = { outcome: [5, 7, 6, 9, 8], covariate: [4, 6, 6, 9, 7] }
 * const treatment = { outcome: [7, 8, 10, 6, 9], covariate: [5, 6, 9, 4, 8] }
 * const { effect, varianceReduction } = compareCuped(control, treatment)
 * console.log(effect?.value.toFixed(2), varianceReduction?.coefficients[0]?.toFixed(3)) // 1.00 0.789
 * ```
 * Source: Deng, Xu, Kohavi & Walker 2013.
 */
export function compareCuped(
  control: ArmMeasures,
  treatment: ArmMeasures,
  options: CupedOptions = {},
): AbReadout {
  const checked = checkedOptions(options)
  const { theta: thetaBy = 'within-arms' } = options
  oneOf('theta', thetaBy, ['within-arms', 'all-units'])
  const stats = measuresOf(control, treatment, ['outcome', 'covariate'])
  const names = denominators(stats)
  const raw = compareFunctionals(stats, 'unadjusted', names.outcome, checked)
  if (raw.test.status !== 'ok' && raw.test.warnings[0]?.code !== 'zero-variance')
    return unpairedReadout({ ...raw, test: { ...raw.test, method: 'cuped' } }, checked)
  const [c, t] = stats.map((arm) => partOf(arm, names)) as [Part | undefined, Part | undefined]
  if (c === undefined || t === undefined)
    return unpairedReadout({ ...raw, test: { ...raw.test, method: 'cuped' } }, checked)
  const theta = thetaBy === 'within-arms' ? within([c, t]) : overall(stats, names)
  const [vc, vt] = [adjustedVariance(c, theta ?? 0), adjustedVariance(t, theta ?? 0)]
  const df = welchDf(vt, t.n, vc, c.n)
  const difference = t.y - c.y - (theta ?? 0) * (t.x - c.x)
  const parts = {
    method: 'cuped',
    difference,
    standardError: Math.sqrt(vc + vt),
    df,
    sizes: [t.n, c.n],
    dropped: [stats[1].dropped, stats[0].dropped],
    alternative: checked.alternative,
  }
  const test = waldTest(parts)
  const effect = waldEffect(parts, test, checked.confidence)
  const centre = (c.n * c.x + t.n * t.x) / (c.n + t.n)
  const before = raw.effect?.standardError ?? null
  const warning = {
    code: 'abtest.constant-covariate',
    message: 'the covariate does not vary: nothing was adjusted (theta = 0)',
  }
  return unpairedReadout(
    {
      arms: [shownArm(raw.arms[0], c, vc), shownArm(raw.arms[1], t, vt)],
      test: theta === undefined ? { ...test, warnings: [...test.warnings, warning] } : test,
      effect,
      relativeEffect:
        test.status === 'ok'
          ? liftOf(
              {
                difference,
                baseline: c.y,
                differenceVariance: vc + vt,
                baselineVariance: c.yy / c.n,
                covariance: -(c.yy - (theta ?? 0) * c.xy) / c.n,
              },
              { confidence: checked.confidence, df },
            )
          : null,
      varianceReduction: {
        method: 'cuped',
        unadjusted: raw.effect,
        varianceReduction: before === null ? null : 1 - (vc + vt) / before ** 2,
        coefficients: [theta ?? 0],
      },
      notes: [
        `adjusted by a covariate from before the experiment (theta from ${thetaBy}); the relative effect is over the unadjusted control mean`,
      ],
    },
    checked,
  )

  function shownArm(arm: (typeof raw.arms)[0], part: Part, variance: number) {
    return {
      ...arm,
      mean: part.y - (theta ?? 0) * (part.x - centre),
      sd: Math.sqrt(variance * part.n),
    }
  }
}

interface Names {
  readonly outcome: 'denominator' | undefined
  readonly covariate: 'covariateDenominator' | undefined
}

/** One arm's outcome and covariate, and their variances and covariance for each unit. */
interface Part {
  readonly n: number
  readonly y: number
  readonly x: number
  readonly yy: number
  readonly xx: number
  readonly xy: number
}

function denominators(stats: readonly ArmStats[]): Names {
  const all = (name: 'denominator' | 'covariateDenominator') =>
    stats.every(({ variables }) => variables.includes(name))
  return {
    outcome: all('denominator') ? 'denominator' : undefined,
    covariate: all('covariateDenominator') ? 'covariateDenominator' : undefined,
  }
}

function partOf(stats: ArmStats, names: Names): Part | undefined {
  const y = functionalOf(stats, 'outcome', names.outcome)
  const x = functionalOf(stats, 'covariate', names.covariate)
  if (y === undefined || x === undefined) return undefined
  const of = (a: ArmFunctional, b: ArmFunctional) => covarianceBetween(stats, a, b)
  return { n: stats.n, y: y.value, x: x.value, yy: of(y, y), xx: of(x, x), xy: of(x, y) }
}

/** undefined where the covariate does not vary. */
function within(parts: readonly Part[]): number | undefined {
  const sum = (pick: (part: Part) => number) =>
    parts.reduce((total, part) => total + (part.n - 1) * pick(part), 0)
  const xx = sum((part) => part.xx)
  return xx > 0 ? sum((part) => part.xy) / xx : undefined
}

function overall([control, treatment]: readonly [ArmStats, ArmStats], names: Names) {
  const all = partOf(mergeArmStats(control, treatment), names)
  return all !== undefined && all.xx > 0 ? all.xy / all.xx : undefined
}

function adjustedVariance({ n, yy, xx, xy }: Part, theta: number): number {
  return Math.max(0, yy - 2 * theta * xy + theta * theta * xx) / n
}
