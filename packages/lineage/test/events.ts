import type { OpenLineageEvent, RunEvent } from '../src/index.ts'

const producer = 'https://example.org/test/1.0'
const schemaURL = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent'

export const runId = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`

export const facet = (members: object) => ({
  _producer: producer,
  _schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/BaseFacet',
  ...members,
})

export const file = (name: string, extra: object = {}) => ({ namespace: 'file', name, ...extra })

/** A run event at second `at` of a fixed day. */
export function event(
  at: number,
  run: number,
  job: string,
  extra: Partial<RunEvent> = {},
): RunEvent {
  return {
    eventTime: `2026-01-01T00:00:${String(at).padStart(2, '0')}Z`,
    producer,
    schemaURL,
    run: { runId: runId(run) },
    job: { namespace: 'jobs', name: job },
    ...extra,
  }
}

/** A run told in many events: late metadata, a parent, contradicting ends, facets replaced and deleted. */
export const story: readonly OpenLineageEvent[] = [
  event(1, 1, 'train', {
    eventType: 'START',
    inputs: [file('raw', { facets: { schema: facet({ fields: [{ name: 'a' }] }) } })],
    job: {
      namespace: 'jobs',
      name: 'train',
      facets: { documentation: facet({ description: 'old' }) },
    },
  }),
  event(2, 1, 'train', {
    eventType: 'RUNNING',
    inputs: [file('weather', { inputFacets: { inputStatistics: facet({ rowCount: 5 }) } })],
    run: {
      runId: runId(1),
      facets: {
        parent: facet({
          run: { runId: runId(9) },
          job: { namespace: 'jobs', name: 'pipeline' },
          root: { run: { runId: runId(8) }, job: { namespace: 'jobs', name: 'nightly' } },
        }),
      },
    },
  }),
  event(3, 1, 'train', { eventType: 'OTHER', outputs: [file('model')] }),
  event(4, 1, 'train', {
    eventType: 'COMPLETE',
    outputs: [file('model', { outputFacets: { outputStatistics: facet({ rowCount: 1 }) } })],
    job: {
      namespace: 'jobs',
      name: 'train',
      facets: { documentation: facet({ description: 'new' }) },
    },
  }),
  event(4, 1, 'train', { eventType: 'FAIL', inputs: [], outputs: [] }),
  event(5, 9, 'pipeline-renamed', { eventType: 'START' }),
  {
    eventTime: '2026-01-01T00:00:06Z',
    producer,
    schemaURL: schemaURL.replace('RunEvent', 'DatasetEvent'),
    dataset: file('raw', {
      facets: { schema: facet({ _deleted: true }), tags: facet({ tags: [] }) },
    }),
  },
  {
    eventTime: '2026-01-01T00:00:07Z',
    producer,
    schemaURL: schemaURL.replace('RunEvent', 'JobEvent'),
    job: { namespace: 'jobs', name: 'score' },
    inputs: [file('model')],
    outputs: [file('scores')],
  },
]
