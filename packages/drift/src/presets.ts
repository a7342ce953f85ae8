import type { ColumnType } from '@mlops/core'
import type { ConventionName } from '@mlops/stats'
import type { Adjustment } from './decision.ts'
import type { ColumnRule } from './rule.ts'

/** What a tool's own rules look at when they choose how to judge a column. */
export interface ColumnFacts {
  readonly type: ColumnType
  readonly referenceCount: number
  /** Different values of both sides together, counted up to 6. */
  readonly distinct: number
}

/** How a tool judges a whole table. */
export interface Preset {
  readonly ruleOf: (facts: ColumnFacts) => ColumnRule
  readonly adjustment: Adjustment
  /** From this share of drifted columns on, or this number of them, the table drifted. */
  readonly failShare?: number
  readonly failCount?: number
}

const isNumber = ({ type }: ColumnFacts) => type === 'numeric'
const isCategory = ({ type }: ColumnFacts) => type === 'categorical' || type === 'boolean'

/** One rule for numbers, one for categories; columns that the tool does not know are judged as usual. */
const byKind =
  (numbers: ColumnRule, categories: ColumnRule): Preset['ruleOf'] =>
  (facts) =>
    isNumber(facts) ? numbers : isCategory(facts) ? categories : {}

/**
 * How Evidently chooses by the size of the reference and the number of different values: tests up to
 * 1000 rows, distances beyond.
 *
 * Input: type, reference rows, different values of both sides.
 * Output: the rule, and the name the tool gives it. For texts it trains a classifier; here they are
 * judged by the library's own comparison, and only the name is the tool's.
 *
 * @example
 * ```ts
 * import { evidentlyRule } from '@mlops/drift'
 *
 * const { rule, name } = evidentlyRule({ type: 'numeric', referenceCount: 5000, distinct: 6 })
 * console.log(name, rule.method, rule.threshold) // wasserstein wasserstein-normed 0.1
 * ```
 * Source: Evidently 0.7, `calculations/stattests/registry.py`.
 */
export function evidentlyRule({ type, referenceCount, distinct }: ColumnFacts): {
  readonly name: string
  readonly rule: ColumnRule
} {
  const convention = 'evidently'
  const small = referenceCount <= 1000
  if (type === 'text')
    return { name: small ? 'perc_text_content_drift' : 'abs_text_content_drift', rule: {} }
  if (type === 'datetime' || type === 'embedding') return { name: 'none', rule: {} }
  const many = type === 'numeric' && distinct > 5
  if (!small) {
    return many
      ? { name: 'wasserstein', rule: { method: 'wasserstein-normed', threshold: 0.1, convention } }
      : { name: 'jensenshannon', rule: { method: 'jensen-shannon', threshold: 0.1, convention } }
  }
  if (many)
    return { name: 'ks', rule: { method: 'ks', threshold: 0.05, direction: '<=', convention } }
  return distinct <= 2
    ? { name: 'z', rule: { method: 'two-proportion-z', threshold: 0.05, convention } }
    : {
        name: 'chisquare',
        rule: { method: 'chi-square-goodness-of-fit', threshold: 0.05, convention },
      }
}

/** Each tool's choice of method, threshold and table rule. None of them corrects for many columns. */
export const presets: Readonly<Record<ConventionName, Preset>> = {
  classical: {
    ruleOf: byKind(
      { method: 'psi', threshold: 0.2, convention: 'classical' },
      { method: 'psi', threshold: 0.2, convention: 'classical' },
    ),
    adjustment: 'none',
    failShare: 0.5,
  },
  evidently: {
    ruleOf: (facts) => evidentlyRule(facts).rule,
    adjustment: 'none',
    failShare: 0.5,
  },
  nannyml: {
    ruleOf: byKind(
      { method: 'jensen-shannon', threshold: 'learned', convention: 'nannyml' },
      { method: 'jensen-shannon', threshold: 'learned', convention: 'nannyml' },
    ),
    adjustment: 'none',
    failCount: 1,
  },
  deepchecks: {
    ruleOf: byKind(
      { method: 'ks-distance', threshold: 0.2, convention: 'deepchecks' },
      { method: 'cramers-v', threshold: 0.2, convention: 'deepchecks' },
    ),
    adjustment: 'none',
    failCount: 1,
  },
  // No thresholds of its own: the usual level.
  frouros: {
    ruleOf: byKind(
      { method: 'ks', threshold: 0.05, convention: 'frouros' },
      { method: 'chi-square', threshold: 0.05, convention: 'frouros' },
    ),
    adjustment: 'none',
    failCount: 1,
  },
  whylogs: {
    ruleOf: byKind(
      { method: 'ks', threshold: 0.05, convention: 'whylogs' },
      { method: 'chi-square-goodness-of-fit', threshold: 0.05, convention: 'whylogs' },
    ),
    adjustment: 'none',
    failCount: 1,
  },
  // The schema must state a threshold; this is the one of its examples.
  tfdv: {
    ruleOf: byKind(
      {
        method: 'jensen-shannon-divergence',
        threshold: 0.01,
        direction: '>',
        convention: 'tfdv',
      },
      { method: 'l-infinity', threshold: 0.01, direction: '>', convention: 'tfdv' },
    ),
    adjustment: 'none',
    failCount: 1,
  },
}
