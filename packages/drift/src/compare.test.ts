import { inspect } from 'node:util'
import { createEvidence, createRng, manualClock, readTable, verifyEvidence } from '@mlops/core'
import { normal } from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import { compare } from './compare.ts'
import { fitReference } from './fit-reference.ts'
import type { ColumnDrift, DriftReport } from './report.ts'

const gaussian = (n: number, mean: number, seed: number | string) => {
  const rng = createRng(seed)
  return Array.from({ length: n }, () => mean + normal.quantile(rng.next() || 0.5))
}
const column = (report: DriftReport, name: string): ColumnDrift =>
  report.columns.find((one) => one.name === name)!
const repeat = (counts: Record<string, number>) =>
  Object.entries(counts).flatMap(([value, n]) => Array<string>(n).fill(value))
const refused = (code: string) => expect.objectContaining({ kind: 'invalid', code })

describe('numbers', () => {
  test('a shifted column drifts, an unshifted one does not, and the reasons say how', () => {
    const report = compare(
      { moved: gaussian(800, 0, 1), still: gaussian(800, 0, 2) },
      { moved: gaussian(700, 0.6, 3), still: gaussian(700, 0, 4) },
    )
    expect(report.verdict).toBe('fail')
    expect(report.dataset).toMatchObject({ compared: 2, drifted: 1, share: 0.5 })
    expect(report.columns.map((one) => one.name)).toEqual(['moved', 'still'])
    const moved = column(report, 'moved')
    expect(moved.decision).toMatchObject({
      method: 'test-and-effect',
      drifted: true,
      direction: '>=',
      threshold: 0.1,
    })
    expect(moved.reasons[0]).toMatch(
      /^values became larger: .* are at or below .*, in the reference /,
    )
    expect(column(report, 'still')).toMatchObject({ verdict: 'pass', decision: { drifted: false } })
    expect(column(report, 'still').reasons[0]).toMatch(/^no difference beyond chance is shown/)
  })

  test('with many rows a tiny shift is significant but no drift; a bare p-value says otherwise', () => {
    const [before, after] = [{ x: gaussian(40_000, 0, 5) }, { x: gaussian(40_000, 0.05, 6) }]
    const report = compare(before, after)
    expect(column(report, 'x').decision!.adjustedPValue).toBeLessThan(1e-4)
    expect(report.verdict).toBe('pass')
    expect(column(report, 'x').reasons[0]).toMatch(
      /^a real but small difference: 0\.02\d+ where 0\.1 would matter$/,
    )
    expect(compare(before, after, { rule: { method: 'p-value' } }).verdict).toBe('fail')
  })

  test('with few rows PSI is noise, and it says so', () => {
    const report = compare({ x: gaussian(50, 0, 7) }, { x: gaussian(50, 0, 8) })
    const { distances, warnings } = column(report, 'x')
    expect(distances!.psiNoise).toBeCloseTo(9 * (2 / 50), 12)
    expect(warnings.map((warning) => warning.code)).toContain('drift.psi-noise')
    expect(report.verdict).toBe('pass')
  })

  test('every distance is there, against an independent calculation', () => {
    const report = compare(
      { x: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
      { x: [1, 1, 1, 2, 2, 3, 3, 4, 4, 9] },
      { bins: 2 },
    )
    // One inner edge at the median 5.5: shares .5/.5 against .9/.1.
    const { distances, test: ks } = column(report, 'x')
    expect(distances!.psi).toBeCloseTo(0.4 * Math.log(1.8) - 0.4 * Math.log(0.2), 12)
    expect(distances!.klReferenceCurrent).toBeCloseTo(
      0.5 * Math.log(0.5 / 0.9) + 0.5 * Math.log(0.5 / 0.1),
      12,
    )
    expect(distances!.klCurrentReference).toBeCloseTo(0.9 * Math.log(1.8) + 0.1 * Math.log(0.2), 12)
    expect(distances!.totalVariation).toBeCloseTo(0.4, 12)
    expect(distances!.hellinger).toBeCloseTo(Math.sqrt(1 - (Math.sqrt(0.45) + Math.sqrt(0.05))), 12)
    const kl = (p: number, q: number) => (p > 0 ? p * Math.log2(p / q) : 0)
    const js = (kl(0.5, 0.7) + kl(0.5, 0.3) + kl(0.9, 0.7) + kl(0.1, 0.3)) / 2
    expect(distances!.jensenShannon).toBeCloseTo(Math.sqrt(js), 12)
    // Equal sizes: the mean distance of the sorted values.
    expect(distances!.wasserstein).toBeCloseTo((0 + 1 + 2 + 2 + 3 + 3 + 4 + 4 + 5 + 1) / 10, 12)
    expect(distances!.wassersteinNormed).toBeCloseTo(2.5 / Math.sqrt(8.25), 12)
    expect(ks!.statistic).toBeCloseTo(0.5, 12)
  })

  test('infinities are counted, named, and keep their rank', () => {
    const before = {
      x: [...gaussian(90, 0, 9), ...Array<number>(10).fill(Number.POSITIVE_INFINITY)],
    }
    const same = compare(before, before)
    expect(column(same, 'x').effectSize!.value).toBe(0)
    expect(column(same, 'x').warnings.map((warning) => warning.code)).toContain(
      'drift.infinite-values',
    )
    const saved = JSON.parse(JSON.stringify(fitReference(before)))
    expect(column(compare(saved, before), 'x').effectSize!.value).toBe(0)
    expect(column(same, 'x').reference).toMatchObject({ count: 100, infinite: 10 })
  })

  test('a constant column that stays is no drift, one that jumps is', () => {
    const fives = { x: Array<number>(100).fill(5) }
    expect(compare(fives, fives).verdict).toBe('pass')
    const jumped = compare(fives, { x: Array<number>(100).fill(6) })
    expect(jumped.verdict).toBe('fail')
    expect(column(jumped, 'x').distances!.wassersteinNormed).toBeNull()
  })
})

describe('categories', () => {
  test('moved, new and vanished categories are named', () => {
    const report = compare(
      { c: repeat({ a: 500, b: 400, old: 100 }) },
      { c: repeat({ a: 300, b: 450, fresh: 250 }) },
    )
    const c = column(report, 'c')
    expect(c.verdict).toBe('fail')
    expect(c).toMatchObject({ newCategories: ['fresh'], vanishedCategories: ['old'] })
    expect(c.effectSize).toEqual({
      name: 'total-variation',
      value: expect.closeTo(0.3, 12),
      threshold: 0.1,
    })
    expect(c.reasons).toEqual([
      "1 new: 'fresh' (25.0 % of the rows)",
      "'a' fell from 50.0 % to 30.0 %",
      "1 no longer there: 'old' (10.0 % of the reference)",
      "'b' rose from 40.0 % to 45.0 %",
    ])
    expect(c.warnings.map((warning) => warning.code)).toContain('drift.new-categories')
  })

  test('one unseen value among many rows is reported but is no drift', () => {
    const report = compare(
      { c: repeat({ a: 500, b: 500 }) },
      { c: repeat({ a: 500, b: 499, odd: 1 }) },
    )
    expect(column(report, 'c')).toMatchObject({ verdict: 'pass', newCategories: ['odd'] })
  })

  test('booleans and types given by hand', () => {
    const report = compare(
      {
        b: Array.from({ length: 200 }, (_, i) => i % 2 === 0),
        zip: Array.from({ length: 200 }, (_, i) => 1000 + (i % 2)),
      },
      {
        b: Array.from({ length: 200 }, (_, i) => i % 10 === 0),
        zip: Array.from({ length: 200 }, (_, i) => 1000 + (i % 2)),
      },
      { types: { zip: 'categorical' } },
    )
    expect(column(report, 'b')).toMatchObject({ type: 'boolean', verdict: 'fail' })
    expect(column(report, 'zip')).toMatchObject({ type: 'categorical', verdict: 'pass' })
  })

  test('a thousand categories are charted in thirty bars and the rest', () => {
    const ids = { c: Array.from({ length: 2000 }, (_, i) => `id-${i % 1000}`) }
    const { distribution } = column(compare(ids, ids), 'c')
    expect(distribution!.labels).toHaveLength(31)
    expect(distribution!.reference.reduce((sum, n) => sum + n, 0)).toBe(2000)
  })
})

describe('what cannot be compared says why', () => {
  test('missing values are counted; a change of their rate is a warning', () => {
    const before = gaussian(1000, 0, 10)
    const after = gaussian(1000, 0, 11).map((x, i) => (i % 5 === 0 ? null : x))
    const report = compare({ x: before }, { x: after })
    expect(report.verdict).toBe('warn')
    expect(column(report, 'x').current).toMatchObject({
      count: 800,
      missing: 200,
      missingShare: 0.2,
    })
    expect(column(report, 'x').reasons).toContain(
      'the share of missing values went from 0.0 % to 20.0 %',
    )
  })

  test('columns without values, with too few, gone, new, and of another type', () => {
    const report = compare(
      {
        nan: gaussian(50, 0, 1),
        few: gaussian(50, 0, 1),
        gone: gaussian(50, 0, 1),
        typed: gaussian(50, 0, 1),
      },
      {
        nan: Array<number>(50).fill(Number.NaN),
        few: [1, 2, ...Array<null>(48).fill(null)],
        fresh: gaussian(50, 0, 1),
        typed: Array<string>(50).fill('text'),
      },
    )
    expect(report.verdict).toBe('fail')
    expect(
      Object.fromEntries(report.columns.map((one) => [one.name, [one.status, one.verdict]])),
    ).toEqual({
      nan: ['insufficient-data', 'warn'],
      few: ['insufficient-data', 'warn'],
      gone: ['missing-column', 'fail'],
      fresh: ['new-column', 'warn'],
      typed: ['type-changed', 'fail'],
    })
    expect(column(report, 'nan').reasons).toEqual([
      'all 50 values are missing in the current table; there is nothing to compare',
    ])
    expect(column(report, 'few').reasons).toEqual([
      'only 2 present values in the current table (48 missing); at least 10 are needed',
    ])
    expect(report.dataset).toMatchObject({ compared: 0, share: null })
  })

  test('only unjudgeable columns: inconclusive, never a silent pass', () => {
    const nothing = { x: Array<null>(50).fill(null) }
    expect(compare(nothing, nothing).verdict).toBe('inconclusive')
    expect(compare({ x: [1, 2, 3] }, { x: [1, 2, 3] }).verdict).toBe('inconclusive')
    expect(compare({ x: gaussian(50, 0, 1) }, nothing).verdict).toBe('warn')
  })

  test('a time column too short for any cycle is described, not judged', () => {
    const minutes = (from: number) =>
      Array.from({ length: 60 }, (_, i) => new Date(from + i * 60_000))
    const report = compare(
      { at: minutes(0), x: gaussian(60, 0, 1) },
      { at: minutes(1e12), x: gaussian(60, 0, 2) },
    )
    expect(column(report, 'at')).toMatchObject({
      status: 'described',
      verdict: 'pass',
      decision: null,
    })
    expect(report.verdict).toBe('pass')
  })

  test('bad tables and options are typed errors that name the thing', () => {
    const fine = { x: gaussian(50, 0, 1) }
    expect(() => compare(fine, [])).toThrowError(
      expect.objectContaining({
        code: 'core.empty-table',
        message: expect.stringContaining('current'),
      }),
    )
    expect(() => compare({ x: [] }, fine)).toThrowError(
      expect.objectContaining({
        code: 'core.empty-table',
        message: expect.stringContaining('reference'),
      }),
    )
    expect(() => compare([{ a: 1, b: 2 }, { a: 1 }], fine)).toThrowError(
      refused('core.missing-key'),
    )
    expect(() => compare(fine, fine, { alpha: 1.5 })).toThrowError(refused('drift.invalid-option'))
    expect(() => compare(fine, fine, null as never)).toThrowError(refused('drift.invalid-option'))
    expect(() => compare(fine, fine, { failShare: 0 })).toThrowError(
      refused('drift.invalid-option'),
    )
    expect(() => compare(fine, fine, { minCount: 0.5 })).toThrowError(
      refused('drift.invalid-option'),
    )
    expect(() => compare(fine, fine, { ignore: ['typo'] })).toThrowError(
      refused('drift.unknown-column'),
    )
    expect(() => compare(fine, fine, { columns: { x: { method: 'pis' as never } } })).toThrowError(
      refused('drift.unknown-method'),
    )
    expect(() => compare(fine, fine, { columns: { x: { threshold: Number.NaN } } })).toThrowError(
      refused('drift.invalid-option'),
    )
    expect(() =>
      compare(
        { kind: 'drift-reference', formatVersion: 3, rowCount: 1, columns: [] } as never,
        fine,
      ),
    ).toThrowError(
      expect.objectContaining({ kind: 'unsupported', code: 'drift.unsupported-format' }),
    )
    expect(() => fitReference(fine, { sampleSize: 0 })).toThrowError(
      refused('drift.invalid-option'),
    )
  })
})

describe('methods and options', () => {
  const before = { x: gaussian(2000, 0, 20), y: gaussian(2000, 0, 21) }
  const after = { x: gaussian(2000, 0.3, 22), y: gaussian(2000, 0, 23) }

  test.each([
    'psi',
    'kl-reference-current',
    'kl-current-reference',
    'jensen-shannon',
    'hellinger',
    'total-variation',
    'wasserstein-normed',
  ] as const)('%s alone decides when it is chosen', (method) => {
    const strict = compare(before, after, { columns: { x: { method, threshold: 0.01 } } })
    expect(column(strict, 'x').decision).toMatchObject({
      method,
      drifted: true,
      direction: '>=',
      adjustedPValue: null,
    })
    const lax = compare(before, after, { columns: { x: { method, threshold: 5 } } })
    expect(column(lax, 'x').decision!.drifted).toBe(false)
    expect(column(lax, 'y').decision!.method).toBe('test-and-effect')
  })

  test('p-values are adjusted over the columns that are judged by one', () => {
    const wide = (seed: string) =>
      Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`c${i}`, gaussian(300, 0, `${seed}${i}`)]),
      )
    const report = compare(wide('a'), wide('b'), {
      adjustment: 'bonferroni',
      rule: { method: 'p-value' },
    })
    expect(report.dataset.multiplicity).toEqual({ method: 'bonferroni', alpha: 0.05, tests: 20 })
    for (const { decision } of report.columns)
      expect(decision!.adjustedPValue).toBeCloseTo(Math.min(1, decision!.pValue! * 20), 12)
    const none = compare(wide('a'), wide('b'), { adjustment: 'none', rule: { method: 'p-value' } })
    for (const { decision } of none.columns) expect(decision!.adjustedPValue).toBe(decision!.pValue)
  })

  test('under no drift the family-wise alarm rate is what alpha says', () => {
    const runs = 200
    let alarms = 0
    for (let run = 0; run < runs; run++) {
      const table = (side: string) =>
        Object.fromEntries(
          Array.from({ length: 5 }, (_, i) => [`c${i}`, gaussian(80, 0, `${side}-${run}-${i}`)]),
        )
      const report = compare(table('r'), table('c'), { rule: { method: 'p-value' } })
      if (report.dataset.drifted > 0) alarms++
    }
    // Binomial(200, 0.05): mean 10, sd 3.1; KS is a little conservative.
    expect(alarms).toBeGreaterThanOrEqual(1)
    expect(alarms).toBeLessThanOrEqual(19)
  })

  test('ignored columns are not there', () => {
    expect(compare(before, after, { ignore: ['x'] }).columns.map((one) => one.name)).toEqual(['y'])
  })
})

describe('the reference as a document', () => {
  const table = { x: gaussian(3000, 0, 30), c: repeat({ a: 2000, b: 1000 }) }
  const current = { x: gaussian(1000, 0.2, 31), c: repeat({ a: 600, b: 400 }) }

  test('survives JSON, and with a complete sample gives what the table gives', () => {
    const saved = JSON.parse(JSON.stringify(fitReference(table)))
    expect(compare(saved, current)).toEqual(compare(table, current))
  })

  test('with a partial sample the bins still count everything, and the report says what was sampled', () => {
    const reference = fitReference(table, { sampleSize: 500 })
    expect(reference).toEqual(fitReference(table, { sampleSize: 500 }))
    const report = compare(reference, current)
    const [exact, sampled] = [column(compare(table, current), 'x'), column(report, 'x')]
    expect(sampled.distances!.psi).toBe(exact.distances!.psi)
    expect(sampled.test!.sizes[0]).toBe(500)
    expect(sampled.warnings.map((warning) => warning.code)).toContain('drift.reference-sampled')
  })

  test('remembers types that were given by hand, and its bins', () => {
    const zips = { zip: Array.from({ length: 200 }, (_, i) => 1000 + (i % 2)) }
    const reference = fitReference(zips, { types: { zip: 'categorical' } })
    expect(compare(reference, zips).columns[0]).toMatchObject({
      type: 'categorical',
      status: 'compared',
    })
    expect(() => compare(reference, zips, { bins: 5 })).toThrowError(
      refused('drift.invalid-option'),
    )
  })

  test('a table read once can be used again', () => {
    const read = readTable(current)
    expect(compare(table, read)).toEqual(compare(table, current))
  })
})

test('the report is plain JSON, fit for evidence, and prints as a table', () => {
  const report = compare({ x: gaussian(100, 0, 1) }, { x: gaussian(100, 1, 2) })
  expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  const evidence = createEvidence(
    {
      kind: 'drift-report',
      subject: { type: 'dataset', name: 'd' },
      verdict: report.verdict,
      result: report,
      producedBy: { type: 'service', id: 's' },
    },
    { clock: manualClock(0) },
  )
  expect(verifyEvidence(evidence)).toBe(true)
  expect(inspect(report)).toMatch(/^Drift of 100 rows against 100: FAIL\n1 of 1 columns drifted/)
})

test('a rule that is no rule is a typed error', () => {
  const fine = { x: gaussian(50, 0, 1) }
  expect(() => compare(fine, fine, { columns: { x: null as never } })).toThrowError(
    refused('drift.invalid-option'),
  )
})
