import { createRng, readTable } from '@mlops/core'
import { normal, thresholdLimits } from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import { chunk } from './chunk.ts'
import { compare } from './compare.ts'
import { compareChunks } from './compare-chunks.ts'
import { findDriftSegments } from './find-drift-segments.ts'
import { fitReference } from './fit-reference.ts'
import { learnThresholds } from './learn-thresholds.ts'
import { rowsAt } from './rows.ts'

const DAY = 86_400_000
const refused = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const gaussian = (n: number, mean: number, seed: string) => {
  const rng = createRng(seed)
  return Array.from({ length: n }, () => mean + normal.quantile(rng.next() || 0.5))
}

describe('chunk', () => {
  const table = { x: Array.from({ length: 10 }, (_, i) => i) }
  const sizes = (how: Parameters<typeof chunk>[1]) =>
    chunk(table, how).map((one) => one.table.rowCount)

  test('by count and by size; nothing is lost', () => {
    expect(sizes({ by: 'count', count: 4 })).toEqual([2, 3, 2, 3])
    expect(sizes({ by: 'size', size: 4 })).toEqual([4, 4, 2])
    const values = chunk(table, { by: 'count', count: 3 }).flatMap((one) => {
      const x = one.table.columns.get('x')!
      return x.type === 'numeric' ? [...x.values] : []
    })
    expect(values).toEqual(table.x)
  })

  test('by period, in order of time, whatever the order of the rows', () => {
    const start = Date.UTC(2026, 0, 1)
    const at = [40, 3, 4, 11, 1, 33].map((day) => new Date(start + day * DAY))
    const labels = (period: 'day' | 'week' | 'month' | 'year' | 'hour') =>
      chunk({ at, x: [1, 2, 3, 4, 5, 6] }, { by: 'period', column: 'at', period }).map(
        ({ label, table: part }) => `${label} ${part.rowCount}`,
      )
    expect(labels('month')).toEqual(['2026-01 4', '2026-02 2'])
    // 2025-12-29 was a Monday.
    expect(labels('week')).toEqual([
      '2025-12-29 2',
      '2026-01-05 1',
      '2026-01-12 1',
      '2026-02-02 1',
      '2026-02-09 1',
    ])
    expect(labels('year')).toEqual(['2026 6'])
    expect(labels('day')).toHaveLength(6)
  })

  test('every kind of column is cut, missing values counted anew', () => {
    const read = readTable(
      {
        n: [1, null, 3],
        c: ['a', 'b', null],
        b: [true, null, false],
        t: ['x y', null, 'z'],
        e: [[1, 2], null, [3, 4]],
        d: [new Date(1), new Date(2), null],
      },
      { types: { t: 'text' } },
    )
    const cut = rowsAt(read, [1, 1, 2])
    expect([...cut.columns].map(([name, { missing, length }]) => [name, missing, length])).toEqual([
      ['n', 2, 3],
      ['c', 1, 3],
      ['b', 2, 3],
      ['t', 2, 3],
      ['e', 2, 3],
      ['d', 1, 3],
    ])
  })

  test('refuses what cannot be cut so', () => {
    expect(() => sizes({ by: 'count', count: 11 })).toThrowError(refused('drift.invalid-option'))
    expect(() => sizes({ by: 'size', size: 0 })).toThrowError(refused('drift.invalid-option'))
    expect(() => sizes({ by: 'rows' } as never)).toThrowError(refused('drift.invalid-option'))
    expect(() => sizes({ by: 'period', column: 'x', period: 'day' })).toThrowError(
      refused('drift.unknown-column'),
    )
  })
})

describe('learned thresholds', () => {
  const training = { x: gaussian(2000, 0, 'train'), y: gaussian(2000, 0, 'y') }
  const rule = { method: 'jensen-shannon', threshold: 'learned' } as const

  test('are the stated function of the values over the chunks', () => {
    const [x] = learnThresholds(training, { rule, chunks: 8 })
    expect(x!.values).toHaveLength(8)
    const naive = chunk(training, { by: 'count', count: 8 }).map(
      ({ table }) => compare(training, table).columns.find(({ name }) => name === 'x')!.distances!,
    )
    expect(x!.values).toEqual(naive.map(({ jensenShannon }) => jensenShannon))
    const limits = thresholdLimits(x!.values as number[], {
      kind: 'standard-deviation',
      lowerMultiplier: null,
    })
    expect(x).toMatchObject({ column: 'x', method: 'jensen-shannon', ...limits })
  })

  test('are kept in the document, and judged with', () => {
    const learned = learnThresholds(training, {
      rule,
      columnLimits: { y: { kind: 'constant', lower: 0.001, upper: 0.9 } },
    })
    const reference = JSON.parse(JSON.stringify(fitReference(training, { learned })))
    const report = compare(
      reference,
      { x: gaussian(200, 1, 'moved'), y: training.y.slice(0, 200) },
      { rule },
    )
    const [x, y] = ['x', 'y'].map(
      (name) => report.columns.find((one) => one.name === name)!.decision!,
    )
    expect(x).toMatchObject({ drifted: true, direction: '>', threshold: learned[0]!.upper })
    expect(y).toMatchObject({ drifted: false, threshold: 0.9, lower: 0.001 })
    // Below the lower limit is an alarm too: data too much like the reference.
    expect(
      compare(reference, training, { columns: { y: rule } }).columns.find(
        ({ name }) => name === 'y',
      )!.decision,
    ).toMatchObject({ value: 0, drifted: true })
  })

  test('a table as reference learns by itself; what cannot be learned says so', () => {
    const same = compare(
      training,
      { x: gaussian(200, 0, 'same'), y: gaussian(200, 0, 's') },
      { rule },
    )
    expect(same.dataset.drifted).toBeLessThan(2)
    expect(() => compare(fitReference(training), training, { rule })).toThrowError(
      refused('drift.no-learned-threshold'),
    )
    const sparse = { x: training.x.map((v, i) => (i < 100 ? v : null)) }
    expect(() => learnThresholds(sparse, { rule })).toThrowError(refused('drift.too-few-chunks'))
    expect(learnThresholds(training)).toEqual([])
  })

  test('false alarms of three sigma over fresh data are few, of one sigma many', () => {
    const alarms = (multiplier: number) => {
      const learned = learnThresholds(training, {
        rule,
        limits: { kind: 'standard-deviation', multiplier, lowerMultiplier: null },
      })
      const reference = fitReference(training, { learned })
      let found = 0
      for (let i = 0; i < 40; i++) {
        const fresh = { x: gaussian(200, 0, `x${i}`), y: gaussian(200, 0, `y${i}`) }
        found += compare(reference, fresh, { rule }).dataset.drifted
      }
      return found
    }
    // Of 80: three sigma of ten chunks hold about 1 % of a skew law, but the limit itself is rough.
    expect(alarms(3)).toBeLessThanOrEqual(12)
    expect(alarms(0.5)).toBeGreaterThan(15)
  })
})

describe('compareChunks', () => {
  test('finds when it began', () => {
    const reference = { x: gaussian(1000, 0, 'a'), y: gaussian(1000, 0, 'b') }
    const later = {
      x: gaussian(1000, 0, 'c').map((v, i) => (i < 600 ? v : v + 1.5)),
      y: gaussian(1000, 0, 'd'),
    }
    const series = compareChunks(fitReference(reference), later, {
      chunk: { by: 'count', count: 5 },
      roles: { target: 'y' },
    })
    expect(series.columns.map(({ name, role, alarms }) => [name, role, alarms])).toEqual([
      ['y', 'target', 0],
      ['x', undefined, 2],
    ])
    expect(series.columns[1]!.points.map(({ drifted }) => drifted)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ])
    expect(series.sentence).toBe(
      "Something drifted in 2 of 5 chunks, first in 600–799; 'x' most often (2 times).",
    )
    expect(series.verdict).toBe('fail')
    expect(JSON.parse(JSON.stringify(series))).toEqual(series)
  })

  test('is the comparison of each chunk', () => {
    const reference = { x: gaussian(500, 0, 'a') }
    const later = { x: gaussian(300, 0.4, 'c') }
    const series = compareChunks(reference, later, { chunk: { by: 'size', size: 100 } })
    chunk(later, { by: 'size', size: 100 }).forEach(({ table }, at) => {
      const { decision } = compare(reference, table).columns[0]!
      expect(series.columns[0]!.points[at]).toMatchObject({
        value: decision!.value,
        adjustedPValue: decision!.adjustedPValue,
      })
    })
  })
})

describe('findDriftSegments', () => {
  const rows = (n: number, seed: string, shift: (plan: string, age: number) => number) => {
    const rng = createRng(seed)
    return Array.from({ length: n }, () => {
      const plan = ['free', 'pro', 'team'][rng.int(3)] as string
      const age = 20 + rng.int(50)
      const spend = shift(plan, age) + normal.quantile(rng.next() || 0.5)
      return { plan, age, spend, noise: rng.next() }
    })
  }
  const none = () => 0

  test('one condition', () => {
    const report = findDriftSegments(
      rows(4000, 'a', none),
      rows(4000, 'b', (plan) => (plan === 'pro' ? 1.2 : 0)),
    )
    expect(report.segments[0]).toMatchObject({
      column: 'spend',
      conditions: [{ column: 'plan', is: 'category', category: 'pro' }],
    })
    expect(report.segments[0]!.sentence).toMatch(
      /^Where 'plan' is 'pro' \(3\d\.\d % of the rows\), 'spend' changed: values of [\d.−-]+ or more rose from/,
    )
    expect(report.segments[0]!.effectSize).toBeGreaterThan(report.segments[0]!.overall + 0.2)
    expect(report.sentence).toBe(report.segments[0]!.sentence)
  })

  test('two conditions, where one does not tell it', () => {
    const report = findDriftSegments(
      rows(6000, 'a', none),
      rows(6000, 'b', (plan, age) => (plan === 'pro' && age < 30 ? 1.8 : 0)),
      { targets: ['spend'] },
    )
    const [first] = report.segments
    expect(first!.conditions).toHaveLength(2)
    expect(first!.conditions.map(({ column }) => column).sort()).toEqual(['age', 'plan'])
    const single = findDriftSegments(
      rows(6000, 'a', none),
      rows(6000, 'b', (plan, age) => (plan === 'pro' && age < 30 ? 1.8 : 0)),
      { targets: ['spend'], depth: 1 },
    )
    expect(single.segments.every(({ conditions }) => conditions.length === 1)).toBe(true)
    expect(single.hypotheses).toBeLessThan(report.hypotheses)
  })

  test('counts are those of a naive filter', () => {
    const [before, after] = [
      rows(4000, 'a', none),
      rows(4000, 'b', (plan) => (plan === 'pro' ? 1.2 : 0)),
    ]
    const [first] = findDriftSegments(before, after, { targets: ['spend'], depth: 1 }).segments
    const pro = (side: typeof before) => side.filter(({ plan }) => plan === 'pro').length
    expect(first!.reference.rows).toBe(pro(before))
    expect(first!.current.rows).toBe(pro(after))
  })

  test('an even change and no change name no segment; the level holds over everything searched', () => {
    let named = 0
    for (let run = 0; run < 30; run++) {
      const even = findDriftSegments(rows(800, `a${run}`, none), rows(800, `b${run}`, none))
      named += even.segments.length > 0 ? 1 : 0
    }
    expect(named).toBeLessThanOrEqual(4)
    expect(
      findDriftSegments(
        rows(4000, 'a', none),
        rows(4000, 'b', () => 0.4),
        { targets: ['spend'] },
      ).segments,
    ).toEqual([])
  })

  test('missing values are a segment; the same rows give the same report; samples are said', () => {
    const holes = (side: ReturnType<typeof rows>) =>
      side.map((row, i) => ({
        ...row,
        age: i % 5 === 0 ? null : row.age,
        spend: i % 5 === 0 ? row.spend + 2 : row.spend,
      }))
    const options = { targets: ['spend'], maxRows: 3000 }
    const before = rows(4000, 'a', none).map((row, i) => ({
      ...row,
      age: i % 5 === 0 ? null : row.age,
    }))
    const after = holes(rows(4000, 'b', none))
    const report = findDriftSegments(before, after, options)
    expect(report.segments[0]!.conditions).toEqual([{ column: 'age', is: 'missing' }])
    expect(findDriftSegments(before, after, options)).toEqual(report)
    expect(report.warnings.map(({ code }) => code)).toEqual([
      'drift.rows-sampled',
      'drift.rows-sampled',
    ])
  })

  test('bad options are typed errors', () => {
    const table = rows(200, 'a', none)
    for (const options of [
      { depth: 3 },
      { minRows: 0 },
      { alpha: 1 },
      { most: 0 },
      { intervals: 1 },
    ])
      expect(() => findDriftSegments(table, table, options as never)).toThrowError(
        refused('drift.invalid-option'),
      )
    expect(() => findDriftSegments(table, table, { targets: ['typo'] })).toThrowError(
      refused('drift.unknown-column'),
    )
  })
})
