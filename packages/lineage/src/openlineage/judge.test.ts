import { manualClock } from '@mlops/core'
import { expect, test } from 'vitest'
import { event, facet, file, runId } from '../../test/events.ts'
import { datasetEvent, jobEvent, runEvent, subjectDataset } from './build.ts'
import { sortableInstant } from './instant.ts'
import { judgeEvent, mendEvent } from './judge.ts'

const good = event(1, 1, 'j', { eventType: 'START' })
const paths = (given: unknown) => judgeEvent(given).core.map(({ path }) => path)

test.each([
  ['a run event', good, []],
  ['no event type', { ...good, eventType: undefined }, []],
  ['unknown members', { ...good, more: 1, job: { ...good.job, x: [] } }, []],
  ['an unknown event type', { ...good, eventType: 'DONE' }, ['eventType']],
  ['no run id', { ...good, run: {} }, ['run.runId']],
  ['a run id that is no UUID', { ...good, run: { runId: 'x' } }, ['run.runId']],
  ['no job', { ...good, job: undefined }, ['job']],
  ['no offset', { ...good, eventTime: '2026-01-01T00:00:00' }, ['eventTime']],
  ['a date that does not exist', { ...good, eventTime: '2026-13-01T00:00:00Z' }, ['eventTime']],
  ['no schema URL', { ...good, schemaURL: undefined }, ['schemaURL']],
  ['a job beside a dataset', { ...good, run: undefined, dataset: file('d') }, ['run.runId']],
  ['inputs that are no list', { ...good, inputs: {} }, ['inputs']],
  [
    'a facet without producer',
    { ...good, run: { runId: runId(1), facets: { x: {} } } },
    ['run.facets.x._producer', 'run.facets.x._schemaURL'],
  ],
  ['nothing', null, ['']],
  ['a list', [], ['']],
  ['a text', 'x', ['']],
])('%s', (_, given, expected) => {
  const clean = typeof given === 'object' ? (JSON.parse(JSON.stringify(given)) as unknown) : given
  if (_ === 'a job beside a dataset')
    expect(judgeEvent(clean)).toMatchObject({ kind: 'dataset', core: [{ path: 'job' }] })
  else expect(paths(clean)).toEqual(expected)
})

test('facets that the specification defines are judged, custom ones pass', () => {
  const judge = (facets: object) =>
    judgeEvent({ ...good, run: { runId: runId(1), facets } }).facets.map(({ path }) => path)
  expect(judge({ nominalTime: facet({ nominalStartTime: '2026-01-01' }) })).toEqual([
    'run.facets.nominalTime.nominalStartTime',
  ])
  expect(
    judge({ parent: facet({ run: { runId: 'x' }, job: { namespace: 'n', name: 'j' } }) }),
  ).toEqual(['run.facets.parent.run.runId'])
  expect(judge({ acme_thing: facet({ run: 1 }), constructor: facet({}) })).toEqual([])
})

test('what real producers forget is mended, and said', () => {
  const { schemaURL: _, ...sloppy } = {
    ...good,
    eventTime: '2026-01-01T00:00:00.5',
    inputs: [file('raw', { facets: { documentation: { description: 'd' } } })],
  }
  const { event: mendedEvent, mended } = mendEvent(sloppy)
  expect(judgeEvent(mendedEvent).core).toEqual([])
  expect(mended.map(({ path }) => path)).toEqual([
    'schemaURL',
    'eventTime',
    'inputs.0.facets.documentation._producer',
    'inputs.0.facets.documentation._schemaURL',
  ])
  expect(mendEvent(good)).toEqual({ event: good, mended: [] })
})

test.each([
  ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000000000Z'],
  ['2025-12-31T23:00:00.123456789-01:00', '2026-01-01T00:00:00.123456789Z'],
  ['2026-01-01T00:00:00.12', '2026-01-01T00:00:00.120000000Z'],
  ['yesterday', undefined],
  ['2026-02-30T99:00:00Z', undefined],
])('the instant %s', (text, expected) => {
  expect(sortableInstant(text)).toBe(expected)
})

const emitter = {
  producer: 'https://example.org/test/1.0',
  clock: manualClock('2026-01-01T00:00:00Z'),
}

test('built events are valid, with the schema URLs of their facets', () => {
  const made = runEvent(
    {
      eventType: 'COMPLETE',
      run: {
        runId: runId(1),
        facets: { nominalTime: { nominalStartTime: '2026-01-01T00:00:00Z' } },
      },
      job: { namespace: 'n', name: 'j', facets: { acme_x: { a: 1 } } },
      inputs: [{ ...file('raw'), inputFacets: { inputStatistics: { rowCount: 3 } } }],
      outputs: [{ ...subjectDataset({ type: 'model-version', name: 'm', version: '2' }) }],
    },
    emitter,
  )
  expect(judgeEvent(made)).toEqual({ kind: 'run', core: [], facets: [] })
  expect(made.run.facets!['nominalTime']!._schemaURL).toBe(
    'https://openlineage.io/spec/facets/1-0-1/NominalTimeRunFacet.json#/$defs/NominalTimeRunFacet',
  )
  expect(made.outputs![0]).toEqual({ namespace: 'mlops://model-version', name: 'm@2' })
  expect(judgeEvent(jobEvent({ job: { namespace: 'n', name: 'j' } }, emitter)).core).toEqual([])
  expect(judgeEvent(datasetEvent(file('d'), emitter)).kind).toBe('dataset')
})

test('what the specification refuses cannot be built', () => {
  const build = (run: { runId: string; facets?: Record<string, object> }) => () =>
    runEvent({ eventType: 'START', run: run as never, job: { namespace: 'n', name: 'j' } }, emitter)
  expect(build({ runId: 'x' })).toThrow(/run.runId: not a uuid/)
  expect(build({ runId: runId(1), facets: { errorMessage: { message: 'm' } } })).toThrow(
    /programmingLanguage/,
  )
})
