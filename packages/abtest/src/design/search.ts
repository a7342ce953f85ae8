/** How many sizes in a row must reach the power of a test on whole counts. */
const RUN = 10

/** Brackets the smallest distance whose power reaches the target, then halves the bracket. */
export function smallestDistance(
  limit: number,
  target: number,
  power: (distance: number) => number,
): number | null {
  let [low, high] = [0, -1]
  if (limit < Number.POSITIVE_INFINITY) {
    const cells = 200
    for (let k = 1; k < cells && high < 0; k++) {
      if (power((limit * k) / cells) >= target) high = (limit * k) / cells
      else low = (limit * k) / cells
    }
    // The last cell is searched towards the limit, which itself is no effect.
    for (let gap = limit / cells / 2; high < 0 && gap > limit * 1e-12; gap /= 2)
      if (power(limit - gap) >= target) high = limit - gap
  } else {
    for (let reach = 1e-12; reach < 1e15 && high < 0; reach *= 4) {
      if (power(reach) >= target) high = reach
      else low = reach
    }
  }
  if (high < 0) return null
  for (let i = 0; i < 200 && high - low > 1e-13 * high; i++) {
    const middle = (low + high) / 2
    if (power(middle) >= target) high = middle
    else low = middle
  }
  return high
}

/** The first of a run of sizes that all reach the target, found from above. */
export function settledN(from: number, target: number, power: (n: number) => number): number {
  const settled = (n: number) => {
    for (let k = RUN - 1; k >= 0; k--) if (power(n + k) < target) return false
    return true
  }
  let n = from
  while (!settled(n)) n = Math.max(n + 1, Math.ceil(n * 1.05))
  while (n > from && power(n - 1) >= target) n--
  return n
}
