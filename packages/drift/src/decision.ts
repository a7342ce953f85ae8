import { invalid } from '@mlops/core'
import type { AdjustedPValues } from '@mlops/stats'
import { benjaminiHochberg, benjaminiYekutieli, bonferroni, holm } from '@mlops/stats'
import type { ColumnDecision, Distances, DriftMethod } from './report.ts'

/** How p-values are adjusted for the number of columns. */
export type Adjustment =
  | 'benjamini-hochberg'
  | 'benjamini-yekutieli'
  | 'holm'
  | 'bonferroni'
  | 'none'

/** How one column is judged. */
export interface ColumnRule {
  /** @default 'test-and-effect' */
  readonly method?: DriftMethod
  /**
   * From where on it is drift. For `test-and-effect` the smallest effect size that matters
   * (default 0.1); for `p-value` the level (default `alpha`); for a distance its value (default
   * 0.2 for PSI, 0.1 for the others).
   */
  readonly threshold?: number
}

/** What a decision is made from. */
export interface Finding {
  readonly rule: ColumnRule
  readonly pValue: number | null
  readonly effectSize: number
  readonly distances: Distances
  /** What might be instead, where the above is only the end of a bound that speaks least for drift. */
  readonly possible?: Pick<Finding, 'pValue' | 'effectSize' | 'distances'>
}

const METHODS: Readonly<
  Record<Exclude<DriftMethod, 'test-and-effect' | 'p-value'>, (d: Distances) => number | null>
> = {
  psi: (d) => d.psi,
  'kl-reference-current': (d) => d.klReferenceCurrent,
  'kl-current-reference': (d) => d.klCurrentReference,
  'jensen-shannon': (d) => d.jensenShannon,
  hellinger: (d) => d.hellinger,
  'total-variation': (d) => d.totalVariation,
  'wasserstein-normed': (d) => d.wassersteinNormed,
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

/** Refuses a rule that cannot be followed. */
export function checkRule(name: string, rule: ColumnRule): void {
  if (typeof rule !== 'object' || rule === null) {
    throw invalid('drift.invalid-option', `the rule of column '${name}' is not an object`, {
      column: name,
    })
  }
  const { method = 'test-and-effect', threshold } = rule
  const known = ['test-and-effect', 'p-value', ...Object.keys(METHODS)]
  if (!known.includes(method)) {
    throw invalid(
      'drift.unknown-method',
      `column '${name}': there is no method '${String(method)}'; there are ${known.join(', ')}`,
      { column: name, method, known },
    )
  }
  const bounded = method === 'test-and-effect' || method === 'p-value'
  if (
    threshold !== undefined &&
    !(threshold > 0 && threshold < (bounded ? 1 : Number.POSITIVE_INFINITY))
  ) {
    throw invalid(
      'drift.invalid-option',
      `column '${name}': threshold must be > 0${bounded ? ' and < 1' : ''}, got ${threshold}`,
      { column: name, threshold },
    )
  }
}

/** Judges all columns together: p-values are adjusted over the columns that are judged by one. */
export function decide(
  findings: readonly Finding[],
  { alpha, adjustment }: { readonly alpha: number; readonly adjustment: Adjustment },
): ColumnDecision[] {
  const tested = findings.flatMap((finding, at) =>
    finding.pValue !== null && usesTest(finding.rule) ? [at] : [],
  )
  const { adjusted } = ADJUST[adjustment](
    tested.map((at) => findings[at]!.pValue!),
    { alpha },
  )
  const adjustedOf = new Map(tested.map((at, i) => [at, adjusted[i]!]))
  return findings.map((finding, at) => decideOne(finding, adjustedOf.get(at) ?? null, alpha))
}

/** How many of the columns are judged by a p-value. */
export function countTests(findings: readonly Finding[]): number {
  return findings.filter((finding) => finding.pValue !== null && usesTest(finding.rule)).length
}

function usesTest({ method = 'test-and-effect' }: ColumnRule): boolean {
  return method === 'test-and-effect' || method === 'p-value'
}

function decideOne(
  { rule, pValue, effectSize, distances }: Finding,
  adjustedPValue: number | null,
  alpha: number,
): ColumnDecision {
  const { method = 'test-and-effect' } = rule
  const common = { method, pValue, adjustedPValue, alpha }
  if (method === 'p-value') {
    const threshold = rule.threshold ?? alpha
    return {
      ...common,
      alpha: threshold,
      value: adjustedPValue,
      threshold,
      direction: '<',
      drifted: adjustedPValue !== null && adjustedPValue < threshold,
    }
  }
  if (method === 'test-and-effect') {
    const threshold = rule.threshold ?? DEFAULT_EFFECT
    const significant = adjustedPValue !== null && adjustedPValue < alpha
    return {
      ...common,
      value: effectSize,
      threshold,
      direction: '>=',
      drifted: significant && effectSize >= threshold,
    }
  }
  const threshold = rule.threshold ?? (method === 'psi' ? 0.2 : 0.1)
  const value = METHODS[method](distances)
  return {
    ...common,
    value,
    threshold,
    direction: '>=',
    drifted: value !== null && value >= threshold,
  }
}
