import { formatNumber } from '@mlops/core'
import type { NumericSample } from '@mlops/stats'
import { welchT } from '@mlops/stats'
import type { Finding } from './finding.ts'
import { badArms, checkAlpha, checkOptions, findingOf } from './finding.ts'

/** Repeated outcomes by columns: one row per unit and period. */
export interface RepeatedOutcomes {
  readonly units: readonly (string | number)[]
  /** 0 for control, 1 for treatment. */
  readonly arms: readonly (0 | 1)[] | NumericSample
  /** Periods since the unit's first exposure, from 0: days, visits. */
  readonly periods: NumericSample
  readonly values: NumericSample
}

export interface EffectTrendOptions {
  /** How time counts: by periods, or by `ln(1 + period)`, when most happens early. @default 'linear' */
  readonly time?: 'linear' | 'log'
  /** @default 0.01 */
  readonly alpha?: number
}

/** How an effect moves with the time since first exposure. Plain JSON. */
export interface EffectTrend {
  readonly kind: 'effect-trend'
  /** Change of the effect per period, or per unit of `ln(1 + period)`. */
  readonly slope: number | null
  /** `novelty`: the effect wears off; `primacy`: it grows. */
  readonly pattern: 'novelty' | 'primacy' | 'steady' | 'unknown'
  /** Effect by period, treatment minus control, with the units of both arms. */
  readonly byPeriod: readonly {
    readonly period: number
    readonly effect: number | null
    readonly standardError: number | null
    readonly n: readonly [number, number]
  }[]
  readonly finding: Finding
}

/**
 * Novelty and primacy: does the effect change with the time since a unit was first exposed?
 *
 * Each unit's outcomes are summed up by their least-squares slope over time; Welch's test compares the slopes of the
 * arms. So outcomes of one unit may depend on each other in any way, and what moves both arms alike (weekdays, ageing)
 * cancels out. Units with one period have no slope and are left out of the test.
 *
 * Output: `warn` for p < alpha; `novelty` when the effect shrinks towards 0, `primacy` when it grows away from it.
 * Cost: two passes; memory grows with the units.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`.
 * @example
 * ```ts
 * import { effectTrend } from '@mlops/abtest/guards'
 *
 * const rows = Array.from({ length: 400 }, (_, i) => ({ unit: i >> 2, arm: (i >> 2) % 2, period: i % 4 }))
 * const { pattern, slope } = effectTrend({
 *   units: rows.map(({ unit }) => unit),
 *   arms: rows.map(({ arm }) => arm),
 *   periods: rows.map(({ period }) => period),
 *   values: rows.map(({ unit, arm, period }) => ((unit * 37 + period * 11) % 10) / 10 + arm * (3 - period)),
 * })
 * console.log(pattern, slope?.toFixed(2)) // novelty -1.04
 * ```
 * Source: the summary measure of Matthews et al. 1990, "Analysis of serial measurements in medical research".
 */
export function effectTrend(
  outcomes: RepeatedOutcomes,
  options: EffectTrendOptions = {},
): EffectTrend {
  checkOptions(options)
  const { time = 'linear', alpha = 0.01 } = options
  checkAlpha(alpha)
  if (time !== 'linear' && time !== 'log')
    throw badArms(`time must be linear or log, got ${String(time)}`, { time })
  const units = read(outcomes, time === 'log' ? Math.log1p : (period) => period)
  const slopes: [number[], number[]] = [[], []]
  const cells = new Map<number, [number[], number[]]>()
  for (const { arm, times, periods, values } of units) {
    const slope = slopeOf(times, values)
    if (slope !== null) slopes[arm].push(slope)
    // A unit may have several rows of one period: the period's value is their mean.
    for (const [period, sum] of meansBy(periods, values)) {
      const cell = cells.get(period) ?? [[], []]
      cell[arm].push(sum)
      cells.set(period, cell)
    }
  }
  const test = welchT(slopes[1], slopes[0])
  const byPeriod = [...cells]
    .sort(([a], [b]) => a - b)
    .map(([period, [control, treatment]]) => {
      const { status, difference, standardError } = welchT(treatment, control)
      const known = status === 'ok'
      return {
        period,
        effect: known ? difference : null,
        standardError: known ? standardError : null,
        n: [control.length, treatment.length] as const,
      }
    })
  const slope = test.status === 'ok' ? test.difference : null
  const first = byPeriod.find((row) => row.effect !== null)?.effect ?? null
  const last = byPeriod.findLast((row) => row.effect !== null)?.effect ?? null
  const words = `the effect moves by ${formatNumber(slope ?? 0)} per ${time === 'log' ? 'unit of ln(1 + period)' : 'period'}, from ${formatNumber(first ?? 0)} at first to ${formatNumber(last ?? 0)}`
  const finding = findingOf(
    'novelty',
    { ...test, method: `welch-t of slopes (${time})`, sizes: [slopes[0].length, slopes[1].length] },
    alpha,
    'warn',
    {
      fine: `no trend is shown: ${words}`,
      alarm: `${words}: its average over the experiment is not what will remain; run longer, or judge by the later periods`,
    },
  )
  const moves = finding.verdict === 'warn'
  const average = meanEffect(byPeriod)
  return {
    kind: 'effect-trend',
    slope,
    pattern: moves
      ? average === null || average * slope! < 0
        ? 'novelty'
        : 'primacy'
      : finding.verdict === 'ok'
        ? 'steady'
        : 'unknown',
    byPeriod,
    finding,
  }
}

function meanEffect(rows: EffectTrend['byPeriod']): number | null {
  const known = rows.flatMap(({ effect }) => (effect === null ? [] : [effect]))
  return known.length === 0 ? null : known.reduce((sum, effect) => sum + effect, 0) / known.length
}

interface UnitRows {
  readonly arm: 0 | 1
  readonly times: number[]
  readonly periods: number[]
  readonly values: number[]
}

function read(outcomes: RepeatedOutcomes, timeOf: (period: number) => number): UnitRows[] {
  const { units, arms, periods, values } = outcomes ?? {}
  const lengths = [units, arms, periods, values].map(
    (column) => (column as ArrayLike<unknown> | undefined)?.length,
  )
  if (!lengths.every((length) => Number.isInteger(length) && length === lengths[0]))
    throw badArms('give { units, arms, periods, values }, four columns of one length', {})
  const found = new Map<string | number, UnitRows>()
  for (let row = 0; row < units.length; row++) {
    const [arm, period, value] = [arms[row], periods[row], values[row]]
    if (arm !== 0 && arm !== 1)
      throw badArms(`arms[${row}] is ${String(arm)}; 0 is control, 1 treatment`, { row })
    if (typeof period !== 'number' || !(period >= 0 && period < Number.POSITIVE_INFINITY))
      throw badArms(
        `periods[${row}] is ${String(period)}; periods since first exposure count from 0`,
        { row },
      )
    if (value === null || value === undefined || Number.isNaN(value)) continue
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw badArms(`values[${row}] is ${String(value)}, no finite number`, { row })
    const unit = found.get(units[row]!) ?? { arm, times: [], periods: [], values: [] }
    if (unit.arm !== arm)
      throw badArms(`unit '${units[row]}' is in both arms; apply multipleExposures first`, { row })
    unit.times.push(timeOf(period))
    unit.periods.push(period)
    unit.values.push(value)
    found.set(units[row]!, unit)
  }
  return [...found.values()]
}

function slopeOf(times: readonly number[], values: readonly number[]): number | null {
  const n = times.length
  const mean = times.reduce((sum, t) => sum + t, 0) / n
  let [above, below] = [0, 0]
  for (const [i, t] of times.entries()) {
    above += (t - mean) * values[i]!
    below += (t - mean) ** 2
  }
  return below > 0 ? above / below : null
}

function meansBy(periods: readonly number[], values: readonly number[]): [number, number][] {
  const sums = new Map<number, [number, number]>()
  for (const [i, period] of periods.entries()) {
    const [n, sum] = sums.get(period) ?? [0, 0]
    sums.set(period, [n + 1, sum + values[i]!])
  }
  return [...sums].map(([period, [n, sum]]) => [period, sum / n])
}
