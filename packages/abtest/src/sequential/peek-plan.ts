import type { Clock, Digest, Verdict, Warning } from '@mlops/core'
import { formatNumber, invalid, isoTime, MlopsError, withDisplay } from '@mlops/core'
import type { ArmData } from '../analysis/arm-data.ts'
import { armSummaries } from '../analysis/arm-summaries.ts'
import { given } from '../given.ts'
import { requireClock } from '../plan-seal.ts'
import type { ArmSummary, Estimate } from '../readout.ts'
import type { EarlierLook } from './always-valid.ts'
import { asymptoticSequence } from './asymptotic-sequence.ts'
import { groupSequentialBounds, oneOf } from './bounds.ts'
import { groupSequentialInference } from './inference.ts'
import { mixtureSprt } from './mixture-sprt.ts'
import type { AllocationPhase, AnytimeSampleRatio } from './sample-ratio-sequence.ts'
import { anytimeSampleRatio } from './sample-ratio-sequence.ts'
import type { SequentialPlan } from './sequential-plan.ts'
import { checkSealed } from './sequential-plan.ts'

/** What was seen of a plan; keep it with the plan, and give it to the next look. Plain JSON. */
export interface PeekHistory {
  readonly planDigest: Digest
  readonly looks: readonly {
    readonly at: string
    /** Units used, control first. */
    readonly n: readonly [number, number]
    readonly stopped: boolean
  }[]
  readonly earlier: EarlierLook | null
  readonly sampleRatioP: number
}

/** A look at a running experiment. Plain JSON. */
export interface PeekReadout {
  readonly kind: 'ab-peek'
  /** `pass`: the treatment is better; `fail`: it is worse; `inconclusive`: go on, or the data cannot be trusted. */
  readonly verdict: Verdict
  readonly decision: 'stop' | 'continue'
  readonly look: number
  readonly metric: SequentialPlan['metric']
  readonly arms: readonly [ArmSummary, ArmSummary]
  /** Treatment minus control, with an interval that knows of every look. */
  readonly effect: Estimate
  /** Knows of every look, too. */
  readonly pValue: number
  readonly alpha: number
  readonly sampleRatio: AnytimeSampleRatio
  readonly adjustments: readonly string[]
  readonly reasons: readonly string[]
  readonly warnings: readonly Warning[]
  readonly plan: { readonly name: string; readonly digest: Digest; readonly registeredAt: string }
  readonly history: PeekHistory
}

export interface PeekOptions {
  readonly clock: Clock
  /** `history` of the last look; leave it out at the first one only. */
  readonly history?: PeekHistory
  /** `final`: no further look follows; a group-sequential plan spends what is left of its level. @default 'interim' */
  readonly stage?: 'interim' | 'final'
  /** Units per arm by phase, where the allocation changed on purpose. @default the units of the arms, as planned */
  readonly phases?: readonly AllocationPhase[]
}

/**
 * Looks at a sequential plan: effect, interval and p-value that hold however often one looks.
 *
 * Input: all outcomes so far and the history of earlier looks. Output: `stop` when the bound is crossed, at
 * the final stage, or when all of the level is spent; the sample-ratio check is always valid and comes before any effect. A plan that has
 * stopped stays read: a further look is refused.
 * Cost: one pass over the data; a group-sequential look integrates over the looks before.
 *
 * @throws `invalid`: `abtest.not-sequential`, `abtest.invalid-arms`; `conflict`: `abtest.plan-changed`,
 *   `abtest.too-early` below `minUnits`, `abtest.no-new-data`, `abtest.already-stopped`,
 *   `abtest.foreign-history`.
 * @example
 * ```ts
 * import { manualClock } from '@mlops/core'
 * import { peekPlan, registerSequentialPlan } from '@mlops/abtest/sequential'
 *
 * const clock = manualClock('2026-03-02T09:00:00Z')
 * const plan = registerSequentialPlan(
 *   {
 *     name: 'ranker-2',
 *     hypothesis: 'the new ranker sells more',
 *     metric: { name: 'conversion', better: 'higher' },
 *     unit: 'user',
 *     method: { kind: 'group-sequential', maxUnits: 10_000, spending: 'lan-demets-obrien-fleming' },
 *   },
 *   { clock },
 * )
 * const first = peekPlan(plan, { control: { successes: 150, n: 1500 }, treatment: { successes: 160, n: 1500 } }, { clock })
 * console.log(first.decision) // continue
 * const second = peekPlan(
 *   plan,
 *   { control: { successes: 300, n: 3000 }, treatment: { successes: 380, n: 3000 } },
 *   { clock, history: first.history },
 * )
 * console.log(second.decision, second.verdict) // stop pass
 * ```
 */
export function peekPlan(
  plan: SequentialPlan,
  data: { readonly control: ArmData; readonly treatment: ArmData },
  options: PeekOptions,
): PeekReadout {
  checkSealed(plan)
  const { control, treatment } = given(data, 'abtest.invalid-arms')
  const { history, stage = 'interim', phases } = given(options)
  const clock = requireClock(options)
  oneOf('stage', stage, ['interim', 'final'])
  checkHistory(plan, history)
  const { alpha, allocation, alternative, metric, name, digest } = plan
  const arms = armSummaries(control, treatment)
  const [c, t] = arms
  checkUnits(plan, [c.n, t.n], history)
  const { mean: cm, sd: cs } = c
  const { mean: tm, sd: ts } = t
  if (cm === null || tm === null || cs === null || ts === null || cs + ts === 0) {
    throw invalid(
      'abtest.invalid-arms',
      `the outcomes of experiment '${name}' do not vary, so nothing can be said of their difference yet`,
      { arms },
    )
  }
  const effect = tm - cm
  const standardError = Math.sqrt(cs ** 2 / c.n + ts ** 2 / t.n)
  const analysed = analyse(plan, { effect, standardError, n: [c.n, t.n], history, stage })
  const sampleRatio = anytimeSampleRatio(
    phases ?? [{ counts: arms.map((arm) => arm.n + arm.dropped), allocation }],
    // Phases are another hypothesis than the one that earlier looks tested.
    { earlierP: phases === undefined ? (history?.sampleRatioP ?? 1) : 1 },
  )
  const warnings: Warning[] = sampleRatio.mismatch
    ? [
        {
          code: 'abtest.sample-ratio-mismatch',
          message: `the arms have ${sampleRatio.counts.join(' and ')} units where ${allocation.join(' to ')} was planned (always-valid p = ${formatNumber(sampleRatio.pValue)}); find out why before believing any effect`,
        },
      ]
    : []
  const better = effect > 0 === (metric.better === 'higher')
  const shown = analysed.crossed && warnings.length === 0
  const verdict: Verdict = shown ? (better ? 'pass' : 'fail') : 'inconclusive'
  const stopped = shown || analysed.ended
  const { lower, upper } = analysed.interval
  const look = (history?.looks.length ?? 0) + 1
  const readout: PeekReadout = {
    kind: 'ab-peek',
    verdict,
    decision: stopped ? 'stop' : 'continue',
    look,
    metric,
    arms,
    effect: { value: effect, interval: analysed.interval, method: analysed.method },
    pValue: analysed.pValue,
    alpha,
    sampleRatio,
    adjustments: [
      ...analysed.adjustments,
      `look ${look} of a ${alternative === 'two-sided' ? 'two-sided' : `one-sided ('${alternative}')`} test; nothing is adjusted for several metrics`,
    ],
    reasons: [
      ...warnings.map((warning) => warning.message),
      `${metric.name}: ${formatNumber(tm)} under treatment, ${formatNumber(cm)} under control (${formatNumber(effect)}, ${formatNumber(100 * (1 - alpha))} % interval over all looks ${lower === null ? '-∞' : formatNumber(lower)} to ${upper === null ? '∞' : formatNumber(upper)})`,
      shown
        ? `the treatment is ${better ? 'better' : 'worse'} (${analysed.why})`
        : `no difference is shown ${stopped ? 'at the end' : 'yet'} (${analysed.why})`,
    ],
    warnings,
    plan: { name, digest, registeredAt: plan.registeredAt },
    history: {
      planDigest: digest,
      looks: [...(history?.looks ?? []), { at: isoTime(clock), n: [c.n, t.n], stopped }],
      earlier: analysed.earlier,
      sampleRatioP: sampleRatio.pValue,
    },
  }
  return withDisplay(readout, () => ({
    title: `Experiment '${name}', look ${look}: ${plan.hypothesis}`,
    verdict,
    lines: [...readout.reasons, ...readout.adjustments],
  }))
}

interface Seen {
  readonly effect: number
  readonly standardError: number
  readonly n: readonly [number, number]
  readonly history: PeekHistory | undefined
  readonly stage: 'interim' | 'final'
}

function analyse(plan: SequentialPlan, seen: Seen) {
  const { method, alpha, alternative } = plan
  const { effect, standardError, n, history, stage } = seen
  if (method.kind === 'group-sequential') return analyseGroups(plan, method, seen)
  const earlier = history?.earlier == null ? {} : { earlier: history.earlier }
  const found =
    method.kind === 'mixture-sprt'
      ? mixtureSprt(effect, standardError, { effectSd: method.effectSd, alpha, ...earlier })
      : asymptoticSequence(effect, standardError, {
          n: n[0] + n[1],
          tightestAt: method.tightestAt,
          alpha,
          alternative,
          ...earlier,
        })
  const pValue = found.pValue!
  return {
    method: found.method,
    interval: found.interval,
    pValue,
    crossed: pValue < alpha,
    ended: stage === 'final',
    why: `always-valid p = ${formatNumber(pValue)}, alpha = ${formatNumber(alpha)}`,
    adjustments: found.adjustments,
    earlier: { interval: found.interval, pValue },
  }
}

function analyseGroups(
  { alpha, alternative }: SequentialPlan,
  method: Extract<SequentialPlan['method'], { kind: 'group-sequential' }>,
  { effect, standardError, n, history, stage }: Seen,
) {
  const taken = [...(history?.looks.map((look) => look.n) ?? []), n]
  const bounds = groupSequentialBounds({
    looks: taken.map(([c, t]) => (c + t) / method.maxUnits),
    alpha,
    sides: alternative === 'two-sided' ? 'two' : 'one',
    spending: method.spending,
    lastLook: stage === 'final' ? 'all' : 'as-planned',
  })
  const sign = alternative === 'less' ? -1 : 1
  const found = groupSequentialInference(bounds, { effect: sign * effect, standardError })
  const { z, information } = bounds.looks.at(-1)!
  const spentAll = stage === 'final' || information >= 1
  const ended = found.stopped || spentAll
  // Before the end only the repeated interval holds.
  const ends = ended ? found.interval : (found.repeatedInterval ?? { lower: null, upper: null })
  const interval = { level: 1 - alpha, lower: ends.lower, upper: ends.upper }
  const turned = {
    level: 1 - alpha,
    lower: interval.upper === null ? null : -interval.upper,
    upper: interval.lower === null ? null : -interval.lower,
  }
  const bound = z === null ? 'nothing may be spent at this look' : `bound ${formatNumber(z)}`
  return {
    method: ended ? 'group-sequential-stagewise' : 'group-sequential-repeated',
    interval: sign === 1 ? interval : turned,
    pValue: found.pValue,
    crossed: found.stopped,
    ended: spentAll,
    why: `z = ${formatNumber(sign * found.z)}, ${bound}`,
    adjustments: [
      ...bounds.adjustments,
      found.adjustments[ended ? 0 : 1]!,
      `information is ${formatNumber(100 * information)} % of the planned ${method.maxUnits} units; bounds of earlier looks stay what they were`,
    ],
    earlier: null,
  }
}

function checkHistory({ name, digest }: SequentialPlan, history: PeekHistory | undefined): void {
  if (history === undefined) return
  if (!Array.isArray(history?.looks) || typeof history.sampleRatioP !== 'number')
    throw invalid(
      'abtest.invalid-option',
      'history is what the look before returned; leave it out at the first look',
      {},
    )
  if (history.planDigest !== digest) {
    throw conflict('abtest.foreign-history', `the history is not one of plan '${name}'`, {
      digest,
      planDigest: history.planDigest,
    })
  }
  const last = history.looks.at(-1)
  if (last?.stopped !== true) return
  throw conflict(
    'abtest.already-stopped',
    `experiment '${name}' stopped at its look of ${last.at}; its result stands, and further data make another experiment`,
    { at: last.at, looks: history.looks.length },
  )
}

function checkUnits(
  { name, minUnits, unit }: SequentialPlan,
  n: readonly [number, number],
  history: PeekHistory | undefined,
): void {
  if (Math.min(...n) < minUnits) {
    throw conflict(
      'abtest.too-early',
      `experiment '${name}' has ${n.join(' and ')} units (${unit}); its first look needs ${minUnits} in each arm`,
      {
        have: { control: n[0], treatment: n[1] },
        need: { control: minUnits, treatment: minUnits },
      },
    )
  }
  const before = history?.looks.at(-1)?.n
  if (before === undefined) return
  if (n[0] >= before[0] && n[1] >= before[1] && n[0] + n[1] > before[0] + before[1]) return
  throw conflict(
    'abtest.no-new-data',
    `experiment '${name}' had ${before.join(' and ')} units at its last look and has ${n.join(' and ')} now; a look takes all outcomes, and more of them than before`,
    { before, n },
  )
}

function conflict(code: string, message: string, details: Record<string, unknown>): MlopsError {
  return new MlopsError({ kind: 'conflict', code, message, details })
}
