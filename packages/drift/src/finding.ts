import { invalid, MlopsError } from '@mlops/core'
import type { TestResult } from '@mlops/stats'
import type { ColumnComparison } from './column-outline.ts'
import { speaker } from './column-parts.ts'
import { DEFAULT_EFFECT, type Finding } from './decision.ts'
import { distanceMethods } from './distance-methods.ts'
import type {
  DistanceMethod,
  Distances,
  DriftMethod,
  EffectName,
  EstimateBounds,
  PartDrift,
} from './report.ts'
import type { ColumnRule } from './rule.ts'
import { isDistance, isNamedTest, recipeOf } from './rule.ts'
import type { Sides } from './sides.ts'
import { speakerBounds } from './speaker-bounds.ts'
import { testMethods } from './test-methods.ts'

/** A finding with what the report shows of it. */
export interface Measured {
  readonly finding: Finding
  /** The test that was chosen, or the usual one; `null` for columns with parts. */
  readonly test: TestResult | null
  readonly effect: { readonly name: EffectName; readonly value: number; readonly part?: string }
  /** Of a column with parts that are estimates. */
  readonly bounds?: EstimateBounds
}

/** What a rule has to go by in a column that could be compared. */
export function measure(comparison: ColumnComparison, rule: ColumnRule): Measured {
  const { name: column, parts, sides } = comparison
  const { method = 'test-and-effect' } = rule
  if (parts) return measureParts(column, parts, rule)
  if (sides === null) return measureProfiled(comparison, rule)
  const effect = comparison.effect!
  const test = isNamedTest(method)
    ? jsonResult(testMethods[method].test(sides, recipeOf(rule)))
    : comparison.test!
  return {
    finding: {
      column,
      rule,
      pValue: test.pValue,
      effectSize: effect.value,
      distance: isDistance(method) ? distanceOf(sides, method, rule) : null,
      usualThreshold: isDistance(method) ? usualThreshold(method, sides) : null,
    },
    test,
    effect,
  }
}

function measureParts(column: string, parts: readonly PartDrift[], rule: ColumnRule): Measured {
  const { method = 'test-and-effect', threshold } = rule
  const large = typeof threshold === 'number' ? threshold : DEFAULT_EFFECT
  const enough = method === 'test-and-effect' ? large : 0
  const part = speaker(parts, enough)!
  const known = { column, rule, distance: null, usualThreshold: null }
  const effect = { ...part.effectSize, part: part.name }
  if (parts.every(({ bounds }) => bounds === undefined)) {
    const { adjustedPValue: pValue, effectSize } = part
    return { finding: { ...known, pValue, effectSize: effectSize.value }, test: null, effect }
  }
  const { certain, possible, bounds } = speakerBounds(parts, enough)
  const distance = null
  return {
    finding: { ...known, ...certain, possible: { ...possible, distance } },
    test: null,
    effect,
    bounds,
  }
}

/** The distances that a profile tells; all others need values. */
const PROFILED = {
  psi: 'psi',
  'kl-reference-current': 'klReferenceCurrent',
  'kl-current-reference': 'klCurrentReference',
  'jensen-shannon': 'jensenShannon',
  hellinger: 'hellinger',
  'total-variation': 'totalVariation',
  wasserstein: 'wasserstein',
  'wasserstein-normed': 'wassersteinNormed',
} as const satisfies Partial<Record<DistanceMethod, keyof Distances>>

/** As {@link measure}, of a column that was compared by its profile: by figures, and bounds on them. */
function measureProfiled(comparison: ColumnComparison, rule: ColumnRule): Measured {
  const { name: column, bounds } = comparison
  const { method = 'test-and-effect' } = rule
  const distance = Object.hasOwn(PROFILED, method)
    ? PROFILED[method as keyof typeof PROFILED]
    : null
  const byTest = method === 'test-and-effect' || method === 'p-value'
  if ((distance === null && !byTest) || rule.convention !== undefined) {
    throw invalid(
      'drift.method-not-applicable',
      `column '${column}': '${method}'${rule.convention ? ` (${rule.convention})` : ''} needs the values, and a profile has none; there are test-and-effect, p-value, ${Object.keys(PROFILED).join(', ')}`,
      { column, method },
    )
  }
  const figures = {
    pValue: comparison.test!.pValue,
    effectSize: comparison.effect!.value,
    distance: distance && comparison.distances![distance],
  }
  const at = (end: 0 | 1) => ({
    pValue: bounds!.pValue?.[end === 0 ? 1 : 0] ?? null,
    effectSize: bounds!.effectSize[end],
    distance: distance && (bounds!.distances[distance]?.[end] ?? null),
  })
  return {
    finding: {
      column,
      rule,
      ...(bounds ? { ...at(0), possible: at(1) } : figures),
      usualThreshold: distance && (distanceMethods[method as DistanceMethod].threshold as number),
    },
    test: comparison.test,
    effect: comparison.effect!,
  }
}

function usualThreshold(method: DistanceMethod, sides: Sides): number {
  const { threshold } = distanceMethods[method]
  return typeof threshold === 'number' ? threshold : threshold(sides)
}

/** A distance by its rule; `null` where it is undefined or no JSON number. */
export function distanceOf(sides: Sides, method: DriftMethod, rule: ColumnRule): number | null {
  if (!isDistance(method)) return null
  try {
    const value = distanceMethods[method].measure(sides, recipeOf(rule))
    return value === null || Number.isNaN(value) ? null : jsonNumber(value)
  } catch (error) {
    if (isUndefinedHere(error)) return null
    throw error
  }
}

/** Conventions may want more than the values give: bins of a span beyond the doubles, or a finite value. */
function isUndefinedHere(error: unknown): boolean {
  const codes = ['stats.empty-sample', 'stats.bad-bin-count', 'stats.empty-histogram']
  return error instanceof MlopsError && codes.includes(error.code)
}

/** Numbers that JSON cannot hold (a gap that lies at infinity) as null. */
function jsonResult(result: TestResult): TestResult {
  const infinite = Object.entries(result).filter(
    ([, value]) => typeof value === 'number' && !Number.isFinite(value),
  )
  return { ...result, ...Object.fromEntries(infinite.map(([key]) => [key, null])) }
}

/** An infinite distance is drift under any threshold; the largest double stands for it in JSON. */
function jsonNumber(value: number): number {
  return value === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : value
}
