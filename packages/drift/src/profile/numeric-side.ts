import type { Description, NumericBinning } from '@mlops/stats'
import { excessKurtosisOf, kllRankError, skewnessOf, varianceOf } from '@mlops/stats'
import { sideOf } from '../column-outline.ts'
import type { BinnedCounts, NumericReference } from '../reference.ts'
import { sampleOf } from '../reference.ts'
import type { SideSummary } from '../report.ts'
import type { NumericProfile } from './data-profile.ts'
import { readMoments } from './data-profile.ts'
import { sameBins } from './merge-profiles.ts'
import type { EstimatedBins, Steps } from './steps.ts'
import { countSteps, quantileOfSteps, stepsOfSketch, stepsOfValues } from './steps.ts'

/** One side of a numeric comparison, whether it was fitted or profiled. */
export interface NumericSide {
  readonly count: number
  readonly infinite: number
  readonly summary: SideSummary
  /** Of all present values, and of the finite ones. */
  readonly steps: Steps
  readonly finiteSteps: Steps
  /** Whether the steps are of a random sample only. */
  readonly sampled: boolean
  /** Whether the bound of the steps leaves something to chance. */
  readonly byChance: boolean
  readonly bins: BinnedCounts<NumericBinning> | undefined
  readonly histogram: BinnedCounts<NumericBinning> | undefined
}

/** A column as a side, whether it was fitted or profiled. */
export function sideOfNumbers(column: NumericReference | NumericProfile): NumericSide {
  return 'quantiles' in column ? sideOfProfiled(column) : sideOfFitted(column)
}

/** A fitted column as a side. */
export function sideOfFitted(reference: NumericReference): NumericSide {
  const { count, missing, infinite, summary, sampleIsComplete, bins, histogram } = reference
  const sample = sampleOf(reference)
  const steps = stepsOfValues(sample)
  return {
    count,
    infinite,
    summary: { ...sideOf(count, missing), numbers: summary, infinite },
    steps,
    finiteSteps: infinite === 0 ? steps : stepsOfValues(sample.filter(Number.isFinite)),
    sampled: !sampleIsComplete,
    byChance: false,
    bins,
    histogram,
  }
}

/** A profiled column as a side. */
export function sideOfProfiled(profile: NumericProfile): NumericSide {
  const { count, missing, infinities, quantiles, bins, histogram } = profile
  const error = kllRankError(quantiles)
  const infinite = infinities.negative + infinities.positive
  const finiteSteps = stepsOfSketch(quantiles, error, { negative: 0, positive: 0 })
  return {
    count,
    infinite,
    summary: { ...sideOf(count, missing), numbers: descriptionOf(profile, finiteSteps), infinite },
    steps: infinite === 0 ? finiteSteps : stepsOfSketch(quantiles, error, infinities),
    finiteSteps,
    sampled: false,
    byChance: error * quantiles.n < quantiles.worstCase,
    bins,
    histogram,
  }
}

/**
 * Counts of a side over bins: those it was counted into, or else estimates with the bounds of the shares.
 */
export function countsOver(
  binning: NumericBinning,
  { bins, histogram, steps, sampled }: NumericSide,
): EstimatedBins & { readonly exact: boolean } {
  const counted = [bins, histogram].find((binned) => binned && sameBins(binned.binning, binning))
  if (counted) {
    const total = counted.counts.reduce((sum, count) => sum + count, 0)
    const shares = counted.counts.map((count) => [count / total, count / total] as const)
    return { counts: counted.counts, shares, exact: true }
  }
  return { ...countSteps(binning, steps), exact: steps.error === 0 && !sampled }
}

function descriptionOf({ moments, quantiles }: NumericProfile, steps: Steps): Description {
  const m = readMoments(moments)
  const some = quantiles.n > 0
  const at = (p: number) => (some ? quantileOfSteps(steps, p) : null)
  const variance = finiteOrNull(varianceOf(m))
  return {
    n: quantiles.n,
    dropped: 0,
    mean: some ? moments.mean : null,
    variance,
    sd: variance === null ? null : Math.sqrt(variance),
    min: quantiles.min,
    q05: at(0.05),
    q25: at(0.25),
    median: at(0.5),
    q75: at(0.75),
    q95: at(0.95),
    max: quantiles.max,
    skewness: finiteOrNull(skewnessOf(m)),
    excessKurtosis: finiteOrNull(excessKurtosisOf(m)),
  }
}

/** What overflowed the doubles, or lies at infinity, has no JSON form. */
export function finiteOrNull(value: number | null): number | null {
  return Number.isFinite(value) ? value : null
}
