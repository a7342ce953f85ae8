import type { Actor } from '@mlops/core'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChangeAssessment, CreateAssessment, Registry } from '../src/index.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import { codeOf, withWorld } from './world.ts'

const by: Actor = { type: 'service', id: 'judge' }
const source = { type: 'human', id: 'ada' } as const
const feedback = { name: 'quality', kind: 'feedback', value: 4, source } as const

async function trace({ experiments, traces }: Registry, id = 'tr'): Promise<string> {
  const { id: experimentId } = await experiments.create({ name: id, by })
  return (await traces.log({ id, experimentId, by })).id
}

const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown

function suite(makePlace: () => Promise<Place>) {
  const within = (run: Parameters<typeof withWorld>[2]) => withWorld(makePlace, 0, run)

  test('an assessment comes back as it was given, and changes in what it says', () =>
    within(async ({ registry, clock }) => {
      const { assessments, traces } = registry
      await trace(registry)
      const made = await assessments.create({
        ...feedback,
        trace: 'tr',
        value: { rating: 4, comments: ['é', null, 1.5] },
        error: { code: 'LATE', message: 'took long' },
        span: 's1',
        rationale: 'right',
        metadata: { model: 'x', version: '1' },
        by,
      })
      expect(made).toEqual({
        id: expect.stringMatching(/^a-[0-9a-f]{32}$/),
        trace: 'tr',
        span: 's1',
        name: 'quality',
        kind: 'feedback',
        value: { rating: 4, comments: ['é', null, 1.5] },
        error: { code: 'LATE', message: 'took long' },
        source,
        rationale: 'right',
        metadata: { model: 'x', version: '1' },
        valid: true,
        createdAt: '2026-01-01T00:00:00.000Z',
        updatedAt: '2026-01-01T00:00:00.000Z',
      })
      expect(await assessments.get('tr', made.id)).toEqual(made)
      clock.advance(1000)
      const { error: _, ...rest } = made
      const changed = await assessments.change({
        trace: 'tr',
        id: made.id,
        name: 'better',
        feedback: { value: 5 },
        metadata: { version: '2', team: 'y' },
        by,
      })
      expect(changed).toEqual({
        ...rest,
        name: 'better',
        value: 5,
        metadata: { model: 'x', version: '2', team: 'y' },
        updatedAt: '2026-01-01T00:00:01.000Z',
      })
      expect((await traces.get('tr')).assessments).toEqual([changed])
      const { items } = await registry.log.read({ subject: { type: 'trace', name: 'tr' } })
      expect(items.slice(1).map(({ action, data }) => [action, data])).toEqual([
        ['assessment.created', { id: made.id, name: 'quality', kind: 'feedback' }],
        ['assessment.changed', { id: made.id, changed: ['name', 'feedback', 'metadata'] }],
      ])
    }))

  test('what says nothing, or something else, is refused and changes nothing', () =>
    within(async ({ registry }) => {
      const { assessments, traces } = registry
      await trace(registry)
      await trace(registry, 'other')
      const elsewhere = await assessments.create({ ...feedback, trace: 'other', by })
      const expectation = await assessments.create({
        ...feedback,
        kind: 'expectation',
        trace: 'tr',
        by,
      })
      const before = (await traces.get('tr')).assessments
      const good = { ...feedback, trace: 'tr', by }
      const created: readonly (readonly [string, unknown])[] = [
        ['registry.no-trace', { ...good, trace: 'none' }],
        ['registry.no-assessment', { ...good, overrides: 'none' }],
        ['registry.no-assessment', { ...good, overrides: elsewhere.id }],
        ['registry.invalid-assessment', { ...good, value: null }],
        ['registry.invalid-assessment', { ...good, value: undefined }],
        ['registry.invalid-assessment', { ...good, value: Number.NaN }],
        ['registry.invalid-assessment', { ...good, value: nested(5000) }],
        ['registry.invalid-assessment', { ...good, value: 'x'.repeat(1_000_001) }],
        ['registry.invalid-assessment', { ...good, name: '' }],
        ['registry.invalid-assessment', { ...good, kind: 'issue' }],
        ['registry.invalid-assessment', { ...good, kind: 'expectation', error: { code: 'E' } }],
        ['registry.invalid-assessment', { ...good, source: { type: 'robot', id: 'r' } }],
        ['registry.invalid-assessment', { ...good, createdAt: 'now' }],
        ['registry.invalid-assessment', null],
      ]
      for (const [i, [code, command]] of created.entries()) {
        const refused = await codeOf(assessments.create(command as CreateAssessment))
        expect([i, refused]).toEqual([i, code])
      }
      const own = { trace: 'tr', id: expectation.id, by }
      const changes: readonly (readonly [string, unknown])[] = [
        ['registry.no-trace', { ...own, trace: 'none' }],
        ['registry.no-assessment', { ...own, id: elsewhere.id }],
        ['registry.assessment-kind', { ...own, name: 'x', feedback: { value: 1 } }],
        ['registry.invalid-assessment', { ...own, expectation: { value: null } }],
        ['registry.invalid-assessment', { ...own, name: '' }],
      ]
      for (const [i, [code, command]] of changes.entries()) {
        const refused = await codeOf(assessments.change(command as ChangeAssessment))
        expect([i, refused]).toEqual([i, code])
      }
      expect((await traces.get('tr')).assessments).toEqual(before)
      expect((await assessments.get('other', elsewhere.id)).valid).toBe(true)
      expect(await codeOf(assessments.get('tr', elsewhere.id))).toBe('registry.no-assessment')
      expect(await codeOf(assessments.remove({ ...own, trace: 'none' }))).toBe('registry.no-trace')
      // Feedback may be an error and nothing else.
      const failed = { ...good, value: null, error: { code: 'E' } }
      expect(await assessments.create(failed)).toMatchObject({ value: null, error: { code: 'E' } })
    }))

  test('an assessment is valid exactly while none stands in for it', () =>
    within(async ({ registry }) => {
      const step = fc.tuple(fc.constantFrom('add', 'override', 'remove', 'again'), fc.nat(20))
      let runs = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
          const id = await trace(registry, `tr-${runs++}`)
          const { experimentId } = await registry.traces.get(id)
          const told = [
            { ...feedback, id: 'second', overrides: 'first' },
            { ...feedback, id: 'first' },
          ]
          const again = () => registry.traces.log({ id, experimentId, assessments: told, by })
          await again()
          for (const [what, n] of steps) {
            const known = (await registry.traces.get(id)).assessments
            const one = known[n % Math.max(1, known.length)]
            if (what === 'again') await again()
            else if (what === 'remove' && one) {
              await registry.assessments.remove({ trace: id, id: one.id, by })
              await registry.assessments.remove({ trace: id, id: one.id, by })
            } else {
              const overrides = what === 'override' && one ? { overrides: one.id } : {}
              await registry.assessments.create({ ...feedback, ...overrides, trace: id, by })
            }
          }
          const { assessments } = await registry.traces.get(id)
          const overridden = new Set(assessments.map(({ overrides }) => overrides))
          for (const one of assessments) {
            expect([one.id, one.valid]).toEqual([one.id, !overridden.has(one.id)])
          }
        }),
        { numRuns: 15 },
      )
    }))

  test('two that stand in for one at the same time: it is valid again when both are gone', () =>
    within(async ({ registry, other }) => {
      await trace(registry)
      const { registry: second } = await other()
      const { id: overrides } = await registry.assessments.create({ ...feedback, trace: 'tr', by })
      const [a, b] = await Promise.all(
        [registry, second].map(({ assessments }) =>
          assessments.create({ ...feedback, overrides, trace: 'tr', by }),
        ),
      )
      const valid = async () => (await registry.assessments.get('tr', overrides)).valid
      expect(await valid()).toBe(false)
      await registry.assessments.remove({ trace: 'tr', id: a!.id, by })
      expect(await valid()).toBe(false)
      await second.assessments.remove({ trace: 'tr', id: b!.id, by })
      expect(await valid()).toBe(true)
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
