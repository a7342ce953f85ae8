import { createRng } from '@mlops/core'
import { categoryBinning, normal } from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import { compare } from './compare.ts'
import { fitReference } from './fit-reference.ts'
import type { DriftReference } from './reference.ts'
import type { ColumnDrift, DriftReport } from './report.ts'
import { codePoints, wordsOf } from './tokens.ts'

const DAY = 86_400_000
const column = (report: DriftReport, name = 'x'): ColumnDrift =>
  report.columns.find((one) => one.name === name)!
const saved = (reference: DriftReference): DriftReference => JSON.parse(JSON.stringify(reference))
const codes = (one: ColumnDrift) => one.warnings.map(({ code }) => code)
const monday = Date.UTC(2026, 0, 5)

describe('times', () => {
  /** Arrivals with a daily and a weekly rhythm, from `start` on. */
  const arrivals = (start: number, days: number, perDay: number, seed: string, peak = 14) => {
    const rng = createRng(seed)
    const found: Date[] = []
    for (let day = 0; day < days; day++) {
      const weekend = new Date(start + day * DAY).getUTCDay() % 6 === 0
      for (let i = 0; i < (weekend ? perDay / 3 : perDay); i++) {
        const hour = peak + 3 * normal.quantile(rng.next() || 0.5)
        found.push(new Date(start + day * DAY + (((hour % 24) + 24) % 24) * 3_600_000))
      }
    }
    return found
  }
  const year = arrivals(monday - 364 * DAY, 364, 10, 'year')

  test('that time went on is no drift, also for a week and a half', () => {
    for (const days of [10.5, 14, 30]) {
      const later = arrivals(monday, days, 30, `later ${days}`)
      const report = compare({ x: year }, { x: later })
      expect(column(report)).toMatchObject({ verdict: 'pass', status: 'compared' })
      expect(column(report).parts!.map(({ name }) => name)).toContain('hour-of-day')
    }
    const [hour] = column(compare({ x: year }, { x: arrivals(monday, 14, 30, 'a') })).reasons.slice(
      -2,
    )
    expect(hour).toMatch(/100\.0 % lie after it/)
  })

  test('arrivals at other hours are drift, and the sentence says when', () => {
    const report = compare({ x: year }, { x: arrivals(monday, 28, 30, 'night', 2) })
    expect(column(report)).toMatchObject({ verdict: 'fail', effectSize: { part: 'hour-of-day' } })
    expect(column(report).sentence).toMatch(/^'x' has changed: hour-of-day \d\d h (rose|fell)/)
  })

  test('arrivals on other weekdays are drift', () => {
    const later = arrivals(monday, 28, 30, 'w').map((at) =>
      at.getUTCDay() % 6 === 0 ? at : new Date(at.getTime() + (at.getUTCDay() % 2) * DAY),
    )
    expect(column(compare({ x: year }, { x: later })).effectSize!.part).toBe('day-of-week')
  })

  test('a month is compared only with whole years on both sides', () => {
    const parts = (days: number) =>
      column(
        compare(
          { x: arrivals(monday, 740, 4, 'two years') },
          { x: arrivals(monday, days, 4, 'y') },
        ),
      ).parts!.map(({ name }) => name)
    expect(parts(370)).toContain('month-of-year')
    expect(parts(200)).not.toContain('month-of-year')
  })

  test('another rate and a gap are told, and are no drift', () => {
    const later = arrivals(monday, 28, 60, 'dense').filter(
      (at) => at.getTime() < monday + 10 * DAY || at.getTime() > monday + 17 * DAY,
    )
    const one = column(compare({ x: year }, { x: later }))
    expect(codes(one)).toContain('drift.arrival-rate-changed')
    expect(codes(one)).toContain('drift.arrival-gap')
    expect(one.verdict).toBe('pass')
  })

  test('survives JSON; a document of format 1 is still read, and its times only described', () => {
    const reference = saved(fitReference({ x: year }))
    expect(reference.formatVersion).toBe(2)
    const later = { x: arrivals(monday, 28, 30, 'w') }
    expect(compare(reference, later)).toEqual(compare({ x: year }, later))
    const { calendar: _, ...old } = reference.columns[0] as { calendar?: unknown } & object
    const first = { ...reference, formatVersion: 1, columns: [old] } as unknown as DriftReference
    expect(column(compare(first, later))).toMatchObject({ status: 'described', verdict: 'pass' })
  })

  test('times beyond the calendar neither crash nor count', () => {
    const wild = Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? 1e300 : -1e300))
    const report = compare({ x: year }, { x: wild }, { types: { x: 'datetime' } })
    expect(column(report)).toMatchObject({ status: 'described' })
  })
})

describe('texts', () => {
  const topics = {
    shop: ['order', 'parcel', 'late', 'refund', 'please', 'my', 'the', 'arrived', 'box', 'today'],
    bank: [
      'card',
      'blocked',
      'please',
      'my',
      'the',
      'account',
      'transfer',
      'login',
      'today',
      'fee',
    ],
  }
  const texts = (n: number, topic: keyof typeof topics, seed: string, length = 8) => {
    const rng = createRng(seed)
    return Array.from({ length: n }, () =>
      Array.from({ length: 2 + rng.int(length) }, () => topics[topic][rng.int(10)]).join(' '),
    )
  }
  const types = { x: 'text' } as const

  test('texts of the same kind pass; texts about something else drift in vocabulary', () => {
    const before = texts(400, 'shop', 'a')
    const same = compare({ x: before }, { x: texts(300, 'shop', 'b') }, { types })
    expect(column(same)).toMatchObject({ type: 'text', verdict: 'pass' })
    expect(column(same).parts!.map(({ name }) => name)).toEqual([
      'length',
      'words',
      'unknown-words',
      'vocabulary',
    ])
    const other = column(compare({ x: before }, { x: texts(300, 'bank', 'd') }, { types }))
    expect(other.verdict).toBe('fail')
    const part = (name: string) => other.parts!.find((one) => one.name === name)!
    expect(part('unknown-words').effectSize.value).toBeGreaterThan(0.9)
    expect(part('vocabulary').effectSize.value).toBeGreaterThan(0.4)
    expect(part('words').adjustedPValue).toBeGreaterThan(0.05)
  })

  test('longer texts drift in length only', () => {
    const one = column(
      compare({ x: texts(400, 'shop', 'a') }, { x: texts(300, 'shop', 'b', 20) }, { types }),
    )
    expect(one.effectSize!.part).toMatch(/^(length|words)$/)
    expect(one.parts!.find(({ name }) => name === 'vocabulary')!.adjustedPValue).toBeGreaterThan(
      0.01,
    )
  })

  test('a reference of words met once is not held to a stricter measure than itself', () => {
    const unique = (n: number, seed: string) => {
      const rng = createRng(seed)
      return Array.from({ length: n }, () => `ticket ${rng.uint32()} about ${rng.uint32()}`)
    }
    const one = column(compare({ x: unique(200, 'a') }, { x: unique(200, 'b') }, { types }))
    expect(one.verdict).toBe('pass')
    expect(one.parts!.find(({ name }) => name === 'unknown-words')!.effectSize.value).toBe(0)
  })

  test('the document survives JSON, and remembers that the column is text', () => {
    const reference = saved(fitReference({ x: texts(400, 'shop', 'a') }, { types }))
    const later = { x: texts(300, 'bank', 'd') }
    expect(compare(reference, later)).toEqual(
      compare({ x: texts(400, 'shop', 'a') }, later, { types }),
    )
  })

  test('categories that are sentences are pointed out', () => {
    const sentences = (seed: string) => texts(200, 'shop', seed, 30)
    expect(codes(column(compare({ x: sentences('a') }, { x: sentences('b') })))).toContain(
      'drift.looks-like-text',
    )
  })

  test('words and lengths, in any script', () => {
    expect(wordsOf("Don’t PANIC: ﬁnd 42 cafés, O'Brien!")).toEqual([
      'don’t',
      'panic',
      'find',
      '42',
      'cafés',
      "o'brien",
    ])
    expect(wordsOf('価格は安い ok')).toEqual(['価', '格', 'は', '安', 'い', 'ok'])
    expect(wordsOf(' …\u{1F600}\ud800 ')).toEqual([])
    expect(wordsOf('x'.repeat(100_000))[0]).toHaveLength(100)
    expect(codePoints('a\u{1F600}\ud83d')).toBe(3)
    expect(codePoints('')).toBe(0)
  })

  test('texts without any word still compare by length', () => {
    const one = column(
      compare({ x: Array(40).fill('...') }, { x: Array(40).fill('!!!!!!!!') }, { types }),
    )
    expect(one).toMatchObject({ verdict: 'fail', effectSize: { part: 'length', value: 1 } })
  })
})

describe('embeddings', () => {
  const vectors = (n: number, seed: string, shift = 0, scale = 1, dimension = 24) => {
    const rng = createRng(seed)
    const values = new Float32Array(n * dimension)
    for (let i = 0; i < values.length; i++)
      values[i] = scale * normal.quantile(rng.next() || 0.5) + (i % dimension < 12 ? shift : 0)
    return { values, dimension }
  }

  test('equal ones pass; a moved mean is found along its direction', () => {
    const before = { x: vectors(500, 'a') }
    expect(column(compare(before, { x: vectors(400, 'b') }))).toMatchObject({
      type: 'embedding',
      verdict: 'pass',
    })
    const moved = column(compare(before, { x: vectors(400, 'b', 0.25) }))
    expect(moved).toMatchObject({ verdict: 'fail', effectSize: { part: 'mean-direction' } })
    expect(moved.reasons.join('\n')).toMatch(
      /the mean moved: cosine distance [\d.]+, Euclidean distance 0\.[89]/,
    )
    expect(moved.reasons.join('\n')).toMatch(/of 24 dimensions \(\d+\.\d %\) differ/)
  })

  test('longer vectors around the same mean are found by their norm', () => {
    const one = column(compare({ x: vectors(500, 'a') }, { x: vectors(400, 'b', 0, 1.3) }))
    expect(one).toMatchObject({ verdict: 'fail', effectSize: { part: 'norm' } })
  })

  test('rows of arrays, missing rows and infinite ones are read and counted', () => {
    const rows = (seed: string) => {
      const { values, dimension } = vectors(60, seed, 0, 1, 4)
      return Array.from({ length: 60 }, (_, i) =>
        i === 0
          ? null
          : i === 1
            ? [1, Number.NaN, 0, 0]
            : i === 2
              ? [Number.POSITIVE_INFINITY, 0, 0, 0]
              : Array.from(values.subarray(i * dimension, (i + 1) * dimension)),
      )
    }
    const one = column(compare({ x: rows('a') }, { x: rows('b') }))
    expect(one.reference).toMatchObject({ count: 58, missing: 2, infinite: 1 })
    expect(one.verdict).toBe('pass')
    expect(codes(one)).toContain('drift.infinite-values')
  })

  test('another dimension is another model', () => {
    const one = column(compare({ x: vectors(50, 'a') }, { x: vectors(50, 'a', 0, 1, 8) }))
    expect(one).toMatchObject({ status: 'type-changed', verdict: 'fail' })
  })

  test('the document keeps a sample, survives JSON and huge components', () => {
    const reference = saved(fitReference({ x: vectors(500, 'a') }, { sampleSize: 100 }))
    const one = column(compare(reference, { x: vectors(400, 'b', 0.5) }))
    expect(one.verdict).toBe('fail')
    expect(codes(one)).toContain('drift.reference-sampled')
    const huge = (seed: string, shift: number) => {
      const { values, dimension } = vectors(80, seed, shift)
      return { values: Float64Array.from(values, (x) => x * 1e307), dimension }
    }
    expect(column(compare({ x: huge('a', 0) }, { x: huge('b', 0) })).verdict).toBe('pass')
    expect(column(compare({ x: huge('a', 0) }, { x: huge('b', 2) })).verdict).toBe('fail')
  })

  test('too few vectors are no pass', () => {
    expect(compare({ x: vectors(5, 'a') }, { x: vectors(50, 'b') }).verdict).toBe('inconclusive')
  })
})

describe('numbers and categories at the edge', () => {
  test('a constant that became another constant is drift by every measure', () => {
    const [five, six] = [{ x: Array<number>(100).fill(5) }, { x: Array<number>(100).fill(6) }]
    for (const method of [
      'psi',
      'jensen-shannon',
      'total-variation',
      'wasserstein',
      'energy',
    ] as const)
      expect(compare(five, six, { rule: { method } }).verdict, method).toBe('fail')
    expect(compare(five, five, { rule: { method: 'wasserstein' } }).verdict).toBe('pass')
    // Over a standard deviation of 0 nothing can be normed: that is no pass.
    expect(compare(five, six, { rule: { method: 'wasserstein-normed' } }).verdict).toBe(
      'inconclusive',
    )
  })

  test('a binning of categories says which count one by one', () => {
    const side = (odd: number) => [
      ...Array<string>(100).fill('a'),
      ...Array<string>(60).fill('b'),
      ...Array.from({ length: odd }, (_, i) => `odd${i}`),
      null,
    ]
    const binning = categoryBinning(['a', 'b'])
    const report = compare({ x: side(20) }, { x: side(90) }, { binnings: { x: binning } })
    const one = column(report)
    expect(one.distribution!.labels.toSorted()).toEqual(['(other)', 'a', 'b'])
    expect(one.newCategories).toEqual([])
    expect(one.changes[0]).toMatchObject({ where: "'(other)'", from: 20 / 180, to: 90 / 250 })
    const reference = saved(fitReference({ x: side(20) }, { binnings: { x: binning } }))
    expect(compare(reference, { x: side(90) })).toEqual(report)
    const dropped = { ...binning, other: 'drop' as const, missing: 'own-bin' as const }
    const without = compare({ x: side(20) }, { x: side(90) }, { binnings: { x: dropped } })
    expect(column(without).distribution!.current).toEqual([100, 60, 1])
    expect(() => compare({ x: [1, 2] }, { x: [1, 2] }, { binnings: { x: binning } })).toThrowError(
      expect.objectContaining({ code: 'drift.invalid-option' }),
    )
    const none = categoryBinning(['z'], { other: 'drop' })
    expect(compare({ x: side(20) }, { x: side(9) }, { binnings: { x: none } }).verdict).toBe(
      'inconclusive',
    )
  })

  test('where the change sits is said in words', () => {
    const before = Array.from({ length: 1000 }, (_, i) => i / 10)
    const after = before.map((x) => (x < 90 && Math.floor(x) % 9 === 0 ? 95 : x))
    const { changes } = column(compare({ x: before }, { x: after }))
    expect(changes[0]).toMatchObject({
      where: expect.stringMatching(/^values of 89\.9\d* or more$/),
    })
    expect(changes[0]!.to).toBeGreaterThan(changes[0]!.from)
  })

  test('contributions sum to 1 and rank the columns', () => {
    const rng = createRng(1)
    const gaussian = (shift: number) =>
      Array.from({ length: 800 }, () => shift + normal.quantile(rng.next() || 0.5))
    const report = compare(
      { a: gaussian(0), b: gaussian(0), c: gaussian(0) },
      { a: gaussian(1), b: gaussian(0.5), c: gaussian(0) },
    )
    const [a, b, c] = ['a', 'b', 'c'].map((name) => column(report, name).contribution!)
    expect(a! + b! + c!).toBeCloseTo(1, 12)
    expect(a).toBeGreaterThan(b!)
    expect(b).toBeGreaterThan(10 * c!)
    expect(report.sentence).toBe(
      `2 of 3 columns have changed enough to matter; 'a' changed most (${(a! * 100).toFixed(1)} % of all change).`,
    )
  })

  test('roles are named and come first', () => {
    const before = {
      x: Array.from({ length: 200 }, (_, i) => i % 50),
      score: Array.from({ length: 200 }, (_, i) => i % 20),
    }
    const after = { x: before.x.map((v) => v + 30), score: before.score.map((v) => v + 8) }
    const report = compare(before, after, { roles: { prediction: 'score' } })
    expect(report.columns.map(({ name, role }) => [name, role])).toEqual([
      ['score', 'prediction'],
      ['x', undefined],
    ])
    expect(column(report, 'score').sentence).toMatch(/^The prediction 'score' has changed: values/)
    expect(report.sentence).toContain("among them the prediction 'score'")
    expect(report.reasons[1]).toMatch(/^prediction score: /)
    const two = { roles: { prediction: 'score', target: 'score' } }
    expect(() => compare(before, after, two)).toThrowError(
      expect.objectContaining({ code: 'drift.invalid-option' }),
    )
  })
})
