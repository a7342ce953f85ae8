import type { Migration } from '@mlops/store'

export const traceMigration: Migration = {
  id: '0023-traces',
  up: ({ text, integer, strict }) => [
    `create table registry_traces (
      id ${text} not null primary key,
      experiment ${integer} not null references registry_experiments (id),
      requested_at ${text} not null, duration_ms ${integer}, ended_at ${text}, state ${text} not null,
      client_request_id ${text}, request_preview ${text}, response_preview ${text}
    ) ${strict}`,
    'create index registry_traces_requested on registry_traces (experiment, requested_at desc, id)',
    ...['registry_trace_tags', 'registry_trace_metadata'].flatMap((table) => [
      `create table ${table} (
        trace ${text} not null references registry_traces (id), key ${text} not null,
        value ${text} not null, primary key (trace, key)
      ) ${strict}`,
      `create index ${table}_value on ${table} (key, substr(value, 1, 64), trace)`,
    ]),
    // Traces may name runs that are kept elsewhere.
    `create table registry_trace_runs (
      trace ${text} not null references registry_traces (id), run ${text} not null,
      primary key (trace, run)
    ) ${strict}`,
    'create index registry_trace_runs_of on registry_trace_runs (run, trace)',
    `create table registry_assessments (
      trace ${text} not null references registry_traces (id), id ${text} not null, span ${text},
      name ${text} not null, kind ${text} not null, value ${text} not null, error ${text},
      source_type ${text} not null, source_id ${text} not null, rationale ${text},
      metadata ${text} not null, overrides ${text}, valid ${integer} not null,
      created_at ${text} not null, updated_at ${text} not null, primary key (trace, id)
    ) ${strict}`,
    'create index registry_assessments_name on registry_assessments (kind, name, trace)',
  ],
}
