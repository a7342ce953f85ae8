import { createRng, digestOf, type Row } from '@mlops/core'
import { distinctCount, kllQuantile, moments, varianceOf } from '@mlops/stats'
import * as arrow from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitReference } from '../fit-reference.ts'
import { checkProfile } from './check-profile.ts'
import { createProfiler } from './create-profiler.ts'
import type { CategoricalProfile, DataProfile, NumericProfile } from './data-profile.ts'
import { readMoments } from './data-profile.ts'
import { mergeProfiles } from './merge-profiles.ts'
import { profileFromBytes, profileToBytes } from './profile-bytes.ts'
import { profileRows } from './profile-stream.ts'

const refused = (code: string, kind = 'invalid') => expect.objectContaining({ kind, code })
const numeric = (profile: DataProfile, name: string) =>
  profile.columns.find((one) => one.name === name) as NumericProfile
const texts = (profile: DataProfile, name: string) =>
  profile.columns.find((one) => one.name === name) as CategoricalProfile

describe('what is counted', () => {
  test('numbers, with everything that is none', () => {
    const profiler = createProfiler()
    for (const x of [3, null, Number.NaN, Infinity, -Infinity, 'x', true, 7n, undefined, -0])
      profiler.add({ x })
    const x = numeric(profiler.profile(), 'x')
    expect(x).toMatchObject({
      type: 'numeric',
      count: 5,
      missing: 3,
      mistyped: { categorical: 1, boolean: 1 },
      infinities: { negative: 1, positive: 1 },
      moments: { n: 3, mean: 10 / 3, min: 0, max: 7 },
    })
    expect(Math.round(distinctCount(x.distinct).estimate)).toBe(5)
  })

  test('texts, with their lengths in code points', () => {
    const profiler = createProfiler()
    profiler.addTable({ c: ['a', 'bb', null, 'a', '😀'] })
    expect(texts(profiler.profile(), 'c')).toMatchObject({
      count: 4,
      missing: 1,
      items: {
        items: [
          ['a', 2],
          ['bb', 1],
          ['😀', 1],
        ],
        offset: 0,
      },
      lengths: { moments: { n: 4, mean: 1.25, max: 2 } },
    })
  })

  test('types given by hand convert, seen ones do not', () => {
    const given = createProfiler({
      types: { n: 'numeric', t: 'datetime', b: 'boolean', c: 'categorical' },
    })
    given.add({ n: '3.5', t: '2024-01-01T00:00:00Z', b: 1, c: 7 })
    given.add({ n: 'x', t: 'never', b: 2, c: new Date(0) })
    given.add({ n: ' ', t: new Date(Number.NaN), b: 'false', c: new Date(Number.NaN) })
    const profile = given.profile()
    expect(numeric(profile, 'n')).toMatchObject({ count: 1, mistyped: { categorical: 2 } })
    expect(numeric(profile, 't')).toMatchObject({
      count: 1,
      mistyped: { categorical: 1, datetime: 1 },
      quantiles: { min: Date.UTC(2024, 0, 1) },
    })
    expect(texts(profile, 'b').items.items).toEqual([
      ['false', 1],
      ['true', 1],
    ])
    expect(texts(profile, 'c').items.items).toEqual([
      ['1970-01-01T00:00:00.000Z', 1],
      ['7', 1],
    ])
    expect(texts(profile, 'c').mistyped).toEqual({ datetime: 1 })
  })

  test('a batch of another type is counted, not mixed in', () => {
    const profiler = createProfiler()
    profiler.addTable({ x: [1, 2] })
    profiler.addTable({ x: ['a', null] })
    profiler.addTable({ x: [null, null] })
    expect(numeric(profiler.profile(), 'x')).toMatchObject({
      count: 2,
      missing: 3,
      mistyped: { categorical: 1 },
    })
  })

  test('sums that overflow a double are said to be undefined', () => {
    const profiler = createProfiler()
    profiler.addTable({ x: [1e200, -1e200, 5] })
    const profile = profiler.profile()
    expect(numeric(profile, 'x').moments).toMatchObject({ m2: null, m4: null, max: 1e200 })
    expect(JSON.parse(JSON.stringify(profile))).toEqual(profile)
    expect(numeric(mergeProfiles(profile, profile), 'x').moments).toMatchObject({ n: 6, m2: null })
  })

  test('a column without any value, and one that comes late', () => {
    const profiler = createProfiler({ missingKeys: 'missing' })
    profiler.add({ a: null })
    profiler.add({ a: null, b: 'late' })
    profiler.add({})
    const profile = profiler.profile()
    expect(numeric(profile, 'a')).toMatchObject({ type: 'numeric', count: 0, missing: 3 })
    expect(texts(profile, 'b')).toMatchObject({ count: 1, missing: 2 })
    checkProfile(profile)
  })

  test('nothing at all is a profile of nothing', () => {
    const nothing = createProfiler().profile()
    expect(nothing).toMatchObject({ rowCount: 0, columns: [] })
    const one = createProfiler()
    one.add({ x: 1 })
    expect(mergeProfiles(nothing, one.profile())).toEqual(one.profile())
  })

  test('what cannot be right is refused, and a refused row is not half counted', () => {
    const profiler = createProfiler()
    profiler.add({ a: 1, b: 2 })
    expect(() => profiler.add({ a: 1 })).toThrow(refused('drift.missing-key'))
    expect(() => profiler.add({ a: 1, b: 2, c: 3 })).toThrow(refused('drift.missing-key'))
    expect(() => profiler.add(null as never)).toThrow(refused('drift.not-a-row'))
    expect(() => profiler.addTable({ a: [1] })).toThrow(refused('drift.missing-key'))
    expect(profiler.profile()).toMatchObject({ rowCount: 1 })
    checkProfile(profiler.profile())
    for (const options of [{ k: 1 }, { precision: 99 }, { capacity: 0 }, { seed: -1 }])
      expect(() => createProfiler(options)).toThrow(refused('stats.bad-sketch-size'))
    expect(() => createProfiler({ reference: {} as never })).toThrow(
      refused('drift.not-a-reference'),
    )
  })
})

describe('one pass, one profile', () => {
  const table = (n: number) => {
    const rng = createRng(4)
    return {
      x: Float64Array.from({ length: n }, (_, i) =>
        i % 97 === 0 ? Number.NaN : i % 89 === 0 ? Infinity : rng.next() ** 3,
      ),
      c: Array.from({ length: n }, () => `k${rng.int(300)}`),
      b: Array.from({ length: n }, () => rng.int(3) === 0),
      t: Array.from({ length: n }, () => new Date(rng.int(2 ** 31))),
    }
  }
  const data = table(80_000)
  const reference = fitReference({
    x: data.x.slice(0, 5000),
    c: data.c.slice(0, 5000),
    b: data.b.slice(0, 5000),
    t: data.t.slice(0, 5000),
  })
  const rowAt = (i: number): Row => ({ x: data.x[i], c: data.c[i], b: data.b[i], t: data.t[i] })
  const slice = (from: number, to: number) => ({
    x: data.x.subarray(from, to),
    c: data.c.slice(from, to),
    b: data.b.slice(from, to),
    t: data.t.slice(from, to),
  })
  const whole = createProfiler({ reference })
  whole.addTable(data)

  test('whatever the size of the batches, and row by row', async () => {
    const batches = createProfiler({ reference })
    for (let at = 0; at < 80_000; at += 7_001) {
      batches.addTable(slice(at, at + 7_001))
      batches.profile()
    }
    const rows = await profileRows(
      (function* () {
        for (let i = 0; i < 80_000; i++) yield rowAt(i)
      })(),
      { reference },
    )
    expect(numeric(batches.profile(), 'x')).toEqual(numeric(whole.profile(), 'x'))
    expect(numeric(rows, 'x')).toEqual(numeric(whole.profile(), 'x'))
    expect(numeric(rows, 't')).toEqual(numeric(whole.profile(), 't'))
    for (const name of ['c', 'b']) {
      const { lengths: _, ...rest } = texts(whole.profile(), name)
      expect(texts(rows, name)).toMatchObject(rest)
    }
  })

  test('its numbers are those of the data', () => {
    const x = numeric(whole.profile(), 'x')
    const finite = data.x.filter(Number.isFinite)
    const sorted = finite.slice().sort()
    expect(x.count + x.missing).toBe(80_000)
    expect(varianceOf(readMoments(x.moments))).toBeCloseTo(varianceOf(moments(finite))!, 12)
    const median = kllQuantile(x.quantiles, 0.5)!
    const rank = sorted.findIndex((v) => v >= median) / sorted.length
    expect(Math.abs(rank - 0.5)).toBeLessThan(0.0068)
    expect(x.bins!.counts.reduce((a, b) => a + b)).toBe(x.count)
    expect(x.bins!.binning).toEqual((reference.columns[0] as never as NumericProfile).bins!.binning)
    const distinct = distinctCount(texts(whole.profile(), 'c').distinct)
    expect(Math.abs(distinct.estimate / 300 - 1)).toBeLessThan(4 * distinct.standardError)
  })

  test('shards merged in any order: counts, bins, distinct exactly; quantiles within the bound', () => {
    const shards = Array.from({ length: 20 }, (_, s) => {
      const profiler = createProfiler({ reference })
      profiler.addTable(slice(s * 4000, (s + 1) * 4000))
      return profiler.profile()
    })
    const rng = createRng(8)
    const left = [...shards]
    while (left.length > 1) {
      const [a] = left.splice(rng.int(left.length), 1)
      const [b] = left.splice(rng.int(left.length), 1)
      left.push(mergeProfiles(a!, JSON.parse(JSON.stringify(b!))))
    }
    const [merged] = left
    checkProfile(merged!)
    const [got, want] = [numeric(merged!, 'x'), numeric(whole.profile(), 'x')]
    expect(got).toMatchObject({
      count: want.count,
      missing: want.missing,
      infinities: want.infinities,
      distinct: want.distinct,
      bins: want.bins!,
      histogram: want.histogram!,
    })
    expect(got.moments.mean).toBeCloseTo(want.moments.mean!, 12)
    expect(got.moments.m2! / want.moments.m2!).toBeCloseTo(1, 10)
    const sorted = data.x.filter(Number.isFinite).sort()
    for (const p of [0.01, 0.1, 0.5, 0.9, 0.99]) {
      const value = kllQuantile(got.quantiles, p)!
      const low = sorted.findIndex((v) => v >= value) / sorted.length
      expect(Math.abs(low - p)).toBeLessThan(0.0069)
    }
    expect(texts(merged!, 'c').items).toEqual(texts(whole.profile(), 'c').items)
  })
})

describe('merging', () => {
  const of = (rows: Row[], options = {}) => {
    const profiler = createProfiler(options)
    for (const row of rows) profiler.add(row)
    return profiler.profile()
  }

  test('a column that one side lacks is missing there; an empty one takes the other type', () => {
    const merged = mergeProfiles(
      of([{ a: 1 }, { a: 2 }]),
      of([{ b: 'x' }]),
      of([{ a: null, b: null }]),
    )
    expect(numeric(merged, 'a')).toMatchObject({ count: 2, missing: 2 })
    expect(texts(merged, 'b')).toMatchObject({ type: 'categorical', count: 1, missing: 3 })
    checkProfile(merged)
  })

  test('another type, other bins, another precision are refused', () => {
    const reference = fitReference({ a: [1, 2, 3, 4] })
    expect(() => mergeProfiles(of([{ a: 1 }]), of([{ a: 'x' }]))).toThrow(
      refused('drift.profile-mismatch'),
    )
    expect(() => mergeProfiles(of([{ a: 1 }]), of([{ a: 1 }], { reference }))).toThrow(
      refused('drift.profile-mismatch'),
    )
    expect(() => mergeProfiles(of([{ a: 1 }]), of([{ a: 1 }], { precision: 8 }))).toThrow(
      refused('stats.sketch-mismatch'),
    )
    expect(() => mergeProfiles(of([{ a: 1 }]), {} as DataProfile)).toThrow(
      refused('drift.not-a-profile'),
    )
  })
})

describe('Arrow', () => {
  const n = 1000
  const f64 = Float64Array.from({ length: n }, (_, i) => Math.sqrt(i))
  const table = arrow.tableFromArrays({
    f64,
    f32: Float32Array.from(f64),
    i32: Int32Array.from(f64),
    i64: BigInt64Array.from(f64, (x) => BigInt(Math.floor(x))),
    text: Array.from(f64, (x) => `t${Math.floor(x) % 4}`),
    holes: Array.from(f64, (x, i) => (i % 5 === 0 ? null : x)),
    day: Array.from(f64, (_, i) => new Date(86_400_000 * i)),
  })

  test('a table and its record batches, numbers without a copy cell by cell', () => {
    const whole = createProfiler()
    whole.addTable(table)
    const batched = createProfiler()
    for (const batch of table.batches) batched.addTable(batch)
    const profile = whole.profile()
    expect(batched.profile()).toEqual(profile)
    expect(
      Object.fromEntries(profile.columns.map((c) => [c.name, [c.type, c.count, c.missing]])),
    ).toEqual({
      f64: ['numeric', n, 0],
      f32: ['numeric', n, 0],
      i32: ['numeric', n, 0],
      i64: ['numeric', n, 0],
      text: ['categorical', n, 0],
      holes: ['numeric', 800, 200],
      day: ['numeric', n, 0],
    })
    expect(numeric(profile, 'day').quantiles.max).toBe(86_400_000 * (n - 1))
    expect(numeric(profile, 'i64').quantiles.max).toBe(Math.floor(Math.sqrt(n - 1)))
  })
})

describe('binary form', () => {
  const sample = () => {
    const profiler = createProfiler({
      reference: fitReference({ x: Array.from({ length: 100 }, (_, i) => i / 7) }),
      missingKeys: 'missing',
      k: 16,
      precision: 5,
      capacity: 4,
    })
    for (let i = 0; i < 300; i++)
      profiler.add({
        x: i % 31 === 0 ? null : (i * 0.37) % 20,
        'naïve ключ': `t${i % 9}`,
        b: i % 2 === 0,
      })
    return profiler.profile()
  }

  // The bytes are a format: a change of this digest breaks profiles that people have kept.
  test('the bytes are for ever, the same on every runtime', () => {
    const bytes = profileToBytes(sample())
    expect(digestOf(Buffer.from(bytes).toString('hex')).slice(0, 23)).toBe(
      'sha256:1ec91ac3634e5f1f',
    )
    expect(profileFromBytes(bytes)).toEqual(sample())
    const large = createProfiler()
    const rng = createRng(1)
    large.addTable({ x: Float64Array.from({ length: 50_000 }, () => rng.next()) })
    const json = JSON.stringify(large.profile()).length
    expect(profileToBytes(large.profile()).length).toBeLessThan(json / 1.8)
  })

  test('cut, flipped and forged bytes are refused', () => {
    const bytes = profileToBytes(sample())
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 7 }), (place, bit) => {
        const flipped = bytes.slice()
        flipped[place]! ^= 1 << bit
        for (const damaged of [bytes.slice(0, place), flipped])
          expect(() => profileFromBytes(damaged)).toThrow(refused('drift.corrupt-profile'))
      }),
      { numRuns: 300 },
    )
    expect(() => profileFromBytes([] as never)).toThrow(refused('drift.corrupt-profile'))
  })

  test('JSON that is damaged is refused, whatever part it is', () => {
    const good = JSON.parse(JSON.stringify(sample()))
    checkProfile(good)
    const damaged = (change: (profile: typeof good) => void) => {
      const copy = structuredClone(good)
      change(copy)
      return () => checkProfile(copy)
    }
    const at = (name: string) =>
      good.columns.findIndex((one: { name: string }) => one.name === name)
    const [x, t] = [at('x'), at('naïve ключ')]
    for (const change of [
      (p: typeof good) => (p.kind = 'x'),
      (p: typeof good) => (p.rowCount = -1),
      (p: typeof good) => (p.columns[x].count += 1),
      (p: typeof good) => (p.columns[x].type = 'color'),
      (p: typeof good) => (p.columns[x].name = 5),
      (p: typeof good) => (p.columns[t].name = 'x'),
      (p: typeof good) => (p.columns[x].mistyped = null),
      (p: typeof good) => (p.columns[x].moments.n = 3),
      (p: typeof good) => (p.columns[x].moments.mean = 'x'),
      (p: typeof good) => (p.columns[x].bins.counts = [1]),
      (p: typeof good) => (p.columns[x].bins.counts[0] += 1),
      (p: typeof good) => (p.columns[x].infinities = {}),
      (p: typeof good) => (p.columns[x].quantiles = p.columns[t].lengths.quantiles),
      (p: typeof good) => (p.columns[t].items = p.columns[x].distinct),
      (p: typeof good) => (p.columns[t].lengths.moments = 1),
    ])
      expect(damaged(change), String(change)).toThrow(refused('drift.not-a-profile'))
    expect(damaged((p) => (p.columns[x].distinct = null))).toThrow(refused('stats.bad-sketch'))
    expect(damaged((p) => (p.columns[x].bins.binning.innerEdges = [2, 1]))).toThrow(
      refused('stats.bad-binning'),
    )
    expect(damaged((p) => (p.formatVersion = 3))).toThrow(
      refused('drift.unsupported-format', 'unsupported'),
    )
  })
})

const any = fc.oneof(
  fc.double(),
  fc.bigInt(),
  fc.string(),
  fc.boolean(),
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(null, undefined, Infinity, '\ud800', {} as never),
)

test('whatever rows come, the profile is sound, JSON and bytes give it back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.constantFrom('a', 'b', '__proto__', ''), any), { maxLength: 40 }),
      (rows) => {
        const profiler = createProfiler({ missingKeys: 'missing', k: 8, capacity: 3 })
        for (const row of rows) profiler.add(row as Row)
        const profile = profiler.profile()
        checkProfile(profile)
        expect(profile.rowCount).toBe(rows.length)
        expect(JSON.parse(JSON.stringify(profile))).toEqual(profile)
        expect(profileFromBytes(profileToBytes(profile))).toEqual(profile)
        expect(mergeProfiles(profile, profile).rowCount).toBe(2 * rows.length)
      },
    ),
    { numRuns: 300 },
  )
})
