import { countBuckets, type Gathered, gatherBuckets, gridOver } from './buckets.ts'
import { radixSort } from './radix-sort.ts'

const MOST_BUCKETS = 65536
const SMALL = 4096

/** The largest and the smallest difference F_x − F_y of two empirical distribution functions. */
export interface KsExtremes {
  /** max(F_x − F_y) >= 0, and the smallest value where it is reached. */
  readonly plus: number
  readonly plusAt: number
  /** max(F_y − F_x) >= 0, and the smallest value where it is reached. */
  readonly minus: number
  readonly minusAt: number
}

/**
 * Exact extremes of F_x − F_y without sorting the samples.
 *
 * Both samples are counted into at most 65536 linear buckets. At bucket borders the difference is known
 * exactly; inside a bucket it cannot exceed the border value plus the bucket's own mass. Only the
 * buckets whose bound beats the best border are gathered and sorted (about one in a thousand on smooth
 * data). Infinite or degenerate ranges, and data where the bound prunes little, are sorted whole.
 *
 * Input: no NaN, at least one value on each side. Cost: O(n + m), 1.5 MB of tables.
 */
export function ksExtremes(x: Float64Array, y: Float64Array): KsExtremes {
  const total = x.length + y.length
  const grid = total < SMALL ? undefined : gridOver([x, y], MOST_BUCKETS)
  if (grid === undefined) return bySorting(x, y)
  const countX = countBuckets(x, grid)
  const countY = countBuckets(y, grid)
  const wanted = contenders(countX, countY, x.length, y.length)
  let size = 0
  for (let b = 0; b < wanted.length; b++) if (wanted[b]) size += countX[b]! + countY[b]!
  if (size > total / 3) return bySorting(x, y)
  return walkBuckets({
    n: x.length,
    m: y.length,
    countX,
    countY,
    wanted,
    insideX: gatherBuckets(x, grid, countX, wanted),
    insideY: gatherBuckets(y, grid, countY, wanted),
  })
}

/** Two samples in buckets: how many values each holds, and those of the wanted ones. */
export interface BucketPair {
  readonly n: number
  readonly m: number
  readonly countX: Int32Array
  readonly countY: Int32Array
  readonly wanted: Uint8Array
  readonly insideX: Gathered
  readonly insideY: Gathered
}

/** The extremes of F_x − F_y, all contenders being among the wanted buckets. */
export function walkBuckets({
  n,
  m,
  countX,
  countY,
  wanted,
  insideX: { values: x, start: startX },
  insideY: { values: y, start: startY },
}: BucketPair): KsExtremes {
  const walk = new Walk(n, m)
  for (let b = 0; b < wanted.length; b++) {
    if (wanted[b] === 0) walk.skip(countX[b]!, countY[b]!)
    else walk.merge(x, startX[b]!, startX[b + 1]!, y, startY[b]!, startY[b + 1]!)
  }
  return walk.extremes()
}

/** Buckets in which a new extreme, or the first place of an extreme, may lie. */
export function contenders(
  countX: Int32Array,
  countY: Int32Array,
  n: number,
  m: number,
): Uint8Array {
  let i = 0
  let j = 0
  let plus = 0
  let minus = 0
  for (let b = 0; b < countX.length; b++) {
    i += countX[b]!
    j += countY[b]!
    const difference = i / n - j / m
    if (difference > plus) plus = difference
    else if (-difference > minus) minus = -difference
  }
  const buckets = new Uint8Array(countX.length)
  i = 0
  j = 0
  for (let b = 0; b < countX.length; b++) {
    const cx = countX[b]!
    const cy = countY[b]!
    // >= and not >: the place where the border value is reached lies inside such a bucket.
    if (cx + cy > 0 && ((i + cx) / n - j / m >= plus || (j + cy) / m - i / n >= minus)) {
      buckets[b] = 1
    }
    i += cx
    j += cy
  }
  return buckets
}

function bySorting(x: Float64Array, y: Float64Array): KsExtremes {
  const walk = new Walk(x.length, y.length)
  walk.merge(radixSort(x), 0, x.length, radixSort(y), 0, y.length)
  return walk.extremes()
}

/** Walks up the pooled sample, keeping both counts and the extremes so far. */
class Walk {
  readonly #n: number
  readonly #m: number
  #i = 0
  #j = 0
  #plus = -1
  #plusAt = Number.NaN
  #minus = -1
  #minusAt = Number.NaN

  constructor(n: number, m: number) {
    this.#n = n
    this.#m = m
  }

  skip(countX: number, countY: number): void {
    this.#i += countX
    this.#j += countY
  }

  /** The next values of both, sorted: x[startX..endX) and y[startY..endY). */
  merge(
    x: Float64Array,
    startX: number,
    endX: number,
    y: Float64Array,
    startY: number,
    endY: number,
  ): void {
    const n = this.#n
    const m = this.#m
    let i = startX
    let j = startY
    let plus = this.#plus
    let plusAt = this.#plusAt
    let minus = this.#minus
    let minusAt = this.#minusAt
    const i0 = this.#i - startX
    const j0 = this.#j - startY
    while (i < endX || j < endY) {
      const at = j >= endY || (i < endX && x[i]! <= y[j]!) ? x[i]! : y[j]!
      while (i < endX && x[i]! === at) i++
      while (j < endY && y[j]! === at) j++
      const difference = (i0 + i) / n - (j0 + j) / m
      if (difference > plus) {
        plus = difference
        plusAt = at
      }
      if (-difference > minus) {
        minus = -difference
        minusAt = at
      }
    }
    this.#i = i0 + i
    this.#j = j0 + j
    this.#plus = plus
    this.#plusAt = plusAt
    this.#minus = minus
    this.#minusAt = minusAt
  }

  extremes(): KsExtremes {
    // After the last value both functions are 1: each extreme is at least 0 and has been seen.
    return {
      plus: Math.max(0, this.#plus),
      plusAt: this.#plusAt,
      minus: Math.max(0, this.#minus),
      minusAt: this.#minusAt,
    }
  }
}
