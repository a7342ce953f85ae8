import { MlopsError } from '@mlops/core'
import { chiSquareContingency } from '@mlops/stats'
import type { Finding } from './finding.ts'
import {
  badArms,
  checkAlpha,
  checkOptions,
  counted,
  findingOf,
  GUARD_ALPHA,
  percentOf,
} from './finding.ts'

/** An exposure log by columns, in the order of time: who saw which arm. */
export interface ExposureLog {
  readonly units: readonly (string | number)[]
  /** Arm of each exposure. */
  readonly arms: readonly string[]
}

export interface MultipleExposuresOptions {
  /** Arms, control first. @default those of the log, in the order of their first exposure */
  readonly arms?: readonly string[]
  /**
   * `exclude`: units seen under several arms are left out; `first`: they stay in the arm that they saw first, whose
   * effect the later arms dilute; `refuse`: an error. @default 'exclude'
   */
  readonly rule?: 'exclude' | 'first' | 'refuse'
  /** Share of such units that makes the verdict `warn`, from ten of them on. @default 0.01 */
  readonly tolerated?: number
  /** Level of the imbalance test. @default 0.001 */
  readonly alpha?: number
}

/** What an exposure log says of units that were seen under several arms. Plain JSON. */
export interface MultipleExposures {
  readonly kind: 'multiple-exposures'
  readonly rule: 'exclude' | 'first' | 'refuse'
  readonly arms: readonly string[]
  readonly units: number
  /** Units seen under several arms, in all and by the arm that they saw first. */
  readonly crossing: number
  readonly crossingByFirst: readonly number[]
  readonly share: number
  /** Units that are left to analyse, by arm. */
  readonly kept: readonly number[]
  /** Arm of each unit that is kept, in the order of first exposure. */
  readonly assignment: readonly { readonly unit: string | number; readonly arm: string }[]
  readonly finding: Finding
}

/** Fewer than these are an accident. */
const FEW = 10

/**
 * Units that were exposed to more than one arm: how many, what becomes of them, and whether one arm has more.
 *
 * Excluding them is harmless only when crossing does not depend on the arm. So a chi-square test compares, by the arm
 * that was seen first, units that crossed with units that did not; p < alpha is `fail`, under either rule.
 *
 * Input: one entry per exposure, oldest first; repeated exposures to one arm count once.
 * Output: the units to analyse, by the named rule, and the finding. Cost: one pass; memory grows with the units.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`; `conflict` `abtest.multiple-exposures` under the
 *   rule `refuse`.
 * @example
 * ```ts
 * import { multipleExposures } from '@mlops/abtest/guards'
 *
 * const { crossing, kept, finding } = multipleExposures({
 *   units: ['ann', 'bob', 'ann', 'eve', 'bob'],
 *   arms: ['control', 'treatment', 'treatment', 'control', 'treatment'],
 * })
 * console.log(crossing, kept, finding.verdict) // 1 [ 1, 1 ] ok
 * ```
 * Source: the alert at 1 % and ten units is GrowthBook's; the test is Fabijan et al. 2019's check by segment.
 */
export function multipleExposures(
  log: ExposureLog,
  options: MultipleExposuresOptions = {},
): MultipleExposures {
  checkOptions(options)
  const { rule = 'exclude', tolerated = 0.01, alpha = GUARD_ALPHA } = options
  checkAlpha(alpha)
  if (!['exclude', 'first', 'refuse'].includes(rule))
    throw badArms(`rule must be exclude, first or refuse, got ${String(rule)}`, { rule })
  if (!(typeof tolerated === 'number' && tolerated >= 0 && tolerated <= 1))
    throw badArms(`tolerated must be a share from 0 to 1, got ${String(tolerated)}`, { tolerated })
  const { first, crossed, arms } = readLog(log, options.arms)
  const total = arms.map(() => 0)
  const crossingByFirst = arms.map(() => 0)
  const kept = arms.map(() => 0)
  const assignment: { unit: string | number; arm: string }[] = []
  for (const [unit, arm] of first) {
    total[arm]!++
    if (crossed.has(unit)) crossingByFirst[arm]!++
    if (crossed.has(unit) && rule !== 'first') continue
    kept[arm]!++
    assignment.push({ unit, arm: arms[arm]! })
  }
  const crossing = crossed.size
  if (crossing > 0 && rule === 'refuse') {
    throw new MlopsError({
      kind: 'conflict',
      code: 'abtest.multiple-exposures',
      message: `${counted(crossing, 'unit')} of ${first.size} saw more than one arm; find out why, then take the rule 'exclude' or 'first'`,
      details: { crossing, units: first.size },
    })
  }
  const share = first.size === 0 ? 0 : crossing / first.size
  return {
    kind: 'multiple-exposures',
    rule,
    arms,
    units: first.size,
    crossing,
    crossingByFirst,
    share,
    kept,
    assignment,
    finding: judge({ crossing, crossingByFirst, total, share, tolerated, alpha, rule }),
  }
}

function judge({
  crossing,
  crossingByFirst,
  total,
  share,
  tolerated,
  alpha,
  rule,
}: {
  readonly crossing: number
  readonly crossingByFirst: readonly number[]
  readonly total: readonly number[]
  readonly share: number
  readonly tolerated: number
  readonly alpha: number
  readonly rule: string
}): Finding {
  const seen = `${counted(crossing, 'unit')} (${percentOf(share)}) saw more than one arm`
  if (crossing === 0) {
    const none = total.reduce((sum, n) => sum + n, 0) === 0
    return {
      check: 'multiple-exposures',
      verdict: none ? 'insufficient-data' : 'ok',
      method: 'count',
      statistic: none ? null : 0,
      pValue: null,
      alpha,
      sizes: total,
      message: none ? 'not checked: the log has no exposures' : 'no unit saw more than one arm',
    }
  }
  const test = chiSquareContingency([
    [...crossingByFirst],
    total.map((n, arm) => n - crossingByFirst[arm]!),
  ])
  const balance = findingOf('multiple-exposures', { ...test, sizes: total }, alpha, 'fail', {
    fine: seen,
    alarm: `${seen}, by first arm ${crossingByFirst.join(' and ')} of ${total.join(' and ')}: the arms lose units unevenly, so neither rule gives comparable groups`,
  })
  if (balance.verdict === 'fail') return balance
  const many = share >= tolerated && crossing >= FEW
  return {
    ...balance,
    verdict: many ? 'warn' : 'ok',
    message: many
      ? `${seen}, more than ${percentOf(tolerated)}: the arms are ${rule === 'first' ? 'diluted' : 'smaller'}, find out why units change arms`
      : seen,
  }
}

function readLog(log: ExposureLog, named: readonly string[] | undefined) {
  const { units, arms: seen } = log ?? {}
  if (!Array.isArray(units) || !Array.isArray(seen) || units.length !== seen.length)
    throw badArms('an exposure log is { units, arms }, two arrays of one length', {})
  const arms = [...new Set(named ?? seen)] as string[]
  const indexOf = new Map(arms.map((arm, at) => [arm, at]))
  const first = new Map<string | number, number>()
  const crossed = new Set<string | number>()
  for (const [row, unit] of units.entries()) {
    const arm = indexOf.get(seen[row])
    if (arm === undefined)
      throw badArms(
        `exposure ${row} is of the unknown arm '${String(seen[row])}'; known are ${arms.join(', ')}`,
        {
          row,
        },
      )
    if (typeof unit !== 'string' && typeof unit !== 'number')
      throw badArms(`exposure ${row} has no unit`, { row })
    const before = first.get(unit)
    if (before === undefined) first.set(unit, arm)
    else if (before !== arm) crossed.add(unit)
  }
  return { first, crossed, arms }
}
