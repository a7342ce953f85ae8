import { invalid } from '@mlops/core'
import { normal } from '@mlops/stats'
import type { AbReadout, BayesianReadout, Effect, ExpectedLoss } from '../readout.ts'
import { bad, checkLevel } from './analysis-options.ts'
import { checkDecision, type DecisionOptions, decided } from './bayesian-decision.ts'
import { criticalValue } from './wald.ts'

/** A normal prior of the effect. */
export interface NormalPrior {
  /** Of treatment minus control on the `scale`. @default 0 */
  readonly mean?: number
  /** > 0. */
  readonly sd: number
  /** `relative`: a share of the control's mean; converted where the posterior is of the other scale. */
  readonly scale: 'difference' | 'relative'
}

export interface BayesianReadoutOptions extends DecisionOptions {
  /** @default flat */
  readonly effectPrior?: NormalPrior
}

/**
 * The normal posterior of any comparison: of means, ratios, CUPED, regression, quantiles, clusters, pairs.
 *
 * `precision = 1/se² + 1/s²`, `mean = (estimate/se² + m/s²)/precision`, on the scale of the difference
 * and on the relative one. A prior given on one scale is converted to the other by the control's mean,
 * `m·|control|` and `s·|control|`: it says the same on both.
 *
 * Input: an {@link AbReadout} whose effect has a standard error. Output: a {@link BayesianReadout};
 * intervals at the readout's 1 − alpha. The likelihood is taken as normal: fine from some 50 units an arm
 * on. Cost: constant.
 *
 * @throws `invalid`: `abtest.invalid-option`, `abtest.invalid-prior`, `abtest.no-standard-error`.
 * @example
 * ```ts
 * import { bayesianReadout, compareArms } from '@mlops/abtest'
 *
 * const readout = compareArms({ n: 900, mean: 10, variance: 25 }, { n: 900, mean: 10.6, variance: 25 })
 * const sceptic = bayesianReadout(readout, { effectPrior: { sd: 0.02, scale: 'relative' } })
 * console.log(sceptic.probabilityBetter?.toFixed(4), sceptic.effect?.value.toFixed(3)) // 0.9502 0.251
 * ```
 * Differs from: GrowthBook, which does not convert a prior on the difference for relative effects.
 */
export function bayesianReadout(
  readout: AbReadout,
  options: BayesianReadoutOptions = {},
): BayesianReadout {
  if (readout?.kind !== 'ab-readout' || readout.analysis !== 'comparison')
    throw bad('bayesianReadout takes the readout of a comparison, as compareArms returns it', {})
  return normalReadout(readout, options)
}

/** {@link bayesianReadout} after its checks. */
export function normalReadout(
  readout: AbReadout,
  options: BayesianReadoutOptions,
): BayesianReadout {
  const decision = checkDecision(options)
  const { effectPrior } = options
  checkPrior(effectPrior)
  const { effect, relativeEffect, arms, test, alpha, metric } = readout
  checkLevel(alpha)
  if (effect !== null && (effect.standardError === null || effect.scale !== 'difference'))
    throw invalid(
      'abtest.no-standard-error',
      `the effect by '${effect.method}' has no standard error of a difference; use a test of means, ratios or proportions`,
      { method: effect.method },
    )
  const own = new Set(test.warnings.map(({ code }) => code))
  const head = {
    kind: 'ab-readout',
    analysis: 'bayesian',
    model: 'normal',
    alpha,
    metric,
    arms,
    scale: decision.scale,
    prior:
      effectPrior === undefined
        ? 'a flat prior of the effect'
        : `a normal prior of the ${effectPrior.scale === 'relative' ? 'relative effect' : 'difference'}: mean ${effectPrior.mean ?? 0}, sd ${effectPrior.sd}`,
    guards: readout.warnings.filter(({ code }) => !own.has(code)),
  } as const
  const baseline = Math.abs(arms[0].mean ?? Number.NaN)
  const difference = posteriorOf(effect, effectPrior, baseline)
  const relative = posteriorOf(relativeEffect, effectPrior, baseline)
  const decisive = decision.scale === 'difference' ? difference : relative
  if (decisive === undefined) {
    const status = test.status === 'ok' ? 'undefined' : test.status
    const why =
      test.status === 'ok'
        ? 'there is no relative effect: the control’s mean is 0, or its sign is unsure.'
        : (test.warnings[0]?.message ?? 'there is no effect.')
    return decided({ ...head, status, why }, decision)
  }
  const { mean, sd } = decisive
  return decided(
    {
      ...head,
      status: 'ok',
      probabilityGreater: normal.sf(-mean / sd),
      loss: normalLoss(mean, sd),
      cdf: (x) => normal.cdf((x - mean) / sd),
      effect: shown(difference, 'difference', alpha),
      relativeEffect: shown(relative, 'relative', alpha),
    },
    decision,
  )
}

/**
 * What each choice costs on average when the effect is normal: `E[max(X, 0)]` for keeping control,
 * `E[max(−X, 0)]` for taking the treatment, where higher is better.
 *
 * `E[max(X, 0)] = μ·Φ(μ/σ) + σ·φ(μ/σ)`.
 *
 * Input: mean and standard deviation > 0 of the posterior. Output: both losses, >= 0. Cost: constant.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { normalLoss } from '@mlops/abtest'
 *
 * console.log(normalLoss(0.1, 0.05).treatment.toFixed(7)) // 0.0004245
 * ```
 */
export function normalLoss(mean: number, sd: number): ExpectedLoss {
  if (!Number.isFinite(mean) || !(sd > 0 && sd < Infinity))
    throw bad(`pass a finite mean and a finite sd above 0, got ${mean} and ${sd}`, { mean, sd })
  const z = mean / sd
  // φ(z) − |z|·S(|z|): the side that loses little, without cancelling the other one.
  const small = sd * (normal.pdf(z) - Math.abs(z) * normal.sf(Math.abs(z)))
  const large = small + Math.abs(mean)
  return mean >= 0
    ? { control: large, treatment: Math.max(0, small) }
    : { control: Math.max(0, small), treatment: large }
}

interface Normal {
  readonly mean: number
  readonly sd: number
}

function posteriorOf(
  effect: Effect | null,
  prior: NormalPrior | undefined,
  baseline: number,
): Normal | undefined {
  if (effect === null || effect.standardError === null || !(effect.standardError > 0))
    return undefined
  const se = effect.standardError
  if (prior === undefined) return { mean: effect.value, sd: se }
  const scaled =
    prior.scale === effect.scale ? 1 : effect.scale === 'difference' ? baseline : 1 / baseline
  const [m, s] = [(prior.mean ?? 0) * scaled, prior.sd * scaled]
  if (!Number.isFinite(m) || !(s > 0 && s < Infinity))
    throw badPrior(
      'the prior is on the other scale, and the control’s mean is 0: give it on this one',
      {
        baseline,
      },
    )
  // 1/se² and 1/s² may overflow where their ratio does not.
  const trust = 1 / (1 + (se / s) ** 2)
  return { mean: trust * effect.value + (1 - trust) * m, sd: se * Math.sqrt(trust) }
}

function shown(
  posterior: Normal | undefined,
  scale: 'difference' | 'relative',
  alpha: number,
): Effect | null {
  if (posterior === undefined) return null
  const { mean, sd } = posterior
  const reach = criticalValue(1 - alpha, null) * sd
  return {
    value: mean,
    interval: { level: 1 - alpha, lower: mean - reach, upper: mean + reach },
    method: 'posterior-mean-equal-tailed',
    scale,
    standardError: sd,
    degreesOfFreedom: null,
  }
}

function checkPrior(prior: NormalPrior | undefined): void {
  if (prior === undefined) return
  const { mean = 0, sd, scale } = prior ?? {}
  if (!Number.isFinite(mean) || !(Number(sd) > 0 && Number(sd) < Infinity))
    throw badPrior(
      `a normal prior needs a finite mean and a finite sd above 0, got ${mean} and ${String(sd)}`,
      {
        mean,
        sd,
      },
    )
  if (scale !== 'difference' && scale !== 'relative')
    throw badPrior("the prior's scale must be 'difference' or 'relative'", { scale })
}

/** An error about a prior. */
export function badPrior(message: string, details: Record<string, unknown>) {
  return invalid('abtest.invalid-prior', message, details)
}
