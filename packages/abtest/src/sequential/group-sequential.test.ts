import { createRng } from '@mlops/core'
import { normal } from '@mlops/stats'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import golden from './__golden__/group-sequential.json' with { type: 'json' }
import { groupSequentialBounds } from './bounds.ts'
import { crossingProbabilities } from './crossing.ts'
import { futilityBounds } from './futility.ts'
import { groupSequentialInference } from './inference.ts'
import { groupSequentialPower } from './power.ts'
import type { SpendingFunction } from './spending.ts'
import { errorSpent } from './spending.ts'

const invalid = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
const zs = (looks: readonly { readonly z: number | null }[]) => looks.map(({ z }) => z)

const anySpending = fc.oneof(
  fc.constant<SpendingFunction>('lan-demets-obrien-fleming'),
  fc.constant<SpendingFunction>('lan-demets-pocock'),
  fc.double({ min: -8, max: 8, noNaN: true }).map(
    (gamma): SpendingFunction => ({
      family: 'hwang-shih-decani',
      gamma,
    }),
  ),
  fc.double({ min: 0.5, max: 5, noNaN: true }).map(
    (rho): SpendingFunction => ({
      family: 'kim-demets',
      rho,
    }),
  ),
)
const anyLooks = fc
  .uniqueArray(fc.integer({ min: 1, max: 39 }), { minLength: 0, maxLength: 6 })
  .map((at) => [...at.sort((a, b) => a - b).map((i) => i / 40), 1])

describe('bounds', () => {
  test("agree with Spotify confidence's solver and with scipy's multivariate normal", () => {
    for (const { t, rho, alpha, z } of golden.kimDeMets) {
      const { looks } = groupSequentialBounds({
        looks: t,
        alpha,
        sides: 'one',
        spending: { family: 'kim-demets', rho },
      })
      for (const [k, look] of looks.entries())
        expect(Math.abs(look.z! - z[k]!), `${rho} ${t}`).toBeLessThan(golden.kimDeMetsTolerance)
    }
    for (const { t, upper, lower, drift, within } of golden.within) {
      const crossing = crossingProbabilities({ information: t, upper, lower, drift })
      expect(Math.abs(crossing.within - within)).toBeLessThan(golden.withinTolerance)
    }
  })

  test('agree with the published tables of Jennison and Turnbull', () => {
    const last = (looks: number, spending: 'pocock' | 'obrien-fleming', alpha: number) =>
      groupSequentialBounds({ looks, spending, alpha }).looks.at(-1)!.z!.toFixed(3)
    expect([1, 2, 5, 20].map((k) => last(k, 'pocock', 0.05))).toEqual([
      '1.960',
      '2.178',
      '2.413',
      '2.672',
    ])
    expect([2, 5, 20].map((k) => last(k, 'obrien-fleming', 0.05))).toEqual([
      '1.977',
      '2.040',
      '2.126',
    ])
    expect([2, 5].map((k) => last(k, 'pocock', 0.01))).toEqual(['2.772', '2.986'])
  })

  test('agree with a plain midpoint integration', () => {
    const t = [0.25, 0.6, 1]
    const { looks } = groupSequentialBounds({ looks: t, spending: 'lan-demets-pocock' })
    const upper = zs(looks) as number[]
    // The plain grid itself is exact to 1e-5.
    expect(sum(plain(t, upper, 0))).toBeCloseTo(0.05, 4)
    const { above, below } = crossingProbabilities({
      information: t,
      upper,
      lower: upper.map((z) => -z),
      drift: 1.7,
    })
    for (const [k, p] of plain(t, upper, 1.7).entries())
      expect(above[k]! + below[k]!).toBeCloseTo(p, 4)
  })

  test('a spending whose gamma is next to nothing spends by the line', () => {
    for (const gamma of [0, 17 * Number.MIN_VALUE, -1e-300, 1e-13]) {
      const spending = { family: 'hwang-shih-decani', gamma } as const
      expect(errorSpent(spending, 0.5, 0.05)).toBeCloseTo(0.025, 12)
    }
  })

  test('any looks and any spending use up what they may, and no more', () => {
    fc.assert(
      fc.property(anyLooks, anySpending, fc.constantFrom('one', 'two'), (t, spending, sides) => {
        const { looks } = groupSequentialBounds({
          looks: t,
          spending,
          sides: sides as 'one' | 'two',
        })
        const upper = zs(looks)
        const lower = upper.map((z) => (z === null || sides === 'one' ? null : -z))
        const { above, below, within } = crossingProbabilities({ information: t, upper, lower })
        expect(within).toBeCloseTo(0.95, 9)
        let spent = 0
        for (const [k, look] of looks.entries()) {
          spent += above[k]! + below[k]!
          expect(look.spent).toBeCloseTo(spent, 9)
          const factor = sides === 'two' ? 2 : 1
          if (look.z !== null)
            expect(look.spent).toBeCloseTo(factor * errorSpent(spending, t[k]!, 0.05 / factor), 9)
        }
      }),
      { numRuns: 25 },
    )
  })

  test('bounds that were used stay, an over-run spends the rest, and so does an early end', () => {
    const planned = zs(groupSequentialBounds({ looks: [0.3, 0.6, 1] }).looks)
    const over = groupSequentialBounds({ looks: [0.3, 0.6, 1.3] })
    expect(zs(over.looks).slice(0, 2)).toEqual(planned.slice(0, 2))
    expect(over.looks[2]!.spent).toBeCloseTo(0.05, 12)
    // More independent data since the last look: a little more of the level is new.
    expect(over.looks[2]!.z!).toBeGreaterThan(planned[2]!)
    const ended = groupSequentialBounds({ looks: [0.3, 0.8], lastLook: 'all' })
    expect(ended.looks[1]!.spent).toBeCloseTo(0.05, 12)
    expect(groupSequentialBounds({ looks: [0.3, 0.8] }).looks[1]!.spent).toBeLessThan(0.04)
    expect(groupSequentialBounds({ looks: [0.5, 1, 1.2] }).looks[2]).toMatchObject({
      z: null,
      spent: 0.05,
    })
  })

  test('a look at which nothing may be spent has no bound', () => {
    const { looks } = groupSequentialBounds({ looks: 100 })
    expect(looks[0]).toMatchObject({ z: null, nominalP: null, spent: 0 })
    expect(looks.at(-1)!.spent).toBeCloseTo(0.05, 12)
  })

  test('what is no design is refused', () => {
    for (const make of [
      () => groupSequentialBounds({ looks: 0 }),
      () => groupSequentialBounds({ looks: 2.5 }),
      () => groupSequentialBounds({ looks: [0.5, 0.5] }),
      () => groupSequentialBounds({ looks: [0, 1] }),
      () => groupSequentialBounds({ looks: [Number.NaN] }),
      () => groupSequentialBounds({ looks: [] }),
      () => groupSequentialBounds({ looks: 3, alpha: 0 }),
      () => groupSequentialBounds({ looks: 3, sides: 'three' as 'two' }),
      () => groupSequentialBounds({ looks: 3, spending: { family: 'kim-demets', rho: 0 } }),
      () => groupSequentialBounds({ looks: 3, spending: 'haybittle' as 'pocock' }),
      () => crossingProbabilities({ information: [1], upper: [] }),
      () => crossingProbabilities({ information: [1], upper: [1], lower: [2] }),
      () => futilityBounds({ looks: [0.5, 0.9] }),
      () => futilityBounds({ looks: 3, beta: 1 }),
      () => groupSequentialPower(groupSequentialBounds({ looks: 2 }), { power: 0.01 }),
    ])
      expect(make).toThrowError(invalid('abtest.invalid-option'))
  })
})

describe('inference after stopping', () => {
  test('one look is the fixed test', () => {
    const bounds = groupSequentialBounds({ looks: 1 })
    const { pValue, estimate, interval, repeatedInterval } = groupSequentialInference(bounds, {
      effect: 0.25,
      standardError: 0.1,
    })
    expect(pValue).toBeCloseTo(2 * normal.sf(2.5), 12)
    expect(estimate).toBeCloseTo(0.25, 9)
    expect(interval.lower).toBeCloseTo(0.25 - 0.1 * normal.quantileSf(0.025), 9)
    expect(interval.upper).toBeCloseTo(0.25 + 0.1 * normal.quantileSf(0.025), 9)
    expect(repeatedInterval!.lower).toBeCloseTo(interval.lower!, 9)
  })

  test('at the bound the p-value is the level spent so far, and the interval touches 0 at the end', () => {
    for (const sides of ['one', 'two'] as const) {
      const bounds = groupSequentialBounds({ looks: [0.2, 0.5, 0.7, 1], sides })
      const at = (k: number) => ({ ...bounds, looks: bounds.looks.slice(0, k) })
      for (const k of [2, 3, 4]) {
        const { z, spent } = bounds.looks[k - 1]!
        const read = groupSequentialInference(at(k), { effect: z! * 3, standardError: 3 })
        expect(read.pValue).toBeCloseTo(spent, 9)
        expect(read.repeatedInterval!.lower).toBeCloseTo(0, 9)
        if (k === 4) expect(read.interval.lower).toBeCloseTo(0, 6)
      }
    }
  })

  test('it mirrors, scales, and knows its own bounds', () => {
    const bounds = groupSequentialBounds({ looks: [0.4, 0.8] })
    const up = groupSequentialInference(bounds, { effect: 0.3, standardError: 0.1 })
    const down = groupSequentialInference(bounds, { effect: -30, standardError: 10 })
    expect(down.pValue).toBeCloseTo(up.pValue, 12)
    expect(down.estimate).toBeCloseTo(-100 * up.estimate, 6)
    expect(down.interval.upper).toBeCloseTo(-100 * up.interval.lower!, 6)
    expect(up.stopped && down.stopped).toBe(true)
    expect(up.estimate).toBeLessThan(0.3)
  })

  test('the interval covers, and the estimate lies on either side, as often as they say', () => {
    const design = groupSequentialBounds({ looks: [0.3, 0.6, 1], spending: 'lan-demets-pocock' })
    const rng = createRng(20261121)
    const truth = 2
    const runs = 400
    let covered = 0
    let tooLow = 0
    let naive = 0
    for (let run = 0; run < runs; run++) {
      let score = 0
      let before = 0
      for (const [k, { information, z }] of design.looks.entries()) {
        score += truth * (information - before) + Math.sqrt(information - before) * gauss(rng)
        before = information
        const seen = score / Math.sqrt(information)
        if (Math.abs(seen) < z! && k < 2) continue
        const standardError = 1 / Math.sqrt(information)
        const effect = seen * standardError
        const { interval, estimate } = groupSequentialInference(
          { ...design, looks: design.looks.slice(0, k + 1) },
          { effect, standardError },
        )
        if (interval.lower! <= truth && truth <= interval.upper!) covered++
        if (estimate < truth) tooLow++
        if (effect < truth) naive++
        break
      }
    }
    // Four standard errors of 400 runs: 0.044 and 0.1.
    expect(covered / runs).toBeGreaterThan(0.95 - 0.044)
    expect(Math.abs(tooLow / runs - 0.5)).toBeLessThan(0.1)
    expect(naive / runs).toBeLessThan(0.5)
  })
})

describe('futility', () => {
  test.each(['binding', 'non-binding'] as const)(
    '%s bounds spend alpha and beta, and meet',
    (rule) => {
      for (const looks of [
        [0.5, 1],
        [0.2, 0.4, 0.6, 0.8, 1],
      ]) {
        const design = futilityBounds({ looks, beta: 0.1, rule })
        const upper = zs(design.looks)
        const lower = design.looks.map(({ futilityZ }) => futilityZ)
        expect(lower.at(-1)).toBe(upper.at(-1))
        const under = crossingProbabilities({
          information: looks,
          upper,
          lower: rule === 'binding' ? lower : lower.map(() => null),
        })
        expect(sum(under.above)).toBeCloseTo(0.025, 8)
        const along = crossingProbabilities({
          information: looks,
          upper,
          lower,
          drift: design.drift,
        })
        expect(sum(along.above)).toBeCloseTo(0.9, 8)
        expect(sum(along.below)).toBeCloseTo(0.1, 8)
        // Futility takes power, so the drift is more than without it.
        const plainDesign = groupSequentialBounds({ looks, alpha: 0.025, sides: 'one' })
        if (rule === 'non-binding')
          expect(design.drift).toBeGreaterThan(
            groupSequentialPower(plainDesign, { power: 0.9 }).drift,
          )
      }
    },
  )

  test('agree with the design of gsDesign', () => {
    // gsDesign(): k = 3, one-sided 0.025, beta 0.1, non-binding, Hwang-Shih-DeCani with gamma -4 and -2.
    const { looks, drift } = futilityBounds({
      looks: 3,
      beta: 0.1,
      spending: { family: 'hwang-shih-decani', gamma: -4 },
      futilitySpending: { family: 'hwang-shih-decani', gamma: -2 },
    })
    expect(zs(looks).map((z) => z!.toFixed(2))).toEqual(['3.01', '2.55', '2.00'])
    expect(looks.slice(0, 2).map(({ futilityZ }) => futilityZ!.toFixed(2))).toEqual([
      '-0.24',
      '0.94',
    ])
    expect(((drift / (normal.quantileSf(0.025) + normal.quantileSf(0.1))) ** 2).toFixed(2)).toBe(
      '1.07',
    )
  })
})

test('power is the level without an effect, mirrors, and costs what the fixed test needs at one look', () => {
  const design = groupSequentialBounds({ looks: 4 })
  expect(groupSequentialPower(design, { drift: 0 }).power).toBeCloseTo(0.025, 9)
  const [up, down] = [2.5, -2.5].map((drift) => groupSequentialPower(design, { drift }))
  expect(down!.power).toBeCloseTo(up!.power, 9)
  expect(sum(up!.stopAt)).toBeGreaterThanOrEqual(up!.power)
  const single = groupSequentialPower(groupSequentialBounds({ looks: 1 }), { power: 0.9 })
  expect(single.inflationFactor).toBeCloseTo(1, 8)
  expect(single.expectedInformation).toBe(1)
})

/** Stopping probabilities beyond ±upper, by midpoints on a fixed grid. */
function plain(t: readonly number[], upper: readonly number[], drift: number): number[] {
  const cells = 1200
  const [from, width] = [-6, 12 / cells]
  const at = (i: number) => from + (i + 0.5) * width
  let mass = Array.from({ length: cells }, (_, i) => density(at(i), drift * t[0]!, t[0]!) * width)
  return t.map((now, k) => {
    if (k > 0) {
      const step = now - t[k - 1]!
      const before = mass
      mass = Array.from(
        { length: cells },
        (_, j) =>
          before.reduce(
            (total, m, i) =>
              m === 0 ? total : total + m * density(at(j), at(i) + drift * step, step),
            0,
          ) * width,
      )
    }
    const bound = upper[k]! * Math.sqrt(now)
    const inside = (i: number) =>
      // The cell at the bound counts by its part.
      Math.min(1, Math.max(0, (bound - Math.abs(at(i))) / width + 0.5))
    const total = sum(mass)
    mass = mass.map((m, i) => m * inside(i))
    return total - sum(mass)
  })
}

function density(x: number, mean: number, variance: number): number {
  return Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance)
}

function gauss(rng: { next(): number }): number {
  return normal.quantile(Math.max(1e-300, rng.next()))
}
