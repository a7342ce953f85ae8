import type { Summary, Warning } from '@mlops/core'
import { formatNumber, withDisplay } from '@mlops/core'
import type { BayesianReadout, Effect, ExpectedLoss } from '../readout.ts'
import { bad, oneOf } from './analysis-options.ts'
import { effectInWords } from './conclude.ts'

/** When a posterior decides. */
export interface DecisionOptions {
  /** P(better) from which on the treatment passes, P(worse) from which on it fails. @default 0.95 */
  readonly decideAt?: number
  /** Largest expected loss of taking the treatment at which it passes, on the `scale`. @default none */
  readonly maxLoss?: number
  /** Differences inside [lower, upper] are practically none. @default none */
  readonly rope?: { readonly lower: number; readonly upper: number }
  /** What loss and region are about: the difference, or the relative effect. @default 'difference' */
  readonly scale?: 'difference' | 'relative'
}

/** The rule with its defaults. */
export interface Decision {
  readonly decideAt: number
  readonly maxLoss: number | undefined
  readonly rope: { readonly lower: number; readonly upper: number } | undefined
  readonly scale: 'difference' | 'relative'
}

/** @throws `invalid` `abtest.invalid-option` */
export function checkDecision(options: DecisionOptions): Decision {
  if (typeof options !== 'object' || options === null)
    throw bad('the options must be an object', {})
  const { decideAt = 0.95, maxLoss, rope, scale = 'difference' } = options
  if (!(decideAt > 0.5 && decideAt < 1))
    throw bad(`decideAt must lie between 0.5 and 1, got ${String(decideAt)}`, { decideAt })
  if (maxLoss !== undefined && !(maxLoss > 0))
    throw bad(`maxLoss must be a number above 0, got ${String(maxLoss)}`, { maxLoss })
  if (rope !== undefined && !(rope?.lower < rope?.upper))
    throw bad('rope must be { lower, upper } with lower < upper', { rope })
  oneOf('scale', scale, ['difference', 'relative'])
  return { decideAt, maxLoss, rope, scale }
}

/** A posterior, and what it is of. */
export interface Posterior
  extends Pick<
    BayesianReadout,
    'kind' | 'analysis' | 'model' | 'alpha' | 'metric' | 'arms' | 'scale' | 'prior' | 'status'
  > {
  readonly guards: readonly Warning[]
  /** P(treatment > control). */
  readonly probabilityGreater?: number
  /** Lost by each choice where higher is better. */
  readonly loss?: ExpectedLoss
  /** P(effect on the scale <= x). */
  readonly cdf?: (x: number) => number
  readonly effect?: Effect | null
  readonly relativeEffect?: Effect | null
  /** Why there is no result. */
  readonly why?: string
}

/** Puts the readout together: turned to the better side, and decided. */
export function decided(found: Posterior, decision: Decision): BayesianReadout {
  const {
    guards,
    probabilityGreater,
    loss,
    cdf,
    why,
    effect = null,
    relativeEffect = null,
    ...head
  } = found
  const higher = head.metric.better === 'higher'
  const better =
    probabilityGreater === undefined ? null : higher ? probabilityGreater : 1 - probabilityGreater
  const expectedLoss =
    loss === undefined ? null : higher ? loss : { control: loss.treatment, treatment: loss.control }
  const { rope, decideAt, maxLoss } = decision
  const inside = rope && cdf ? cdf(rope.upper) - cdf(rope.lower) : null
  const { verdict, said } = judge(better, expectedLoss, inside, decision)
  const missing: Warning[] =
    head.status === 'ok'
      ? []
      : [
          {
            code: head.status === 'undefined' ? 'zero-variance' : 'too-few-values',
            message: why ?? 'there are too few units: the posterior would be the prior.',
          },
        ]
  const readout: BayesianReadout = {
    ...head,
    verdict: guards.length > 0 || head.status !== 'ok' ? 'inconclusive' : verdict,
    probabilityBetter: better,
    expectedLoss,
    effect,
    relativeEffect,
    rope: rope === undefined ? null : { ...rope, probability: inside },
    reasons: [
      ...guards.map(({ message }) => message),
      ...missing.map(({ message }) => message),
      ...(effect === null
        ? []
        : [`${head.metric.name}: ${effectInWords(effect, relativeEffect, head.arms)}`]),
      ...(head.status === 'ok' ? [said] : []),
    ],
    adjustments: [
      head.prior,
      `decides at a probability of ${decideAt}${maxLoss === undefined ? '' : ` and a loss below ${formatNumber(maxLoss)}`}; read again and again until it decides, it errs more often than 1 − ${decideAt} says`,
    ],
    warnings: [...guards, ...missing],
  }
  return withDisplay(readout, summarise)
}

function judge(
  better: number | null,
  loss: ExpectedLoss | null,
  inside: number | null,
  { decideAt, maxLoss }: Decision,
): { verdict: BayesianReadout['verdict']; said: string } {
  if (better === null) return { verdict: 'inconclusive', said: '' }
  const p = `P(better) = ${formatNumber(better)}`
  if (inside !== null && inside >= decideAt)
    return {
      verdict: 'inconclusive',
      said: `the arms are practically equivalent (P(inside the region) = ${formatNumber(inside)})`,
    }
  if (better >= decideAt) {
    const cost = loss?.treatment ?? 0
    return maxLoss !== undefined && cost > maxLoss
      ? {
          verdict: 'inconclusive',
          said: `the treatment is probably better (${p}), but its expected loss of ${formatNumber(cost)} is above ${formatNumber(maxLoss)}`,
        }
      : {
          verdict: 'pass',
          said: `the treatment is better (${p}, expected loss ${formatNumber(cost)})`,
        }
  }
  return better <= 1 - decideAt
    ? { verdict: 'fail', said: `the treatment is worse (${p})` }
    : { verdict: 'inconclusive', said: `neither is shown to be better (${p})` }
}

function summarise(readout: BayesianReadout): Summary {
  return {
    title: `${readout.metric.name} (${readout.metric.better} is better), Bayesian (${readout.model})`,
    verdict: readout.verdict,
    lines: [...readout.reasons, ...readout.adjustments],
    table: {
      columns: ['arm', 'n', 'mean', 'sd'],
      rows: readout.arms.map(({ name, n, mean, sd }) => [name, n, mean, sd]),
    },
  }
}
