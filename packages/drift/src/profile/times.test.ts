import { createRng, digestOf } from '@mlops/core'
import * as arrow from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { compare } from '../compare.ts'
import { fitReference } from '../fit-reference.ts'
import type { Bound, ColumnDrift, DriftReport } from '../report.ts'
import { checkProfile } from './check-profile.ts'
import { compareProfiles } from './compare-profiles.ts'
import type { ProfilerOptions } from './create-profiler.ts'
import { createProfiler } from './create-profiler.ts'
import type { DataProfile, NumericProfile } from './data-profile.ts'
import { mergeProfiles } from './merge-profiles.ts'
import { profileFromBytes, profileToBytes } from './profile-bytes.ts'
import { profileBatches } from './profile-stream.ts'
import { readCsv } from './read-csv.ts'

const DAY = 86_400_000
const MONDAY = Date.UTC(2026, 0, 5)
const types = { t: 'datetime' } as const
const small = { types, k: 16 }
const refused = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const profileOf = (t: ArrayLike<number>, options: ProfilerOptions = small) => {
  const profiler = createProfiler(options)
  profiler.addTable({ t: Float64Array.from(t) })
  return profiler.profile()
}
const times = (report: DriftReport): ColumnDrift => report.columns[0]!
const calendarOf = (profile: DataProfile) => (profile.columns[0] as NumericProfile).calendar
const saved = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value))
const inside = (value: number, [low, high]: Bound) => {
  expect(value).toBeGreaterThanOrEqual(low - 1e-12)
  expect(value).toBeLessThanOrEqual(high + 1e-12)
}
/** Arrivals around an hour of the day, in any order, from `start` on. */
const arrivals = (start: number, days: number, n: number, seed: string, peak = 12) => {
  const rng = createRng(seed)
  return Array.from({ length: n }, () => {
    const hour = peak + 10 * (rng.next() + rng.next() + rng.next() - 1.5)
    const day = start + DAY * rng.int(days)
    return day + Math.floor((((hour % 24) + 24) % 24) * 3_600_000)
  })
}

describe('the report on times', () => {
  test('is that of compare, digit by digit, where the span is whole cycles', () => {
    // First and last instant are exactly four weeks apart; several are equal to the first.
    const whole = (start: number, seed: string, peak: number) => [
      start,
      start,
      start,
      ...arrivals(start, 28, 5000, seed, peak),
      start + 28 * DAY,
    ]
    const [before, after] = [
      whole(MONDAY - 60 * DAY + 3_600_000 * 5, 'a', 12),
      whole(MONDAY, 'b', 14),
    ].map((values) => values.filter((x) => x >= values[0]! && x <= values[0]! + 28 * DAY))
    const exact = times(compare({ t: before! }, { t: after! }, { types }))
    for (const reference of [fitReference({ t: before! }, { types }), profileOf(before!)]) {
      const found = times(compareProfiles(reference, profileOf(after!)))
      expect(found.parts).toEqual(exact.parts)
      expect(found.parts!.map(({ name }) => name)).toEqual(['hour-of-day', 'day-of-week'])
      expect(found.bounds).toBeUndefined()
      expect(found.effectSize).toEqual(exact.effectSize)
      expect(found.decision).toEqual(exact.decision)
      expect(found.verdict).toBe(exact.verdict)
    }
  })

  test('has bounds where it is not, as narrow as one cell of the first cycle', () => {
    const before = arrivals(MONDAY - 90 * DAY, 45, 30_000, 'c')
    const after = arrivals(MONDAY, 20, 20_000, 'd', 15)
    const exact = times(compare({ t: before }, { t: after }, { types }))
    const found = times(compareProfiles(profileOf(before), profileOf(after)))
    expect(found).toMatchObject({ status: 'compared', verdict: exact.verdict })
    expect(found.parts!.map(({ name }) => name)).toEqual(exact.parts!.map(({ name }) => name))
    found.parts!.forEach(({ bounds, effectSize, distances }, at) => {
      const truth = exact.parts![at]!
      inside(truth.effectSize.value, bounds!.effectSize)
      inside(effectSize.value, bounds!.effectSize)
      inside(truth.distances.psi, bounds!.distances.psi!)
      inside(distances.psi, bounds!.distances.psi!)
      expect(bounds!.confidence).toBe(1)
      expect(bounds!.effectSize[1] - bounds!.effectSize[0]).toBeLessThan(0.02)
    })
    inside(exact.effectSize!.value, found.bounds!.effectSize)
    expect(found.bounds!.confidence).toBe(1)
    expect(saved(found)).toEqual(found)
  })

  test('of twenty replicas is that of one', () => {
    const reference = fitReference({ t: arrivals(MONDAY - 60 * DAY, 30, 4000, 'e') }, { types })
    const t = arrivals(MONDAY, 17, 40_000, 'f', 15)
    const replicas = Array.from({ length: 20 }, (_, at) =>
      profileOf(
        t.filter((_, i) => (i * 7919) % 20 === at),
        { reference },
      ),
    )
    const one = profileOf(t, { reference })
    const backwards = mergeProfiles(replicas[19]!, ...replicas.slice(0, 19).reverse())
    for (const merged of [mergeProfiles(replicas[0]!, ...replicas.slice(1)), backwards]) {
      checkProfile(merged)
      expect(calendarOf(merged)).toEqual(calendarOf(one))
      const [found, wanted] = [merged, one].map((profile) =>
        times(compareProfiles(reference, profile)),
      )
      const { parts, bounds, decision, verdict, effectSize, reasons, warnings } = wanted!
      expect(found).toMatchObject({ parts, bounds, decision, verdict, effectSize })
      expect(found).toMatchObject({ reasons, warnings })
    }
  })

  test('of a regular stream that stops one step short holds both readings, close together', () => {
    const minutes = (start: number, days: number) =>
      Array.from({ length: days * 1440 }, (_, i) => start + i * 60_000)
    const [before, after] = [minutes(MONDAY - 60 * DAY, 42), minutes(MONDAY, 14)]
    const exact = times(compare({ t: before }, { t: after }, { types }))
    const found = times(compareProfiles(profileOf(before), profileOf(after)))
    expect(exact.parts).toHaveLength(2)
    found.parts!.forEach((part, at) => {
      // The likelier reading is the true one: the mean step is the median one.
      const { bounds, adjustedPValue: _, test: shown, ...rest } = part
      expect(exact.parts![at]).toMatchObject(rest)
      expect(shown.statistic).toBe(exact.parts![at]!.test.statistic)
      inside(exact.parts![at]!.test.pValue!, bounds!.pValue!)
      expect(bounds!.effectSize[1]).toBeLessThan(0.01)
    })
    expect(found).toMatchObject({ verdict: 'pass', decision: { drifted: false } })
  })

  test('of one day that may be a whole one is never a quiet pass', () => {
    const before = arrivals(MONDAY - 60 * DAY, 30, 4000, 'g')
    // Most of it comes at night, every few seconds; the day ends less than two mean steps early.
    const night = Array.from({ length: 3000 }, (_, i) =>
      i < 2700 ? MONDAY + i * 6000 : MONDAY + 17_000_000 + (i - 2700) * 230_000,
    )
    night.push(MONDAY + DAY - 40_000)
    const exact = times(compare({ t: before }, { t: night }, { types }))
    const found = times(compareProfiles(profileOf(before), profileOf(night)))
    const [hour] = found.parts!
    expect(hour).toMatchObject({ name: 'hour-of-day', uncertain: true, adjustedPValue: 1 })
    expect(hour!.bounds!.effectSize[0]).toBe(0)
    expect(hour!.bounds!.pValue![1]).toBe(1)
    expect(found).toMatchObject({ verdict: 'inconclusive', decision: { undecided: true } })
    expect(found.reasons.join()).toMatch(/leave it open.*hour-of-day may be nothing to judge/)
    // Here the median step is too short for a whole day.
    expect(exact.status).toBe('described')
  })

  test('without a whole cycle describes, and says where the times lie', () => {
    const before = arrivals(MONDAY, 30, 4000, 'h')
    const hours = (start: number) => Array.from({ length: 2000 }, (_, i) => start + i * 10_000)
    const after = profileOf(hours(MONDAY + 100 * DAY))
    const found = times(compareProfiles(fitReference({ t: before }, { types }), after))
    expect(found).toMatchObject({ status: 'described', verdict: 'pass', decision: null })
    expect(found.reasons.join()).toMatch(
      /no whole day.*100\.0 % lie after it, 0\.0 % before it,8640/,
    )
    const across = profileOf(hours(Math.max(...before) - 10_000_000))
    const partly = times(compareProfiles(fitReference({ t: before }, { types }), across))
    expect(partly.reasons.join()).toMatch(/(49|5\d)\.\d % lie after it.*, give or take [1-9]\.\d %/)
  })

  test('says how much denser they come, and of gaps nothing that it does not know', () => {
    const dense = arrivals(MONDAY, 28, 20_000, 'i').filter(
      (x) => x < MONDAY + 8 * DAY || x > MONDAY + 18 * DAY,
    )
    const before = arrivals(MONDAY - 60 * DAY, 28, 2000, 'j')
    const codes = (one: ColumnDrift) => one.warnings.map(({ code }) => code)
    const exact = times(compare({ t: before }, { t: dense }, { types }))
    const found = times(compareProfiles(profileOf(before), profileOf(dense)))
    expect(codes(exact)).toEqual(['drift.arrival-rate-changed', 'drift.arrival-gap'])
    expect(codes(found)).toEqual(['drift.arrival-rate-changed'])
    expect(found.warnings[0]).toEqual(exact.warnings[0])
    const fitted = fitReference({ t: dense }, { types })
    expect(codes(times(compareProfiles(profileOf(before), fitted)))).toEqual(codes(found))
  })

  test('leaves out what no calendar holds', () => {
    const t = [...arrivals(MONDAY, 20, 3000, 'k'), Infinity, -Infinity, 9e15, -9e15, Number.NaN]
    const profile = profileOf(t)
    checkProfile(profile)
    expect(profile.columns[0]).toMatchObject({ count: 3004, missing: 1, calendar: { n: 3000 } })
    const found = times(compareProfiles(profileOf(arrivals(MONDAY, 20, 3000, 'l')), profile))
    expect(found).toMatchObject({ status: 'compared', verdict: 'pass' })
    const none = profileOf(Array.from({ length: 40 }, (_, i) => 9e15 + 2 * i))
    expect(times(compareProfiles(profile, none)).status).toBe('described')
    expect(calendarOf(none)).toMatchObject({ n: 0, first: null, last: null, atFirst: 0 })
  })
})

describe('however the times are read', () => {
  const t = arrivals(MONDAY, 9, 700, 'm')

  test('rows, columns, Arrow and CSV give one calendar', async () => {
    const rows = createProfiler({ types })
    for (const x of t) rows.add({ t: new Date(x) })
    const dates = createProfiler()
    dates.addTable({ t: t.map((x) => new Date(x)) })
    const wanted = calendarOf(profileOf(t, { types }))
    expect(wanted!.n).toBe(700)
    expect(calendarOf(rows.profile())).toEqual(wanted)
    expect(calendarOf(dates.profile())).toEqual(wanted)
    const table = arrow.tableFromArrays({ t: Float64Array.from(t) })
    expect(calendarOf(await profileBatches(table.batches, { types }))).toEqual(wanted)
    const csv = `t\n${t.map((x) => new Date(x).toISOString()).join('\n')}\n`
    expect(calendarOf(await profileBatches(readCsv([csv], { types })))).toEqual(wanted)
  })
})

describe('kept profiles', () => {
  // Written by the version before clock and calendar were counted.
  const FORMAT_1 =
    'TUxEUAGKAQAAeyJjb2x1bW5zIjpbeyJjb3VudCI6MzAwLCJkaXN0aW5jdCI6MSwiaW5maW5pdGllcyI6eyJuZWdhdGl2ZSI6MCwicG9zaXRpdmUiOjB9LCJtaXNzaW5nIjowLCJtaXN0eXBlZCI6e30sIm1vbWVudHMiOnsiZHJvcHBlZCI6MCwibTIiOjE4Nzc3NjQwMzIwMDAwMDAwMDAwLCJtMyI6LTQuMDI4NDk4NTA5ODIzOTk1NWUrMjYsIm00IjoyLjExODc4NTIxNjIzOTc0MTRlKzM2LCJtYXgiOjE3Njg0MTM2MDAwMDAsIm1lYW4iOjE3NjgwMDUzNjAwMDAsIm1lYW5UYWlsIjowLCJtaW4iOjE3Njc1NzEyMDAwMDAsIm4iOjMwMH0sIm5hbWUiOiJ0IiwicXVhbnRpbGVzIjowLCJ0eXBlIjoiZGF0ZXRpbWUifV0sImZvcm1hdFZlcnNpb24iOjEsImtpbmQiOiJkYXRhLXByb2ZpbGUiLCJyb3dDb3VudCI6MzAwfTsBAABNTFNLAQAQAAAAAAAAAAAAAAAAwHJAAAAAAAAALkAAAIBBt7h5QgAAkKHau3lCBQwAAAAAACAIxrt5QgAAIAjGu3lCAAAgCMa7eUIAACAIxrt5QgAAkKHau3lCAACQodq7eUIAAJCh2rt5QgAAkKHau3lCAACQodq7eUIAAJCh2rt5QgAAkKHau3lCAACQodq7eUIAAAAAAAAAAAAAAAASAAAAAACAQbe4eUIAAGB04Lh5QgAAQKcJuXlCAAAg2jK5eUIAAHCmcLl5QgAAUNmZuXlCAAAwDMO5eUIAABA/7Ll5QgAAYAsqunlCAABAPlO6eUIAACBxfLp5QgAAAKSlunlCAADg1s66eUIAAMAJ+Lp5QgAAoDwhu3lCAACAb0q7eUIAAGCic7t5QgAAQNWcu3lCdpY1i2T+5VIvAAAATUxTSwEBBQQDAwEBAwECAQEAAAECAQIAAgAAAAIAAAEAAwAEAQMAMWwWV+rbdxWxm+2BnQvUaw=='
  const old = profileFromBytes(Uint8Array.from(Buffer.from(FORMAT_1, 'base64')))
  const now = createProfiler({ k: 16, precision: 5, types })
  now.addTable({ t: arrivals(MONDAY, 20, 3000, 'n') })
  const fresh = now.profile()

  test('of format 1 are read and written as they were; times are described there', () => {
    expect(old.formatVersion).toBe(1)
    expect(calendarOf(old)).toBeUndefined()
    expect(Buffer.from(profileToBytes(old)).toString('base64')).toBe(FORMAT_1)
    const found = times(compareProfiles(old, fresh))
    expect(found).toMatchObject({ status: 'described', verdict: 'pass', decision: null })
    expect(found.reasons).toContain(
      'clock and calendar are not compared here, but by compare() on the values',
    )
    const merged = mergeProfiles(old, fresh)
    expect(merged).toMatchObject({ formatVersion: 1, rowCount: 3300 })
    expect(calendarOf(merged)).toBeUndefined()
  })

  // The bytes are a format: a change of this digest breaks profiles that people have kept.
  test('of format 2 have bytes for ever, the same on every runtime', () => {
    const profiler = createProfiler({ k: 16, precision: 5, types })
    for (let i = 0; i < 300; i++)
      profiler.add({ t: new Date(MONDAY + ((i * 7919) % 40) * 21_600_000) })
    const bytes = profileToBytes(profiler.profile())
    expect(digestOf(Buffer.from(bytes).toString('hex')).slice(0, 23)).toBe(
      'sha256:a535672c00c8000c',
    )
  })

  test('of format 2 survive JSON and bytes; an empty side costs no calendar', () => {
    expect(fresh.formatVersion).toBe(2)
    expect(profileFromBytes(profileToBytes(fresh))).toEqual(fresh)
    expect(saved(fresh)).toEqual(fresh)
    const { calendar: _, ...empty } = profileOf([Number.NaN], { types, k: 16, precision: 5 })
      .columns[0] as NumericProfile
    const nothing = { ...old, rowCount: 1, columns: [empty] }
    for (const merged of [mergeProfiles(nothing, fresh), mergeProfiles(fresh, nothing)])
      expect(calendarOf(merged)).toEqual(calendarOf(fresh))
  })

  test('with a calendar that cannot be right are refused', () => {
    type Damaged = {
      n: number
      first: unknown
      last: number
      atFirst: number
      cycles: { counts: number[]; opening: number[] }[]
    }
    const damaged = (change: (calendar: Damaged) => unknown) => {
      const copy = saved(fresh)
      change(calendarOf(copy) as unknown as Damaged)
      return () => checkProfile(copy)
    }
    const first = calendarOf(fresh)!.first!
    const changes: ((calendar: Damaged) => unknown)[] = [
      (c) => (c.n += 1),
      (c) => (c.n = 0),
      (c) => (c.n = -1),
      (c) => (c.first = null),
      (c) => (c.first = first - DAY),
      (c) => (c.first = '2026'),
      (c) => (c.last = first - 1),
      (c) => (c.last += 1),
      (c) => (c.atFirst = 0),
      (c) => (c.atFirst = 3001),
      (c) => (c.atFirst = c.n),
      (c) => (c.cycles = null as never),
      (c) => (c.cycles = {} as never),
      (c) => c.cycles.pop(),
      (c) => c.cycles.push(c.cycles[0]!),
      (c) => c.cycles.reverse(),
      (c) => (c.cycles[0] = null as never),
      (c) => c.cycles[0]!.counts.pop(),
      (c) => (c.cycles[0]!.counts[0]! += 1),
      (c) => (c.cycles[1]!.counts[0] = -1),
      (c) => (c.cycles[1]!.counts = 'x' as never),
      (c) => c.cycles[2]!.opening.push(0),
      (c) => (c.cycles[2]!.opening[0] = 0.5),
      (c) => (c.cycles[2]!.opening[0] = 0),
      (c) => (c.cycles[2]!.opening[1] = 1e6),
      (c) => (c.cycles[2]!.opening[2]! -= 1),
      (c) => (c.cycles[2]!.opening[30] = 1),
      (c) => {
        // The 30th of January instead of the 10th, after the last instant.
        c.cycles[2]!.opening[25] = 1
        c.cycles[2]!.opening[5]! -= 1
      },
      (c) => (c.cycles[0]!.opening[0] = 0),
      (c) => (c.cycles[0]!.opening[5] = 1e6),
    ]
    for (const change of changes)
      expect(damaged(change), String(change)).toThrow(refused('drift.not-a-profile'))
    for (const [t, atFirst] of [
      [[MONDAY, MONDAY], 1],
      [[MONDAY, MONDAY + 1], 2],
    ] as const) {
      const copy = saved(profileOf(t))
      checkProfile(copy)
      Object.assign(calendarOf(copy)!, { atFirst })
      expect(() => checkProfile(copy)).toThrow(refused('drift.not-a-profile'))
    }
    const none = saved(fresh)
    Object.assign(none.columns[0]!, { calendar: null })
    expect(() => checkProfile(none)).toThrow(refused('drift.not-a-profile'))
  })
})
