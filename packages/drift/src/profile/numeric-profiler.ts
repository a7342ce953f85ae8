import type { KllBuilder, KllOptions, Moments, NumericBinning } from '@mlops/stats'
import {
  countBins,
  createHyperLogLog,
  createKll,
  emptyMoments,
  mergeMoments,
  moments,
  resumeKll,
} from '@mlops/stats'
import type { BinnedCounts, NumericReference } from '../reference.ts'
import { createCalendarCounter } from './calendar-profile.ts'
import type { NumericProfile } from './data-profile.ts'
import { savedMoments } from './data-profile.ts'

/** Finite values are taken in by units of this size, so that batches of any size give one profile. */
const UNIT = 32_768

/** How the columns are sketched. */
export interface SketchOptions extends KllOptions {
  /** HyperLogLog: 2^precision registers. @default 12 */
  readonly precision?: number
  /** Frequent items kept a column. @default 1024 */
  readonly capacity?: number
}

/** The bins of the reference, to be counted exactly. */
export interface GivenBins {
  readonly bins?: NumericBinning
  readonly histogram?: NumericBinning
}

/** The bins of a fitted column, where it has any. */
export function givenBins(fitted: NumericReference | undefined): GivenBins {
  return {
    ...(fitted?.bins && { bins: fitted.bins.binning }),
    ...(fitted?.histogram && { histogram: fitted.histogram.binning }),
  }
}

/** A numeric column being profiled. */
export interface NumericProfiler {
  readonly type: NumericProfile['type']
  addNumber(value: number): void
  /** NaN is missing. */
  addNumbers(values: Float64Array): void
  addMissing(rows: number): void
  addMistyped(type: string, rows: number): void
  profile(name: string): NumericProfile
}

/** Profiles numbers: moments, quantiles, distinct values, and counts over given bins. */
export function createNumericProfiler(
  type: NumericProfile['type'],
  { k = 512, seed = 0, precision = 12 }: SketchOptions,
  { bins, histogram }: GivenBins = {},
): NumericProfiler {
  const sums = createFiniteSums({ k, seed })
  const distinct = createHyperLogLog({ precision })
  const calendar = type === 'datetime' ? createCalendarCounter() : undefined
  const counters = [bins, histogram].map((binning) => binning && createBinCounter(binning))
  const mistyped = new Map<string, number>()
  const infinities = { negative: 0, positive: 0 }
  // Grows with the data: most columns of a small table never need a whole unit.
  let unit = new Float64Array(1024)
  let held = 0
  let count = 0
  let missing = 0

  function takeUnit(values: Float64Array): void {
    sums.take(values)
    distinct.addNumbers(values)
    for (const counter of counters) counter?.take(values)
  }

  function makeRoom(more: number): void {
    if (held + more <= unit.length) return
    const grown = new Float64Array(Math.min(UNIT, Math.max(2 * unit.length, held + more)))
    grown.set(unit.subarray(0, held))
    unit = grown
  }

  function takeFinite(values: Float64Array): void {
    for (let at = 0; at < values.length; ) {
      if (held === 0 && values.length - at >= UNIT) {
        takeUnit(values.subarray(at, at + UNIT))
        at += UNIT
        continue
      }
      const some = values.subarray(at, at + UNIT - held)
      makeRoom(some.length)
      unit.set(some, held)
      held += some.length
      at += some.length
      if (held === UNIT) {
        takeUnit(unit)
        held = 0
      }
    }
  }

  function addNumber(value: number): void {
    if (Number.isFinite(value)) {
      makeRoom(1)
      unit[held++] = value
      calendar?.add(value)
      count++
      if (held === UNIT) {
        takeUnit(unit)
        held = 0
      }
    } else if (Number.isNaN(value)) missing++
    else {
      infinities[value < 0 ? 'negative' : 'positive']++
      distinct.addNumber(value)
      count++
    }
  }

  return {
    type,
    addNumber,
    addNumbers(values) {
      if (allFinite(values)) {
        count += values.length
        calendar?.addAll(values)
        takeFinite(values)
      } else for (let i = 0; i < values.length; i++) addNumber(values[i]!)
    },
    addMissing(rows) {
      missing += rows
    },
    addMistyped(other, rows) {
      mistyped.set(other, (mistyped.get(other) ?? 0) + rows)
    },
    profile(name) {
      const rest = unit.subarray(0, held)
      const [binCounts, histogramCounts] = counters.map((counter) =>
        counter?.counts(rest, infinities),
      )
      distinct.addNumbers(rest)
      return {
        name,
        type,
        count,
        missing,
        mistyped: Object.fromEntries(mistyped),
        infinities: { ...infinities },
        ...sums.with(rest),
        distinct: distinct.sketch(),
        ...(binCounts && { bins: binCounts }),
        ...(histogramCounts && { histogram: histogramCounts }),
        ...(calendar && { calendar: calendar.profile() }),
      }
    },
  }
}

/** Moments and quantiles of finite values, taken in by units. */
export function createFiniteSums(options: KllOptions) {
  const quantiles: KllBuilder = createKll(options)
  let total: Moments = emptyMoments

  return {
    take(values: Float64Array): void {
      total = mergeMoments(total, moments(values))
      quantiles.addAll(values)
    },
    /** The sums of all that was taken and of what is not taken yet. */
    with(rest: Float64Array) {
      const whole = mergeMoments(total, moments(rest))
      const more = resumeKll(quantiles.sketch())
      more.addAll(rest)
      return { moments: savedMoments(whole), quantiles: more.sketch() }
    },
  }
}

function createBinCounter(binning: NumericBinning) {
  const total = new Float64Array(countBins(binning, []).counts.length)
  const add = (to: Float64Array, values: Float64Array, times = 1) => {
    countBins(binning, values).counts.forEach((n, bin) => {
      to[bin]! += n * times
    })
  }
  return {
    take: (values: Float64Array) => add(total, values),
    counts(
      rest: Float64Array,
      { negative, positive }: NumericProfile['infinities'],
    ): BinnedCounts<NumericBinning> {
      const whole = total.slice()
      add(whole, rest)
      if (negative > 0) add(whole, Float64Array.of(-Infinity), negative)
      if (positive > 0) add(whole, Float64Array.of(Infinity), positive)
      return { binning, counts: Array.from(whole) }
    },
  }
}

/** Without a branch a value: x·0 is NaN for what is not finite, and one NaN spoils the sum. */
function allFinite(values: Float64Array): boolean {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0
  return sum === 0
}
