import type { ReadTableOptions } from '@mlops/core'
import { invalid } from '@mlops/core'
import type { RuleOptions } from './column-rules.ts'
import { checkRules } from './column-rules.ts'
import type { Adjustment } from './decision.ts'
import type { FitReferenceOptions } from './fit-reference.ts'

export interface CompareOptions
  extends RuleOptions,
    Pick<FitReferenceOptions, 'bins' | 'binnings'>,
    Omit<ReadTableOptions, 'name'> {
  /** Level of the tests, for all columns together. @default 0.05 */
  readonly alpha?: number
  /** How p-values are adjusted for the number of columns. @default 'benjamini-hochberg', 'none' under a preset */
  readonly adjustment?: Adjustment
  /** What columns are to the model, by role: `{ prediction: 'score', target: 'churned' }`. */
  readonly roles?: Readonly<Record<string, string>>
  /** Columns that are left out: identifiers, for example. */
  readonly ignore?: readonly string[]
  /** From this share of drifted columns on the verdict is `fail`; below it, `warn`. @default 0.5 */
  readonly failShare?: number
  /** From this number of drifted columns on the verdict is `fail` too. */
  readonly failCount?: number
  /** Fewer present values on a side are not compared. @default 10 */
  readonly minCount?: number
}

/** Refuses options that no comparison could follow. */
export function checkOptions(options: CompareOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw invalid('drift.invalid-option', `options must be an object, got ${String(options)}`, {})
  }
  const { alpha = 0.05, failShare = 0.5, failCount = 1, minCount = 10, roles = {} } = options
  const integer = (value: number) => Number.isInteger(value) && value >= 1
  const bounds: [string, number, boolean, string][] = [
    ['alpha', alpha, alpha > 0 && alpha < 1, 'lie strictly between 0 and 1'],
    ['failShare', failShare, failShare > 0 && failShare <= 1, 'be > 0 and <= 1'],
    ['failCount', failCount, integer(failCount), 'be an integer >= 1'],
    ['minCount', minCount, integer(minCount), 'be an integer >= 1'],
  ]
  for (const [name, value, fine, must] of bounds) {
    if (!fine)
      throw invalid('drift.invalid-option', `${name} must ${must}, got ${value}`, { [name]: value })
  }
  checkRules(options)
  const taken = new Set<string>()
  for (const [role, column] of Object.entries(roles)) {
    if (!taken.has(column)) taken.add(column)
    else
      throw invalid(
        'drift.invalid-option',
        `roles: column '${column}' has two roles, '${role}' is the second; a column has one`,
        { column, role },
      )
  }
}
