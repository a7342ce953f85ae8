import { givenOptions } from '@mlops/core'
import { countBins } from '../binning/count-bins.ts'
import { quantileHistogram } from '../binning/fit-numeric.ts'
import type { NumericSample } from '../samples/sample.ts'
import { psi } from './psi.ts'
import { type Smoothing, smoothingPresets } from './smoothing.ts'

export interface PsiOfSamplesOptions {
  /** Bins of equal shares of the reference: deciles by default. @default 10 */
  readonly bins?: number
  /** What is done about empty bins. @default smoothingPresets.floor */
  readonly smoothing?: Smoothing
}

/**
 * Population stability index of two samples, on bins of equal shares of the reference.
 *
 * `psi = sum((c − r)·ln(c/r))` over those bins; the outer ones are open.
 *
 * Input: two samples of numbers; missing values are left out. Output: as {@link psi}. With few values
 * it is noise: without any drift its mean is about (bins − 1)(1/n + 1/m).
 * Cost: O(n + m), no sort. To compare many samples with one reference, keep its binning and counts.
 *
 * @throws `invalid`: those of `quantileBinning`, `countBins` and `psi`.
 * @example
 * ```ts
 * import { psiOfSamples } from '@mlops/stats'
 *
 * const before = Array.from({ length: 100 }, (_, i) => i)
 * const after = before.map((x) => x + 20)
 * console.log(psiOfSamples(before, after, { bins: 4 }).toFixed(3)) // '0.439'
 * ```
 */
export function psiOfSamples(
  reference: NumericSample,
  current: NumericSample,
  options: PsiOfSamplesOptions = {},
): number {
  const { bins = 10, smoothing = smoothingPresets.floor } = givenOptions(options)
  const { binning, counts } = quantileHistogram(reference, {
    bins,
    closed: 'left',
    outside: 'end-bins',
  })
  // Nobody asks how much lies outside: without the range there are two edges less to compare with.
  const after = countBins({ ...binning, range: null }, current).counts
  return psi(counts(), after, { smoothing })
}
