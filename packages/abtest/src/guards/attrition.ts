import { chiSquareContingency } from '@mlops/stats'
import type { Finding } from './finding.ts'
import {
  badArms,
  checkAlpha,
  checkOptions,
  checkUnitCounts,
  findingOf,
  GUARD_ALPHA,
  percentOf,
} from './finding.ts'

export interface AttritionOptions {
  /** @default 0.001 */
  readonly alpha?: number
}

/**
 * Differential attrition: do the arms lack outcomes equally often?
 *
 * A chi-square test of observed and missing units by arm. Outcomes that are missing more often under one arm make
 * the remaining units no longer comparable, whatever the test of the metric says: see {@link leeBounds} and
 * {@link worstCaseBounds} for what can still be said.
 *
 * Input: units assigned, and of these units with an outcome, control first. Output: `fail` for p < alpha.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`.
 * @example
 * ```ts
 * import { attrition } from '@mlops/abtest/guards'
 *
 * const { verdict, pValue } = attrition([5000, 5000], [4600, 4350])
 * console.log(verdict, pValue?.toExponential(2)) // fail 3.49e-16
 * ```
 */
export function attrition(
  assigned: readonly number[],
  observed: readonly number[],
  options: AttritionOptions = {},
): Finding {
  checkOptions(options)
  const { alpha = GUARD_ALPHA } = options
  checkAlpha(alpha)
  checkUnitCounts('assigned', assigned)
  checkUnitCounts('observed', observed)
  if (assigned.length !== observed.length || observed.some((n, arm) => n > assigned[arm]!))
    throw badArms('observed must be at most assigned, arm by arm', { assigned, observed })
  const missing = assigned.map((n, arm) => n - observed[arm]!)
  const shares = missing.map((n, arm) =>
    assigned[arm] === 0 ? '–' : percentOf(n / assigned[arm]!),
  )
  const lacking = `${shares.join(' and ')} of the units have no outcome`
  if (missing.every((n) => n === 0) && assigned.every((n) => n > 0)) {
    return {
      check: 'attrition',
      verdict: 'ok',
      method: 'count',
      statistic: 0,
      pValue: null,
      alpha,
      sizes: assigned,
      message: 'every unit has an outcome',
    }
  }
  const test = chiSquareContingency([[...observed], missing])
  return findingOf('attrition', { ...test, sizes: assigned }, alpha, 'fail', {
    fine: lacking,
    alarm: `${lacking}: outcomes are lost unevenly; find out why, and report leeBounds or worstCaseBounds`,
  })
}
