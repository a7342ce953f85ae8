import { checkLengths, type Numbers, readNumbers } from './read-labels.ts'

/** A monotone step function through its knots, linear between them. Plain JSON. */
export interface Isotonic {
  readonly kind: 'isotonic'
  /** Ascending. */
  readonly x: readonly number[]
  /** Never falling. */
  readonly y: readonly number[]
}

/**
 * Isotonic regression: the never-falling function with the least squared error, by pooling adjacent
 * violators. Calibrates scores into probabilities when y are labels 0 and 1.
 *
 * Input: scores and targets of equal length; rows with a missing one are left out. Equal scores share
 * the mean of their targets.
 * Output: knots, plain JSON; evaluate with {@link applyIsotonic}.
 * Cost: O(n log n).
 *
 * @throws `invalid`: `evaluate.unequal-lengths`, `evaluate.no-rows`, `evaluate.bad-number`.
 * @example
 * ```ts
 * import { applyIsotonic, fitIsotonic } from '@mlops/evaluate'
 *
 * const fitted = fitIsotonic([0.1, 0.4, 0.5, 0.9], [0, 1, 0, 1])
 * console.log(Array.from(applyIsotonic(fitted, [0.05, 0.45, 0.7]))) // [ 0, 0.5, 0.75 ]
 * ```
 * Source: Barlow et al. 1972; Zadrozny & Elkan 2002.
 */
export function fitIsotonic(scores: Numbers, targets: Numbers): Isotonic {
  checkLengths({ scores: scores.length, targets: targets.length })
  const [x, y] = [readNumbers(scores, 'scores'), readNumbers(targets, 'targets')]
  const rows = Array.from(x.keys()).filter((i) => !Number.isNaN(x[i]) && !Number.isNaN(y[i]))
  checkLengths({ 'rows with score and target': rows.length })
  rows.sort((i, j) => x[i]! - x[j]!)
  // Blocks of a common value: the distinct scores in them, the sum of targets, their number.
  const blocks: { first: number; last: number; sum: number; count: number }[] = []
  for (const row of rows) {
    const last = blocks.at(-1)
    if (last && last.last === x[row]) {
      last.sum += y[row]!
      last.count++
    } else blocks.push({ first: x[row]!, last: x[row]!, sum: y[row]!, count: 1 })
  }
  const pooled: typeof blocks = []
  for (const block of blocks) {
    pooled.push(block)
    while (pooled.length > 1) {
      const [a, b] = [pooled.at(-2)!, pooled.at(-1)!]
      if (a.sum / a.count < b.sum / b.count) break
      pooled.splice(-2, 2, {
        first: a.first,
        last: b.last,
        sum: a.sum + b.sum,
        count: a.count + b.count,
      })
    }
  }
  const knots = pooled.flatMap(({ first, last, sum, count }) =>
    first === last
      ? [[first, sum / count]]
      : [
          [first, sum / count],
          [last, sum / count],
        ],
  )
  return { kind: 'isotonic', x: knots.map(([at]) => at!), y: knots.map(([, value]) => value!) }
}

/**
 * Values of an isotonic function; beyond its ends it stays what it is there. Missing stays missing.
 *
 * Cost: O(n log knots).
 *
 * @throws `invalid` `evaluate.bad-number`.
 * @example
 * ```ts
 * import { applyIsotonic } from '@mlops/evaluate'
 *
 * console.log(applyIsotonic({ kind: 'isotonic', x: [0, 1], y: [0.2, 0.6] }, [0.5])[0]) // 0.4
 * ```
 */
export function applyIsotonic({ x, y }: Isotonic, scores: Numbers): Float64Array {
  return readNumbers(scores, 'scores').map((score) => {
    if (Number.isNaN(score)) return score
    let low = 0
    let high = x.length - 1
    if (score <= x[0]!) return y[0]!
    if (score >= x[high]!) return y[high]!
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (x[middle]! <= score) low = middle
      else high = middle
    }
    const share = (score - x[low]!) / (x[high]! - x[low]!)
    return y[low]! + share * (y[high]! - y[low]!)
  })
}
