/**
 * Exact P(D⁺ >= d) for samples of n and m values from one continuous distribution.
 *
 * The pooled order is a random path of n steps right and m up. A path that first reaches
 * i/n − j/m >= d is counted there with its probability, and followed no further: a sum of positive
 * terms, precise in the far tail.
 *
 * Cost: O(n·m) time, O(m) memory.
 * Source: Hodges 1958, §2.
 */
export function ksOneSidedExact(d: number, n: number, m: number): number {
  // In units of 1/(n·m) the gap is a whole number, which d may miss by rounding only.
  const reach = Math.round(d * n * m)
  if (reach <= 0) return 1
  let hit = 0
  // inside[j]: probability of being at (i, j) without having hit.
  const inside = new Float64Array(m + 1)
  inside[0] = 1
  for (let i = 0; i <= n; i++) {
    if (i > 0) {
      for (let j = 0; j <= m; j++) {
        const here = inside[j]!
        if (here === 0) continue
        const step = (here * (n - i + 1)) / (n - i + 1 + m - j)
        if (i * m - j * n >= reach) {
          hit += step
          inside[j] = 0
        } else inside[j] = step
      }
    }
    for (let j = 1; j <= m; j++) {
      const below = inside[j - 1]!
      if (below !== 0) inside[j] = inside[j]! + (below * (m - j + 1)) / (n - i + m - j + 1)
    }
  }
  return Math.min(1, hit)
}
