import { createRng } from '@mlops/core'
import {
  andersonDarlingKSample,
  brunnerMunzel,
  chiSquareContingency,
  chiSquareGoodnessOfFit,
  conventions,
  cramersV,
  cramerVonMises,
  energyDistance,
  eppsSingleton,
  fisherExact,
  jensenShannonDivergence,
  kuiper,
  kuiperDistance,
  levene,
  lInfinity,
  mannWhitney,
  normal,
  psiTest,
  studentTTest,
  twoProportionZ,
  wasserstein1,
  welchT,
} from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import { compare } from './compare.ts'
import { fitReference } from './fit-reference.ts'
import { presets } from './presets.ts'
import type { DriftMethod, DriftReport } from './report.ts'
import type { ColumnRule } from './rule.ts'

const gaussian = (n: number, mean: number, seed: string) => {
  const rng = createRng(seed)
  return Array.from({ length: n }, () => mean + normal.quantile(rng.next() || 0.5))
}
const repeat = (counts: Record<string, number>) =>
  Object.entries(counts).flatMap(([value, n]) => Array<string>(n).fill(value))
const refused = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const decision = (report: DriftReport, name = 'x') =>
  report.columns.find((one) => one.name === name)!.decision!
const judged = (before: unknown[], after: unknown[], rule: ColumnRule) =>
  decision(compare({ x: before as number[] }, { x: after as number[] }, { columns: { x: rule } }))

const r = gaussian(300, 0, 'r')
const c = gaussian(250, 0.5, 'c')

describe('numbers', () => {
  test.each([
    ['cramer-von-mises', () => cramerVonMises(r, c).pValue],
    ['anderson-darling', () => andersonDarlingKSample([r, c]).pValue],
    ['kuiper', () => kuiper(r, c).pValue],
    ['mann-whitney', () => mannWhitney(r, c).pValue],
    ['brunner-munzel', () => brunnerMunzel(r, c).pValue],
    ['epps-singleton', () => eppsSingleton(r, c).pValue],
    ['welch-t', () => welchT(r, c).pValue],
    ['student-t', () => studentTTest(r, c).pValue],
    ['levene', () => levene([r, c]).pValue],
  ] as const)('%s decides on its own p-value', (method, expected) => {
    expect(judged(r, c, { method })).toMatchObject({
      method,
      value: expected(),
      direction: '<',
      threshold: 0.05,
      drifted: expected()! < 0.05,
    })
    const report = compare({ x: r }, { x: c }, { columns: { x: { method } } })
    expect(report.columns[0]!.test!.pValue).toBe(expected())
  })

  test.each([
    ['wasserstein', () => wasserstein1(r, c)],
    ['energy', () => energyDistance(r, c)],
    ['kuiper-distance', () => kuiperDistance(r, c)],
  ] as const)('%s decides on the distance', (method, expected) => {
    expect(judged(r, c, { method }).value).toBeCloseTo(expected(), 12)
    expect(judged(r, c, { method, threshold: 100 }).drifted).toBe(false)
    expect(judged(r, c, { method, threshold: 0.01 }).drifted).toBe(true)
  })

  test('raw distances are judged in standard deviations of the reference', () => {
    const scaled = (x: readonly number[]) => x.map((v) => v * 1000)
    const [small, large] = [
      judged(r, c, { method: 'wasserstein' }),
      judged(scaled(r), scaled(c), { method: 'wasserstein' }),
    ]
    expect(large.threshold / small.threshold).toBeCloseTo(1000, 6)
    expect(small.threshold).toBeCloseTo(0.1, 1)
    expect(large.drifted).toBe(small.drifted)
  })

  test('PSI is corrected for its noise, and tested', () => {
    const report = compare({ x: r }, { x: c }, { columns: { x: { method: 'psi-corrected' } } })
    const { psi, psiNoise } = report.columns[0]!.distances!
    // No bin is empty, so half a count more changes little.
    expect(decision(report).value).toBeCloseTo(psi - psiNoise, 1)
    // A batch of fifty rows: PSI itself calls it drift, its test does not.
    const [few, other] = [gaussian(50, 0, 'few'), gaussian(50, 0, 'other')]
    expect(judged(few, other, { method: 'psi' }).drifted).toBe(true)
    expect(judged(few, other, { method: 'psi-significance' }).drifted).toBe(false)
    const mean = (method: 'psi' | 'psi-corrected') => {
      let sum = 0
      for (let i = 0; i < 200; i++)
        sum += judged(gaussian(50, 0, `a${i}`), gaussian(50, 0, `b${i}`), { method }).value!
      return sum / 200
    }
    // Mean 0 within four standard errors, sd √18·0.04/√200; PSI as such averages far from it.
    expect(Math.abs(mean('psi-corrected'))).toBeLessThan(0.05)
    expect(mean('psi')).toBeGreaterThan(0.35)
  })

  test('direction, level and bins of a single column', () => {
    const { pValue } = mannWhitney(r, c)
    expect(judged(r, c, { method: 'mann-whitney', threshold: pValue! }).drifted).toBe(false)
    expect(
      judged(r, c, { method: 'mann-whitney', threshold: pValue!, direction: '<=' }).drifted,
    ).toBe(true)
    expect(judged(r, c, { alpha: 1e-30 }).drifted).toBe(false)
    const two = judged(r, c, {
      method: 'total-variation',
      binning: { rule: 'quantile', bins: 2, fitOn: 'reference' },
    })
    const below = (x: readonly number[]) => x.filter((v) => v < median).length / x.length
    const sorted = r.toSorted((a, b) => a - b)
    const median = (sorted[149]! + sorted[150]!) / 2
    expect(two.value).toBeCloseTo(Math.abs(below(r) - below(c)), 12)
  })

  test('an undefined measure is inconclusive with its reason, not a pass', () => {
    const fives = Array<number>(50).fill(5)
    const report = compare(
      { x: fives },
      { x: gaussian(50, 5, 'x') },
      { columns: { x: { method: 'epps-singleton' } } },
    )
    expect(report.columns[0]!.decision!.value === null).toBe(
      report.columns[0]!.verdict === 'inconclusive',
    )
    const proportions = compare({ x: r }, { x: c }, { columns: { x: { method: 'fisher-exact' } } })
    expect(proportions.columns[0]).toMatchObject({
      verdict: 'inconclusive',
      decision: { value: null },
    })
    expect(proportions.columns[0]!.reasons[0]).toMatch(
      /^'fisher-exact' is undefined for these values/,
    )
    expect(proportions.verdict).toBe('inconclusive')
  })
})

describe('categories', () => {
  const [before, after] = [repeat({ a: 60, b: 30, c: 10 }), repeat({ a: 40, b: 45, c: 15 })]
  const table = [
    [60, 30, 10],
    [40, 45, 15],
  ] as const

  test.each([
    ['chi-square', () => chiSquareContingency(table).pValue],
    ['g-test', () => chiSquareContingency(table, { statistic: 'g' }).pValue],
    [
      'chi-square-goodness-of-fit',
      () => chiSquareGoodnessOfFit(table[1], { weights: table[0] }).pValue,
    ],
    ['psi-significance', () => psiTest(table[0], table[1]).pValue],
    ['l-infinity', () => lInfinity(...table)],
    ['cramers-v', () => cramersV(...table)],
    ['jensen-shannon-divergence', () => jensenShannonDivergence(...table)],
  ] as const)('%s', (method, expected) => {
    expect(judged(before, after, { method }).value).toBeCloseTo(expected()!, 12)
  })

  test('two categories: Fisher and z', () => {
    const [x, y] = [repeat({ a: 45, b: 45 }), repeat({ a: 30, b: 60 })]
    expect(judged(x, y, { method: 'fisher-exact' }).value).toBeCloseTo(
      fisherExact([
        [45, 45],
        [30, 60],
      ]).pValue!,
      12,
    )
    expect(judged(x, y, { method: 'two-proportion-z' }).value).toBeCloseTo(
      twoProportionZ({ successes: 45, n: 90 }, { successes: 30, n: 90 }).pValue!,
      12,
    )
  })

  test('base and smoothing of a single column', () => {
    const nats = judged(before, after, { method: 'jensen-shannon-divergence', base: Math.E })
    expect(nats.value).toBeCloseTo(jensenShannonDivergence(...table) * Math.LN2, 12)
    const fresh = repeat({ a: 50, d: 50 })
    const disjoint = (floor: number) =>
      judged(repeat({ a: 100 }), fresh, {
        method: 'psi',
        smoothing: { rule: 'floor', floor, renormalise: false },
      }).value!
    expect(disjoint(1e-4)).toBeGreaterThan(disjoint(0.01))
    // An infinite divergence is drift under any threshold, and still JSON.
    const infinite = judged(repeat({ a: 100 }), fresh, {
      method: 'psi',
      smoothing: { rule: 'none' },
    })
    expect(infinite).toMatchObject({ value: Number.MAX_VALUE, drifted: true })
  })

  test('a category that the reference excludes has p = 0 under goodness of fit', () => {
    const one = judged(repeat({ a: 50, b: 50 }), repeat({ a: 50, b: 49, odd: 1 }), {
      method: 'chi-square-goodness-of-fit',
    })
    expect(one).toMatchObject({ value: 0, drifted: true })
  })

  test('small expected counts are reported', () => {
    const report = compare({ x: repeat({ a: 20, b: 2 }) }, { x: repeat({ a: 20, b: 1 }) })
    expect(report.columns[0]!.warnings.map(({ code }) => code)).toContain('small-expected-counts')
  })
})

describe('which rule holds', () => {
  const before = { x: r, k: repeat({ a: 200, b: 100 }) }
  const after = { x: c, k: repeat({ a: 120, b: 130 }) }

  test('the column before the type before the preset', () => {
    const report = compare(before, after, {
      preset: 'deepchecks',
      rules: { numeric: { method: 'welch-t' } },
      columns: { k: { method: 'hellinger' } },
    })
    expect(decision(report, 'x').method).toBe('welch-t')
    expect(decision(report, 'k').method).toBe('hellinger')
    const plain = compare(before, after, { preset: 'deepchecks' })
    expect(decision(plain, 'k')).toMatchObject({ method: 'cramers-v', convention: 'deepchecks' })
  })

  test('a method for all columns skips those it does not exist for, and says so', () => {
    const report = compare(before, after, { rule: { method: 'levene' } })
    expect(decision(report, 'x').method).toBe('levene')
    expect(decision(report, 'k').method).toBe('test-and-effect')
    const k = report.columns.find(({ name }) => name === 'k')!
    expect(k.warnings.map(({ code }) => code)).toContain('drift.method-not-applicable')
    expect(() => compare(before, after, { columns: { k: { method: 'levene' } } })).toThrowError(
      refused('drift.method-not-applicable'),
    )
  })

  test.each([
    [{ columns: { x: { threshold: 'learned' } } }, 'drift.invalid-option'],
    [{ columns: { x: { method: 'psi', threshold: 'often' } } }, 'drift.invalid-option'],
    [{ columns: { x: { method: 'psi', direction: '<' } } }, 'drift.invalid-option'],
    [{ columns: { x: { method: 'welch-t', direction: '>' } } }, 'drift.invalid-option'],
    [{ columns: { x: { convention: 'excel' } } }, 'drift.invalid-option'],
    [{ columns: { x: { base: 1 } } }, 'drift.invalid-option'],
    [{ columns: { x: { alpha: 1 } } }, 'drift.invalid-option'],
    [{ preset: 'excel' }, 'drift.unknown-preset'],
    [{ preset: 'evidently', rule: { method: 'psi' } }, 'drift.invalid-option'],
    [{ failCount: 0 }, 'drift.invalid-option'],
    [{ roles: { target: 'nobody' } }, 'drift.unknown-column'],
  ] as const)('%j is refused', (options, code) => {
    expect(() => compare(before, after, options as never)).toThrowError(refused(code))
  })
})

describe('presets', () => {
  const before = { x: r, k: Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? 'b' : 'a')) }
  const drifted = { x: gaussian(250, 3, 'far'), k: repeat({ a: 20, b: 230 }) }
  const same = { x: gaussian(250, 0, 'near'), k: repeat({ a: 165, b: 85 }) }

  test.each(Object.keys(presets) as (keyof typeof presets)[])(
    '%s tells drift from none',
    (preset) => {
      const bad = compare(before, drifted, { preset })
      expect(bad.verdict).toBe('fail')
      expect(bad).toMatchObject({
        preset,
        dataset: { drifted: 2, multiplicity: { method: 'none' } },
      })
      const fitted = fitReference(before)
      if (preset === 'nannyml') {
        expect(() => compare(fitted, same, { preset })).toThrowError(
          refused('drift.no-learned-threshold'),
        )
      } else expect(compare(JSON.parse(JSON.stringify(fitted)), same, { preset })).toBeDefined()
    },
  )

  test('one drifted column fails Deepchecks’ rule and not Evidently’s', () => {
    const one = { ...same, k: repeat({ a: 20, b: 230 }), y: same.x }
    const wide = { ...before, y: r }
    expect(compare(wide, one, { preset: 'deepchecks' }).verdict).toBe('fail')
    expect(compare(wide, one, { preset: 'evidently' }).verdict).toBe('warn')
  })

  test('the classical bins are those of the reference, whatever its sample holds', () => {
    const fitted = fitReference({ x: r }, { sampleSize: 20 })
    const [sampled, whole] = [fitted, { x: r }].map(
      (reference) => compare(reference, { x: c }, { preset: 'classical' }).columns[0]!.decision!,
    )
    expect(sampled!.value).toBe(whole!.value)
    expect(conventions.classical.psi.binning.bins).toBe(10)
  })
})

test('every named method has a rule that can be followed on some column', () => {
  const methods: DriftMethod[] = ['bhattacharyya', 'ks', 'ks-distance', 'p-value', 'psi']
  for (const method of methods) expect(judged(r, c, { method }).value).not.toBeNull()
})
