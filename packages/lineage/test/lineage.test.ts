import { createRng, isMlopsError, shuffle } from '@mlops/core'
import type { Store } from '@mlops/store'
import { describe, expect, test } from 'vitest'
import type { Lineage, NodeRef, OpenLineageEvent } from '../src/index.ts'
import { createLineage } from '../src/index.ts'
import { event, facet, file, runId, story } from './events.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'

const dataset = (name: string): NodeRef => ({ kind: 'dataset', namespace: 'file', name })
const job = (name: string): NodeRef => ({ kind: 'job', namespace: 'jobs', name })

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (isMlopsError(error)) return error.code
    throw error
  }
  return 'none'
}

function suite(makePlace: () => Promise<Place>) {
  const within = async (run: (lineage: Lineage, place: Place, store: Store) => Promise<void>) => {
    const place = await makePlace()
    const store = await place.open()
    try {
      await run(await createLineage({ store }), place, store)
    } finally {
      await store.close()
      await place.remove()
    }
  }

  /** Everything that can be read. */
  async function everything(lineage: Lineage) {
    return {
      runs: [await lineage.run(runId(1)), await lineage.run(runId(8)), await lineage.run(runId(9))],
      jobs: await Promise.all(
        ['train', 'pipeline', 'pipeline-renamed', 'nightly', 'score'].map((name) =>
          lineage.job({ namespace: 'jobs', name }),
        ),
      ),
      datasets: await Promise.all(
        ['raw', 'weather', 'model', 'scores'].map((name) => lineage.dataset(dataset(name))),
      ),
      down: await lineage.downstream(dataset('raw')),
      up: await lineage.upstream(dataset('scores')),
    }
  }

  test('a run told in many events', () =>
    within(async (lineage) => {
      for (const one of story) expect((await lineage.record(one)).status).toBe('accepted')
      const run = await lineage.run(runId(1))
      expect(run).toMatchObject({
        job: { namespace: 'jobs', name: 'train' },
        startedAt: '2026-01-01T00:00:01.000000000Z',
        endedAt: '2026-01-01T00:00:04.000000000Z',
        parent: runId(9),
      })
      expect(run.inputs.map(({ name }) => name)).toEqual(['raw', 'weather'])
      expect(run.inputs[1]!.facets['inputStatistics']).toMatchObject({ rowCount: 5 })
      expect(run.outputs[0]!.facets['outputStatistics']).toMatchObject({ rowCount: 1 })
      expect(['complete', 'failed']).toContain(run.status)

      expect(await lineage.run(runId(8))).toMatchObject({
        status: 'unknown',
        job: { name: 'nightly' },
      })
      expect(await lineage.run(runId(9))).toMatchObject({
        status: 'started',
        job: { name: 'pipeline-renamed' },
      })
      const train = await lineage.job({ namespace: 'jobs', name: 'train' })
      expect(train.facets['documentation']).toMatchObject({ description: 'new' })
      const raw = await lineage.dataset(dataset('raw'))
      expect(Object.keys(raw.facets)).toEqual(['tags'])
      expect(raw.consumedBy).toEqual([{ namespace: 'jobs', name: 'train' }])
      expect((await lineage.runs({ namespace: 'jobs', name: 'train' })).items).toEqual([run])
    }))

  test('order and repetition do not matter; the graph can be made anew', () =>
    within(async (first) => {
      await first.recordBatch(story)
      const expected = await everything(first)
      for (let seed = 1; seed <= 4; seed++) {
        await within(async (lineage) => {
          const events = shuffle([...story, ...story.slice(0, 4)], createRng(seed))
          for (const one of events) await lineage.record(one)
          expect(await everything(lineage)).toEqual(expected)
        })
      }
      expect(await first.rebuild()).toEqual({ events: story.length })
      expect(await everything(first)).toEqual(expected)
      expect(await first.log.verify()).toMatchObject({ status: 'intact', entries: story.length })
    }))

  test('the same event again is a duplicate, whatever the order of its keys', () =>
    within(async (lineage) => {
      const once = await lineage.record(story[0])
      const reversed = Object.fromEntries(Object.entries(story[0]!).reverse())
      const again = await lineage.record(reversed)
      expect([once.status, again.status, again.hash === once.hash]).toEqual([
        'accepted',
        'duplicate',
        true,
      ])
      expect(await lineage.event(once.hash)).toEqual(story[0])
    }))

  test('strict refuses, lenient mends and says so', () =>
    within(async (lineage) => {
      const { schemaURL: _, ...sloppy } = event(1, 1, 'j', {
        run: {
          runId: 'scheduled__2026-01-01',
          facets: { nominalTime: facet({ nominalStartTime: 'soon' }) },
        },
      })
      expect(await codeOf(lineage.record(sloppy))).toBe('lineage.invalid-event')
      const { mended } = await lineage.record(sloppy, { mode: 'lenient' })
      expect(mended.map(({ path }) => path)).toEqual([
        'schemaURL',
        'run.runId',
        'run.facets.nominalTime.nominalStartTime',
      ])
      expect((await lineage.run('scheduled__2026-01-01')).job.name).toBe('j')
      for (const hopeless of [{}, [], null, { ...sloppy, run: {} }, { ...sloppy, job: 1 }]) {
        expect(await codeOf(lineage.record(hopeless, { mode: 'lenient' }))).toBe(
          'lineage.invalid-event',
        )
      }
      await lineage.rebuild()
      expect((await lineage.run('scheduled__2026-01-01')).status).toBe('unknown')
    }))

  test('a batch keeps the valid events and tells the others', () =>
    within(async (lineage) => {
      const outcomes = await lineage.recordBatch([story[0], { nonsense: true }, story[0], story[3]])
      expect(outcomes.map(({ status }) => status)).toEqual([
        'accepted',
        'rejected',
        'duplicate',
        'accepted',
      ])
      const [, rejected] = outcomes
      expect(rejected?.status === 'rejected' && rejected.issues.length).toBeGreaterThan(2)
    }))

  test('upstream and downstream: depth, bounds, cycles', () =>
    within(async (lineage) => {
      // d0 → j0 → d1 → j1 → d2 → j2 → d3, with a diamond d1 → k → d2 and a loop d3 → j3 → d0.
      const link = (name: string, from: string, to: string, run: number): OpenLineageEvent =>
        event(run, run, name, { eventType: 'COMPLETE', inputs: [file(from)], outputs: [file(to)] })
      await lineage.recordBatch([
        link('j0', 'd0', 'd1', 1),
        link('j1', 'd1', 'd2', 2),
        link('k', 'd1', 'd2', 3),
        link('j2', 'd2', 'd3', 4),
        link('j3', 'd3', 'd0', 5),
      ])
      const all = await lineage.downstream(dataset('d0'))
      expect(all.nodes.map(({ name, depth }) => `${name}:${depth}`)).toEqual([
        'd0:0',
        'j0:1',
        'd1:2',
        'j1:3',
        'k:3',
        'd2:4',
        'j2:5',
        'd3:6',
        'j3:7',
      ])
      expect([all.truncated, all.reason, all.edges.length]).toEqual([false, undefined, 10])
      const up = await lineage.upstream(job('j1'), { maxDepth: 2 })
      expect(up.nodes.map(({ name }) => name)).toEqual(['j1', 'd1', 'j0'])
      expect([up.truncated, up.reason]).toEqual([true, 'max-depth'])
      expect(up.edges.map(({ from, to }) => `${from.name}>${to.name}`)).toEqual(['d1>j1', 'j0>d1'])
      const few = await lineage.downstream(dataset('d1'), { maxNodes: 2 })
      expect(few.nodes.map(({ name }) => name)).toEqual(['d1', 'j1'])
      expect([few.truncated, few.reason]).toEqual([true, 'max-nodes'])
      const exact = await lineage.downstream(dataset('d0'), { maxDepth: 7, maxNodes: 9 })
      expect([exact.nodes.length, exact.truncated]).toEqual([9, false])
      expect(await codeOf(lineage.upstream(dataset('none')))).toBe('lineage.no-node')
      expect(await codeOf(lineage.upstream(dataset('d0'), { maxDepth: 0 }))).toBe(
        'lineage.invalid-bound',
      )
      expect(await codeOf(lineage.run('none'))).toBe('lineage.no-run')
    }))

  test('names that look like separators stay apart', () =>
    within(async (lineage) => {
      await lineage.record(
        event(1, 1, 'j', {
          inputs: [
            { namespace: 'a', name: 'b:c' },
            { namespace: 'a:b', name: 'c' },
            { namespace: 'a"],["b', name: 'c' },
          ],
        }),
      )
      expect((await lineage.job({ namespace: 'jobs', name: 'j' })).inputs).toHaveLength(3)
    }))

  test('two processes that record at once lose nothing and keep one of each', () =>
    within(async (lineage, place) => {
      const otherStore = await place.open()
      try {
        const other = await createLineage({ store: otherStore })
        const events = Array.from({ length: 12 }, (_, i) =>
          event(i, i + 1, `job-${i % 3}`, {
            inputs: [file('shared')],
            outputs: [file(`out-${i}`)],
          }),
        )
        const outcomes = await Promise.all(
          [lineage, other].flatMap((one) => events.map((each) => one.record(each))),
        )
        expect(outcomes.filter(({ status }) => status === 'accepted')).toHaveLength(12)
        expect((await lineage.downstream(dataset('shared'))).nodes).toHaveLength(1 + 3 + 12)
        expect(await lineage.log.verify()).toMatchObject({ status: 'intact', entries: 12 })
      } finally {
        await otherStore.close()
      }
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
