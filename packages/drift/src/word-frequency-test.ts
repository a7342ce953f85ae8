import type { TestResult } from '@mlops/stats'
import { chiSquare, chiSquareContingency } from '@mlops/stats'
import type { VocabularyReference } from './reference.ts'

/** Counts of the same words on one side. */
export type Frequencies = Pick<VocabularyReference, 'top' | 'total' | 'squaredLengths'>

/** The same with the number of documents they come from. */
export type DocumentFrequencies = Frequencies & { readonly documents: number }

/** Counts per word, and of all other words together at the end. */
export function countsOf({ top, total }: Frequencies): number[] {
  const listed = top.map(({ count }) => count)
  return [...listed, Math.max(0, total - listed.reduce((sum, count) => sum + count, 0))]
}

/**
 * Chi-square test of word frequencies whose words come in documents. Words of one document go
 * together, so a thousand words are fewer independent ones: the statistic is scaled to the mean and
 * the degrees of freedom to the variance that it has when whole documents are drawn.
 *
 * `chi²·ν/E ~ chi²` with ν degrees of freedom, E = sum λ its mean, ν = (sum λ)²/sum λ²; the λ are the
 * eigenvalues of the covariance of the words' shares over documents, over p(1/n + 1/m). E takes the
 * variances of both sides, ν the covariances of the current one (`cross`: sum over documents of
 * x_s·x_t), where they are at hand.
 *
 * Source: Rao & Scott 1981, second-order correction (Satterthwaite).
 */
export function wordFrequencyTest(
  reference: DocumentFrequencies,
  current: DocumentFrequencies,
  cross: readonly Float64Array[],
): TestResult {
  const [r, c] = [countsOf(reference), countsOf(current)]
  const plain = chiSquareContingency([r, c])
  const { statistic, degreesOfFreedom } = plain
  if (statistic === null || degreesOfFreedom === null) return plain
  const [n, m] = [reference.total, current.total]
  const pooled = r.map((count, at) => (count + c[at]!) / (n + m))
  let mean = 0
  for (let at = 0; at < reference.top.length; at++) {
    if (pooled[at] === 0) continue
    const variance = shareVariance(reference, at) + shareVariance(current, at)
    mean += variance / (pooled[at]! * (1 / n + 1 / m))
  }
  const { degrees, poolFactor } = spread(current, cross, pooled, degreesOfFreedom)
  // Words of one document that avoid each other would make the plain test too cautious: leave it so.
  const scale = Math.max(degreesOfFreedom, mean * poolFactor)
  return {
    ...plain,
    method: 'chi-square-rao-scott',
    statistic: (statistic * degrees) / scale,
    pValue: chiSquare.sf((statistic * degrees) / scale, degrees),
    warnings: [],
  }
}

/** Variance of a word's share over documents, by linearisation of the ratio. */
function shareVariance(
  { top, total, squaredLengths, documents }: DocumentFrequencies,
  at: number,
): number {
  if (documents < 2) return 0
  const { count, squares, products } = top[at]!
  const p = count / total
  const scatter = squares - 2 * p * products + p * p * squaredLengths
  return ((documents / (documents - 1)) * Math.max(0, scatter)) / total ** 2
}

/** Effective degrees of freedom, and what the pool of other words adds to the mean. */
function spread(
  { top, total, squaredLengths, documents }: DocumentFrequencies,
  cross: readonly Float64Array[],
  pooled: readonly number[],
  most: number,
): { readonly degrees: number; readonly poolFactor: number } {
  const words = top.length
  const p = top.map(({ count }) => count / total)
  const rows = Array.from({ length: words + 1 }, () => new Float64Array(words + 1))
  for (let s = 0; s < words; s++) {
    for (let t = 0; t < words; t++) {
      const scatter =
        cross[s]![t]! -
        p[t]! * top[s]!.products -
        p[s]! * top[t]!.products +
        p[s]! * p[t]! * squaredLengths
      rows[s]![t] = scatter
      // The pool is what the listed words leave: its residual is minus their sum.
      rows[s]![words]! -= scatter
      rows[words]![t]! -= scatter
      rows[words]![words]! += scatter
    }
  }
  let trace = 0
  let squares = 0
  for (let s = 0; s <= words; s++) {
    if (pooled[s] === 0) continue
    trace += rows[s]![s]! / pooled[s]!
    for (let t = 0; t <= words; t++)
      if (pooled[t]! > 0) squares += rows[s]![t]! ** 2 / (pooled[s]! * pooled[t]!)
  }
  const pool = pooled[words]! > 0 ? rows[words]![words]! / pooled[words]! : 0
  const poolFactor = trace > pool && trace > 0 ? trace / (trace - pool) : 1
  // A covariance of few documents has too large squares: their mean excess is trace²/documents.
  const unbiased = squares - trace ** 2 / documents
  const degrees = unbiased > 0 ? trace ** 2 / unbiased : most
  return { degrees: Math.min(most, Math.max(1, degrees)), poolFactor }
}
