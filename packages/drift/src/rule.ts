import { invalid } from '@mlops/core'
import type { ConventionName, MeasureConvention, PairBinning, Smoothing } from '@mlops/stats'
import { conventions } from '@mlops/stats'
import { distanceMethods } from './distance-methods.ts'
import type { Direction, DistanceMethod, DriftMethod, TestMethod } from './report.ts'
import type { Recipe, Sides } from './sides.ts'
import { testMethods } from './test-methods.ts'

/** How one column is judged. */
export interface ColumnRule {
  /** @default 'test-and-effect' */
  readonly method?: DriftMethod
  /**
   * From where on it is drift. For `test-and-effect` the smallest effect size that matters
   * (default 0.1); for a test the level (default `alpha`); for a distance its value (defaults in the
   * README). `'learned'`: the limit that `learnThresholds` found for this column and measure.
   */
  readonly threshold?: number | 'learned'
  /** How a value must lie to the threshold. @default '<' for tests, '>=' for distances, '>' if learned */
  readonly direction?: Direction
  /** Level of this column's test under `test-and-effect`. @default `alpha` of the comparison */
  readonly alpha?: number
  /** The tool whose way of computing the measure is meant. */
  readonly convention?: ConventionName
  /** Bins of this column's measure, instead of those of the reference or the convention. */
  readonly binning?: PairBinning
  /** What is done about empty bins. */
  readonly smoothing?: Smoothing
  /** Base of the logarithm of KL and Jensen-Shannon. @default Math.E for KL, 2 for Jensen-Shannon */
  readonly base?: number
}

const METHODS = [
  'test-and-effect',
  'p-value',
  ...Object.keys(testMethods),
  ...Object.keys(distanceMethods),
]

/** Whether the method is a distance between two distributions. */
export function isDistance(method: DriftMethod): method is DistanceMethod {
  return Object.hasOwn(distanceMethods, method)
}

/** Whether the method is a test that was chosen by name. */
export function isNamedTest(method: DriftMethod): method is TestMethod {
  return Object.hasOwn(testMethods, method)
}

/** Whether the method exists for columns of this kind: `parts` have their usual tests only. */
export function isMeasurable(method: DriftMethod, kind: Sides['kind'] | 'parts'): boolean {
  if (method === 'test-and-effect' || method === 'p-value') return true
  if (kind === 'parts') return false
  const { of } = isDistance(method) ? distanceMethods[method] : testMethods[method]
  return of === 'both' || of === kind
}

/** How the rule's method is computed. */
export function recipeOf({
  method = 'test-and-effect',
  convention,
  binning,
  smoothing,
  base,
}: ColumnRule): Recipe {
  const recipes: Readonly<Record<string, MeasureConvention>> =
    convention === undefined ? {} : conventions[convention]
  const named: Recipe = Object.hasOwn(recipes, method) ? recipes[method]! : {}
  const { cells, binning: fitted, ...rest } = named
  return {
    ...rest,
    // The reference keeps the classical bins, counted over all its rows.
    ...(fitted && convention !== 'classical' && { binning: fitted }),
    // Bins of one's own take the place of whatever the convention counts in.
    ...(cells && !binning && { cells }),
    ...(binning && { binning }),
    ...(smoothing && { smoothing }),
    ...(base !== undefined && { base }),
  }
}

/** Refuses a rule that cannot be followed. */
export function checkRule(name: string, rule: ColumnRule): void {
  const refuse = (message: string, details: Record<string, unknown>) =>
    invalid('drift.invalid-option', `column '${name}': ${message}`, { column: name, ...details })
  if (typeof rule !== 'object' || rule === null) throw refuse('the rule is not an object', {})
  const { method = 'test-and-effect', threshold, direction, alpha, convention, base } = rule
  if (!METHODS.includes(method)) {
    throw invalid(
      'drift.unknown-method',
      `column '${name}': there is no method '${String(method)}'; there are ${METHODS.join(', ')}`,
      { column: name, method, known: METHODS },
    )
  }
  const bounded = !isDistance(method)
  if (threshold === 'learned' && bounded) {
    throw refuse(
      `a threshold is learned for a distance, and '${method}' is judged by a p-value, whose level is its threshold`,
      { method },
    )
  }
  if (
    typeof threshold !== 'string' &&
    threshold !== undefined &&
    !(threshold > 0 && threshold < (bounded ? 1 : Number.POSITIVE_INFINITY))
  )
    throw refuse(`threshold must be > 0${bounded ? ' and < 1' : ''}, got ${threshold}`, {
      threshold,
    })
  if (typeof threshold === 'string' && threshold !== 'learned')
    throw refuse(`threshold must be a number or 'learned', got '${String(threshold)}'`, {
      threshold,
    })
  if (alpha !== undefined && !(alpha > 0 && alpha < 1))
    throw refuse(`alpha must lie strictly between 0 and 1, got ${alpha}`, { alpha })
  if (base !== undefined && !(base > 1 && base < Number.POSITIVE_INFINITY))
    throw refuse(`base must be > 1, got ${base}`, { base })
  if (convention !== undefined && !Object.hasOwn(conventions, convention))
    throw refuse(
      `there is no convention '${String(convention)}'; there are ${Object.keys(conventions).join(', ')}`,
      { convention },
    )
  const senses = method === 'p-value' || isNamedTest(method) ? ['<', '<='] : ['>', '>=']
  if (direction !== undefined && !senses.includes(direction))
    throw refuse(`direction must be ${senses.join(' or ')} for '${method}', got '${direction}'`, {
      direction,
    })
}
