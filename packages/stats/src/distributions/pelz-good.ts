const ROOT_HALF_PI = 1.2533141373155003
const PI_SQUARE = 9.869604401089358

/**
 * P(D_n < d) by the expansion of Pelz and Good: the Kolmogorov limit and its corrections in
 * n^(-1/2), n^(-1) and n^(-3/2).
 *
 * Source: W. Pelz, I. J. Good, "Approximating the lower tail-areas of the Kolmogorov-Smirnov
 * one-sample statistic", J. R. Stat. Soc. B 38 (1976).
 */
export function pelzGood(d: number, n: number): number {
  const z = Math.sqrt(n) * d
  const w = z * z
  const w2 = w * w
  const w3 = w2 * w
  let k0 = 0
  let k1 = 0
  let k2 = 0
  let k3 = 0
  // over the odd multiples of 1/2, both signs at once
  for (let k = 0.5; k < 60; k++) {
    const s = PI_SQUARE * k * k
    const e = Math.exp(-s / (2 * w))
    k0 += e
    k1 += 2 * (s - w) * e
    k2 += 2 * (6 * w3 + 2 * w2 + (2 * w2 - 5 * w) * s + (1 - 2 * w) * s * s) * e
    k3 +=
      2 *
      ((5 - 30 * w) * s * s * s +
        (-60 * w + 212 * w2) * s * s +
        (135 * w2 - 96 * w3) * s -
        (30 * w3 + 90 * w2 * w2)) *
      e
    if (e < 1e-20) break
  }
  let l2 = 0
  let l3 = 0
  for (let k = 1; k < 60; k++) {
    const s = PI_SQUARE * k * k
    const e = Math.exp(-s / (2 * w))
    l2 += 2 * s * e
    l3 += 2 * (-s * s + 3 * s * w) * e
    if (e < 1e-20) break
  }
  const root = Math.sqrt(n)
  const z4 = w2
  const z10 = w3 * w2
  const p =
    (2 * ROOT_HALF_PI * k0) / z +
    (ROOT_HALF_PI * k1) / (6 * z4 * root) +
    (ROOT_HALF_PI * (k2 / (72 * w3 * z) - l2 / (36 * w * z))) / n +
    (ROOT_HALF_PI * (k3 / (6480 * z10) + l3 / (216 * w3))) / (n * root)
  return Math.max(0, Math.min(1, p))
}
