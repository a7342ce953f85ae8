import type { NumericColumn, Rng } from '@mlops/core'
import type { NumericBinning } from '@mlops/stats'
import {
  countBins,
  describe,
  equalWidthBinning,
  explicitBinning,
  quantileBinning,
  quantiles,
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
  const some = finite.length > 0
  const binning = some || given ? (given ?? binsOf(finite, bins)) : undefined
  const histogram = some ? drawingBins(finite) : undefined
  const complete = sampleSize === 'all' || present.length <= sampleSize
  return {
    name,
    type: column.type,
    count: present.length,
    missing: column.missing,
    infinite: present.length - finite.length,
    summary: describe(finite),
    ...(binning && { bins: { binning, counts: countBins(binning, present).counts } }),
    ...(histogram && {
      histogram: { binning: histogram, counts: countBins(histogram, present).counts },
    }),
    sample: complete ? present : drawSample(present, sampleSize, rng),
    sampleIsComplete: complete,
  }
}

/** JSON has no infinities; the largest doubles stand for them. */
export function jsonSafe(x: number): number {
  return Number.isFinite(x) ? x : Math.sign(x) * Number.MAX_VALUE
}

function binsOf(finite: Float64Array, bins: number): NumericBinning {
  const binning = quantileBinning(finite, { bins })
  const [only, last] = binning.range!
  // A constant gets bins below and above itself: else no later value could fall elsewhere.
  return only === last && bins > 1 ? explicitBinning(aroundConstant(only)) : binning
}

/** Edges that part a constant from what lies below and above it. */
export function aroundConstant(value: number): number[] {
  const step = Math.max(Math.abs(value) * Number.EPSILON, Number.MIN_VALUE)
  const above = value + step
  return Number.isFinite(above) ? [value, above] : [value]
}

function drawingBins(finite: Float64Array): NumericBinning {
  const [low, high] = quantiles(finite, [0.01, 0.99])
  return equalWidthBinning([low!, high!], { bins: 24 })
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
