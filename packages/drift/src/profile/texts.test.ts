import { createRng, digestOf } from '@mlops/core'
import { distinctCount } from '@mlops/stats'
import * as arrow from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { compare } from '../compare.ts'
import { fitReference } from '../fit-reference.ts'
import type { ColumnDrift, DriftReport } from '../report.ts'
import { checkProfile } from './check-profile.ts'
import { compareProfiles } from './compare-profiles.ts'
import type { ProfilerOptions } from './create-profiler.ts'
import { createProfiler } from './create-profiler.ts'
import type { DataProfile, TextProfile } from './data-profile.ts'
import { mergeProfiles } from './merge-profiles.ts'
import { profileFromBytes, profileToBytes } from './profile-bytes.ts'
import { profileBatches } from './profile-stream.ts'
import { readCsv } from './read-csv.ts'

const types = { x: 'text' } as const
const refused = (code: string, kind = 'invalid') => expect.objectContaining({ kind, code })
const saved = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value))
const column = (report: DriftReport): ColumnDrift => report.columns[0]!
const textOf = (profile: DataProfile) => profile.columns[0] as TextProfile
const names = ({ parts = [] }: ColumnDrift) => parts.map(({ name }) => name)
const profileOf = (x: readonly (string | null)[], options: ProfilerOptions = {}) => {
  const profiler = createProfiler({ types, ...options })
  profiler.addTable({ x })
  return profiler.profile()
}
/** Sentences of a subject's words, the first of which are the most frequent. */
const sentences = (n: number, subject: string, seed: string, longest = 12) => {
  const rng = createRng(seed)
  return Array.from({ length: n }, () =>
    Array.from(
      { length: 2 + rng.int(longest) },
      () => `${subject}${Math.floor(80 * rng.next() ** 2)}`,
    ).join(' '),
  )
}
const before = sentences(1500, 'a', 'before')
const reference = fitReference({ x: before }, { types })

describe('what is counted', () => {
  test('texts, words and lengths, with what is none', () => {
    const profiler = createProfiler({ types })
    for (const x of ['Two words', 'two Words 😀', null, '', '…', 7, true, new Date(0), ['no']])
      profiler.add({ x: x as string })
    const x = textOf(profiler.profile())
    expect(x).toMatchObject({ type: 'text', count: 7, missing: 1, mistyped: { object: 1 } })
    expect(x.vocabulary).toBeUndefined()
    const [length, words] = x.documents
    expect(length).toMatchObject({ name: 'length', count: 7, moments: { min: 0, max: 24 } })
    expect(words).toMatchObject({ name: 'words', count: 7, moments: { min: 0, max: 6 } })
    const distinct = (sketch: TextProfile['distinct']) => Math.round(distinctCount(sketch).estimate)
    expect(distinct(x.distinct)).toBe(7)
    // two, words, 7, true, 1970, 01, 01t00, 00, 00, 000z
    expect(distinct(x.distinctWords)).toBe(9)
  })

  test('words over a vocabulary, and pairs of them', () => {
    const fitted = fitReference({ x: ['red red blue', 'blue', 'green'] }, { types })
    const { documents, vocabulary } = textOf(
      profileOf(['red blue red', 'blue pink', '!'], { reference: fitted }),
    )
    expect(vocabulary).toMatchObject({
      top: [
        { word: 'blue', count: 2, squares: 2, products: 5 },
        { word: 'red', count: 2, squares: 4, products: 6 },
        { word: 'green', count: 0, squares: 0, products: 0 },
      ],
      total: 5,
      squaredLengths: 13,
      products: [2, 0, 0],
    })
    expect(documents[2]).toMatchObject({
      name: 'unknown-words',
      count: 2,
      missing: 1,
      moments: { min: 0, max: 0.5 },
    })
  })

  test('the same from rows, columns, Arrow and CSV, in batches of any size', async () => {
    const texts = sentences(3000, 'b', 'ways')
    const whole = textOf(profileOf(texts, { reference }))
    expect(whole.count).toBe(3000)
    const rows = createProfiler({ reference })
    texts.forEach((x, at) => {
      rows.add({ x })
      if (at % 777 === 0) rows.profile()
    })
    expect(textOf(rows.profile())).toEqual(whole)
    const table = arrow.tableFromArrays({ x: texts })
    expect(textOf(await profileBatches(table.batches, { reference }))).toEqual(whole)
    const csv = readCsv([`x\n${texts.join('\n')}\n`], { batchSize: 7 })
    expect(textOf(await profileBatches(csv, { reference }))).toEqual(whole)
  })

  test('in bounded memory', () => {
    const fitted = fitReference({ x: sentences(4000, 'w', 'many', 60) }, { types })
    const profiler = createProfiler({ reference: fitted })
    const rng = createRng('memory')
    for (let i = 0; i < 60; i++)
      profiler.addTable({
        x: Array.from({ length: 1000 }, () => `w${rng.int(80)} ${rng.uint32()} ${rng.uint32()}`),
      })
    const profile = profiler.profile()
    expect(JSON.stringify(profile).length).toBeLessThan(200_000)
    expect(profileToBytes(profile).length).toBeLessThan(100_000)
    const words = distinctCount(textOf(profile).distinctWords).estimate
    expect(Math.abs(words / 120_000 - 1)).toBeLessThan(0.08)
  })
})

describe('the report on texts', () => {
  test('of twenty replicas decides as compare does, for the same reasons', () => {
    for (const [after, verdict, part] of [
      [sentences(4000, 'a', 'same'), 'pass', undefined],
      [sentences(4000, 'a', 'longer', 30), 'fail', /length|words/],
      [sentences(4000, 'z', 'other'), 'fail', /vocabulary|unknown-words/],
    ] as const) {
      const replicas = Array.from({ length: 20 }, (_, at) =>
        profileOf(
          after.filter((_, i) => i % 20 === at),
          { reference },
        ),
      )
      const merged = mergeProfiles(replicas[7]!, ...replicas.filter((_, at) => at !== 7))
      const found = column(compareProfiles(reference, saved(merged)))
      const exact = column(compare(reference, { x: after }, { types }))
      expect(found).toMatchObject({ status: 'compared', verdict })
      expect(exact.verdict).toBe(verdict)
      expect(names(found)).toEqual(names(exact))
      if (part) expect(found.effectSize!.part).toMatch(part)
      expect(found.parts![3]).toEqual(exact.parts![3])
      found.parts!.forEach(({ effectSize, distances, distribution }, at) => {
        expect(Math.abs(effectSize.value - exact.parts![at]!.effectSize.value)).toBeLessThan(0.0069)
        expect(distances.psi).toBe(exact.parts![at]!.distances.psi)
        expect(distribution).toEqual(exact.parts![at]!.distribution)
      })
      expect(found.current!.distinct! / exact.current!.distinct!).toBeCloseTo(1, 1)
    }
  })

  test('fewer unknown words are no drift', () => {
    const unique = (n: number, seed: string) => {
      const rng = createRng(seed)
      return Array.from({ length: n }, () => `ticket ${rng.uint32()} about ${rng.uint32()}`)
    }
    const fitted = fitReference({ x: unique(400, 'a') }, { types })
    const again = profileOf(unique(400, 'a'), { reference: fitted })
    const found = column(compareProfiles(fitted, again))
    const unknown = found.parts!.find(({ name }) => name === 'unknown-words')!
    expect(unknown).toMatchObject({ effectSize: { value: 0 }, adjustedPValue: 1 })
    expect(found.verdict).toBe('pass')
  })

  test('says what it does not compare', () => {
    const after = sentences(500, 'a', 'after')
    const other = fitReference({ x: sentences(500, 'b', 'other') }, { types })
    const counted = profileOf(after, { reference })
    const first = profileOf(before, { reference })
    const told = (a: Parameters<typeof compareProfiles>[0], b: typeof a) => {
      const found = column(compareProfiles(a, b))
      expect(found.status).toBe('compared')
      return [names(found), found.reasons.join()] as const
    }
    const numbers = ['length', 'words']
    for (const [a, b, parts, reason] of [
      [
        first,
        counted,
        [...numbers, 'vocabulary'],
        /unknown words is not compared.*fitted reference/,
      ],
      [profileOf(before), profileOf(after), numbers, /profiled without a reference/],
      [reference, profileOf(after), numbers, /profiled without a reference/],
      [first, profileOf(after), numbers, /profiled without a reference/],
      [reference, profileOf(after, { reference: other }), numbers, /different vocabularies/],
      [first, profileOf(after, { reference: other }), numbers, /different vocabularies/],
      [first, reference, numbers, /fitted current side/],
      [reference, reference, numbers, /fitted current side/],
    ] as const) {
      const [found, reasons] = told(a, b)
      expect(found).toEqual(parts)
      expect(reasons).toMatch(reason)
    }
    expect(told(reference, counted)[1]).not.toMatch(/not compared/)
  })

  test('of too few, of none and of another type', () => {
    const few = profileOf(['one', null, null], { reference })
    expect(column(compareProfiles(reference, few)).status).toBe('insufficient-data')
    const none = profileOf([null, null], { reference })
    expect(column(compareProfiles(reference, none)).status).toBe('insufficient-data')
    const categories = createProfiler()
    categories.addTable({ x: before })
    expect(column(compareProfiles(reference, categories.profile())).status).toBe('type-changed')
    const short = profileOf(Array(40).fill('!!!'), { reference })
    const wordless = column(compareProfiles(reference, short))
    expect(names(wordless)).toEqual(['length', 'words'])
    expect(wordless.verdict).toBe('fail')
  })
})

describe('kept profiles', () => {
  const sample = () =>
    profileOf([...sentences(120, 'a', 'kept'), null, 'naïve ключ 😀', ''], {
      reference: fitReference({ x: sentences(60, 'a', 'small') }, { types }),
      k: 16,
      precision: 5,
    })

  // The bytes are a format: a change of this digest breaks profiles that people have kept.
  test('the bytes are for ever, the same on every runtime', () => {
    const bytes = profileToBytes(sample())
    expect(sample().formatVersion).toBe(2)
    expect(digestOf(Buffer.from(bytes).toString('hex')).slice(0, 23)).toBe(
      'sha256:c9f9063ac0406f77',
    )
    expect(profileFromBytes(bytes)).toEqual(sample())
  })

  test('of other words do not merge; those of no text take what is there', () => {
    const counted = profileOf(['one', 'two'], { reference })
    const other = fitReference({ x: sentences(60, 'b', 'x') }, { types })
    for (const unlike of [profileOf(['one']), profileOf(['one'], { reference: other })])
      for (const pair of [[counted, unlike] as const, [unlike, counted] as const])
        expect(() => mergeProfiles(...pair)).toThrow(refused('drift.profile-mismatch'))
    const untyped = createProfiler()
    untyped.addTable({ x: [null, null] })
    const merged = mergeProfiles(untyped.profile(), counted)
    expect(textOf(merged)).toMatchObject({ type: 'text', count: 2, missing: 2 })
    checkProfile(merged)
  })

  test('that cannot be right are refused', () => {
    const good = sample()
    checkProfile(saved(good))
    type Damaged = {
      count: number
      type: string
      distinctWords: unknown
      documents: {
        name: string
        type: string
        count: number
        missing: number
        quantiles: { min: number; max: number }
        moments: { n: number }
      }[]
      vocabulary: {
        digest: string
        top: { word: string; count: number; squares: number; products: number }[]
        total: number
        squaredLengths: number
        products: number[]
      }
    }
    const damaged = (change: (column: Damaged) => unknown) => {
      const copy = saved(good)
      change(copy.columns[0] as unknown as Damaged)
      return () => checkProfile(copy)
    }
    const changes: ((column: Damaged) => unknown)[] = [
      (x) => (x.documents = null as never),
      (x) => x.documents.pop(),
      (x) => x.documents.reverse(),
      (x) => (x.documents[0] = null as never),
      (x) => (x.documents[0]!.type = 'datetime'),
      (x) => (x.documents[1]!.name = 'length'),
      (x) => (x.documents[0] = { ...x.documents[2]!, name: 'length' }),
      (x) => (x.documents[1]!.moments.n = 3),
      (x) => (x.documents[2]!.missing += 1),
      (x) => (x.documents[0]!.quantiles.min = -1),
      (x) => (x.documents[2]!.quantiles.max = 2),
      (x) => (x.vocabulary = null as never),
      (x) => (x.vocabulary.digest = 'x'),
      (x) => (x.vocabulary.digest = 5 as never),
      (x) => (x.vocabulary.top = {} as never),
      (x) => (x.vocabulary.top[0] = null as never),
      (x) => (x.vocabulary.top[0]!.word = 5 as never),
      (x) => (x.vocabulary.top[0]!.word = x.vocabulary.top[1]!.word),
      (x) => (x.vocabulary.top[0]!.count = -1),
      (x) => (x.vocabulary.top[0]!.count = 1e6),
      (x) => (x.vocabulary.top[0]!.squares = 0.5),
      (x) => (x.vocabulary.top[0]!.products = 0),
      (x) => (x.vocabulary.total = 1),
      (x) => (x.vocabulary.squaredLengths = 1),
      (x) => (x.vocabulary.squaredLengths = null as never),
      (x) => x.vocabulary.products.pop(),
      (x) => (x.vocabulary.products[0] = -1),
      (x) => (x.vocabulary.products = 'x' as never),
      (x) => (x.type = 'categorical'),
      (x) => delete (x as Partial<Damaged>).vocabulary,
    ]
    for (const change of changes)
      expect(damaged(change), String(change)).toThrow(
        expect.objectContaining({
          kind: 'invalid',
          code: expect.stringMatching(/^drift.not-a-profile$|^stats.bad-sketch$/),
        }),
      )
    expect(damaged((x) => (x.distinctWords = null))).toThrow(refused('stats.bad-sketch'))
    // Words of one document cannot come together more often than their squares allow.
    expect(damaged((x) => (x.vocabulary.products[0] = 1e9))).toThrow(refused('drift.not-a-profile'))
  })
})

describe('embeddings', () => {
  const vectors = Array.from({ length: 30 }, (_, i) => [i, 1, 2])

  test('have no profile, and the error says what to do', () => {
    const fitted = fitReference(
      {
        x: [1, 2, 3],
        e: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      },
      { types: { e: 'embedding' } },
    )
    const unsupported = refused('drift.column-not-profiled', 'unsupported')
    expect(() => createProfiler({ types: { e: 'embedding' } })).toThrow(unsupported)
    expect(() => createProfiler({ reference: fitted })).toThrow(unsupported)
    const profiler = createProfiler()
    expect(() => profiler.addTable({ e: { values: new Float32Array(6), dimension: 3 } })).toThrow(
      unsupported,
    )
    try {
      createProfiler({ types: { e: 'embedding' } })
    } catch (error) {
      expect((error as Error).message).toMatch(/'e'.*leave.*norm.*compare\(\)/)
    }
  })

  test('of two fitted references are told to be compared elsewhere', () => {
    const fitted = fitReference({ e: vectors }, { types: { e: 'embedding' } })
    expect(column(compareProfiles(fitted, fitted))).toMatchObject({
      status: 'insufficient-data',
      verdict: 'inconclusive',
    })
  })
})
