import type { Warning } from '@mlops/core'
import { twoProportionZ } from '@mlops/stats'
import { percent } from './explain.ts'
import type { ColumnReference } from './reference.ts'
import type { ColumnDrift, Distances, EffectName, SideSummary } from './report.ts'
import type { Sides } from './sides.ts'

/** From this change of the missing share on it is worth a remark. */
const MISSING_CHANGE = 0.05

/** A compared column before it is judged, or why it cannot be. */
export type ColumnComparison = Omit<
  ColumnDrift,
  'verdict' | 'decision' | 'effectSize' | 'sentence' | 'contribution' | 'role'
> & {
  readonly effect: { readonly name: EffectName; readonly value: number } | null
  /** What other measures than the usual ones are computed on; `null` for columns with parts. */
  readonly sides: Sides | null
}

/** What both kinds of comparison start from. */
export type Outline = Pick<ColumnComparison, 'name' | 'type' | 'reference' | 'current' | 'warnings'>

/** A comparison of which nothing can be said but why. */
export function notCompared(
  outline: Pick<ColumnComparison, 'name' | 'type' | 'status'> & Partial<Outline>,
  reason: string,
): ColumnComparison {
  return {
    reference: null,
    current: null,
    effect: null,
    distances: null,
    test: null,
    distribution: null,
    changes: [],
    sides: null,
    newCategories: [],
    vanishedCategories: [],
    warnings: [],
    ...outline,
    reasons: [reason],
  }
}

/** Count and missing share of a reference column, as the report shows them. */
export function sideOfReference(reference: ColumnReference): SideSummary {
  const base = sideOf(reference.count, reference.missing)
  switch (reference.type) {
    case 'numeric':
    case 'datetime':
      return { ...base, numbers: reference.summary, infinite: reference.infinite }
    case 'categorical':
    case 'boolean':
      return { ...base, distinct: reference.categories.length }
    case 'text':
      return { ...base, distinct: reference.vocabulary.words.length }
    case 'embedding':
      return { ...base, infinite: reference.infinite }
  }
}

/** How many values are there, and how many are missing. */
export function sideOf(count: number, missing: number) {
  return { count, missing, missingShare: count + missing === 0 ? 0 : missing / (count + missing) }
}

/** Both sides of a column, with a warning when values are missing at another rate. */
export function outlineOf(reference: ColumnReference, current: SideSummary) {
  return outlineBetween(reference, sideOfReference(reference), current)
}

/** As {@link outlineOf}, of two sides summed up already. */
export function outlineBetween(
  { name, type }: Pick<ColumnReference, 'name' | 'type'>,
  before: SideSummary,
  current: SideSummary,
) {
  const warnings: Warning[] = []
  const change = current.missingShare - before.missingShare
  if (Math.abs(change) >= MISSING_CHANGE && missingRateMoved(before, current)) {
    warnings.push({
      code: 'drift.missing-rate-changed',
      message: `the share of missing values went from ${percent(before.missingShare)} to ${percent(current.missingShare)}`,
    })
  }
  return { name, type, reference: before, current, warnings }
}

function missingRateMoved(before: SideSummary, after: SideSummary): boolean {
  const { pValue } = twoProportionZ(
    { successes: before.missing, n: before.missing + before.count },
    { successes: after.missing, n: after.missing + after.count },
  )
  return pValue !== null && pValue < 0.01
}

/** The remark on missing values, as a reason. */
export function missingReasons({ warnings }: { readonly warnings: readonly Warning[] }): string[] {
  return warnings
    .filter((warning) => warning.code === 'drift.missing-rate-changed')
    .map((warning) => warning.message)
}

/** Why there is too little to compare; undefined when there is enough. */
export function tooFew(
  { reference, current }: { readonly reference: SideSummary; readonly current: SideSummary },
  minCount: number,
): string | undefined {
  for (const [side, { count, missing }] of [
    ['reference', reference],
    ['current table', current],
  ] as const) {
    if (count >= minCount) continue
    if (count === 0)
      return `all ${missing} values are missing in the ${side}; there is nothing to compare`
    return `only ${count} present ${count === 1 ? 'value' : 'values'} in the ${side} (${missing} missing); at least ${minCount} are needed`
  }
  return undefined
}

/** A warning when PSI is mostly noise at these sizes. */
export function noiseWarning({ psi, psiNoise }: Distances): Warning[] {
  if (psiNoise < 0.05) return []
  return [
    {
      code: 'drift.psi-noise',
      message: `with so few rows PSI averages ${psiNoise.toFixed(3)} without any drift; ${psi.toFixed(3)} was found. Trust the test, or bring more rows`,
    },
  ]
}
