import { createRng } from '@mlops/core'
import { ksDistance, normal, psi, totalVariation, wasserstein1 } from '@mlops/stats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compare } from '../compare.ts'
import { fitReference } from '../fit-reference.ts'
import type { Bound, ColumnDrift, DriftReport } from '../report.ts'
import { compareProfiles } from './compare-profiles.ts'
import type { ProfilerOptions } from './create-profiler.ts'
import { createProfiler } from './create-profiler.ts'
import type { DataProfile } from './data-profile.ts'

const refused = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const gaussian = (n: number, mean: number, seed: number) => {
  const rng = createRng(seed)
  return Float64Array.from({ length: n }, () => mean + normal.quantile(rng.next() || 0.5))
}
const profileOf = (table: Parameters<typeof compare>[1], options: ProfilerOptions = {}) => {
  const profiler = createProfiler(options)
  profiler.addTable(table)
  return profiler.profile()
}
const column = (report: DriftReport, name: string): ColumnDrift =>
  report.columns.find((one) => one.name === name)!
const inside = (value: number, [low, high]: Bound) => {
  expect(value).toBeGreaterThanOrEqual(low - 1e-12)
  expect(value).toBeLessThanOrEqual(high + 1e-12)
}
const texts = (n: number, distinct: number, seed: number) => {
  const rng = createRng(seed)
  return Array.from({ length: n }, () => `c${Math.floor(distinct * rng.next() ** 3)}`)
}

const cell = fc.oneof(
  fc.double(),
  fc.constantFrom(null, Number.NaN, Infinity, -Infinity, 0, -0, 1, 5e-324),
  fc.integer({ min: -3, max: 3 }),
)
const label = fc.constantFrom('a', 'b', 'c', '', '__proto__', null)

describe('where nothing was thinned out', () => {
  test('the report is that of compare, figure by figure', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, label, fc.boolean()), { minLength: 1, maxLength: 80 }),
        fc.array(fc.tuple(cell, label, fc.boolean()), { minLength: 1, maxLength: 80 }),
        (before, after) => {
          const table = (rows: typeof before) => ({
            x: rows.map(([x]) => x),
            c: rows.map(([, c]) => c),
            b: rows.map(([, , b]) => b),
            t: rows.map(([x]) => new Date(Number.isFinite(x) ? (x as number) % 1e12 : 0)),
          })
          const options = {
            minCount: 1,
            types: { c: 'categorical' as const, x: 'numeric' as const },
          }
          const reference = fitReference(table(before), { types: options.types })
          const current = profileOf(table(after), { reference })
          const expected = compare(reference, table(after), options)
          const report = compareProfiles(reference, current, { minCount: 1 })
          expect(withoutNoise(report)).toEqual(withoutNoise(expected))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('two profiles as well: tests, effects and categories', () => {
    const [a, b] = [
      { x: gaussian(500, 0, 1), c: texts(500, 40, 2) },
      { x: gaussian(400, 0.4, 3), c: texts(400, 50, 4) },
    ]
    const report = compareProfiles(profileOf(a), profileOf(b))
    const expected = compare(a, b)
    for (const name of ['x', 'c']) {
      const [got, want] = [column(report, name), column(expected, name)]
      expect(got.test).toEqual(want.test)
      expect(got.effectSize).toEqual(want.effectSize)
      expect(got.bounds).toBeUndefined()
      expect(got.verdict).toBe(want.verdict)
    }
    const { wasserstein, psi: stability } = column(report, 'x').distances!
    expect(wasserstein).toBeCloseTo(column(expected, 'x').distances!.wasserstein!, 12)
    expect(stability).toBeCloseTo(column(expected, 'x').distances!.psi, 12)
  })
})

/** Sums of the area go by steps here and by values there: equal to rounding. */
function withoutNoise(report: DriftReport) {
  const rounded = (x: number | null) => x && Number(x.toPrecision(9))
  return JSON.parse(
    JSON.stringify({
      ...report,
      columns: report.columns.map((one) => ({
        ...one,
        distances: one.distances && {
          ...one.distances,
          wasserstein: rounded(one.distances.wasserstein),
          wassersteinNormed: rounded(one.distances.wassersteinNormed),
        },
      })),
    }),
  )
}

describe('bounds', () => {
  const [before, after] = [gaussian(60_000, 0, 5), gaussian(50_000, 0.3, 6)]
  const reference = fitReference({ x: before }, { sampleSize: 'all' })

  test('hold the exact figures, against a reference and between profiles, at any k', () => {
    const exact = compare(reference, { x: after }).columns[0]!
    for (const k of [16, 64, 200, 512]) {
      const current = profileOf({ x: after }, { k, reference })
      for (const other of [reference, profileOf({ x: before }, { k, reference })]) {
        const {
          bounds,
          test: ks,
          distances,
          effectSize,
        } = compareProfiles(other, current).columns[0]!
        inside(ksDistance(before, after), bounds!.effectSize)
        inside(effectSize!.value, bounds!.effectSize)
        inside(exact.test!.pValue!, bounds!.pValue!)
        expect(ks!.pValue).toBe(bounds!.pValue![1])
        inside(wasserstein1(before, after), bounds!.distances.wasserstein!)
        inside(exact.distances!.wassersteinNormed!, bounds!.distances.wassersteinNormed!)
        // The bins are those of the reference: exact.
        expect(distances!.psi).toBe(exact.distances!.psi)
        expect(bounds!.distances.psi).toEqual([exact.distances!.psi, exact.distances!.psi])
        expect(bounds!.confidence).toBeGreaterThanOrEqual(0.98 - 1e-12)
      }
    }
  })

  test('on bins that were not counted every distance lies in its bound, and more so with a larger k', () => {
    const exact = compare(reference, { x: after }).columns[0]!.distances!
    let before = Infinity
    for (const k of [64, 256, 1024]) {
      const { bounds } = compareProfiles(reference, profileOf({ x: after }, { k })).columns[0]!
      for (const name of [
        'psi',
        'klReferenceCurrent',
        'klCurrentReference',
        'jensenShannon',
        'hellinger',
        'totalVariation',
      ] as const)
        inside(exact[name], bounds!.distances[name]!)
      const [low, high] = bounds!.distances.psi!
      expect(high - low).toBeLessThan(before)
      before = high - low
    }
  })

  test('that leave nothing to chance hold for whatever numbers come', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
      fc.integer({ min: -4, max: 4 }),
      fc.constantFrom(Infinity, -Infinity),
    )
    const numbers = fc.array(number, { minLength: 30, maxLength: 300 })
    let certain = 0
    fc.assert(
      fc.property(numbers, numbers, fc.integer({ min: 8, max: 60 }), (before, after, k) => {
        const exact = compare({ x: before }, { x: after }).columns[0]!
        const [r, c] = [profileOf({ x: before }, { k }), profileOf({ x: after }, { k })]
        const { bounds } = compareProfiles(r, c).columns[0]!
        if (bounds?.confidence !== 1 || exact.status !== 'compared') return
        certain++
        inside(exact.effectSize!.value, bounds.effectSize)
        inside(exact.test!.pValue!, bounds.pValue!)
        const { wasserstein } = exact.distances!
        if (wasserstein !== null) {
          const [low, high] = bounds.distances.wasserstein!
          inside(wasserstein, [low * (1 - 1e-9), high * (1 + 1e-9) + 1e-9])
        }
        // On the bins that the sketches gave, too.
        const { distribution, distances } = compareProfiles(r, c).columns[0]!
        expect(distribution).not.toBeNull()
        inside(distances!.psi, bounds.distances.psi!)
        inside(distances!.klReferenceCurrent, bounds.distances.klReferenceCurrent!)
        inside(distances!.jensenShannon, bounds.distances.jensenShannon!)
      }),
      { numRuns: 200 },
    )
    expect(certain).toBeGreaterThan(50)
  })

  test('decide: drift for certain, none for certain, and what they leave open', () => {
    const far = compareProfiles(reference, profileOf({ x: gaussian(50_000, 1, 7) }, { k: 64 }))
    expect(column(far, 'x')).toMatchObject({ verdict: 'fail', decision: { drifted: true } })
    const near = compareProfiles(reference, profileOf({ x: gaussian(50_000, 0, 8) }, { k: 64 }))
    expect(column(near, 'x')).toMatchObject({ verdict: 'pass', decision: { drifted: false } })
    // A shift of 0.25 sd is D = 0.099: k = 64 cannot tell it from 0.1.
    const between = compareProfiles(
      reference,
      profileOf({ x: gaussian(50_000, 0.25, 9) }, { k: 64 }),
    )
    expect(column(between, 'x')).toMatchObject({
      verdict: 'inconclusive',
      decision: { drifted: false, undecided: true },
    })
    expect(between.verdict).toBe('inconclusive')
    expect(column(between, 'x').reasons[0]).toMatch(/error bounds leave it open/)
    for (const method of ['psi', 'wasserstein-normed', 'p-value', 'hellinger'] as const) {
      const report = compareProfiles(reference, profileOf({ x: after }, { k: 64 }), {
        rule: { method },
      })
      const { decision, bounds } = report.columns[0]!
      expect(decision!.value).not.toBeNull()
      expect(bounds).toBeDefined()
    }
  })

  test('more categories than kept: the rest is one, and its bounds hold', () => {
    const [a, b] = [
      texts(40_000, 6000, 1),
      texts(30_000, 6000, 2).map((c) => (c === 'c0' ? 'c1' : c)),
    ]
    const report = compareProfiles(profileOf({ c: a }), profileOf({ c: b }))
    const { bounds, distances, warnings, distribution, current } = column(report, 'c')
    expect(warnings.map(({ code }) => code)).toContain('drift.categories-pooled')
    expect(distribution!.current.reduce((sum, n) => sum + n, 0)).toBe(current!.count)
    // The pooled truth: kept categories of either side by themselves, all others together.
    const kept = new Set(
      [profileOf({ c: a }), profileOf({ c: b })].flatMap(({ columns: [one] }) =>
        'items' in one! ? one.items.items.map(([item]) => item) : [],
      ),
    )
    const names = [...kept, '(other)']
    const counts = (values: readonly string[]) => {
      const found = new Map<string, number>()
      for (const value of values) {
        const name = kept.has(value) ? value : '(other)'
        found.set(name, (found.get(name) ?? 0) + 1)
      }
      return names.map((name) => found.get(name) ?? 0)
    }
    inside(totalVariation(counts(a), counts(b)), bounds!.effectSize)
    inside(psi(counts(a), counts(b)), bounds!.distances.psi!)
    inside(distances!.totalVariation, bounds!.effectSize)
    expect(bounds!.pValue![0]).toBeLessThanOrEqual(bounds!.pValue![1])
    expect(Math.abs(distinctNear(a) - current!.distinct!)).toBeLessThan(6000)
  })
})

function distinctNear(values: readonly string[]): number {
  return new Set(values).size
}

describe('schema', () => {
  const numbers = { x: gaussian(50, 0, 1) }

  test('columns that are gone, new, empty or of another type', () => {
    const reference = profileOf({ ...numbers, gone: numbers.x, kind: numbers.x, empty: numbers.x })
    const current = profileOf({
      ...numbers,
      fresh: numbers.x,
      kind: texts(50, 5, 1),
      empty: new Array<null>(50).fill(null),
    })
    const report = compareProfiles(reference, current)
    const status = Object.fromEntries(report.columns.map((one) => [one.name, one.status]))
    expect(status).toEqual({
      x: 'compared',
      gone: 'missing-column',
      fresh: 'new-column',
      kind: 'type-changed',
      empty: 'insufficient-data',
    })
    expect(compareProfiles(reference, current, { ignore: ['gone', 'kind'] }).columns).toHaveLength(
      3,
    )
  })

  test('mistyped values are told, and all of them are a changed type', () => {
    const reference = fitReference(numbers)
    const profiler = createProfiler({ reference })
    for (const x of numbers.x) profiler.add({ x })
    profiler.add({ x: 'n/a' })
    const some = compareProfiles(reference, profiler.profile())
    expect(some.columns[0]!.warnings).toContainEqual({
      code: 'drift.mistyped-values',
      message: 'values of another type than numeric were left out: 0 in the reference, 1 now',
    })
    const texted = createProfiler({ reference })
    for (let i = 0; i < 20; i++) texted.add({ x: 'n/a' })
    expect(compareProfiles(reference, texted.profile()).columns[0]!.status).toBe('type-changed')
  })

  test('what cannot be right is refused', () => {
    const good = profileOf(numbers)
    const against = (options: object) => () => compareProfiles(good, good, options)
    expect(against({ ignore: ['nobody'] })).toThrow(refused('drift.unknown-column'))
    expect(against({ alpha: 2 })).toThrow(refused('drift.invalid-option'))
    expect(() => compareProfiles({} as DataProfile, good)).toThrow(refused('drift.not-a-profile'))
    expect(() => compareProfiles(good, numbers as unknown as DataProfile)).toThrow(
      refused('drift.not-a-profile'),
    )
  })
})

test('a report with bounds is plain JSON and prints', () => {
  const report = compareProfiles(
    profileOf({ x: gaussian(5000, 0, 1) }, { k: 32 }),
    profileOf({ x: gaussian(5000, 0, 2) }, { k: 32 }),
  )
  expect(JSON.parse(JSON.stringify(report)).columns[0].bounds.pValue).toHaveLength(2)
})
