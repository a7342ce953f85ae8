import { createRng } from '@mlops/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compare } from '../compare.ts'
import { fitReference } from '../fit-reference.ts'
import type { Bound, PartDrift } from '../report.ts'
import { checkProfile } from './check-profile.ts'
import { compareProfiles } from './compare-profiles.ts'
import type { ProfilerOptions } from './create-profiler.ts'
import { createProfiler } from './create-profiler.ts'
import type { DataProfile, TextProfile } from './data-profile.ts'
import { mergeProfiles } from './merge-profiles.ts'
import { profileFromBytes, profileToBytes } from './profile-bytes.ts'

const types = { x: 'text' } as const
const profileOf = (x: readonly (string | null)[], options: ProfilerOptions) => {
  const profiler = createProfiler({ types, ...options })
  for (const text of x) profiler.add({ x: text })
  return profiler.profile()
}
const textOf = (profile: DataProfile) => profile.columns[0] as TextProfile
const inside = (value: number, [low, high]: Bound) => {
  expect(value).toBeGreaterThanOrEqual(low - 1e-12)
  expect(value).toBeLessThanOrEqual(high + 1e-12)
}
/** Areas go by steps here and by values there: equal to rounding. */
const rounded = (parts: readonly PartDrift[]) =>
  JSON.parse(
    JSON.stringify(parts, (key, value) =>
      key.startsWith('wasserstein') && typeof value === 'number'
        ? Number(value.toPrecision(9))
        : value,
    ),
  )

/** Not 0: an effect that equals the threshold is either side of it by rounding. */
const near = fc.oneof(
  fc.double({ min: -0.05, max: -1e-6, noNaN: true }),
  fc.double({ min: 1e-6, max: 0.05, noNaN: true }),
)
/** Documents about this and that: some of no word, some of any characters, some missing. */
const documents = (most: number) =>
  fc
    .record({
      n: fc.integer({ min: 30, max: most }),
      vocabulary: fc.integer({ min: 2, max: 150 }),
      longest: fc.integer({ min: 1, max: 25 }),
      seed: fc.integer({ min: 0, max: 1e6 }),
      strange: fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constant(null)), {
        maxLength: 5,
      }),
    })
    .map(({ n, vocabulary, longest, seed, strange }) => {
      const rng = createRng(seed)
      const words = (length: number) =>
        Array.from({ length }, () => `w${Math.floor(vocabulary * rng.next() ** 2)}`)
      return [...strange, ...Array.from({ length: n }, () => words(rng.int(longest + 1)).join(' '))]
    })

describe('texts in profiles', () => {
  test('where nothing was thinned out their parts are those of compare', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(documents(150), documents(150), (before, after) => {
        const reference = fitReference({ x: before }, { types })
        const exact = compare(reference, { x: after }, { types }).columns[0]!
        const current = profileOf(after, { reference })
        const found = compareProfiles(reference, current).columns[0]!
        expect(found.status).toBe(exact.status)
        expect(rounded(found.parts!)).toEqual(rounded(exact.parts!))
        expect(found.decision).toEqual(exact.decision)
        expect(found.verdict).toBe(exact.verdict)
        expect(found.reasons).toEqual(exact.reasons)
        expect(found.warnings).toEqual(exact.warnings)
        expect(found.bounds).toBeUndefined()
        for (const { name } of exact.parts!) seen.set(name, (seen.get(name) ?? 0) + 1)
        // Two profiles tell the same of all but the unknown words.
        const both = compareProfiles(profileOf(before, { reference }), current).columns[0]!
        const others = exact.parts!.filter(({ name }) => name !== 'unknown-words')
        const figures = (parts: readonly PartDrift[]) =>
          parts.map(
            ({ name, effectSize, test: { statistic, pValue, effectSize: _, ...rest } }) => ({
              name,
              value: effectSize.value,
              statistic,
              pValue,
              sizes: rest.sizes,
            }),
          )
        expect(figures(both.parts!)).toEqual(figures(others))
      }),
      { numRuns: 100 },
    )
    for (const name of ['length', 'words', 'unknown-words', 'vocabulary'])
      expect(seen.get(name), name).toBeGreaterThan(50)
  })

  test('where values were lost every figure of compare lies in its bound', () => {
    const seen = { certain: 0, unknown: 0, undecided: 0, decided: 0 }
    fc.assert(
      fc.property(
        documents(400),
        documents(400),
        fc.nat({ max: 32 }),
        near,
        (a, b, more, offset) => {
          const k = 8 + more
          const reference = fitReference({ x: a }, { types })
          // A threshold near the effect is what sketches may leave open.
          const usual = compare(reference, { x: b }, { types }).columns[0]!
          const rule = {
            threshold: Math.min(0.99, Math.max(0.01, usual.effectSize!.value + offset)),
          }
          const exact = compare(reference, { x: b }, { types, rule }).columns[0]!
          const found = compareProfiles(reference, profileOf(b, { reference, k }), { rule })
            .columns[0]!
          expect(found.parts!.map(({ name }) => name)).toEqual(exact.parts!.map(({ name }) => name))
          if (found.bounds?.confidence !== 1) return
          seen.certain++
          found.parts!.forEach(({ name, bounds, distances, test: shown }, at) => {
            const truth = exact.parts![at]!
            if (name === 'vocabulary') expect(bounds).toBeUndefined()
            if (bounds === undefined) {
              expect(shown.pValue).toBe(truth.test.pValue)
              return
            }
            if (name === 'unknown-words') seen.unknown++
            inside(truth.effectSize.value, bounds.effectSize)
            inside(truth.test.pValue!, bounds.pValue!)
            expect(shown.pValue).toBe(bounds.pValue![1])
            // The bins are those of the reference: exact.
            expect(distances.psi).toBe(truth.distances.psi)
            inside(truth.distances.wasserstein!, bounds.distances.wasserstein!)
          })
          inside(exact.effectSize!.value, found.bounds.effectSize)
          seen[found.decision!.undecided ? 'undecided' : 'decided']++
          if (!found.decision!.undecided)
            expect(found.decision!.drifted).toBe(exact.decision!.drifted)
        },
      ),
      { numRuns: 200 },
    )
    for (const times of Object.values(seen)) expect(times, JSON.stringify(seen)).toBeGreaterThan(5)
  })

  test('parts merged in any order have the words of a single pass; JSON and bytes give them back', () => {
    fc.assert(
      fc.property(
        documents(120),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 1e6 }),
        fc.boolean(),
        (texts, pieces, seed, counted) => {
          const reference = counted ? { reference: fitReference({ x: texts }, { types }) } : {}
          const rng = createRng(seed)
          const dealt = texts.map(() => rng.int(pieces))
          const left = Array.from({ length: pieces }, (_, piece) =>
            profileOf(
              texts.filter((_, at) => dealt[at] === piece),
              reference,
            ),
          )
          while (left.length > 1) {
            const [a] = left.splice(rng.int(left.length), 1)
            const [b] = left.splice(rng.int(left.length), 1)
            left.push(mergeProfiles(a!, b!))
          }
          const whole = profileOf(texts, reference)
          checkProfile(left[0]!)
          const [merged, single] = [textOf(left[0]!), textOf(whole)]
          const { documents: parts, ...sums } = merged
          const { documents: wanted, ...all } = single
          expect(sums).toEqual(all)
          parts.forEach(({ name, count, missing, distinct, bins }, at) => {
            expect(wanted[at]).toMatchObject({ name, count, missing, distinct })
            expect(bins).toEqual(wanted[at]!.bins)
          })
          expect(JSON.parse(JSON.stringify(whole))).toEqual(whole)
          expect(profileFromBytes(profileToBytes(whole))).toEqual(whole)
        },
      ),
      { numRuns: 60 },
    )
  })
})
