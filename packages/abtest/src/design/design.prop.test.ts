import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { achievedPower, detectableEffect, requiredUnits } from './answers.ts'
import { designForClusters } from './cluster-design.ts'
import type { Design } from './design.ts'
import { designForExactProportions } from './exact-proportions-design.ts'
import { designForMannWhitney } from './mann-whitney-design.ts'
import { designForEquivalence, designForNonInferiority } from './margin-design.ts'
import { designForMcNemar } from './mcnemar-design.ts'
import { designForMeans, designForPairs } from './means-design.ts'
import { designForOddsRatio, designForProportions } from './proportions-design.ts'
import { designForQuantile } from './quantile-design.ts'
import { designForRelativeLift } from './relative-design.ts'

/** Each family with an effect that is found with some hundred units. */
const families: [string, Design, number][] = [
  ['means', designForMeans({ sd: 1, allocation: [1, 2] }), 0.3],
  ['Welch, three arms', designForMeans({ sd: 1, treatmentSd: 2, allocation: [2, 1, 1] }), 0.5],
  ['pairs', designForPairs({ sd: 1 }), 0.2],
  ['proportions', designForProportions({ control: 0.3 }), 0.1],
  ['arcsine', designForProportions({ control: 0.3, variance: 'arcsine' }), -0.1],
  ['odds ratio', designForOddsRatio({ control: 0.3 }), 1.6],
  ['quantile', designForQuantile({ quantile: 0.9, density: 0.2 }), 0.4],
  ['Mann-Whitney', designForMannWhitney(), 0.1],
  ['McNemar', designForMcNemar({ discordant: 0.3 }), 0.1],
  ['lift', designForRelativeLift({ mean: 5, sd: 5 }), 0.15],
  ['clusters', designForClusters({ sd: 1, icc: 0.1, clusterSize: 10 }), 0.3],
  ['non-inferiority', designForNonInferiority({ sd: 1 }), 0.25],
  ['non-inferiority of proportions', designForNonInferiority({ control: 0.4 }), 0.1],
  ['equivalence', designForEquivalence({ sd: 1, difference: 0.05 }), 0.3],
  ['equivalence of proportions', designForEquivalence({ control: 0.4 }), 0.12],
]

describe.each(families)('%s', (_name, design, effect) => {
  const share = fc.double({ min: 0.5, max: 0.97, noNaN: true })

  test('units, then power, then the effect: round trip', () => {
    fc.assert(
      fc.property(share, (power) => {
        const size = requiredUnits(design, { effect, power })
        expect(size.power).toBeGreaterThanOrEqual(power)
        expect(achievedPower(design, { units: size.arms, effect }).power).toBe(size.power)
        const direction = effect < 0 ? 'decrease' : 'increase'
        const found = detectableEffect(design, { units: size.arms, power: size.power!, direction })
        expect(Math.abs(design.distanceOf(found.effect!))).toBeCloseTo(
          Math.abs(design.distanceOf(effect)),
          5,
        )
        // One unit less, and the power is missed.
        if (size.arms[0]! > design.leastUnits) {
          const fewer = size.arms[0]! - 1
          const units = design.allocation.map((weight) =>
            Math.ceil((fewer * weight) / design.allocation[0]! - 1e-9),
          )
          if (Math.min(...units) >= design.leastUnits)
            expect(achievedPower(design, { units, effect }).power).toBeLessThan(power)
        }
      }),
      { numRuns: 15 },
    )
  })

  test('more units, or a larger effect, never less power', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 3000 }),
        fc.integer({ min: 1, max: 500 }),
        (n, more) => {
          const at = (control: number) =>
            design.power(
              design.allocation.map((weight) => (control * weight) / design.allocation[0]!),
              effect,
            )
          expect(at(n + more)).toBeGreaterThanOrEqual(at(n) - 1e-12)
          const units = design.allocation.map((weight) => (n * weight) / design.allocation[0]!)
          const larger = design.effectAt(design.distanceOf(effect) * (1 + more / 2000))
          expect(design.power(units, larger)).toBeGreaterThanOrEqual(
            design.power(units, effect) - 1e-12,
          )
        },
      ),
      { numRuns: 25 },
    )
  })
})

test('exact: the answer and the nine sizes after it reach the power, the size before does not', () => {
  for (const [name, effect] of [
    ['fisher', 0.35],
    ['z-pooled', 0.3],
    ['z-unpooled', 0.4],
  ] as const) {
    const design = designForExactProportions({ control: 0.2, test: name })
    const { arms, power } = requiredUnits(design, { effect, power: 0.8 })
    const at = (n: number) => achievedPower(design, { units: [n, n], effect }).power!
    expect(at(arms[0]!)).toBe(power)
    for (let k = 0; k < 10; k++) expect(at(arms[0]! + k)).toBeGreaterThanOrEqual(0.8)
    expect(at(arms[0]! - 1)).toBeLessThan(0.8)
  }
})

test('exact: Fisher’s test never errs more often than alpha, and tends to the z test', () => {
  const design = designForExactProportions({ control: 0.3 })
  for (const n of [5, 17, 60])
    for (const p of [0.1, 0.3, 0.5])
      expect(designForExactProportions({ control: p }).power([n, n], 0)).toBeLessThanOrEqual(0.05)
  const [exact, approximate] = [design, designForProportions({ control: 0.3 })].map(
    (of) => achievedPower(of, { units: [400, 400], effect: 0.1 }).power!,
  )
  expect(Math.abs(exact! - approximate!)).toBeLessThan(0.03)
})
