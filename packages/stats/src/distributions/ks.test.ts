import { describe, expect, it } from 'vitest'
import { kolmogorov } from './kolmogorov.ts'
import { ksFiniteSample } from './ks-finite-sample.ts'
import { ksTwoSample } from './ks-two-sample.ts'
import { pelzGood } from './pelz-good.ts'

/** P(D >= h/(m n)) by counting, over integers, the lattice paths that stay inside. */
function countPaths(h: number, m: number, n: number): { below: number; atLeast: number } {
  let column: bigint[] = []
  for (let i = 0; i <= m; i++) {
    const next: bigint[] = []
    for (let j = 0; j <= n; j++) {
      const inside = Math.abs(i * n - j * m) < h
      next.push(inside ? (i + j === 0 ? 1n : (column[j] ?? 0n) + (next[j - 1] ?? 0n)) : 0n)
    }
    column = next
  }
  let total = 1n
  for (let i = 1; i <= n; i++) total = (total * BigInt(m + i)) / BigInt(i)
  const scale = 10n ** 330n
  const decimal = (x: bigint) => Number(`${(x * scale) / total}e-330`)
  return { below: decimal(column[n]!), atLeast: decimal(total - column[n]!) }
}

const error = (got: number, want: number) => (got === want ? 0 : Math.abs(got / want - 1))

describe('ksTwoSample', () => {
  it.each([
    [1, 1],
    [1, 7],
    [3, 2],
    [5, 8],
    [6, 9],
    [12, 12],
    [40, 25],
    [60, 61],
  ])('equals the count of all paths, m = %i, n = %i', (m, n) => {
    for (let h = 0; h <= m * n; h += Math.max(1, Math.floor((m * n) / 60))) {
      const { below, atLeast } = countPaths(h, m, n)
      expect(error(ksTwoSample.sf(h / (m * n), m, n), atLeast)).toBeLessThan(1e-13)
      expect(error(ksTwoSample.cdf(h / (m * n), m, n), below)).toBeLessThan(1e-13)
    }
  })

  it('enumerates the six orders of two and two', () => {
    expect(ksTwoSample.sf(1, 2, 2)).toBeCloseTo(1 / 3, 15)
    expect(ksTwoSample.sf(0.5, 2, 2)).toBeCloseTo(1, 15)
    expect(ksTwoSample.sf(1.01, 2, 2)).toBe(0)
  })

  it('is the same for exchanged samples, and for equal sizes by both methods', () => {
    expect(ksTwoSample.sf(0.21, 70, 50)).toBe(ksTwoSample.sf(0.21, 50, 70))
    for (const d of [0.01, 0.05, 0.1, 0.2]) {
      expect(ksTwoSample.sf(d, 300, 300) + ksTwoSample.cdf(d, 300, 300)).toBeCloseTo(1, 12)
    }
  })

  it('takes a d that a subtraction left one rounding below its lattice point', () => {
    expect(ksTwoSample.sf(0.7 - 0.4, 10, 10)).toBe(ksTwoSample.sf(0.3, 10, 10))
  })

  it('does not underflow, and agrees with the limit for large samples', () => {
    // D = 1: two of the C(m+n, n) orders
    expect(error(ksTwoSample.sf(1, 500, 510), 2 / 3.0e302)).toBeLessThan(3)
    expect(ksTwoSample.sf(1, 500, 510)).toBeGreaterThan(1e-305)
    const z = Math.sqrt((3000 * 2999) / 5999) * 0.04
    expect(ksTwoSample.sf(0.04, 3000, 2999) / kolmogorov.sf(z)).toBeCloseTo(1, 1)
  })
})

describe('ksFiniteSample', () => {
  it('has the closed forms of n = 1 and n = 2', () => {
    for (const d of [0.5, 0.55, 0.7, 0.9, 0.999]) {
      expect(error(ksFiniteSample.cdf(d, 1), 2 * d - 1)).toBeLessThan(1e-14)
    }
    for (const d of [0.3, 0.45, 0.5]) {
      expect(error(ksFiniteSample.cdf(d, 2), 2 * (2 * d - 0.5) ** 2)).toBeLessThan(1e-13)
    }
    for (const d of [0.55, 0.7, 0.99]) {
      expect(error(ksFiniteSample.sf(d, 2), 2 * (1 - d) ** 2)).toBeLessThan(1e-13)
    }
  })

  it('is n! / n^n where the band is as narrow as can be', () => {
    // D < 1/n + tiny leaves for d = 1/n: n! (2d - 1/n)^n
    for (const n of [3, 10, 50]) {
      let want = 1
      for (let i = 1; i <= n; i++) want *= i / n
      expect(error(ksFiniteSample.cdf(1 / n, n), want)).toBeLessThan(1e-13)
    }
  })

  it('joins its regions without a step', () => {
    for (const n of [40, 400, 3000]) {
      const d = Math.sqrt(4.5 / n)
      expect(error(ksFiniteSample.sf(d * (1 - 1e-13), n), ksFiniteSample.sf(d, n))).toBeLessThan(
        1e-9,
      )
    }
    for (const z of [0.4, 0.8, 1.2, 1.8]) {
      const d = z / Math.sqrt(5000)
      expect(Math.abs(ksFiniteSample.cdf(d, 5000) - pelzGood(d, 5000))).toBeLessThan(3e-9)
    }
  })

  it('approaches the Kolmogorov limit, in the far tail too', () => {
    const n = 1e7
    for (const z of [0.5, 1, 2, 6]) {
      expect(ksFiniteSample.sf(z / Math.sqrt(n), n) / kolmogorov.sf(z)).toBeCloseTo(1, 2)
    }
  })

  it('sums every term or only some of a smooth bell, with the same result', () => {
    // 16383 uses all terms, 16384 every second
    const ratio = ksFiniteSample.sf(0.05, 16384) / ksFiniteSample.sf(0.05, 16383)
    expect(ratio).toBeCloseTo(Math.exp(-2 * 0.05 ** 2), 4)
  })

  it('inverts itself', () => {
    for (const n of [1, 2, 7, 100, 300, 6000]) {
      for (const p of [1e-6, 0.05, 0.5, 0.9, 0.999]) {
        expect(error(ksFiniteSample.cdf(ksFiniteSample.quantile(p, n), n), p)).toBeLessThan(2e-10)
      }
      for (const q of [1e-30, 1e-6, 0.05, 0.5]) {
        const d = ksFiniteSample.quantileSf(q, n)
        // near d = 1 one rounding of d is a share of 1 - d
        if (d < 0.99) expect(error(ksFiniteSample.sf(d, n), q)).toBeLessThan(2e-10)
      }
    }
  })

  it('has logarithms and edges', () => {
    expect(ksFiniteSample.logSf(0.3, 40)).toBeCloseTo(Math.log(ksFiniteSample.sf(0.3, 40)), 13)
    expect(ksFiniteSample.logCdf(0.3, 40)).toBeCloseTo(Math.log(ksFiniteSample.cdf(0.3, 40)), 13)
    expect(ksFiniteSample.cdf(0.5 / 10, 10)).toBe(0)
    expect(ksFiniteSample.sf(1, 10)).toBe(0)
    expect(ksFiniteSample.cdf(Number.NEGATIVE_INFINITY, 10)).toBe(0)
  })
})
