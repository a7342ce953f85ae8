import type { Verdict, Warning } from '@mlops/core'
import { withDisplay } from '@mlops/core'
import type { AdjustedPValues, ConfidenceInterval, TestResult } from '@mlops/stats'
import {
  benjaminiHochberg,
  benjaminiYekutieli,
  bonferroni,
  hochberg,
  holm,
  hommel,
} from '@mlops/stats'
import type {
  AbReadout,
  ArmSummary,
  Effect,
  FamilyReadout,
  FamilyRow,
  MultiplicityMethod,
} from '../readout.ts'
import { NO_EFFECT } from '../readout.ts'
import { bad, checkLevel, oneOf } from './analysis-options.ts'
import { familySummary, omnibusInWords, rowInWords } from './family-words.ts'
import { waldInterval } from './wald.ts'

/** One comparison of a family. */
export interface FamilyMember {
  readonly readout: AbReadout
  /**
   * `success`: the treatment should be better; adjusted with the others. `guardrail`: it must not be
   * worse; give the readout of `nonInferiority`. @default 'success'
   */
  readonly role?: 'success' | 'guardrail'
  /** Name of the treatment arm. @default 'treatment' */
  readonly arm?: string
}

export interface FamilyOptions {
  /** Over the success metrics of all arms. @default 'holm' */
  readonly adjust?: MultiplicityMethod
  /** Level of the whole family. @default 0.05 */
  readonly alpha?: number
}

const ADJUST: Readonly<
  Record<
    Exclude<MultiplicityMethod, 'none'>,
    (p: readonly number[], o: { alpha: number }) => AdjustedPValues
  >
> = {
  bonferroni,
  holm,
  hochberg,
  hommel,
  'benjamini-hochberg': benjaminiHochberg,
  'benjamini-yekutieli': benjaminiYekutieli,
}

/**
 * Judges several metrics, or several arms against control, as one family.
 *
 * Success metrics times arms are adjusted for each other. Guardrails are apart: each must hold by itself,
 * so none of them needs a smaller level (several guardrails cost power, not error: see
 * `familyCorrections`). An arm passes when a success metric is better after the adjustment, none is
 * worse, and every guardrail holds; it fails when a success metric is worse or a guardrail is broken.
 *
 * Input: readouts of any comparison, each with its role. Output: a {@link FamilyReadout}. Adjusted
 * intervals are simultaneous: level 1 − alpha/m (valid for Bonferroni to Hommel); for the false discovery
 * rate level 1 − R·alpha/m for the R that were selected, and `null` for the others (Benjamini-Yekutieli:
 * divided by Σ1/k). A test without p-value is left out of the family, and named. Cost: O(m²) at most.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { compareArms, nonInferiority, readFamily } from '@mlops/abtest'
 *
 * const metric = (name: string) => ({ metric: { name, better: 'higher' as const } })
 * const sales = compareArms({ successes: 500, n: 10_000 }, { successes: 585, n: 10_000 }, metric('sales'))
 * const visits = compareArms({ n: 10_000, mean: 3.1, variance: 9 }, { n: 10_000, mean: 3.15, variance: 9 }, metric('visits'))
 * const speed = compareArms({ n: 10_000, mean: 50, variance: 100 }, { n: 10_000, mean: 49.9, variance: 100 }, metric('speed'))
 * const family = readFamily([
 *   { readout: sales },
 *   { readout: visits },
 *   { readout: nonInferiority(speed, { margin: 0.01, scale: 'relative' }), role: 'guardrail' },
 * ])
 * console.log(family.verdict, family.rows.map((row) => row.adjustedPValue?.toFixed(4)))
 * // pass [ '0.0159', '0.2386', '0.0023' ]
 * ```
 * Source: Holm 1979 and others (`@mlops/stats`); guardrails: Schultzberg, Ankargren & Frånberg 2024;
 * intervals of selected rows: Benjamini & Yekutieli 2005.
 */
export function readFamily(
  members: readonly FamilyMember[],
  options: FamilyOptions = {},
): FamilyReadout {
  return familyOf(members, options, guardsOf(members))
}

/** {@link readFamily} with the warnings that make all of it unbelievable, and a test of all arms at once. */
export function familyOf(
  members: readonly FamilyMember[],
  options: FamilyOptions,
  guards: readonly Warning[],
  omnibus?: TestResult,
): FamilyReadout {
  if (typeof options !== 'object' || options === null)
    throw bad('the options must be an object', {})
  const { adjust = 'holm', alpha = 0.05 } = options
  oneOf('adjust', adjust, ['none', ...(Object.keys(ADJUST) as (keyof typeof ADJUST)[])])
  checkLevel(alpha)
  const success = members.filter(({ role = 'success' }) => role === 'success')
  const tested = success.filter(({ readout }) => readout.test.pValue !== null)
  const p = tested.map(({ readout }) => readout.test.pValue!)
  const { adjusted, rejected } =
    adjust === 'none'
      ? { adjusted: p, rejected: p.map((value) => value <= alpha) }
      : ADJUST[adjust](p, { alpha })
  const level = levelOf(adjust, alpha, p.length, rejected.filter(Boolean).length)
  const rows = members.map((member): FamilyRow => {
    const at = tested.indexOf(member)
    const { readout, role = 'success', arm = 'treatment' } = member
    const { metric, effect, relativeEffect, test } = readout
    const row = { metric, role, arm, effect, relativeEffect, test }
    if (role === 'guardrail')
      return {
        ...row,
        adjustedPValue: test.pValue,
        adjustedInterval: effect?.interval ?? null,
        verdict: readout.verdict,
      }
    if (at < 0)
      return { ...row, adjustedPValue: null, adjustedInterval: null, verdict: 'inconclusive' }
    return {
      ...row,
      adjustedPValue: adjusted[at]!,
      adjustedInterval: intervalAt(effect, level(rejected[at]!)),
      verdict: verdictOf(readout, rejected[at]!),
    }
  })
  const arms = [...new Set(rows.map(({ arm }) => arm))]
  const verdicts = arms.map((arm) => armVerdict(rows.filter((row) => row.arm === arm)))
  const left = success.length - tested.length
  const verdict: Verdict =
    guards.length > 0
      ? 'inconclusive'
      : verdicts.includes('pass')
        ? 'pass'
        : verdicts.every((own) => own === 'fail')
          ? 'fail'
          : 'inconclusive'
  const readout: FamilyReadout = {
    kind: 'ab-readout',
    analysis: 'family',
    verdict,
    alpha,
    arms: armsOf(members),
    multiplicity: {
      method: adjust,
      tests: tested.length,
      guardrails: members.length - success.length,
    },
    armVerdicts: arms.map((arm, i) => ({ arm, verdict: verdicts[i]! })),
    rows,
    ...(omnibus !== undefined && { omnibus }),
    reasons: [
      ...guards.map(({ message }) => message),
      ...(omnibus === undefined ? [] : [omnibusInWords(omnibus, alpha)]),
      ...rows.map((row) => rowInWords(row, alpha)),
    ],
    adjustments: [
      adjust === 'none'
        ? `${tested.length} tests of success metrics, not adjusted for each other`
        : `${tested.length} tests of success metrics adjusted by ${adjust} at ${alpha}; guardrails are apart, each at its own level`,
      ...(left > 0 ? [`${left} success metrics without a p-value are not part of the family`] : []),
    ],
    warnings: [...guards, ...(omnibus?.warnings ?? [])],
  }
  return withDisplay(readout, familySummary)
}

/** The confidence level of a row that was rejected, or not. */
function levelOf(method: MultiplicityMethod, alpha: number, m: number, selected: number) {
  if (method === 'none') return () => 1 - alpha
  if (!method.startsWith('benjamini')) return () => 1 - alpha / m
  let harmonic = 1
  if (method === 'benjamini-yekutieli') for (let k = 2; k <= m; k++) harmonic += 1 / k
  return (rejected: boolean) => (rejected ? 1 - (selected * alpha) / (m * harmonic) : null)
}

function intervalAt(effect: Effect | null, level: number | null): ConfidenceInterval | null {
  if (effect === null || level === null) return null
  if (effect.interval !== null && Math.abs(effect.interval.level - level) < 1e-12)
    return effect.interval
  if (effect.standardError === null) return null
  return waldInterval(effect.value, effect.standardError, {
    confidence: level,
    df: effect.degreesOfFreedom,
  })
}

function verdictOf({ effect, metric }: AbReadout, rejected: boolean): Verdict {
  if (!rejected || effect === null || effect.value === NO_EFFECT[effect.scale])
    return 'inconclusive'
  return effect.value > NO_EFFECT[effect.scale] === (metric.better === 'higher') ? 'pass' : 'fail'
}

function armVerdict(rows: readonly FamilyRow[]): Verdict {
  if (rows.some(({ verdict }) => verdict === 'fail')) return 'fail'
  const better = rows.some(({ role, verdict }) => role === 'success' && verdict === 'pass')
  const kept = rows.every(({ role, verdict }) => role === 'success' || verdict === 'pass')
  return better && kept ? 'pass' : 'inconclusive'
}

function guardsOf(members: readonly FamilyMember[]): Warning[] {
  if (!Array.isArray(members) || members.length === 0)
    throw bad('readFamily takes a list of at least one { readout, role, arm }', {})
  const guards = new Map<string, Warning>()
  for (const [at, member] of members.entries()) {
    if (member?.readout?.analysis !== 'comparison')
      throw bad(`member ${at} holds no readout of a comparison`, { at })
    oneOf('role', member.role ?? 'success', ['success', 'guardrail'])
    const role = member.role ?? 'success'
    if (role === 'success' && member.readout.hypothesis?.kind !== 'difference')
      throw bad(
        `member ${at} is tested against a margin; a success metric needs the plain comparison, or make it a guardrail`,
        { at },
      )
    for (const warning of member.readout.warnings) {
      if (warning.code === 'abtest.sample-ratio-mismatch') guards.set(warning.message, warning)
    }
  }
  return [...guards.values()]
}

/** Each arm once, as its first member shows it. */
function armsOf(members: readonly FamilyMember[]): ArmSummary[] {
  const arms = new Map<string, ArmSummary>()
  for (const { readout, arm = 'treatment' } of members) {
    const [control, treatment] = readout.arms
    if (!arms.has('control')) arms.set('control', control)
    if (!arms.has(arm)) arms.set(arm, { ...treatment, name: arm })
  }
  return [...arms.values()]
}
