import { describe, expect, it } from 'vitest'
import { binomial } from './binomial.ts'
import { hypergeometric } from './hypergeometric.ts'
import { poisson } from './poisson.ts'

function choose(n: number, k: number): bigint {
  let c = 1n
  for (let i = 1; i <= k; i++) c = (c * BigInt(n - k + i)) / BigInt(i)
  return c
}

/** numerator/denominator as a double, correct to a few ulp also where both are huge. */
function ratio(numerator: bigint, denominator: bigint): number {
  if (numerator === 0n) return 0
  const shift = 80 + denominator.toString(2).length - numerator.toString(2).length
  const q =
    shift > 0
      ? (numerator << BigInt(shift)) / denominator
      : numerator / (denominator << BigInt(-shift))
  return shift > 1000 ? Number(q) * 2 ** -1000 * 2 ** (1000 - shift) : Number(q) * 2 ** -shift
}

const close = (got: number, want: number, tolerance = 1e-14) =>
  expect(got === want ? 0 : Math.abs(got / want - 1)).toBeLessThan(tolerance)

describe('binomial against exact rationals', () => {
  it.each([
    [1, 1, 2],
    [7, 1, 4],
    [40, 3, 8],
    [200, 1, 64],
    [301, 127, 128],
  ])('n = %i, p = %i/%i', (n, a, b) => {
    const p = a / b
    const total = BigInt(b) ** BigInt(n)
    let below = 0n
    for (let k = 0; k <= n; k++) {
      const mass = choose(n, k) * BigInt(a) ** BigInt(k) * BigInt(b - a) ** BigInt(n - k)
      below += mass
      close(binomial.pmf(k, n, p), ratio(mass, total))
      close(binomial.cdf(k, n, p), ratio(below, total))
      close(binomial.sf(k, n, p), ratio(total - below, total))
      close(Math.exp(binomial.logPmf(k, n, p)), ratio(mass, total), 1e-12)
      expect(binomial.quantile(binomial.cdf(k, n, p), n, p)).toBeLessThanOrEqual(k)
      expect(binomial.cdf(binomial.quantile(0.37, n, p), n, p)).toBeGreaterThanOrEqual(0.37)
    }
  })

  it('inverts itself where cdf still distinguishes k from k - 1', () => {
    for (let k = 1; k < 60; k++) {
      const c = binomial.cdf(k, 100, 0.3)
      if (c > binomial.cdf(k - 1, 100, 0.3)) expect(binomial.quantile(c, 100, 0.3)).toBe(k)
      const s = binomial.sf(k, 100, 0.3)
      if (s < binomial.sf(k - 1, 100, 0.3)) expect(binomial.quantileSf(s, 100, 0.3)).toBe(k)
    }
  })

  it('knows its edges', () => {
    expect(binomial.pmf(0, 0, 0.5)).toBe(1)
    expect(binomial.pmf(0, 5, 0)).toBe(1)
    expect(binomial.pmf(5, 5, 1)).toBe(1)
    expect(binomial.pmf(1.5, 5, 0.5)).toBe(0)
    expect(binomial.pmf(-1, 5, 0.5)).toBe(0)
    expect(binomial.cdf(-1, 5, 0.5)).toBe(0)
    expect(binomial.cdf(2.7, 5, 0.5)).toBe(binomial.cdf(2, 5, 0.5))
    expect(binomial.sf(5, 5, 0.5)).toBe(0)
    expect(binomial.cdf(Number.POSITIVE_INFINITY, 5, 0.5)).toBe(1)
    expect(binomial.quantile(0, 5, 0.5)).toBe(0)
    expect(binomial.quantile(1, 5, 0.5)).toBe(5)
    expect(binomial.logSf(900, 1000, 0.01)).toBeLessThan(-3000)
  })
})

describe('hypergeometric against exact rationals', () => {
  it.each([
    [8, 4, 4],
    [20, 7, 12],
    [300, 180, 90],
    [1000, 3, 500],
  ])('population %i, successes %i, draws %i', (population, successes, draws) => {
    const total = choose(population, draws)
    let below = 0n
    for (
      let k = Math.max(0, draws + successes - population);
      k <= Math.min(successes, draws);
      k++
    ) {
      const mass = choose(successes, k) * choose(population - successes, draws - k)
      below += mass
      close(hypergeometric.pmf(k, population, successes, draws), ratio(mass, total))
      close(hypergeometric.cdf(k, population, successes, draws), ratio(below, total), 2e-14)
      close(hypergeometric.sf(k, population, successes, draws), ratio(total - below, total), 2e-14)
    }
  })

  it('knows its edges', () => {
    expect(hypergeometric.pmf(0, 10, 0, 5)).toBe(1)
    expect(hypergeometric.pmf(0, 10, 4, 0)).toBe(1)
    expect(hypergeometric.pmf(4, 10, 4, 10)).toBe(1)
    expect(hypergeometric.pmf(5, 10, 4, 10)).toBe(0)
    expect(hypergeometric.cdf(-1, 10, 4, 5)).toBe(0)
    expect(hypergeometric.sf(4, 10, 4, 5)).toBe(0)
    expect(hypergeometric.logPmf(600, 1e6, 1000, 1000)).toBeLessThan(-2000)
  })
})

describe('poisson', () => {
  it('adds up', () => {
    for (const mean of [0.03, 1, 7.5, 240]) {
      let below = 0
      for (let k = 0; k < mean + 20; k++) {
        below += poisson.pmf(k, mean)
        close(poisson.cdf(k, mean), below, 1e-13)
      }
    }
  })

  it('inverts itself', () => {
    for (let k = 0; k < 12; k++) {
      expect(poisson.quantile(poisson.cdf(k, 3.3), 3.3)).toBe(k)
      expect(poisson.quantileSf(poisson.sf(k, 3.3), 3.3)).toBe(k)
    }
    expect(poisson.quantile(1, 3.3)).toBe(Number.POSITIVE_INFINITY)
    expect(poisson.quantileSf(1e-300, 3.3)).toBeGreaterThan(100)
  })
})
