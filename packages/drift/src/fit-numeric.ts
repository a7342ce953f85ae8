import type { NumericColumn, Rng } from '@mlops/core'
import type { NumericBinning } from '@mlops/stats'
import {
  binningOfQuantiles,
  countBinsTogether,
  describeWithQuantiles,
  equalWidthBinning,
  explicitBinning,
} from '@mlops/stats'
import type { NumericReference } from './reference.ts'
import { numbersOf } from './reference.ts'

/** How a numeric column is boiled down. */
export interface NumericFit {
  readonly bins: number
  readonly binning?: NumericBinning | undefined
  readonly sampleSize: number | 'all'
  readonly rng: Rng
}

/** Counts, moments, bins and a sample of a column of numbers. */
export function fitNumeric(
  name: string,
  column: NumericColumn,
  { bins, binning: given, sampleSize, rng }: NumericFit,
): NumericReference {
  const { present, finite } = numbersOf(column)
  const shares = Array.from({ length: bins + 1 }, (_, i) => i / bins)
  const { description, quantiles } = describeWithQuantiles(finite, [...DRAWN, ...shares])
  const some = finite.length > 0
  const binning = given ?? (some ? binsOf(quantiles.slice(DRAWN.length)) : undefined)
  const histogram = some ? equalWidthBinning(quantiles.slice(0, 2), { bins: 24 }) : undefined
  const wanted = [binning, histogram].filter((one) => one !== undefined)
  const counted = countBinsTogether(wanted, present).map(({ counts }) => counts)
  const complete = sampleSize === 'all' || present.length <= sampleSize
  return {
    name,
    type: column.type,
    count: present.length,
    missing: column.missing,
    infinite: present.length - finite.length,
    summary: description,
    ...(binning && { bins: { binning, counts: counted[0]! } }),
    ...(histogram && { histogram: { binning: histogram, counts: counted.at(-1)! } }),
    sample: complete ? present : drawSample(present, sampleSize, rng),
    sampleIsComplete: complete,
  }
}

/** The quantiles between which a column is drawn: outliers would flatten the rest. */
const DRAWN = [0.01, 0.99]

/** JSON has no infinities; the largest doubles stand for them. */
export function jsonSafe(x: number): number {
  return Number.isFinite(x) ? x : Math.sign(x) * Number.MAX_VALUE
}

function binsOf(quantiles: readonly number[]): NumericBinning {
  const binning = binningOfQuantiles(quantiles)
  const [only, last] = binning.range!
  // A constant gets bins below and above itself: else no later value could fall elsewhere.
  return only === last && quantiles.length > 2 ? explicitBinning(aroundConstant(only)) : binning
}

/** Edges that part a constant from what lies below and above it. */
export function aroundConstant(value: number): number[] {
  const step = Math.max(Math.abs(value) * Number.EPSILON, Number.MIN_VALUE)
  const above = value + step
  return Number.isFinite(above) ? [value, above] : [value]
}

/** A simple random sample without replacement (a partial Fisher-Yates shuffle). */
function drawSample(values: Float64Array, size: number, rng: Rng): Float64Array {
  const pool = values.slice()
  for (let i = 0; i < size; i++) {
    const j = i + rng.int(pool.length - i)
    const held = pool[i]!
    pool[i] = pool[j]!
    pool[j] = held
  }
  return pool.slice(0, size)
}
