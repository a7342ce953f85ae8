import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import golden from './__golden__/bandits.json' with { type: 'json' }
import type { ArmPosterior } from './index.ts'
import { bestArmProbabilities } from './index.ts'

const beta = ([a, b]: readonly number[]): ArmPosterior => ({ kind: 'beta', a: a!, b: b! })
const normal = ([mean, sd]: readonly number[]): ArmPosterior => ({
  kind: 'normal',
  mean: mean!,
  sd: sd!,
})
const student = ([df, location, scale]: readonly number[]): ArmPosterior => ({
  kind: 'student-t',
  df: df!,
  location: location!,
  scale: scale!,
})

describe('agrees with mpmath', () => {
  test.each([
    ['beta', golden.beta, beta],
    ['normal', golden.normal, normal],
    ['student', golden.student, student],
  ] as const)('%s', (_, cases, law) => {
    for (const [laws, wanted] of cases as unknown as [number[][], number[]][]) {
      const got = bestArmProbabilities(laws.map(law))
      got.forEach((p, k) => {
        expect(Math.abs(p - wanted[k]!), JSON.stringify(laws)).toBeLessThan(1e-10)
      })
    }
  })
})

/** P(B > A) for whole shapes of B, as a finite sum. Source: Miller, "Formulas for Bayesian A/B testing" (2015). */
function betaBeats([a, b]: [number, number], [c, d]: [number, number]): number {
  const lg = (n: number) => {
    let sum = 0
    for (let i = 2; i < n; i++) sum += Math.log(i)
    return sum
  }
  const lb = (p: number, q: number) => lg(p) + lg(q) - lg(p + q)
  let total = 0
  for (let i = 0; i < c; i++)
    total += Math.exp(lb(a + i, b + d) - Math.log(d + i) - lb(1 + i, d) - lb(a, b))
  return total
}

test('two betas agree with the closed form', () => {
  const shape = fc.integer({ min: 1, max: 60 })
  fc.assert(
    fc.property(shape, shape, shape, shape, (a, b, c, d) => {
      const [, p] = bestArmProbabilities([beta([a, b]), beta([c, d])])
      expect(Math.abs(p! - betaBeats([a, b], [c, d]))).toBeLessThan(1e-10)
    }),
  )
})

test('shapes below 1, whose flanks are steep on one side only', () => {
  const shape = fc.double({ min: 0.05, max: 1e5, noNaN: true })
  fc.assert(
    fc.property(shape, shape, (a, b) => {
      // A uniform rate lies above X with probability 1 − E(X).
      const [p] = bestArmProbabilities([beta([1, 1]), beta([a, b])])
      expect(Math.abs(p! - b / (a + b))).toBeLessThan(1e-11)
    }),
  )
})

test('probabilities add up, follow the order of the arms, and equal laws share', () => {
  const shape = fc.double({ min: 0.05, max: 1e5, noNaN: true })
  fc.assert(
    fc.property(fc.array(fc.tuple(shape, shape), { minLength: 1, maxLength: 8 }), (shapes) => {
      const p = bestArmProbabilities(shapes.map(beta))
      expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
      expect(p.every((x) => x >= 0)).toBe(true)
      const turned = bestArmProbabilities([...shapes].reverse().map(beta)).reverse()
      turned.forEach((x, k) => {
        expect(Math.abs(x - p[k]!)).toBeLessThan(1e-9)
      })
      const twice = bestArmProbabilities([...shapes, ...shapes].map(beta))
      shapes.forEach((_, k) => {
        expect(Math.abs(twice[k]! - twice[k + shapes.length]!)).toBeLessThan(1e-9)
      })
    }),
  )
})

test('normal laws are unmoved by shift and scale, and t laws tend to them', () => {
  const laws = [
    [0.3, 1],
    [0, 0.2],
    [1, 2],
  ]
  const p = bestArmProbabilities(laws.map(normal))
  for (const [shift, scale] of [
    [1e6, 1],
    [-4, 1e-5],
    [0, 1e12],
  ] as const) {
    const moved = bestArmProbabilities(
      laws.map(([m, s]) => normal([shift + scale * m!, scale * s!])),
    )
    moved.forEach((x, k) => {
      expect(Math.abs(x - p[k]!)).toBeLessThan(1e-8)
    })
  }
  const t = bestArmProbabilities(laws.map(([m, s]) => student([1e9, m!, s!])))
  t.forEach((x, k) => {
    expect(Math.abs(x - p[k]!)).toBeLessThan(1e-8)
  })
  // Two normals in closed form: P(X > Y) = Φ(gap / √(s² + r²)) = Φ(1).
  expect(bestArmProbabilities([normal([5, 3]), normal([0, 4])])[0]).toBeCloseTo(
    0.8413447460685429,
    11,
  )
})

test('extremes: one arm, a certain leader, far apart scales', () => {
  expect(bestArmProbabilities([beta([3, 4])])).toEqual([1])
  expect(bestArmProbabilities([normal([0, 1]), normal([1e6, 1])])).toEqual([0, 1])
  const [narrow, wide] = bestArmProbabilities([normal([0, 1e-9]), normal([0, 1])])
  expect(narrow).toBeCloseTo(0.5, 9)
  expect(wide).toBeCloseTo(0.5, 9)
  const rates = bestArmProbabilities([beta([1e7, 1e9]), beta([1, 1])])
  expect(rates[0]).toBeCloseTo(1e7 / (1e7 + 1e9), 8)
})

test('what is no posterior is refused', () => {
  for (const bad of [
    [beta([0, 1])],
    [beta([1, Number.NaN])],
    [normal([0, 0])],
    [normal([Number.NaN, 1])],
    [student([0, 0, 1])],
    [{ kind: 'gamma' } as never],
    [beta([1, 1]), normal([0, 1])],
  ])
    expect(() => bestArmProbabilities(bad)).toThrowError(
      expect.objectContaining({ code: 'abtest.invalid-posterior' }),
    )
})
