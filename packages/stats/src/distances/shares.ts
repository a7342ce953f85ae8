import { invalid } from '@mlops/core'

/**
 * Counts (or weights) per bin as shares of their own total.
 *
 * @throws `invalid`, `stats.bad-count` for a negative, infinite or missing count;
 * `stats.empty-histogram` where the total is 0, because then no share is defined.
 */
export function shares(counts: ArrayLike<number>, name = 'counts'): Float64Array {
  const k = counts.length
  let total = 0
  for (let i = 0; i < k; i++) {
    const c = counts[i]!
    if (!(c >= 0 && c < Infinity)) {
      throw invalid(
        'stats.bad-count',
        `${name}[${i}] is ${c}; a count must be a finite number >= 0.`,
        { name, index: i },
      )
    }
    total += c
  }
  if (!(total > 0)) {
    throw invalid(
      'stats.empty-histogram',
      `${name} sums to ${total} over ${k} bins; shares need at least one counted value.`,
      { name, bins: k },
    )
  }
  const p = new Float64Array(k)
  for (let i = 0; i < k; i++) p[i] = counts[i]! / total
  return p
}

/** The shares of two histograms over the same bins. */
export interface SharePair {
  readonly reference: Float64Array
  readonly current: Float64Array
}

/**
 * {@link shares} of both sides.
 *
 * @throws `invalid`, `stats.length-mismatch`, when the bins are not the same in number.
 */
export function sharePair(reference: ArrayLike<number>, current: ArrayLike<number>): SharePair {
  if (reference.length !== current.length) {
    throw invalid(
      'stats.length-mismatch',
      `reference has ${reference.length} bins and current ${current.length}; both must be counted with the same binning.`,
      { reference: reference.length, current: current.length },
    )
  }
  return { reference: shares(reference, 'reference'), current: shares(current, 'current') }
}
