import * as z from 'zod'
import { isInstant } from './instant.ts'

/** A piece of metadata of its own schema. */
export interface Facet {
  readonly _producer: string
  readonly _schemaURL: string
  readonly _deleted?: boolean
  readonly [member: string]: unknown
}

export type Facets = Readonly<Record<string, Facet>>

/** A job or dataset by name. */
export interface Named {
  readonly namespace: string
  readonly name: string
}

export interface EventDataset extends Named {
  readonly facets?: Facets
  readonly inputFacets?: Facets
  readonly outputFacets?: Facets
}

export type EventType = 'START' | 'RUNNING' | 'COMPLETE' | 'ABORT' | 'FAIL' | 'OTHER'

interface BaseEvent {
  readonly eventTime: string
  readonly producer: string
  readonly schemaURL: string
}

/** A state change of a run, with what it read and wrote. */
export interface RunEvent extends BaseEvent {
  readonly eventType?: EventType
  readonly run: { readonly runId: string; readonly facets?: Facets }
  readonly job: Named & { readonly facets?: Facets }
  readonly inputs?: readonly EventDataset[]
  readonly outputs?: readonly EventDataset[]
}

/** What is known of a job apart from any run. */
export interface JobEvent extends BaseEvent {
  readonly job: Named & { readonly facets?: Facets }
  readonly inputs?: readonly EventDataset[]
  readonly outputs?: readonly EventDataset[]
}

/** What is known of a dataset apart from any run. */
export interface DatasetEvent extends BaseEvent {
  readonly dataset: EventDataset
}

export type OpenLineageEvent = RunEvent | JobEvent | DatasetEvent

const uri = z.string().regex(/^[A-Za-z][A-Za-z0-9+.-]*:\S+$/, 'not a URI')
const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'not a uuid')

const base = {
  eventTime: z.string().refine(isInstant, 'not a date-time with offset'),
  producer: uri,
  schemaURL: uri,
}
const facets = z
  .record(
    z.string(),
    z.looseObject({ _producer: uri, _schemaURL: uri, _deleted: z.boolean().optional() }),
  )
  .optional()
const named = { namespace: z.string(), name: z.string() }
const inputs = z.array(z.looseObject({ ...named, facets, inputFacets: facets })).optional()
const outputs = z.array(z.looseObject({ ...named, facets, outputFacets: facets })).optional()
const job = z.looseObject({ ...named, facets })

/** The core schemas of OpenLineage 2-0-2, by the member that tells the kinds apart. */
export const eventSchemas = {
  run: z.looseObject({
    ...base,
    eventType: z.enum(['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER']).optional(),
    run: z.looseObject({ runId: uuid, facets }),
    job,
    inputs,
    outputs,
  }),
  // A job beside a dataset fits two of the specification's branches, and so none.
  dataset: z.looseObject({
    ...base,
    dataset: z.looseObject({ ...named, facets }),
    job: z.undefined().optional(),
  }),
  job: z.looseObject({ ...base, job, inputs, outputs }),
} as const

export type EventKind = keyof typeof eventSchemas

/** Which of the three an event is. */
export function eventKind(event: object): EventKind {
  if ('run' in event) return 'run'
  return 'dataset' in event ? 'dataset' : 'job'
}
