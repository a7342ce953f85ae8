import type { Clock, SubjectRef } from '@mlops/core'
import { invalid, isoTime } from '@mlops/core'
import type {
  DatasetEvent,
  EventDataset,
  EventType,
  Facet,
  Facets,
  JobEvent,
  Named,
  OpenLineageEvent,
  RunEvent,
} from './event.ts'
import type { FacetScope } from './facets.ts'
import { facetSchemaUrl } from './facets.ts'
import { judgeEvent, schemaUrlOf } from './judge.ts'

/** A facet as its author writes it; producer and schema URL are filled in. */
export type FacetInput = Readonly<Record<string, unknown>>
export type FacetInputs = Readonly<Record<string, FacetInput>>

export interface DatasetInput extends Named {
  readonly facets?: FacetInputs
  readonly inputFacets?: FacetInputs
  readonly outputFacets?: FacetInputs
}

/** Who emits, and by which clock. */
export interface Emitter {
  /** A URI of the emitting program, best with its version. */
  readonly producer: string
  readonly clock: Clock
}

export interface RunEventInput {
  readonly eventType: EventType
  readonly run: { readonly runId: string; readonly facets?: FacetInputs }
  readonly job: Named & { readonly facets?: FacetInputs }
  readonly inputs?: readonly DatasetInput[]
  readonly outputs?: readonly DatasetInput[]
}

/**
 * Makes a valid run event: adds the time, the producer and every schema URL.
 *
 * @throws `invalid` `lineage.invalid-event` for what the specification refuses.
 * @example
 * ```ts
 * import { manualClock } from '@mlops/core'
 * import { runEvent } from '@mlops/lineage'
 *
 * const event = runEvent(
 *   {
 *     eventType: 'COMPLETE',
 *     run: { runId: '01890a5d-ac96-774b-bcce-b302099a8057' },
 *     job: { namespace: 'flights', name: 'train' },
 *     inputs: [{ namespace: 'file', name: '/data/flights.csv' }],
 *   },
 *   { producer: 'https://example.org/trainer/1.0', clock: manualClock('2026-01-01T00:00:00Z') },
 * )
 * console.log(event.eventTime, event.schemaURL.split('/').at(-1)) // 2026-01-01T00:00:00.000Z RunEvent
 * ```
 */
export function runEvent(input: RunEventInput, emitter: Emitter): RunEvent {
  const { run, job, inputs, outputs, eventType } = input
  if (!run || !job) {
    throw invalid('lineage.invalid-event', 'a run event needs a run and a job', { issues: [] })
  }
  return checked({
    eventType,
    ...base('run', emitter),
    run: { runId: run.runId, ...sealed('facets', 'run', run.facets, emitter) },
    job: named(job, emitter),
    ...(inputs && { inputs: inputs.map((one) => dataset(one, emitter)) }),
    ...(outputs && { outputs: outputs.map((one) => dataset(one, emitter)) }),
  })
}

/** Makes a valid job event. @throws as {@link runEvent} */
export function jobEvent(
  { job, inputs, outputs }: Omit<RunEventInput, 'run' | 'eventType'>,
  emitter: Emitter,
): JobEvent {
  return checked({
    ...base('job', emitter),
    job: named(job, emitter),
    ...(inputs && { inputs: inputs.map((one) => dataset(one, emitter)) }),
    ...(outputs && { outputs: outputs.map((one) => dataset(one, emitter)) }),
  })
}

/** Makes a valid dataset event. @throws as {@link runEvent} */
export function datasetEvent(input: DatasetInput, emitter: Emitter): DatasetEvent {
  return checked({ ...base('dataset', emitter), dataset: dataset(input, emitter) })
}

/**
 * How the subjects of the other packages are named as datasets in a lineage graph: namespace
 * `mlops://<type>`, name `<name>@<version>`. OpenLineage has no names for models of its own.
 */
export function subjectDataset({ type, name, version }: SubjectRef): Named {
  return { namespace: `mlops://${type}`, name: version === undefined ? name : `${name}@${version}` }
}

function base(kind: 'run' | 'job' | 'dataset', { producer, clock }: Emitter) {
  return { eventTime: isoTime(clock), producer, schemaURL: schemaUrlOf(kind) }
}

function named(
  { namespace, name, facets }: Named & { readonly facets?: FacetInputs },
  emitter: Emitter,
) {
  return { namespace, name, ...sealed('facets', 'job', facets, emitter) }
}

function dataset(input: DatasetInput, emitter: Emitter): EventDataset {
  return {
    namespace: input.namespace,
    name: input.name,
    ...sealed('facets', 'dataset', input.facets, emitter),
    ...sealed('inputFacets', 'input', input.inputFacets, emitter),
    ...sealed('outputFacets', 'output', input.outputFacets, emitter),
  }
}

function sealed<Member extends string>(
  member: Member,
  scope: FacetScope,
  facets: FacetInputs | undefined,
  { producer }: Emitter,
): { [M in Member]?: Facets } {
  if (facets === undefined) return {}
  const entries = Object.entries(facets).map(([name, facet]): [string, Facet] => [
    name,
    { _producer: producer, _schemaURL: facetSchemaUrl(scope, name), ...facet } as Facet,
  ])
  return { [member]: Object.fromEntries(entries) } as { [M in Member]?: Facets }
}

function checked<Event extends OpenLineageEvent>(event: Event): Event {
  const { core, facets } = judgeEvent(event)
  const issues = [...core, ...facets]
  if (issues.length === 0) return event
  throw invalidEvent(issues)
}

export function invalidEvent(
  issues: readonly { readonly path: string; readonly message: string }[],
) {
  const told = issues
    .slice(0, 5)
    .map(({ path, message }) => (path ? `${path}: ${message}` : message))
  const more = issues.length > 5 ? `; and ${issues.length - 5} more` : ''
  return invalid(
    'lineage.invalid-event',
    `not a valid OpenLineage event: ${told.join('; ')}${more}`,
    {
      issues,
    },
  )
}
