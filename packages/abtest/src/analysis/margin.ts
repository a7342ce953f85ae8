import type { Verdict, Warning } from '@mlops/core'
import { formatNumber, invalid } from '@mlops/core'
import type { ConfidenceInterval, TestResult } from '@mlops/stats'
import type { AbReadout, Effect, Metric } from '../readout.ts'
import { bad, checkLevel, oneOf } from './analysis-options.ts'
import { shown } from './build-readout.ts'
import { effectInWords } from './conclude.ts'
import { criticalValue, waldP } from './wald.ts'

export interface MarginOptions {
  /** What is tolerated, > 0: in the metric's unit, or as a share of the control's mean. */
  readonly margin: number
  /** @default 'difference' */
  readonly scale?: 'difference' | 'relative'
  /** Level of each one-sided test. @default that of the readout */
  readonly alpha?: number
}

/** An estimate that a margin can be held against. */
export type MarginEstimate = Pick<Effect, 'value' | 'standardError' | 'degreesOfFreedom'>

/** A test against a margin. */
export interface MarginTest extends TestResult {
  /** Two-sided at 1 − 2·alpha: it lies inside the margin exactly where the test finds so. */
  readonly interval: ConfidenceInterval | null
  /** `pass`: the margin is kept; `fail`: it is shown to be broken. */
  readonly verdict: Verdict
}

/**
 * Is the treatment not worse than control by more than a margin?
 *
 * `z = (d + margin)/se` where higher is better, `(margin − d)/se` where lower is; one-sided.
 *
 * Input: an {@link AbReadout} of any analysis whose effect has a standard error (means, ratios, CUPED,
 * quantiles, clusters, pairs, proportions with the unpooled one), and the margin.
 * Output: the same readout with this hypothesis, its test, and the interval at level 1 − 2·alpha.
 * `pass`: not worse by the margin; `fail`: worse by more than it. Cost: constant.
 *
 * @throws `invalid`: `abtest.invalid-option`, `abtest.no-standard-error`.
 * @example
 * ```ts
 * import { compareArms, nonInferiority } from '@mlops/abtest'
 *
 * const latency = compareArms(
 *   { n: 4000, mean: 120, variance: 900 },
 *   { n: 4000, mean: 120.5, variance: 900 },
 *   { metric: { name: 'latency', better: 'lower' } },
 * )
 * const { verdict, test } = nonInferiority(latency, { margin: 0.02, scale: 'relative' })
 * console.log(verdict, test.pValue?.toFixed(4)) // pass 0.0024
 * ```
 */
export function nonInferiority(readout: AbReadout, options: MarginOptions): AbReadout {
  return heldAgainst('non-inferiority', readout, options)
}

/**
 * Do the arms differ by less than a margin, either way? Two one-sided tests (TOST).
 *
 * `p = max(P(Z >= (d + margin)/se), P(Z <= (d − margin)/se))`.
 *
 * Input, output, cost and errors as for {@link nonInferiority}. `pass`: equivalent; `fail`: shown to
 * differ by more than the margin. Pairs: give it the readout of `comparePairs`.
 *
 * @example
 * ```ts
 * import { comparePairs, equivalence } from '@mlops/abtest'
 *
 * const champion = [0.30, 0.42, 0.25, 0.38, 0.51, 0.33]
 * const quantised = [0.31, 0.41, 0.26, 0.38, 0.50, 0.34]
 * console.log(equivalence(comparePairs(champion, quantised), { margin: 0.02 }).verdict) // pass
 * ```
 * Source: Schuirmann 1987.
 */
export function equivalence(readout: AbReadout, options: MarginOptions): AbReadout {
  return heldAgainst('equivalence', readout, options)
}

/**
 * {@link nonInferiority} or {@link equivalence} of a bare estimate with its standard error.
 *
 * Input: the estimate (degrees of freedom `null`: normal), metric direction, margin and level. Output:
 * the test with its interval and verdict; a standard error of 0 is `undefined`. Cost: constant.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { marginTest } from '@mlops/abtest'
 *
 * const { statistic, pValue, verdict } = marginTest(
 *   { value: -0.004, standardError: 0.003, degreesOfFreedom: null },
 *   { kind: 'non-inferiority', better: 'higher', margin: 0.01, alpha: 0.05 },
 * )
 * console.log(statistic, pValue?.toFixed(4), verdict) // 2 0.0228 pass
 * ```
 */
export function marginTest(
  estimate: MarginEstimate,
  options: {
    readonly kind: 'non-inferiority' | 'equivalence'
    readonly better: Metric['better']
    readonly margin: number
    readonly alpha: number
  },
): MarginTest {
  const { kind, better, margin, alpha } = options ?? {}
  oneOf('kind', kind, ['non-inferiority', 'equivalence'])
  oneOf('better', better, ['higher', 'lower'])
  if (!(margin > 0 && margin < Infinity))
    throw bad(`margin must be a finite number above 0, got ${String(margin)}`, { margin })
  checkLevel(alpha)
  if (alpha >= 0.5)
    throw bad(`alpha of a one-sided test must be below 0.5, got ${alpha}`, { alpha })
  const { value, standardError: se, degreesOfFreedom: df } = estimate ?? {}
  if (!Number.isFinite(value) || !(se === null || se >= 0))
    throw bad('the estimate must be { value, standardError, degreesOfFreedom }', {})
  const outline = {
    method: `${kind}-${df === null ? 'z' : 't'}`,
    alternative: kind === 'equivalence' ? 'two-sided' : better === 'higher' ? 'greater' : 'less',
    sizes: [],
    dropped: [],
    effectSize: null,
  } as const
  if (se === null || se === 0)
    return {
      ...outline,
      status: 'undefined',
      statistic: null,
      pValue: null,
      interval: null,
      verdict: 'inconclusive',
      warnings: [{ code: 'zero-variance', message: 'the estimate has no standard error above 0.' }],
    }
  const [above, below] = [(value + margin) / se, (value - margin) / se]
  const p = { above: waldP(above, df, 'greater'), below: waldP(below, df, 'less') }
  const one = better === 'higher' ? 'above' : 'below'
  const pValue = kind === 'equivalence' ? Math.max(p.above, p.below) : p[one]
  // Shown to be broken: the opposite one-sided test of the margin at the same level.
  const broken =
    kind === 'equivalence' ? Math.min(1 - p.above, 1 - p.below) < alpha : 1 - p[one] < alpha
  const reach = criticalValue(1 - 2 * alpha, df) * se
  const nearest = p.above >= p.below ? above : below
  return {
    ...outline,
    status: 'ok',
    statistic: kind === 'equivalence' ? nearest : better === 'higher' ? above : -below,
    pValue,
    interval: { level: 1 - 2 * alpha, lower: value - reach, upper: value + reach },
    verdict: pValue < alpha ? 'pass' : broken ? 'fail' : 'inconclusive',
    warnings: [],
  }
}

function heldAgainst(
  kind: 'non-inferiority' | 'equivalence',
  readout: AbReadout,
  options: MarginOptions,
): AbReadout {
  if (readout?.kind !== 'ab-readout' || readout.analysis !== 'comparison')
    throw bad(`${kind} takes the readout of a comparison, as compareArms returns it`, {})
  if (typeof options !== 'object' || options === null) throw bad('pass { margin }', {})
  const { margin, scale = 'difference', alpha = readout.alpha } = options
  oneOf('scale', scale, ['difference', 'relative'])
  const effect = scale === 'difference' ? readout.effect : readout.relativeEffect
  const hypothesis = { kind, margin, scale }
  // Checked before anything else is told: a wrong margin is wrong without data, too.
  const { better } = readout.metric
  const asked = { kind, better, margin, alpha }
  if (effect === null) {
    marginTest({ value: 0, standardError: 1, degreesOfFreedom: null }, asked)
    const message =
      readout.test.status === 'ok'
        ? 'there is no relative effect: the control’s mean is 0, or its sign is unsure'
        : `there is no effect to hold against the margin: ${readout.test.warnings[0]?.message ?? readout.test.status}`
    const status = readout.test.status === 'ok' ? 'undefined' : readout.test.status
    const test: TestResult = {
      ...readout.test,
      method: kind,
      status,
      statistic: null,
      pValue: null,
      warnings: [{ code: 'no-effect', message }],
    }
    return concluded(readout, { hypothesis, test, alpha, verdict: 'inconclusive', said: message })
  }
  if (effect.standardError === null || effect.scale !== scale)
    throw invalid(
      'abtest.no-standard-error',
      `the effect by '${effect.method}' on the scale '${effect.scale}' has no standard error of a ${scale}; use a test of means, ratios or proportions`,
      { method: effect.method, scale: effect.scale },
    )
  const { interval, verdict, ...test } = marginTest(effect, asked)
  const { sizes, dropped } = readout.test
  const bound = `${scale === 'relative' ? `${formatNumber(margin * 100)} %` : formatNumber(margin)}`
  const p = test.pValue === null ? '' : ` (p = ${formatNumber(test.pValue)}, alpha = ${alpha})`
  const said = {
    pass:
      kind === 'equivalence'
        ? `the arms differ by less than ${bound}${p}`
        : `the treatment is not worse by ${bound}${p}`,
    fail: `the margin of ${bound} is broken${p}`,
    inconclusive: `neither within nor beyond the margin of ${bound}${p}`,
    warn: '',
  }[verdict]
  return concluded(
    readout,
    { hypothesis, test: { ...test, sizes, dropped }, alpha, verdict, said },
    { ...effect, interval },
  )
}

function concluded(
  readout: AbReadout,
  found: {
    readonly hypothesis: AbReadout['hypothesis'] & { readonly scale: 'difference' | 'relative' }
    readonly test: TestResult
    readonly alpha: number
    readonly verdict: Verdict
    readonly said: string
  },
  effect: Effect | null = null,
): AbReadout {
  const { hypothesis, test, alpha, verdict, said } = found
  const own = new Set(readout.test.warnings.map(({ code }) => code))
  const kept = readout.test.status === 'ok' ? readout.test.warnings : []
  const guards: Warning[] = readout.warnings.filter(({ code }) => !own.has(code))
  const held = {
    effect: hypothesis.scale === 'difference' ? (effect ?? readout.effect) : readout.effect,
    relativeEffect:
      hypothesis.scale === 'relative' ? (effect ?? readout.relativeEffect) : readout.relativeEffect,
  }
  const words =
    held.effect === null
      ? []
      : [`${readout.metric.name}: ${effectInWords(held.effect, held.relativeEffect, readout.arms)}`]
  return shown({
    ...readout,
    ...held,
    hypothesis,
    test,
    alpha,
    verdict: guards.length > 0 ? 'inconclusive' : verdict,
    reasons: [...guards.map(({ message }) => message), ...words, said],
    adjustments: [
      ...readout.adjustments.slice(0, -1),
      `${hypothesis.kind} by ${hypothesis.kind === 'equivalence' ? 'two one-sided tests' : 'a one-sided test'} at ${alpha}; the interval of the ${hypothesis.scale === 'relative' ? 'relative effect' : 'difference'} is two-sided at ${formatNumber(100 * (1 - 2 * alpha))} %`,
    ],
    warnings: [...guards, ...kept, ...test.warnings],
  })
}
