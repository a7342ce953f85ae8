import type { Warning } from '@mlops/core'
import { formatNumber, withDisplay } from '@mlops/core'
import type { DesignAnswer } from './answers.ts'
import { detectableEffect } from './answers.ts'
import type { Design } from './design.ts'
import { checkGiven } from './design-checks.ts'
import { bad } from './sample-size.ts'

/** Who comes, and who of them takes part. */
export interface Traffic {
  /** New units a day (pairs, clusters), or seven numbers: those of each day of the week from the first day on. */
  readonly perDay: number | readonly number[]
  /** Share of them that takes part. @default 1 */
  readonly coverage?: number
  /** Days between a unit's arrival and its outcome. @default 0 */
  readonly outcomeDays?: number
}

/** How long an experiment runs. Plain JSON. */
export interface ExperimentDuration {
  readonly kind: 'experiment-duration'
  /** Days until the last unit that is needed has come and has its outcome. */
  readonly days: number
  readonly wholeWeeks: boolean
  /** `days` rounded up to whole weeks: every day of the week counts as often as the others. */
  readonly fullWeeksDays: number
  /** Units that have come after `fullWeeksDays`, less the days an outcome takes. */
  readonly units: number
  readonly unitsNeeded: number
  readonly warnings: readonly Warning[]
}

/** No experiment waits for longer. */
const MOST_DAYS = 3660

/**
 * Days until a design has its units, with the week's cycle.
 *
 * Units split as the design's allocation, so the total decides. A horizon that is not whole weeks gets the warning
 * `abtest.partial-week`: Saturday's users are not Monday's. Plan for `fullWeeksDays`.
 *
 * Units that return count once: give new units a day.
 *
 * @throws `invalid` `abtest.invalid-design`, also when ten years are not enough.
 * @example
 * ```ts
 * import { designForProportions, experimentDuration, requiredUnits } from '@mlops/abtest/design'
 *
 * const size = requiredUnits(designForProportions({ control: 0.05 }), { effect: 0.01 })
 * const { days, fullWeeksDays } = experimentDuration(size, { perDay: 3000, coverage: 0.5 })
 * console.log(days, fullWeeksDays) // 11 14
 * ```
 */
export function experimentDuration(
  size: { readonly total: number },
  traffic: Traffic,
): ExperimentDuration {
  const unitsNeeded = size?.total
  if (
    !(typeof unitsNeeded === 'number' && unitsNeeded > 0 && unitsNeeded < Number.POSITIVE_INFINITY)
  )
    throw bad('give what requiredUnits or sampleSizeForMeans returned, or { total }', {})
  const { week, coverage, outcomeDays } = checkTraffic(traffic)
  let [arrived, arrivalDays] = [0, 0]
  while (arrived < unitsNeeded * (1 - 1e-12)) {
    if (arrivalDays >= MOST_DAYS)
      throw bad(
        `ten years bring ${formatNumber(arrived)} of ${unitsNeeded} units; look for a larger effect or more traffic`,
        { unitsNeeded, arrived },
      )
    arrived += week[arrivalDays % 7]! * coverage
    arrivalDays++
  }
  const days = arrivalDays + outcomeDays
  const fullWeeksDays = Math.ceil(days / 7) * 7
  const wholeWeeks = days === fullWeeksDays
  const result: ExperimentDuration = {
    kind: 'experiment-duration',
    days,
    wholeWeeks,
    fullWeeksDays,
    units: unitsAfter(week, coverage, fullWeeksDays - outcomeDays),
    unitsNeeded,
    warnings: wholeWeeks
      ? []
      : [
          {
            code: 'abtest.partial-week',
            message: `${days} days are not whole weeks, so some days of the week count more than others; run ${fullWeeksDays} days`,
          },
        ],
  }
  return withDisplay(result, () => ({
    title: `${days} days, ${fullWeeksDays} in whole weeks`,
    lines: [
      `${unitsNeeded} units are needed, ${Math.floor(result.units)} will have come`,
      ...result.warnings.map((warning) => `warning: ${warning.message}`),
    ],
  }))
}

/**
 * The smallest effect that is found after one week, two weeks, and so on: how long is it worth to wait?
 *
 * Output: an answer per week, as of {@link detectableEffect}; weeks with too few units for the test are left out.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * @example
 * ```ts
 * import { designForProportions, detectableEffectByWeek } from '@mlops/abtest/design'
 *
 * const weeks = detectableEffectByWeek(designForProportions({ control: 0.05 }), { perDay: 1000 }, { weeks: 3 })
 * console.log(weeks.map(({ week, effect }) => [week, effect?.toFixed(4)]))
 * // [ [ 1, '0.0156' ], [ 2, '0.0108' ], [ 3, '0.0088' ] ]
 * ```
 */
export function detectableEffectByWeek(
  design: Design,
  traffic: Traffic,
  options: {
    readonly weeks: number
    /** @default 0.8 */
    readonly power?: number
    readonly direction?: 'increase' | 'decrease'
  },
): readonly (DesignAnswer & { readonly week: number })[] {
  checkGiven(design, 'designForMeans({ sd: 1 })')
  checkGiven(options, '{ weeks: 4 }')
  const { weeks, power = 0.8, direction } = options
  if (!Number.isInteger(weeks) || weeks < 1 || weeks > 520)
    throw bad(`weeks must be an integer from 1 to 520, got ${weeks}`, { weeks })
  const { week, coverage, outcomeDays } = checkTraffic(traffic)
  const weights = design.allocation.reduce((sum, weight) => sum + weight, 0)
  return Array.from({ length: weeks }, (_, k) => k + 1).flatMap((number) => {
    const total = unitsAfter(week, coverage, 7 * number - outcomeDays)
    const units = design.allocation.map((weight) =>
      Math.floor(design.unit === 'pairs' ? total : (total * weight) / weights),
    )
    if (Math.min(...units) < design.leastUnits) return []
    const found = detectableEffect(design, { units, power, ...(direction && { direction }) })
    return [{ ...found, week: number }]
  })
}

function unitsAfter(week: readonly number[], coverage: number, days: number): number {
  let units = 0
  for (let day = 0; day < days; day++) units += week[day % 7]! * coverage
  return units
}

function checkTraffic(traffic: Traffic) {
  checkGiven(traffic, '{ perDay: 1000 }')
  const { perDay, coverage = 1, outcomeDays = 0 } = traffic
  const week = typeof perDay === 'number' ? new Array<number>(7).fill(perDay) : perDay
  const fine =
    Array.isArray(week) &&
    week.length === 7 &&
    week.every((n) => typeof n === 'number' && n >= 0 && n < Number.POSITIVE_INFINITY) &&
    week.some((n) => n > 0)
  if (!fine)
    throw bad('perDay must be a number above 0, or seven numbers >= 0, one for each day', {
      perDay,
    })
  if (!(typeof coverage === 'number' && coverage > 0 && coverage <= 1))
    throw bad(`coverage must be a share above 0 and at most 1, got ${coverage}`, { coverage })
  if (!Number.isInteger(outcomeDays) || outcomeDays < 0)
    throw bad(`outcomeDays must be an integer >= 0, got ${outcomeDays}`, { outcomeDays })
  return { week: week as readonly number[], coverage, outcomeDays }
}
