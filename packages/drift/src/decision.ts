import { invalid } from '@mlops/core'
import type { AdjustedPValues } from '@mlops/stats'
import { benjaminiHochberg, benjaminiYekutieli, bonferroni, holm } from '@mlops/stats'
import type { LearnedLimit } from './reference.ts'
import type { ColumnDecision, Direction } from './report.ts'
import type { ColumnRule } from './rule.ts'
import { isDistance } from './rule.ts'

/** How p-values are adjusted for the number of columns. */
export type Adjustment =
  | 'benjamini-hochberg'
  | 'benjamini-yekutieli'
  | 'holm'
  | 'bonferroni'
  | 'none'

/** What a decision is made from. */
export interface Finding {
  readonly column: string
  readonly rule: ColumnRule
  /** Of the test that the rule names, or the usual one. */
  readonly pValue: number | null
  readonly effectSize: number
  /** Of the distance that the rule names; `null` also where it is undefined. */
  readonly distance: number | null
  /** The distance's usual threshold on these data; `null` where the rule names no distance. */
  readonly usualThreshold: number | null
  /** What might be instead, where the above is only the end of a bound that speaks least for drift. */
  readonly possible?: Pick<Finding, 'pValue' | 'effectSize' | 'distance'>
}

const ADJUST: Readonly<
  Record<Adjustment, (p: readonly number[], options: { alpha: number }) => AdjustedPValues>
> = {
  'benjamini-hochberg': benjaminiHochberg,
  'benjamini-yekutieli': benjaminiYekutieli,
  holm,
  bonferroni,
  none: (p) => ({ method: 'none', alpha: Number.NaN, adjusted: [...p], rejected: [] }),
}

/** The smallest effect that matters under `test-and-effect`, when the rule names none. */
export const DEFAULT_EFFECT = 0.1

/** Judges all columns together: p-values are adjusted over the columns that are judged by one. */
export function decide(
  findings: readonly Finding[],
  {
    alpha,
    adjustment,
    learned,
  }: {
    readonly alpha: number
    readonly adjustment: Adjustment
    readonly learned: readonly LearnedLimit[]
  },
): ColumnDecision[] {
  const tested = findings.flatMap((finding, at) =>
    finding.pValue !== null && usesTest(finding.rule) ? [at] : [],
  )
  const { adjusted } = ADJUST[adjustment](
    tested.map((at) => findings[at]!.pValue!),
    { alpha },
  )
  const adjustedOf = new Map(tested.map((at, i) => [at, adjusted[i]!]))
  return findings.map((finding, at) => {
    const context = { alpha, learned, adjustedPValue: adjustedOf.get(at) ?? null }
    return decideOne(finding, context)
  })
}

/**
 * As {@link decide}, of what is known for certain; where the other end of the bounds would be judged
 * otherwise, the column stays undecided. Both passes adjust over all columns, which never gains from
 * larger p-values.
 */
export function decideBounds(
  findings: readonly Finding[],
  options: Parameters<typeof decide>[1],
): ColumnDecision[] {
  const certain = decide(findings, options)
  if (findings.every(({ possible }) => possible === undefined)) return certain
  const possible = decide(
    findings.map((finding) => ({ ...finding, ...finding.possible })),
    options,
  )
  return certain.map((decision, at) =>
    decision.drifted === possible[at]!.drifted ? decision : { ...decision, undecided: true },
  )
}

/** How many of the columns are judged by a p-value. */
export function countTests(findings: readonly Finding[]): number {
  return findings.filter((finding) => finding.pValue !== null && usesTest(finding.rule)).length
}

function usesTest({ method = 'test-and-effect' }: ColumnRule): boolean {
  return !isDistance(method)
}

interface Context {
  readonly alpha: number
  readonly learned: readonly LearnedLimit[]
  readonly adjustedPValue: number | null
}

function decideOne(finding: Finding, context: Context): ColumnDecision {
  const { rule, pValue } = finding
  const { method = 'test-and-effect', convention } = rule
  const { adjustedPValue } = context
  const common = {
    method,
    ...(convention && { convention }),
    pValue,
    adjustedPValue,
    alpha: rule.alpha ?? context.alpha,
  }
  if (isDistance(method)) return { ...common, ...decideDistance(finding, context.learned) }
  if (method === 'test-and-effect') {
    const threshold = numeric(rule.threshold) ?? DEFAULT_EFFECT
    const { direction = '>=' } = rule
    const significant = adjustedPValue !== null && adjustedPValue < common.alpha
    return {
      ...common,
      value: finding.effectSize,
      threshold,
      direction,
      drifted: significant && lies(finding.effectSize, direction, threshold),
    }
  }
  const threshold = numeric(rule.threshold) ?? common.alpha
  const { direction = '<' } = rule
  return {
    ...common,
    alpha: threshold,
    value: adjustedPValue,
    threshold,
    direction,
    drifted: adjustedPValue !== null && lies(adjustedPValue, direction, threshold),
  }
}

function decideDistance(
  { column, rule, distance: value, usualThreshold }: Finding,
  learned: readonly LearnedLimit[],
) {
  if (rule.threshold === 'learned') {
    const { lower, upper } = limitOf(learned, column, rule)
    const { direction = '>' } = rule
    const threshold = upper ?? Number.MAX_VALUE
    const above = value !== null && lies(value, direction, threshold)
    const below = value !== null && lower !== null && value < lower
    return {
      value,
      threshold,
      direction,
      ...(lower !== null && { lower }),
      drifted: above || below,
    }
  }
  const threshold = rule.threshold ?? usualThreshold ?? 0
  // A constant reference has no scale: any distance at all is one too many.
  const direction = rule.direction ?? (threshold === 0 ? '>' : '>=')
  return {
    value,
    threshold,
    direction,
    drifted: value !== null && lies(value, direction, threshold),
  }
}

/** The learned limit that a rule asks for. */
function limitOf(
  learned: readonly LearnedLimit[],
  column: string,
  { method = 'test-and-effect', convention }: ColumnRule,
): LearnedLimit {
  const found = learned.find(
    (one) => one.column === column && one.method === method && one.convention === convention,
  )
  if (found) return found
  throw invalid(
    'drift.no-learned-threshold',
    `column '${column}': no threshold was learned for '${method}'${convention ? ` (${convention})` : ''}; learn it with learnThresholds() and keep it as \`learned\` of the reference`,
    { column, method, ...(convention && { convention }) },
  )
}

function lies(value: number, direction: Direction, threshold: number): boolean {
  switch (direction) {
    case '<':
      return value < threshold
    case '<=':
      return value <= threshold
    case '>':
      return value > threshold
    case '>=':
      return value >= threshold
  }
}

function numeric(threshold: ColumnRule['threshold']): number | undefined {
  return typeof threshold === 'number' ? threshold : undefined
}
