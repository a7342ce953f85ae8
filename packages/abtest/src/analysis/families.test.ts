import type { Rng } from '@mlops/core'
import { createRng } from '@mlops/core'
import { normal, studentT } from '@mlops/stats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareArms } from './compare-arms.ts'
import { compareManyArms } from './compare-many-arms.ts'
import { readFamily } from './family.ts'
import { familyCorrections } from './family-corrections.ts'
import { equivalence, marginTest, nonInferiority } from './margin.ts'
import { pValueInterval } from './p-value-interval.ts'

const invalid = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const gauss = (rng: Rng) => normal.quantile(rng.next() || 0.5)
const _sample = (n: number, rng: Rng, mean = 0, sd = 1) =>
  Array.from({ length: n }, () => mean + sd * gauss(rng))

describe('margins', () => {
  const readout = compareArms({ n: 400, mean: 10, variance: 4 }, { n: 400, mean: 9.9, variance: 4 })

  test('the verdict is where the interval lies', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 0.05, max: 2, noNaN: true }),
        fc.double({ min: 0.01, max: 3, noNaN: true }),
        (value, standardError, margin) => {
          const estimate = { value, standardError, degreesOfFreedom: 17 }
          const on = (kind: 'equivalence' | 'non-inferiority', better: 'higher' | 'lower') =>
            marginTest(estimate, { kind, better, margin, alpha: 0.05 })
          const { lower, upper } = on('equivalence', 'higher').interval!
          expect(lower).toBeCloseTo(value - studentT.quantileSf(0.05, 17) * standardError, 9)
          expect(on('equivalence', 'higher').verdict === 'pass').toBe(
            lower! > -margin && upper! < margin,
          )
          expect(on('non-inferiority', 'higher').verdict === 'pass').toBe(lower! > -margin)
          expect(on('non-inferiority', 'lower').verdict === 'pass').toBe(upper! < margin)
          expect(on('non-inferiority', 'lower').verdict === 'fail').toBe(lower! > margin)
        },
      ),
    )
  })

  test('on either scale, for either direction', () => {
    expect(nonInferiority(readout, { margin: 0.5 })).toMatchObject({
      verdict: 'pass',
      hypothesis: { kind: 'non-inferiority', margin: 0.5, scale: 'difference' },
    })
    expect(nonInferiority(readout, { margin: 0.05, scale: 'relative' }).verdict).toBe('pass')
    expect(nonInferiority(readout, { margin: 0.1 }).verdict).toBe('inconclusive')
    expect(equivalence(readout, { margin: 0.5 }).verdict).toBe('pass')
    expect(equivalence(compareArms([1], [2]), { margin: 1 })).toMatchObject({
      verdict: 'inconclusive',
      test: { status: 'insufficient-data', pValue: null },
    })
  })

  test('what they cannot judge is refused', () => {
    const rng = createRng(1)
    const bootstrapped = compareArms([1, 2, 3], [2, 3, 4], { test: 'bootstrap', rng })
    expect(() => equivalence(bootstrapped, { margin: 1 })).toThrowError(
      invalid('abtest.no-standard-error'),
    )
    for (const margin of [0, -1, Number.NaN, null as never])
      expect(() => equivalence(readout, { margin })).toThrowError(invalid('abtest.invalid-option'))
    const skewed = compareArms({ successes: 50, n: 1000 }, { successes: 50, n: 500 })
    expect(nonInferiority(skewed, { margin: 0.2 }).verdict).toBe('inconclusive')
  })
})

describe('families', () => {
  const p = (effect: number, better: 'higher' | 'lower' = 'higher') =>
    compareArms(
      { n: 500, mean: 10, variance: 25 },
      { n: 500, mean: 10 + effect, variance: 25 },
      { metric: { name: `m${effect}`, better } },
    )

  test('adjusted over success metrics; guardrails apart', () => {
    const guard = nonInferiority(p(-0.05), { margin: 0.8 })
    const family = readFamily([
      { readout: p(0.9) },
      { readout: p(0.7) },
      { readout: guard, role: 'guardrail' },
    ])
    expect(family.multiplicity).toEqual({ method: 'holm', tests: 2, guardrails: 1 })
    const [first, second, third] = family.rows
    expect(first!.adjustedPValue).toBeCloseTo(2 * p(0.9).test.pValue!, 12)
    expect(second!.adjustedPValue).toBeCloseTo(p(0.7).test.pValue!, 12)
    expect(third!.adjustedPValue).toBe(guard.test.pValue)
    expect(first!.adjustedInterval!.level).toBeCloseTo(0.975, 12)
    expect(family.verdict).toBe('pass')
    // A broken guardrail outweighs any success.
    const broken = nonInferiority(p(-3), { margin: 0.5 })
    expect(readFamily([{ readout: p(0.9) }, { readout: broken, role: 'guardrail' }]).verdict).toBe(
      'fail',
    )
    const unsure = nonInferiority(p(-0.4), { margin: 0.5 })
    expect(readFamily([{ readout: p(0.9) }, { readout: unsure, role: 'guardrail' }]).verdict).toBe(
      'inconclusive',
    )
    expect(readFamily([{ readout: p(0.9) }, { readout: p(-0.9) }]).verdict).toBe('fail')
  })

  test('false discovery rate: only what is selected has an interval', () => {
    const rows = (adjust: 'benjamini-hochberg' | 'benjamini-yekutieli') =>
      readFamily([{ readout: p(1) }, { readout: p(1.1) }, { readout: p(0.1) }], { adjust }).rows
    const levels = rows('benjamini-hochberg').map((row) => row.adjustedInterval?.level)
    expect(levels[0]).toBeCloseTo(1 - (2 * 0.05) / 3, 12)
    expect(levels[2]).toBeUndefined()
    expect(rows('benjamini-yekutieli')[0]!.adjustedInterval!.level).toBeCloseTo(
      1 - (2 * 0.05) / (3 * (1 + 1 / 2 + 1 / 3)),
      12,
    )
  })

  test('a metric without a p-value is named, not counted', () => {
    const family = readFamily([{ readout: p(0.9) }, { readout: compareArms([1], [2]) }])
    expect(family.multiplicity.tests).toBe(1)
    expect(family.rows[1]).toMatchObject({ adjustedPValue: null, verdict: 'inconclusive' })
    expect(family.adjustments.join()).toContain('1 success metrics without a p-value')
  })

  test('several arms: one split, one family', () => {
    const control = { n: 1000, mean: 10, variance: 25 }
    const treatments = {
      a: { n: 1000, mean: 10.9, variance: 25 },
      b: { n: 1000, mean: 10.05, variance: 25 },
      c: { n: 1000, mean: 9, variance: 25 },
    }
    const family = compareManyArms(control, treatments, { adjust: 'bonferroni' })
    expect(family.armVerdicts.map(({ verdict }) => verdict)).toEqual([
      'pass',
      'inconclusive',
      'fail',
    ])
    expect(family.arms.map(({ name }) => name)).toEqual(['control', 'a', 'b', 'c'])
    expect(family.rows[0]!.adjustedPValue).toBeCloseTo(
      3 * compareArms(control, treatments.a).test.pValue!,
      12,
    )
    const lopsided = compareManyArms(control, {
      ...treatments,
      d: { n: 600, mean: 10, variance: 25 },
    })
    expect(lopsided).toMatchObject({ verdict: 'inconclusive' })
    expect(lopsided.warnings[0]!.code).toBe('abtest.sample-ratio-mismatch')
    for (const wrong of [{}, null, [1], { control }] as never[])
      expect(() => compareManyArms(control, wrong)).toThrowError(invalid('abtest.invalid-arms'))
  })

  test('corrections, GrowthBook’s interval, refusals', () => {
    expect(familyCorrections({ successMetrics: 1, guardrails: 0 })).toEqual({
      successAlpha: 0.05,
      guardrailAlpha: 0.05,
      power: 0.8,
    })
    expect(familyCorrections({ successMetrics: 2, guardrails: 1, treatments: 3 })).toMatchObject({
      successAlpha: 0.05 / 6,
      power: 0.9,
    })
    expect(pValueInterval(0.1, 1)).toBeNull()
    expect(() => readFamily([])).toThrowError(invalid('abtest.invalid-option'))
    expect(() => readFamily([{ readout: nonInferiority(p(1), { margin: 1 }) }])).toThrowError(
      invalid('abtest.invalid-option'),
    )
    expect(() => familyCorrections({ successMetrics: -1, guardrails: 0 })).toThrowError(
      invalid('abtest.invalid-option'),
    )
  })
})
