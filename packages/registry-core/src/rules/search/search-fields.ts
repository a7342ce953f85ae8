import type { FilterOperator, SearchEntity } from '../../model/filter.ts'

export type FieldKind = 'text' | 'number' | 'instant'

export interface SearchField {
  readonly kind: FieldKind
  /** Whether `IN` and `NOT IN` are understood. */
  readonly lists?: boolean
  /** Whether some things have none; then those come last. */
  readonly missing?: boolean
  readonly filter?: boolean
  readonly order?: boolean
}

/** What one kind of thing can be searched by. Data: the parser and the SQL both read it. */
export interface SearchFields {
  readonly what: string
  readonly attributes: Readonly<Record<string, SearchField>>
  /** Other names of attributes. */
  readonly aliases?: Readonly<Record<string, string>>
  readonly entities: readonly SearchEntity[]
  /** Whether `IS NULL` is understood of tags and params. */
  readonly nulls: boolean
}

export const textOperators: readonly FilterOperator[] = ['=', '!=', 'LIKE', 'ILIKE']
export const numberOperators: readonly FilterOperator[] = ['=', '!=', '>', '>=', '<', '<=']
export const listOperators: readonly FilterOperator[] = ['IN', 'NOT IN']
export const nullOperators: readonly FilterOperator[] = ['IS NULL', 'IS NOT NULL']

/** The prefixes of the text form. */
export const entityNames: Readonly<Record<string, SearchEntity>> = {
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  metric: 'metric',
  metrics: 'metric',
  param: 'param',
  params: 'param',
  parameter: 'param',
  parameters: 'param',
  tag: 'tag',
  tags: 'tag',
  dataset: 'dataset',
  datasets: 'dataset',
  trace: 'attribute',
  metadata: 'metadata',
  request_metadata: 'metadata',
  feedback: 'feedback',
  expectation: 'expectation',
}

export const datasetKeys = ['name', 'digest', 'context'] as const

const text: SearchField = { kind: 'text' }
const instant: SearchField = { kind: 'instant' }

export const runFields: SearchFields = {
  what: 'runs',
  attributes: {
    run_id: { kind: 'text', lists: true },
    run_name: text,
    user_id: text,
    status: text,
    artifact_uri: { kind: 'text', missing: true },
    start_time: instant,
    end_time: { kind: 'instant', missing: true },
  },
  aliases: {
    created: 'start_time',
    Created: 'start_time',
    'run name': 'run_name',
    'Run name': 'run_name',
    'Run Name': 'run_name',
  },
  entities: ['attribute', 'metric', 'param', 'tag', 'dataset'],
  nulls: true,
}

export const experimentFields: SearchFields = {
  what: 'experiments',
  attributes: {
    name: text,
    creation_time: instant,
    last_update_time: instant,
    experiment_id: { kind: 'number', filter: false },
  },
  entities: ['attribute', 'tag'],
  nulls: true,
}

export const modelFields: SearchFields = {
  what: 'registered models',
  attributes: {
    name: text,
    timestamp: { kind: 'instant', filter: false },
    last_updated_timestamp: { kind: 'instant', filter: false },
  },
  entities: ['attribute', 'tag'],
  nulls: false,
}

export const versionFields: SearchFields = {
  what: 'model versions',
  attributes: {
    name: text,
    version_number: { kind: 'number' },
    run_id: { kind: 'text', lists: true },
    source_path: text,
    creation_timestamp: { kind: 'instant', filter: false },
    last_updated_timestamp: { kind: 'instant', filter: false },
  },
  entities: ['attribute', 'tag'],
  nulls: false,
}

export const evaluationDatasetFields: SearchFields = {
  what: 'evaluation datasets',
  attributes: {
    name: text,
    created_time: instant,
    last_update_time: instant,
    created_by: text,
    last_updated_by: text,
  },
  entities: ['attribute', 'tag'],
  nulls: false,
}

export const loggedModelFields: SearchFields = {
  what: 'logged models',
  attributes: {
    name: { kind: 'text', lists: true },
    model_id: { kind: 'text', lists: true },
    model_type: { kind: 'text', lists: true },
    status: { kind: 'text', lists: true },
    source_run_id: { kind: 'text', lists: true, missing: true },
    creation_timestamp: instant,
    creation_time: instant,
    last_updated_timestamp: instant,
    last_updated_time: instant,
  },
  entities: ['attribute', 'metric', 'param', 'tag'],
  nulls: false,
}

export const traceFields: SearchFields = {
  what: 'traces',
  attributes: {
    trace_id: { kind: 'text', lists: true },
    timestamp: instant,
    execution_time: { kind: 'number', missing: true },
    end_time: { kind: 'instant', missing: true },
    status: { kind: 'text', lists: true },
    client_request_id: { kind: 'text', lists: true, missing: true },
    name: { kind: 'text', lists: true, missing: true },
    run_id: { kind: 'text', lists: true, order: false },
    experiment_id: { kind: 'number', filter: false },
  },
  aliases: {
    request_id: 'trace_id',
    timestamp_ms: 'timestamp',
    execution_time_ms: 'execution_time',
    end_time_ms: 'end_time',
  },
  entities: ['attribute', 'tag', 'metadata', 'feedback', 'expectation'],
  nulls: true,
}
