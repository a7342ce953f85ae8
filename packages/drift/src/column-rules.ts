import type { ColumnType, Warning } from '@mlops/core'
import { invalid } from '@mlops/core'
import type { ConventionName } from '@mlops/stats'
import type { ColumnComparison } from './column-outline.ts'
import { presets } from './presets.ts'
import type { ColumnRule } from './rule.ts'
import { checkRule, isMeasurable } from './rule.ts'

/** How the columns of a comparison are judged. */
export interface RuleOptions {
  /** How every column is judged that nothing else names. @default { method: 'test-and-effect' } */
  readonly rule?: ColumnRule
  /** How the columns of one type are judged. */
  readonly rules?: Readonly<Partial<Record<ColumnType, ColumnRule>>>
  /** How single columns are judged. */
  readonly columns?: Readonly<Record<string, ColumnRule>>
  /**
   * Another tool's rules: its choice of method and threshold for each column, its way of computing,
   * its rule for the table. `rules` and `columns` go before it.
   */
  readonly preset?: ConventionName
}

/** Refuses rules that cannot be followed. */
export function checkRules({ rule, rules = {}, columns = {}, preset }: RuleOptions): void {
  if (rule !== undefined) checkRule('*', rule)
  for (const [name, one] of [...Object.entries(rules), ...Object.entries(columns)])
    checkRule(name, one)
  if (preset === undefined) return
  if (!Object.hasOwn(presets, preset)) {
    throw invalid(
      'drift.unknown-preset',
      `there is no preset '${String(preset)}'; there are ${Object.keys(presets).join(', ')}`,
      { preset, known: Object.keys(presets) },
    )
  }
  if (rule !== undefined) {
    throw invalid(
      'drift.invalid-option',
      'rule and preset both say how every column is judged; give one, and single exceptions as columns or rules',
      { preset },
    )
  }
}

/**
 * The rule of a column that could be compared. A method that does not exist for its type is an error
 * where the column or type was named; where it stood for all columns, this one is judged as usual.
 */
export function ruleOf(
  comparison: ColumnComparison,
  referenceCount: number,
  { rule = {}, rules = {}, columns = {}, preset }: RuleOptions,
): { readonly rule: ColumnRule; readonly warnings: readonly Warning[] } {
  const { name, type, sides, parts } = comparison
  const named = Object.hasOwn(columns, name)
    ? columns[name]
    : Object.hasOwn(rules, type)
      ? rules[type]
      : undefined
  const chosen = named ?? (preset ? presetRule(comparison, referenceCount, preset) : rule)
  const { method = 'test-and-effect' } = chosen
  const isProfiled = sides === null && !parts
  if (isProfiled || isMeasurable(method, sides?.kind ?? 'parts')) {
    return { rule: chosen, warnings: [] }
  }
  if (named) {
    throw invalid(
      'drift.method-not-applicable',
      `column '${name}': '${method}' does not exist for a ${type} column`,
      { column: name, type, method },
    )
  }
  return {
    rule: {},
    warnings: [
      {
        code: 'drift.method-not-applicable',
        message: `'${method}' does not exist for a ${type} column: it was judged by its usual test and effect size`,
      },
    ],
  }
}

function presetRule(
  { type, sides }: ColumnComparison,
  referenceCount: number,
  preset: ConventionName,
): ColumnRule {
  const distinct = sides === null ? 0 : distinctOf(sides)
  return presets[preset].ruleOf({ type, referenceCount, distinct })
}

/** Different values of both sides, up to the 6 that the rules tell apart. */
function distinctOf(sides: NonNullable<ColumnComparison['sides']>): number {
  if (sides.kind === 'categories') return sides.reference.length
  const seen = new Set<number>()
  for (const values of [sides.reference, sides.current]) {
    for (let i = 0; i < values.length && seen.size < 6; i++) seen.add(values[i]!)
  }
  return seen.size
}
