import { invalid } from '@mlops/core'
import {
  type BinaryLabels,
  checkLengths,
  type Numbers,
  readBinary,
  readProbabilities,
} from './read-labels.ts'

/**
 * Expected calibration error: how far the stated probabilities lie from the observed shares.
 *
 * `ece = sum over bins of share·|mean probability − share of positives|`, bins of equal counts in the
 * order of the probabilities, the last one with the rest.
 *
 * Input: probabilities and labels; rows with a missing one are left out. With fewer than 2·bins rows
 * there are rows/2 bins.
 * Output: 0 (calibrated) to 1; `null` with fewer than 4 rows. Grows by chance with the number of bins.
 * Cost: O(n log n).
 *
 * @throws `invalid`: `evaluate.bad-option`, `evaluate.bad-probability`, `evaluate.bad-label`,
 *   `evaluate.unequal-lengths`, `evaluate.no-rows`.
 * @example
 * ```ts
 * import { expectedCalibrationError } from '@mlops/evaluate'
 *
 * const error = expectedCalibrationError([0.2, 0.2, 0.8, 0.8], [0, 0, 1, 1], { bins: 2 })
 * console.log(error?.toFixed(2)) // '0.20'
 * ```
 * Source: Naeini, Cooper & Hauskrecht 2015; bins as NannyML's.
 */
export function expectedCalibrationError(
  probabilities: Numbers,
  labels: BinaryLabels,
  { bins = 10 }: { readonly bins?: number } = {},
): number | null {
  if (!Number.isInteger(bins) || bins < 2)
    throw invalid('evaluate.bad-option', `bins must be an integer >= 2, got ${bins}`, { bins })
  checkLengths({ probabilities: probabilities.length, labels: labels.length })
  const p = readProbabilities(probabilities, 'probabilities')
  const y = readBinary(labels, 'labels')
  const rows = Array.from(p.keys()).filter((i) => !Number.isNaN(p[i]) && y[i]! >= 0)
  const used = rows.length <= 2 * bins ? rows.length >> 1 : bins
  if (used < 2) return null
  rows.sort((i, j) => p[i]! - p[j]!)
  const width = Math.floor(rows.length / used)
  let error = 0
  // As NannyML: steps of a whole width; what the last step leaves joins it, or is a bin of its own.
  const edges = Array.from({ length: Math.floor(rows.length / width) + 1 }, (_, k) => k * width)
  edges[edges.length - 1] = rows.length
  for (let k = 1; k < edges.length; k++) {
    let gap = 0
    for (let i = edges[k - 1]!; i < edges[k]!; i++) gap += p[rows[i]!]! - y[rows[i]!]!
    error += Math.abs(gap) / rows.length
  }
  return error
}
