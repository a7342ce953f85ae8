const NODES = 48
// Gauss-Chebyshev nodes on (0, π), as the angle's cosine: exact for the inverse square roots at both ends.
const COSINES = Array.from({ length: NODES }, (_, i) => Math.cos((Math.PI * (i + 0.5)) / NODES))

/**
 * P(W² > x) of the limiting Cramér-von Mises law.
 *
 * `P = (1/π)·Σ_k (−1)^(k+1) ∫ (2/t)·sqrt(t/|sin t|)·exp(−x·t²/2) dt` over ((2k−1)π, 2kπ). The
 * integrand has an inverse square root at both ends, which Gauss-Chebyshev quadrature integrates
 * exactly; every term is computed to full precision, so the far tail is as good as the middle.
 *
 * Source: Smirnov 1936, in the form of Anderson & Darling 1952, §4.
 */
export function cvmLimitUpperTail(x: number): number {
  // Below this the lower tail exp(−1/(16x)) is under 1e-16.
  if (x < 0.0016) return 1
  let sum = 0
  for (let k = 1; k <= 200; k++) {
    const term = cell(x, (2 * k - 1) * Math.PI)
    sum += k % 2 === 1 ? term : -term
    if (term < 1e-17 * sum) break
  }
  return Math.min(1, Math.max(0, sum / Math.PI))
}

/** The integral over (start, start + π), on which sin changes sign once at each end. */
function cell(x: number, start: number): number {
  const half = Math.PI / 2
  let sum = 0
  for (let i = 0; i < NODES; i++) {
    const u = half * (1 + COSINES[i]!)
    const t = start + u
    const sine = Math.sin(u < half ? u : Math.PI - u)
    sum += Math.sqrt((u * (Math.PI - u)) / (t * sine)) * Math.exp((-x * t * t) / 2)
  }
  return (2 * Math.PI * sum) / NODES
}

/**
 * Exact P(U >= u) of the two-sample statistic when all orders of the pooled sample are equally
 * likely: the distribution of the summed squared gaps along all rank paths.
 *
 * Cost: number of paths' distinct sums; up to 40 values a side.
 * Source: Xiao, Gordon & Yakovlev 2006, §2.
 */
export function cvmExactUpperTail(u: number, n: number, m: number): number {
  const lcm = (n / gcd(n, m)) * m
  const a = lcm / n
  const b = lcm / m
  const nm = n * m
  const threshold = Math.floor((lcm ** 2 * (n + m) * (6 * u - nm * (4 * nm - 1))) / (6 * nm ** 2))
  // paths[i]: summed squared gap → probability weight, over paths to (i, j) of the current row j.
  let paths: Map<number, number>[] = Array.from({ length: n + 1 }, () => new Map())
  for (let j = 0; j <= m; j++) {
    const row: Map<number, number>[] = []
    for (let i = 0; i <= n; i++) {
      const gap = (a * i - b * j) ** 2
      const here = new Map<number, number>()
      if (i === 0 && j === 0) here.set(0, 1)
      const add = (from: Map<number, number> | undefined) => {
        for (const [value, count] of from ?? []) {
          here.set(value + gap, (here.get(value + gap) ?? 0) + count)
        }
      }
      add(row[i - 1])
      if (j > 0) add(paths[i])
      row.push(here)
    }
    paths = row
  }
  let tail = 0
  let all = 0
  for (const [value, count] of paths[n]!) {
    all += count
    if (value >= threshold) tail += count
  }
  return tail / all
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
