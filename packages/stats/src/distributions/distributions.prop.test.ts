import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { beta } from './beta.ts'
import { binomial } from './binomial.ts'
import { chiSquare } from './chi-square.ts'
import { fDistribution } from './f-distribution.ts'
import { gamma } from './gamma.ts'
import { kolmogorov } from './kolmogorov.ts'
import { normal } from './normal.ts'
import { studentT } from './student-t.ts'

interface Continuous {
  cdf(x: number, ...shapes: number[]): number
  sf(x: number, ...shapes: number[]): number
  logCdf(x: number, ...shapes: number[]): number
  logSf(x: number, ...shapes: number[]): number
  pdf(x: number, ...shapes: number[]): number
  logPdf(x: number, ...shapes: number[]): number
  quantile(p: number, ...shapes: number[]): number
  quantileSf(q: number, ...shapes: number[]): number
}

const logUniform = (lo: number, hi: number) =>
  fc.double({ min: Math.log(lo), max: Math.log(hi), noNaN: true }).map(Math.exp)
const shape = logUniform(0.2, 1e6)
const probability = fc.oneof(
  fc.double({ min: 1e-3, max: 0.999, noNaN: true }),
  logUniform(1e-250, 1),
)

const FAMILIES: [string, Continuous, number][] = [
  ['normal', normal as Continuous, 0],
  ['studentT', studentT as Continuous, 1],
  ['chiSquare', chiSquare as Continuous, 1],
  ['gamma', gamma as Continuous, 1],
  ['beta', beta as Continuous, 2],
  ['fDistribution', fDistribution as Continuous, 2],
  ['kolmogorov', kolmogorov as Continuous, 0],
]

const relative = (got: number, want: number) => (got === want ? 0 : Math.abs(got / want - 1))

describe.each(FAMILIES)('%s', (name, d, count) => {
  const shapes = fc.array(shape, { minLength: count, maxLength: count })

  it('has tails that add up to 1 and a quantile that inverts the one it starts from', () => {
    fc.assert(
      fc.property(probability, shapes, (p, s) => {
        const x = d.quantile(p, ...s)
        const y = d.quantileSf(p, ...s)
        expect(d.cdf(x, ...s) + d.sf(x, ...s)).toBeCloseTo(1, 14)
        // one rounding of x moves the tail by x pdf(x) / tail of them
        const inside = (v: number) => Math.abs(v) > 1e-290 && Math.abs(v) < 1e290 && v !== 1
        const slack = (v: number) => 3e-15 * (1 + (Math.abs(v) * d.pdf(v, ...s)) / p)
        if (inside(x)) expect(relative(d.cdf(x, ...s), p)).toBeLessThan(slack(x))
        if (inside(y)) expect(relative(d.sf(y, ...s), p)).toBeLessThan(slack(y))
      }),
      { seed: 1, numRuns: 250 },
    )
  })

  it('is monotone, and its logarithms are those of its values', () => {
    fc.assert(
      fc.property(probability, probability, shapes, (p, q, s) => {
        const x = d.quantile(Math.min(p, q), ...s)
        const y = d.quantile(Math.max(p, q), ...s)
        expect(x).toBeLessThanOrEqual(y)
        if (x < y) {
          expect(d.cdf(x, ...s)).toBeLessThanOrEqual(d.cdf(y, ...s) * (1 + 1e-14))
          expect(d.sf(y, ...s)).toBeLessThanOrEqual(d.sf(x, ...s) * (1 + 1e-14))
        }
        const near = (l: number, v: number) => {
          if (v > 1e-290 && v < 1e290) expect(Math.abs(Math.exp(l) / v - 1)).toBeLessThan(1e-12)
        }
        near(d.logCdf(x, ...s), d.cdf(x, ...s))
        near(d.logSf(x, ...s), d.sf(x, ...s))
        near(d.logPdf(x, ...s), d.pdf(x, ...s))
      }),
      { seed: 2, numRuns: 250 },
    )
  })

  it('has a density that is the slope of its cdf', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.02, max: 0.98, noNaN: true }),
        fc.array(logUniform(1, 1e4), { minLength: count, maxLength: count }),
        (p, s) => {
          const x = d.quantile(p, ...s)
          const h = 1e-4 * (d.quantile(Math.min(0.99, p + 0.01), ...s) - x)
          const slope = (d.cdf(x + h, ...s) - d.cdf(x - h, ...s)) / (2 * h)
          if (h > 0 && name !== 'kolmogorov')
            expect(relative(slope, d.pdf(x, ...s))).toBeLessThan(1e-5)
        },
      ),
      { seed: 3, numRuns: 100 },
    )
  })

  it('answers at both infinities', () => {
    const s = Array.from({ length: count }, () => 2.5)
    expect(d.cdf(Number.NEGATIVE_INFINITY, ...s)).toBe(0)
    expect(d.sf(Number.NEGATIVE_INFINITY, ...s)).toBe(1)
    expect(d.cdf(Number.POSITIVE_INFINITY, ...s)).toBe(1)
    expect(d.sf(Number.POSITIVE_INFINITY, ...s)).toBe(0)
    expect(d.logSf(Number.POSITIVE_INFINITY, ...s)).toBe(Number.NEGATIVE_INFINITY)
    expect(d.logCdf(Number.NEGATIVE_INFINITY, ...s)).toBe(Number.NEGATIVE_INFINITY)
    expect(d.pdf(Number.POSITIVE_INFINITY, ...s)).toBe(0)
    expect(d.cdf(d.quantile(0, ...s), ...s)).toBe(0)
    expect(d.cdf(d.quantile(1, ...s), ...s)).toBe(1)
  })

  it('refuses what cannot be right', () => {
    const s = Array.from({ length: count }, () => 2.5)
    const invalid = expect.objectContaining({ kind: 'invalid', code: 'stats.invalid-parameter' })
    const thrown = (f: () => number) => {
      try {
        return f()
      } catch (error) {
        return error
      }
    }
    for (const method of ['cdf', 'sf', 'logCdf', 'logSf', 'pdf', 'logPdf'] as const) {
      expect(thrown(() => d[method](Number.NaN, ...s))).toEqual(invalid)
      for (let i = 0; i < count; i++) {
        for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
          expect(thrown(() => d[method](0.5, ...s.with(i, bad)))).toEqual(invalid)
          expect(thrown(() => d.quantile(0.5, ...s.with(i, bad)))).toEqual(invalid)
        }
      }
    }
    for (const bad of [-0.1, 1.1, Number.NaN]) {
      expect(thrown(() => d.quantile(bad, ...s))).toEqual(invalid)
      expect(thrown(() => d.quantileSf(bad, ...s))).toEqual(invalid)
    }
  })
})

describe('relations between distributions', () => {
  const x = logUniform(1e-3, 1e3)
  const check = (got: number, want: number) => {
    if (want > 1e-280) expect(relative(got, want)).toBeLessThan(5e-14)
  }

  it('t^2 is F(1, df), and t is symmetric', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4000 }), logUniform(0.5, 1e5), (i, df) => {
        const t = i / 64
        check(fDistribution.sf(t * t, 1, df), 2 * studentT.sf(t, df))
        expect(studentT.cdf(-t, df)).toBe(studentT.sf(t, df))
        expect(studentT.quantileSf(0.1, df)).toBe(-studentT.quantile(0.1, df))
      }),
      { seed: 4 },
    )
  })

  it('1/F exchanges the degrees of freedom, x to 1 - x the shapes of beta', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -8, max: 8 }),
        shape,
        shape,
        fc.integer({ min: 1, max: 1023 }),
        (k, a, b, i) => {
          check(fDistribution.cdf(2 ** k, a, b), fDistribution.sf(2 ** -k, b, a))
          check(beta.cdf(i / 1024, a, b), beta.sf(1 - i / 1024, b, a))
          check(beta.cdf(i / 1024, a, 1), Math.min(1, Math.exp(a * Math.log(i / 1024))))
        },
      ),
      { seed: 5 },
    )
  })

  it('chi-square of 1 and 2 degrees of freedom, gamma of shape 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), x, (i, y) => {
        const z = i / 64
        check(chiSquare.sf(z * z, 1), 2 * normal.sf(z))
        check(chiSquare.sf(y, 2), Math.exp(-y / 2))
        check(gamma.cdf(y, 1), -Math.expm1(-y))
        check(gamma.sf(2 * y, 1.7, 2), gamma.sf(y, 1.7))
      }),
      { seed: 6 },
    )
  })

  it('F with many denominators is a chi-square, a sum of binomials a beta', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 0, max: 400 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (n, j, p) => {
          const k = Math.min(j, n - 1)
          check(binomial.sf(k, n, p), beta.cdf(p, k + 1, n - k))
          expect(relative(fDistribution.sf(1.3, 5, 1e12), chiSquare.sf(6.5, 5))).toBeLessThan(1e-10)
        },
      ),
      { seed: 7 },
    )
  })
})
