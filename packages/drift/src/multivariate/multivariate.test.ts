import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import type { Rng, Table } from '@mlops/core'
import { createRng } from '@mlops/core'
import { matrixOf, mmdSquared } from '@mlops/stats/multivariate'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compare } from '../compare.ts'
import { classifierDrift } from './classifier-drift.ts'
import { energyDrift } from './energy-drift.ts'
import { fitPca } from './fit-pca.ts'
import { mmdDrift } from './mmd-drift.ts'
import type { MultivariateDrift } from './multivariate-drift.ts'
import { learnMultivariateLimits, multivariateSeries } from './multivariate-series.ts'
import { pcaDrift } from './pca-drift.ts'

const code = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'nothing thrown'
}

/** Two standard normal columns with a correlation, a third without, and a category. */
function people(rng: Rng, rows: number, rho: number) {
  const draw = () => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
  const a = Array.from({ length: rows }, draw)
  return {
    a,
    b: a.map((x) => rho * x + Math.sqrt(1 - rho * rho) * draw()),
    c: a.map(draw),
    plan: a.map(() => (rng.next() < 0.7 ? 'free' : 'paid')),
  }
}

const methods: Readonly<
  Record<
    string,
    (
      r: Parameters<typeof mmdDrift>[0],
      c: Parameters<typeof mmdDrift>[0],
      rng?: Rng,
    ) => MultivariateDrift
  >
> = {
  pca: (r, c) => pcaDrift(fitPca(r), c),
  mmd: (r, c, rng = createRng(1)) => mmdDrift(r, c, { permutations: 99, rng }),
  linear: (r, c, rng = createRng(1)) => mmdDrift(r, c, { estimator: 'linear', rng }),
  energy: (r, c, rng = createRng(1)) => energyDrift(r, c, { permutations: 99, rng }),
  classifier: (r, c, rng = createRng(1)) => classifierDrift(r, c, { rng }),
}

describe('PCA reconstruction error', () => {
  const golden = JSON.parse(readFileSync(new URL('./__golden__/pca.json', import.meta.url), 'utf8'))

  it('is that of NannyML: imputed, frequency-encoded, unseen category and all', () => {
    const reference = fitPca(golden.reference, { chunks: 5 })
    const kept = JSON.parse(JSON.stringify(reference))
    const found: MultivariateDrift[] = []
    const series = multivariateSeries(golden.current, {
      chunk: { by: 'count', count: 5 },
      compare: (part) => {
        const one = pcaDrift(kept, part)
        found.push(one)
        return one
      },
    })
    found.forEach(({ statistic, settings, drifted, interval }, at) => {
      expect(statistic).toBeCloseTo(golden.values[at], 9)
      expect(settings['samplingError']).toBeCloseTo(golden.samplingError[at], 9)
      expect(drifted).toBe(golden.alert[at])
      expect(interval?.upper).toBeCloseTo(golden.upperConfidence[at], 9)
    })
    expect(reference.learned.lower).toBeCloseTo(golden.lower, 9)
    expect(reference.learned.upper).toBeCloseTo(golden.upper, 9)
    expect(series.columns[0]).toMatchObject({ method: 'pca-reconstruction', alarms: 5 })
    expect(series.columns[0]!.points[0]!.threshold).toBeCloseTo(golden.upper, 9)
  })

  it('refuses what it cannot fit or read', () => {
    expect(code(() => fitPca({ x: [1, 1, 1] }, { chunks: 1 }))).toBe('drift.no-variance')
    expect(code(() => fitPca({ x: [1, 2] }, { variance: 1 }))).toBe('drift.invalid-option')
    expect(code(() => fitPca({ x: [1, 2] }, { ignore: ['y'] }))).toBe('drift.unknown-column')
    expect(code(() => fitPca({ x: [new Date(0), new Date(1)] }))).toBe('drift.no-columns')
    const fitted = fitPca({ x: [1, 2, 3, 5], y: ['a', 'b', 'a', 'a'] }, { chunks: 2 })
    expect(code(() => pcaDrift(fitted, { x: [1] }))).toBe('drift.missing-column')
    expect(code(() => pcaDrift(fitted, { x: ['1'], y: ['a'] }))).toBe('drift.type-changed')
    expect(code(() => pcaDrift({} as typeof fitted, { x: [1] }))).toBe('drift.not-a-reference')
    expect(code(() => pcaDrift({ ...fitted, formatVersion: 9 as 1 }, { x: [1], y: ['a'] }))).toBe(
      'drift.unsupported-format',
    )
    const one = pcaDrift(fitted, { x: [1], y: ['a'], z: [1] })
    expect(one.interval).toBeUndefined()
    expect(one.warnings.map((warning) => warning.code)).toEqual(['drift.new-column'])
  })
})

describe('every method', () => {
  const rng = createRng('every method')
  const [before, same, crossed] = [
    people(rng, 900, 0.8),
    people(rng, 500, 0.8),
    people(rng, 500, -0.3),
  ]

  it('sees a change of correlation that no column shows', () => {
    expect(compare(before, crossed).dataset.drifted).toBe(0)
    for (const [name, method] of Object.entries(methods)) {
      // The linear estimate is for many rows; it has its own case.
      if (name === 'linear') continue
      expect([name, method(before, crossed).verdict]).toEqual([name, 'fail'])
      expect([name, method(before, same).verdict]).toEqual([name, 'pass'])
    }
  })

  it('the linear estimate sees it in many rows, without sampling', () => {
    const [r, c] = [people(rng, 12_000, 0.8), people(rng, 10_000, -0.3)]
    const found = methods['linear']!(r, c)
    expect(found).toMatchObject({ verdict: 'fail', rows: { reference: 12_000, current: 10_000 } })
    expect(found.settings['permutations']).toBeNull()
  })

  it('repeats itself under its seed, survives JSON, and prints', () => {
    for (const [name, method] of Object.entries(methods)) {
      if (name === 'linear') continue
      const found = method(before, crossed)
      expect(JSON.stringify(method(before, crossed))).toBe(JSON.stringify(found))
      expect(JSON.parse(JSON.stringify(found))).toEqual(found)
      expect(inspect(found)).toContain('FAIL')
      expect(found.sentence).toMatch(/^The 4 columns together changed/)
    }
  })

  it('counts and says what it filled in or left out', () => {
    const gappy = {
      ...same,
      a: same.a.map((x, i) => (i % 10 === 0 ? null : i % 10 === 1 ? Infinity : x)),
    }
    const imputed = mmdDrift(before, gappy, { permutations: 9 })
    expect(imputed.imputed).toEqual({ reference: 0, current: 100 })
    expect(imputed.warnings.map((warning) => warning.code)).toEqual(['drift.values-imputed'])
    const dropped = mmdDrift(before, gappy, { permutations: 9, missing: 'drop' })
    expect(dropped.dropped).toEqual({ reference: 0, current: 100 })
    expect(dropped.rows).toEqual({ reference: 900, current: 400 })
    expect(pcaDrift(fitPca(before), gappy).imputed.current).toBe(100)
    const sampled = energyDrift(before, same, { maxRows: 50, permutations: 9 })
    expect(sampled.rows).toEqual({ reference: 50, current: 50 })
    expect(sampled.warnings).toHaveLength(2)
    const found = energyDrift(
      { ...before, t: before.a.map((_, i) => new Date(i)) },
      { ...same, t: same.a.map((_, i) => new Date(i)) },
      { permutations: 9 },
    )
    expect(found.columns).not.toContain('t')
    expect(found.warnings[0]?.code).toBe('drift.column-left-out')
  })

  it('says inconclusive where there is too little', () => {
    for (const method of ['mmd', 'linear', 'energy', 'classifier'] as const) {
      const tiny = { x: [1, 2, 3], y: ['a', 'b', 'a'] }
      const gone = { x: [null, null], y: ['a', 'b'] }
      const found =
        method === 'energy'
          ? energyDrift(tiny, gone, { missing: 'drop' })
          : methods[method]!({ x: [1], y: ['a'] }, tiny)
      expect(found).toMatchObject({
        status: 'insufficient-data',
        verdict: 'inconclusive',
        drifted: null,
        pValue: null,
      })
    }
    const flat = { x: new Array(50).fill(1) }
    expect(mmdDrift(flat, flat)).toMatchObject({ status: 'undefined', verdict: 'inconclusive' })
    expect(classifierDrift(flat, flat)).toMatchObject({
      status: 'undefined',
      verdict: 'inconclusive',
      pValue: null,
    })
  })

  it('refuses bad options by code', () => {
    for (const [options, expected] of [
      [{ alpha: 0 }, 'drift.invalid-option'],
      [{ maxRows: 3 }, 'drift.invalid-option'],
      [{ ignore: ['nothing'] }, 'drift.unknown-column'],
      [{ limits: { lower: 2, upper: 1 } }, 'stats.bad-threshold-rule'],
    ] as const) {
      expect(code(() => mmdDrift(before, same, options))).toBe(expected)
      expect(code(() => energyDrift(before, same, options))).toBe(expected)
      expect(code(() => classifierDrift(before, same, options))).toBe(expected)
    }
    expect(code(() => classifierDrift(before, same, { folds: 1 }))).toBe('drift.invalid-option')
    expect(code(() => mmdDrift(before, { ...same, extra: same.a }))).toBe('drift.missing-column')
    expect(code(() => mmdDrift(before, { ...same, a: same.plan }))).toBe('drift.type-changed')
  })

  it('never crashes on odd cells', () => {
    const cell = fc.oneof(fc.double(), fc.constantFrom(null, Infinity, -Infinity, 0, 1e308, -1e308))
    const side = fc.array(fc.tuple(cell, fc.constantFrom('a', '__proto__', '<b>', null)), {
      minLength: 1,
      maxLength: 30,
    })
    fc.assert(
      fc.property(side, side, (r, c) => {
        const table = (rows: typeof r) => ({
          x: Float64Array.from(rows, ([x]) => x ?? Number.NaN),
          y: rows.map(([, y]) => y),
        })
        for (const method of [
          () => mmdDrift(table(r), table(c), { permutations: 9 }),
          () => energyDrift(table(r), table(c), { permutations: 9, missing: 'drop' }),
          () => classifierDrift(table(r), table(c), { folds: 2 }),
        ]) {
          const { pValue, status } = method()
          expect(status === 'compared').toBe(pValue !== null)
          if (pValue !== null) expect(pValue > 0 && pValue <= 1).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('encoding', () => {
  it('standardises numbers over both sides and sets different categories sqrt(2) apart', () => {
    const [r, c] = [
      { x: [0, 2, 4], y: ['a', 'b', 'a'] },
      { x: [1, 3, 8], y: ['a', 'c', 'c'] },
    ]
    const sd = Math.sqrt([0, 2, 4, 1, 3, 8].reduce((sum, x) => sum + (x - 3) ** 2, 0) / 6)
    const row = (x: number, y: string) => [
      (x - 3) / sd,
      ...['a', 'b', 'c'].map((one) => Number(one === y)),
    ]
    const by = (side: typeof r) => matrixOf(side.x.map((x, i) => row(x, side.y[i]!)))
    expect(mmdDrift(r, c, { bandwidth: 1 }).statistic).toBeCloseTo(
      mmdSquared(by(r), by(c), { bandwidth: 1 })!,
      12,
    )
  })

  it('takes embeddings dimension by dimension', () => {
    const rng = createRng(5)
    const vectors = (shift: number) =>
      Array.from({ length: 80 }, () => [rng.next(), rng.next() + shift])
    expect(mmdDrift({ v: vectors(0) }, { v: vectors(0.4) }).verdict).toBe('fail')
    expect(code(() => mmdDrift({ v: vectors(0) }, { v: [[1], [2]] }))).toBe('drift.type-changed')
  })
})

describe('calibration', () => {
  it('raises false alarms as often as it says', () => {
    const runs = 200
    for (const name of ['mmd', 'linear', 'energy', 'classifier'] as const) {
      let alarms = 0
      for (let run = 0; run < runs; run++) {
        const rng = createRng(`calibration/${run}`)
        const { pValue } = methods[name]!(people(rng, 60, 0.5), people(rng, 60, 0.5), rng)
        if (pValue! <= 0.1) alarms++
      }
      // 0.1 ± 3 standard errors: cross-fitted ranks taken for independent would give 0.18.
      expect([name, Math.abs(alarms / runs - 0.1) < 0.064]).toEqual([name, true])
    }
  })

  it('of the classifier agrees with refitting under shuffled labels', () => {
    const rng = createRng(8)
    const [r, c] = [people(rng, 120, 0), people(rng, 120, 0.85)]
    const learner = { iterations: 10, maxDepth: 2 }
    const options = { learner, minimumAuc: 0, folds: 3 }
    const exact = classifierDrift(r, c, { ...options, pValueBy: 'permutation', permutations: 39 })
    const split = classifierDrift(r, c, options)
    expect(exact.pValue).toBe(1 / 40)
    expect(exact.interval).toBeUndefined()
    expect(split.pValue).toBeLessThan(0.05)
    const calm = classifierDrift(r, people(rng, 120, 0), {
      ...options,
      pValueBy: 'permutation',
      permutations: 39,
    })
    expect(calm.pValue).toBeGreaterThan(0.05)
  })
})

describe('the classifier', () => {
  it('names the columns that tell the sides apart, a change of what is missing among them', () => {
    const rng = createRng(9)
    const [r, c] = [people(rng, 300, 0), people(rng, 300, 0)]
    const gaps = classifierDrift(r, { ...c, c: c.c.map((x) => (rng.next() < 0.4 ? null : x)) })
    expect(gaps.contributions![0]!.name).toBe('c')
    expect(gaps.verdict).toBe('fail')
    const category = classifierDrift(r, {
      ...c,
      plan: c.plan.map((p) => (p === 'free' ? 'gratis' : p)),
    })
    expect(category.contributions![0]!.name).toBe('plan')
    expect(category.statistic).toBeGreaterThan(0.8)
    expect(category.interval!.lower).toBeLessThan(category.statistic!)
  })

  it('lets a difference pass that is real but too small to matter', () => {
    const rng = createRng(10)
    const [r, c] = [people(rng, 4000, 0), people(rng, 4000, 0)]
    const shifted = { ...c, a: c.a.map((x) => x + 0.12) }
    const found = classifierDrift(r, shifted, { learner: { iterations: 20, maxDepth: 2 } })
    expect(found.pValue).toBeLessThan(0.05)
    expect(found.statistic).toBeLessThan(0.55)
    expect(found.verdict).toBe('pass')
    expect(
      classifierDrift(r, shifted, { learner: { iterations: 20, maxDepth: 2 }, minimumAuc: 0.5 })
        .verdict,
    ).toBe('fail')
  })
})

describe('learned limits', () => {
  it('decide by size instead of by p-value', () => {
    const rng = createRng(11)
    const reference = people(rng, 1000, 0.7)
    const options = { permutations: 2, maxRows: 300 }
    const by = (part: Table) => energyDrift(reference, part, options)
    const limits = learnMultivariateLimits(reference, { compare: by })
    expect(limits.values).toHaveLength(10)
    const judge = (rho: number) =>
      energyDrift(reference, people(rng, 100, rho), { ...options, limits })
    expect(judge(0.7)).toMatchObject({ verdict: 'pass', alpha: null })
    expect(judge(-0.9).verdict).toBe('fail')
    expect(code(() => learnMultivariateLimits(reference, { chunks: 1, compare: by }))).toBe(
      'drift.too-few-chunks',
    )
    const series = multivariateSeries(people(rng, 300, 0.7), {
      chunk: { by: 'size', size: 100 },
      compare: (part) => energyDrift(reference, part, { permutations: 39, maxRows: 300 }),
    })
    expect(series.columns[0]!.points[0]).toMatchObject({ threshold: 0.05, direction: '<' })
  })
})
