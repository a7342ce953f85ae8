import type { Rng, Summary, Warning } from '@mlops/core'
import { formatNumber, invalid, withDisplay } from '@mlops/core'
import { normal, quantiles } from '@mlops/stats'
import { given } from '../given.ts'
import type { PolicyEstimator, Terms } from './estimators.ts'
import { estimateOf, meanOf, termsOf } from './estimators.ts'
import type { CheckedLog, LoggedColumns } from './logged-data.ts'
import { checkLog } from './logged-data.ts'

export interface PolicyValueOptions {
  /** @default 'snips' */
  readonly estimator?: PolicyEstimator
  /** Largest weight of `clipped-ips`. */
  readonly clip?: number
  /** Largest weight that `switch-dr` trusts; above it the model answers. */
  readonly tau?: number
  /** Shrinkage of `dr-os`: 0 is `dm`, infinite is `dr`. */
  readonly lambda?: number
  /** @default 0.95 */
  readonly confidence?: number
  /** Percentiles of resampled rows instead of the normal interval. */
  readonly bootstrap?: { readonly rng: Rng; readonly resamples?: number }
  /** Largest share of the target's choices that the log may say nothing about. @default 0 */
  readonly maxUnsupported?: number
}

/** The estimated value of a policy: plain JSON. */
export interface PolicyValue {
  readonly kind: 'policy-value'
  readonly method: PolicyEstimator
  /** `outside-support`: the target chooses arms that the log has no word about. `undefined`: it never chooses what was logged. */
  readonly status: 'ok' | 'insufficient-data' | 'outside-support' | 'undefined'
  /** Mean reward for each choice; null unless the status is ok. */
  readonly value: number | null
  readonly standardError: number | null
  readonly interval: {
    readonly level: number
    readonly lower: number
    readonly upper: number
    readonly method: 'normal' | 'bootstrap'
  } | null
  readonly n: number
  /** Rows left out because they have no reward. */
  readonly dropped: number
  /** (Σw)²/Σw²: as many choices of the target itself would tell as much. */
  readonly effectiveSampleSize: number | null
  /** Of target over logging probability: 1 in expectation. */
  readonly meanWeight: number | null
  readonly maxWeight: number | null
  /** Mean target probability of arms that the log says nothing about. */
  readonly unsupported: number
  /** Rows whose weight was clipped, switched off or shrunk. */
  readonly changedWeights: number
  readonly parameters: Readonly<Record<string, number>>
  readonly warnings: readonly Warning[]
}

const MODEL_BASED: readonly PolicyEstimator[] = ['dm', 'dr', 'sndr', 'switch-dr', 'dr-os']
const ESTIMATORS: readonly PolicyEstimator[] = ['ips', 'snips', 'clipped-ips', ...MODEL_BASED]
const PARAMETER: Partial<Record<PolicyEstimator, 'clip' | 'tau' | 'lambda'>> = {
  'clipped-ips': 'clip',
  'switch-dr': 'tau',
  'dr-os': 'lambda',
}

/**
 * What a policy would have earned for each choice, from the log of another policy.
 *
 * With w = target/propensity of the chosen arm, q the prediction and q̂π its mean under the target:
 * `ips` mean(w·r); `snips` Σw·r/Σw; `clipped-ips` mean(min(w, clip)·r); `dm` mean(q̂π);
 * `dr` mean(q̂π + w·(r − q)); `sndr` mean(q̂π) + Σw·(r − q)/Σw; `switch-dr` as dr where w <= tau, else
 * q̂π; `dr-os` as dr with λw/(w² + λ) for w.
 *
 * Input: {@link LoggedColumns}; predictions must come from other rows ({@link crossFittedRewards}).
 * Output: a {@link PolicyValue}. The interval is that of the central limit theorem, by the delta method
 * where weights are normalised; it holds what chance does to the sample, not the bias of clipped,
 * switched or modelled values. Where the target chooses arms that were never logged, ips, snips and
 * clipped-ips answer `outside-support`, and the others warn that they lean on the model.
 * Cost: O(n·K); 100 000 rows of 10 arms take some 5 ms. A bootstrap costs resamples times n.
 *
 * @throws `invalid`: `abtest.missing-propensity`, `abtest.bad-propensity`, `abtest.bad-policy`,
 *   `abtest.unknown-arm`, `abtest.bad-reward`, `abtest.bad-prediction`, `abtest.length-mismatch`,
 *   `abtest.invalid-option`.
 * @example
 * ```ts
 * import { policyValue } from '@mlops/abtest/bandits'
 *
 * const log = {
 *   action: [0, 1, 1, 0],
 *   reward: [1, 0, 1, 1],
 *   propensity: [0.5, 0.5, 0.5, 0.5],
 *   target: [0.2, 0.8, 0.2, 0.8, 0.2, 0.8, 0.2, 0.8],
 * }
 * const { value, effectiveSampleSize } = policyValue(log)
 * console.log(value?.toFixed(3), effectiveSampleSize?.toFixed(2)) // '0.600' '2.94'
 * ```
 * Source: Horvitz & Thompson 1952; Swaminathan & Joachims 2015 (snips); Dudík, Langford & Li 2011 (dr);
 * Wang, Agarwal & Dudík 2017 (switch); Su, Dimakopoulou, Krishnamurthy & Dudík 2020 (dr-os).
 * Differs from: Open Bandit Pipeline, which bootstraps every interval and does not ask whether the log
 * can speak of the target.
 */
export function policyValue(columns: LoggedColumns, options: PolicyValueOptions = {}): PolicyValue {
  const {
    estimator = 'snips',
    clip = Number.NaN,
    tau = Number.NaN,
    lambda = Number.NaN,
    confidence = 0.95,
    bootstrap,
    maxUnsupported = 0,
  } = given(options)
  given(columns)
  const parameters = checkOptions(estimator, { clip, tau, lambda }, confidence, columns)
  const log = checkLog(columns)
  const outline = {
    kind: 'policy-value' as const,
    method: estimator,
    n: log.n,
    dropped: log.dropped,
    unsupported: log.unsupported,
    parameters,
    ...weightsOf(log),
  }
  const status = statusOf(log, estimator, maxUnsupported)
  if (status !== 'ok') {
    return shown({
      ...outline,
      status,
      value: null,
      standardError: null,
      interval: null,
      changedWeights: 0,
      warnings: [],
    })
  }
  const terms = termsOf(estimator, log, { clip, tau, lambda })
  const { value, standardError } = estimateOf(terms)
  const z = normal.quantileSf((1 - confidence) / 2)
  const interval =
    bootstrap === undefined
      ? {
          level: confidence,
          lower: value - z * standardError,
          upper: value + z * standardError,
          method: 'normal' as const,
        }
      : {
          level: confidence,
          ...resampled(terms, confidence, bootstrap),
          method: 'bootstrap' as const,
        }
  return shown({
    ...outline,
    status,
    value,
    standardError,
    interval,
    changedWeights: terms.changed,
    warnings: warningsOf(estimator, log, outline, terms),
  })
}

function checkOptions(
  estimator: PolicyEstimator,
  given: Readonly<Record<'clip' | 'tau' | 'lambda', number>>,
  confidence: number,
  { predicted }: LoggedColumns,
): Record<string, number> {
  if (!ESTIMATORS.includes(estimator))
    throw option(`estimator must be one of ${ESTIMATORS.join(', ')}, got ${String(estimator)}`)
  if (!(confidence > 0 && confidence < 1))
    throw option(`confidence must lie strictly between 0 and 1, got ${confidence}`)
  if (predicted === undefined && MODEL_BASED.includes(estimator))
    throw option(`${estimator} needs 'predicted': see crossFittedRewards, or take ips or snips`)
  const name = PARAMETER[estimator]
  if (name === undefined) return {}
  if (!(given[name] >= 0)) throw option(`${estimator} needs ${name} >= 0, got ${given[name]}`)
  return { [name]: given[name] }
}

function statusOf(
  { n, weight, unsupported }: CheckedLog,
  estimator: PolicyEstimator,
  maxUnsupported: number,
): PolicyValue['status'] {
  if (n < 2) return 'insufficient-data'
  if (MODEL_BASED.includes(estimator) && estimator !== 'sndr') return 'ok'
  if (unsupported > maxUnsupported && estimator !== 'sndr') return 'outside-support'
  return weight.some((w) => w > 0) ? 'ok' : 'undefined'
}

function weightsOf({ n, weight }: CheckedLog) {
  let sum = 0
  let squares = 0
  let most = 0
  for (let i = 0; i < n; i++) {
    const w = weight[i]!
    sum += w
    squares += w * w
    if (w > most) most = w
  }
  return {
    effectiveSampleSize: squares > 0 ? (sum * sum) / squares : null,
    meanWeight: n > 0 ? sum / n : null,
    maxWeight: n > 0 ? most : null,
  }
}

function warningsOf(
  estimator: PolicyEstimator,
  { n, weight, unsupported }: CheckedLog,
  { effectiveSampleSize: ess, meanWeight }: ReturnType<typeof weightsOf>,
  { changed }: Terms,
): Warning[] {
  const warnings: Warning[] = []
  const warn = (code: string, message: string) => warnings.push({ code, message })
  if (unsupported > 0)
    warn(
      'abtest.outside-support',
      `${percent(unsupported)} of the target's choices are arms that the log says nothing about${MODEL_BASED.includes(estimator) ? '; there the value is what the model says' : ''}.`,
    )
  if (estimator === 'dm') {
    warn(
      'abtest.model-trusted',
      "dm believes the model: its interval holds the spread of the contexts, not the model's error.",
    )
    return warnings
  }
  if (ess === null || ess < 30 || ess < n / 100)
    warn(
      'abtest.few-effective-rows',
      `the ${n} rows tell as much as ${formatNumber(ess ?? 0)} choices of the target; the normal interval is not to be trusted.`,
    )
  let spread = 0
  for (let i = 0; i < n; i++) spread += (weight[i]! - meanWeight!) ** 2
  const error = Math.sqrt(spread / (n - 1) / n)
  if (Math.abs(meanWeight! - 1) > 4 * error + 1e-9)
    warn(
      'abtest.weights-off',
      `the weights average ${formatNumber(meanWeight!)} instead of 1, more than chance allows: the propensities are not those of the logging policy, or rows are missing.`,
    )
  if (changed > 0 && estimator !== 'dr-os')
    warn(
      'abtest.biased-by-design',
      `${changed} of ${n} weights were ${estimator === 'clipped-ips' ? 'clipped' : 'left to the model'}, which trades variance for a bias that the interval does not hold.`,
    )
  return warnings
}

/** Percentiles over resampled rows. Source: Efron & Tibshirani 1993, §13.3. */
function resampled(
  { plain, weighted, scale }: Terms,
  confidence: number,
  { rng, resamples = 1000 }: NonNullable<PolicyValueOptions['bootstrap']>,
): { lower: number; upper: number } {
  if (!(Number.isInteger(resamples) && resamples >= 2))
    throw option(`bootstrap.resamples must be an integer >= 2, got ${resamples}`)
  const n = plain.length
  const drawn = new Float64Array(resamples)
  for (let b = 0; b < resamples; b++) {
    let base = 0
    let errors = 0
    let weights = 0
    for (let i = 0; i < n; i++) {
      const at = Math.floor(rng.next() * n)
      base += plain[at]!
      if (weighted !== undefined) {
        errors += weighted[at]!
        weights += scale![at]!
      }
    }
    // A resample without any weight has no value; it counts as the mean of the sample.
    const ratio =
      weighted === undefined
        ? 0
        : weights > 0
          ? errors / weights
          : meanOf(weighted) / meanOf(scale!)
    drawn[b] = base / n + ratio
  }
  const tail = (1 - confidence) / 2
  const [lower, upper] = quantiles(drawn, [tail, 1 - tail])
  return { lower: lower!, upper: upper! }
}

function shown(result: PolicyValue): PolicyValue {
  return withDisplay(result, summarise)
}

function summarise(result: PolicyValue): Summary {
  const { method, status, value, interval, n, effectiveSampleSize: ess, unsupported } = result
  const said = {
    ok: '',
    'insufficient-data': 'two rows with a reward are needed',
    'outside-support': `${percent(unsupported)} of the target's choices are arms that the log says nothing about`,
    undefined: 'the target never chooses what was logged',
  }[status]
  return {
    title: `Policy value by ${method}`,
    lines: [
      value === null || interval === null
        ? `none: ${said}`
        : `${formatNumber(value)} for each choice (${formatNumber(100 * interval.level)} % interval ${formatNumber(interval.lower)} to ${formatNumber(interval.upper)})`,
      `${n} rows, worth ${ess === null ? 'none' : formatNumber(ess)} choices of the target`,
      ...result.warnings.map(({ message }) => message),
    ],
  }
}

function percent(share: number): string {
  return `${formatNumber(100 * share)} %`
}

function option(message: string) {
  return invalid('abtest.invalid-option', message, {})
}
