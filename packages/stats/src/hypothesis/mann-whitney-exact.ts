/**
 * P(U >= u) of the Mann-Whitney statistic under the null hypothesis, without ties.
 *
 * The largest of j + k pooled values belongs to the first sample with probability j/(j + k), and
 * then counts k:  f(j,k)[u] = j/(j+k)·f(j−1,k)[u−k] + k/(j+k)·f(j,k−1)[u].  Only sums of positive
 * numbers: both tails keep full relative precision.
 *
 * Cost: O((n·m)²/4) at most.
 * Source: Mann & Whitney 1947, eq. 3, as probabilities.
 */
export function mannWhitneyUpperTail(u: number, n: number, m: number): number {
  // Symmetric in the samples: fewer rows when the smaller one runs inside.
  const small = Math.min(n, m)
  const large = Math.max(n, m)
  const from = Math.ceil(u)
  if (from <= 0) return 1
  if (from > n * m) return 0
  const f = Array.from({ length: small + 1 }, (_, j) => {
    const row = new Float64Array(j * large + 1)
    row[0] = 1
    return row
  })
  for (let k = 1; k <= large; k++) {
    for (let j = 1; j <= small; j++) {
      const row = f[j]!
      const shorter = f[j - 1]!
      const first = j / (j + k)
      const second = k / (j + k)
      for (let v = j * k; v >= 0; v--) {
        row[v] = second * row[v]! + (v >= k ? first * shorter[v - k]! : 0)
      }
    }
  }
  const distribution = f[small]!
  let tail = 0
  // From the rare end: small terms are added to small sums.
  for (let v = n * m; v >= from; v--) tail += distribution[v]!
  return Math.min(1, tail)
}
