import { digestOf } from '@mlops/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import { by, codeOf, withWorld } from './world.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
// A schema of records leaves that key out.
const key = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((name) => name !== '__proto__')
const record = <Value>(value: fc.Arbitrary<Value>, minKeys = 0) =>
  fc.dictionary(key, value, { minKeys, maxKeys: 8, noNullPrototype: true })

const code = fc.record(
  {
    commit: fc.stringMatching(/^[0-9a-f]{7,64}$/),
    repository: text,
    branch: text,
    dirty: fc.boolean(),
    path: text,
  },
  { requiredKeys: ['commit'], noNullPrototype: true },
)
const environment = fc.record(
  {
    runtime: fc.record({ name: key, version: text }, { noNullPrototype: true }),
    os: text,
    packages: record(text),
    hardware: record(text),
    image: text,
  },
  { requiredKeys: ['packages'], noNullPrototype: true },
)
// JSON has one zero.
const seed = fc.oneof(
  fc.maxSafeInteger().map((value) => value + 0),
  text,
)
const origins = fc.record(
  { code, environment, seeds: record(seed, 1) },
  { requiredKeys: [], noNullPrototype: true },
)

function suite(makePlace: () => Promise<Place>) {
  test('an origin is told as it was described, at once or part by part, and then stays', () =>
    withWorld(makePlace, 0, async ({ registry: { runs } }) => {
      await fc.assert(
        fc.asyncProperty(origins, origins, fc.boolean(), async (origin, other, atOnce) => {
          const started = await runs.start({ experiment: 'e', ...(atOnce && origin), by })
          const run = started.id
          for (const [part, value] of Object.entries(origin)) {
            await runs.describe({ run, [part]: value, by })
          }
          const told = {
            ...origin,
            ...(origin.environment && {
              environment: { ...origin.environment, digest: digestOf(origin.environment) },
            }),
          }
          expect(await runs.origin(run)).toEqual(told)
          const parts = Object.keys(other) as (keyof typeof other)[]
          const clash = parts.some(
            (part) => origin[part] && digestOf(origin[part]) !== digestOf(other[part]),
          )
          const expected = clash
            ? 'registry.origin-exists'
            : parts.length === 0
              ? 'registry.invalid-run'
              : 'none'
          expect(await codeOf(runs.describe({ run, ...other, by }))).toBe(expected)
          if (clash) expect(await runs.origin(run)).toEqual(told)
        }),
        { numRuns: 60 },
      )
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
