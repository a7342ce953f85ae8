import { createRng, MlopsError } from '@mlops/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitReference } from '../fit-reference.ts'
import { checkProfile } from './check-profile.ts'
import { compareProfiles } from './compare-profiles.ts'
import { createProfiler } from './create-profiler.ts'
import type { DataProfile } from './data-profile.ts'
import { mergeProfiles } from './merge-profiles.ts'
import { profileFromBytes, profileToBytes } from './profile-bytes.ts'

const rng = createRng('hostile')
const table = (n: number) => ({
  n: Array.from({ length: n }, () => rng.next()),
  t: Array.from({ length: n }, () => new Date(1.7e12 + Math.floor(20 * 86_400_000 * rng.next()))),
  c: Array.from({ length: n }, () => `c${rng.int(9)}`),
  x: Array.from({ length: n }, () => `a${rng.int(4)} b${rng.int(4)}`),
})
const reference = fitReference(table(80), { types: { x: 'text' } })
const profiler = createProfiler({ reference, k: 8, precision: 4, capacity: 4 })
profiler.addTable(table(120))
const good = profiler.profile()

type Node = Record<string, unknown>
/** Every place in a document. */
function places(node: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof node !== 'object' || node === null) return [path]
  return [path, ...Object.entries(node).flatMap(([key, value]) => places(value, [...path, key]))]
}

function damaged(path: readonly string[], change: (value: unknown) => unknown): DataProfile {
  const copy = JSON.parse(JSON.stringify(good)) as Node
  const last = path.at(-1)
  if (last === undefined) return change(copy) as DataProfile
  const parent = path.slice(0, -1).reduce((node, key) => node[key] as Node, copy)
  const value = change(parent[last])
  if (value === undefined && !Array.isArray(parent)) delete parent[last]
  else parent[last] = value ?? null
  return copy as unknown as DataProfile
}

const change = fc.oneof(
  fc
    .constantFrom(null, undefined, 0, -1, 0.5, 1e308, '', 'x', true, [], {}, [[]], [null])
    .map((junk: unknown) => () => junk),
  fc
    .constantFrom(1, -1, 1e9, 0.5)
    .map((more) => (value: unknown) => (typeof value === 'number' ? value + more : [value])),
)

test('a damaged document is refused by a typed error, or compared, merged and written', () => {
  // The cells of an opening are many and alike: a few stand for all.
  const all = places(JSON.parse(JSON.stringify(good))).filter(
    (path) => !path.includes('opening') || Number(path.at(-1)) % 50 === 0 || path.length < 6,
  )
  let refused = 0
  fc.assert(
    fc.property(fc.constantFrom(...all), change, (path, by) => {
      const document = damaged(path, by)
      try {
        checkProfile(document)
      } catch (error) {
        expect(error, path.join('.')).toBeInstanceOf(MlopsError)
        refused++
        return
      }
      const told = path.join('.')
      expect(compareProfiles(reference, document).kind, told).toBe('drift-report')
      expect(compareProfiles(document, good).kind, told).toBe('drift-report')
      expect(profileFromBytes(profileToBytes(document)).rowCount, told).toBe(good.rowCount)
      try {
        checkProfile(mergeProfiles(document, good))
      } catch (error) {
        expect(error, told).toMatchObject({ code: 'drift.profile-mismatch' })
      }
    }),
    { numRuns: 1500 },
  )
  expect(refused).toBeGreaterThan(500)
})
