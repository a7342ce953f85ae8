import type { Migration } from '@mlops/store'

export interface LineageTables {
  /** The truth: every accepted event as it came. */
  lineage_events: {
    hash: string
    seq: number
    at: string
    kind: string
    document: string
  }
  /** From here on everything can be made anew from the events. */
  lineage_nodes: {
    id: number
    node_key: string
    kind: string
    namespace: string
    name: string
    first_at: string
    last_at: string
  }
  lineage_edges: { src: number; dst: number; first_at: string; last_at: string }
  lineage_runs: {
    id: string
    job: number
    job_at: string
    job_hash: string
    job_own: number
    status: string
    status_at: string
    status_hash: string
    started_at: string | null
    ended_at: string | null
  }
  lineage_run_datasets: { run: string; dataset: number; direction: string }
  lineage_facets: {
    owner: string
    name: string
    document: string
    deleted: number
    at: string
    hash: string
  }
}

export const projectionTables = [
  'lineage_facets',
  'lineage_run_datasets',
  'lineage_runs',
  'lineage_edges',
  'lineage_nodes',
] as const

export const lineageMigrations: readonly Migration[] = [
  {
    id: '0001-graph',
    up: ({ text, integer, strict }) => [
      `create table lineage_events (
        hash ${text} not null primary key, seq ${integer} not null unique, at ${text} not null,
        kind ${text} not null, document ${text} not null
      ) ${strict}`,
      `create table lineage_nodes (
        id ${integer} not null primary key, node_key ${text} not null unique, kind ${text} not null,
        namespace ${text} not null, name ${text} not null, first_at ${text} not null,
        last_at ${text} not null
      ) ${strict}`,
      'create index lineage_nodes_name on lineage_nodes (kind, namespace, name)',
      `create table lineage_edges (
        src ${integer} not null references lineage_nodes (id),
        dst ${integer} not null references lineage_nodes (id),
        first_at ${text} not null, last_at ${text} not null, primary key (src, dst)
      ) ${strict && 'strict, without rowid'}`,
      'create index lineage_edges_reverse on lineage_edges (dst, src)',
      `create table lineage_runs (
        id ${text} not null primary key, job ${integer} not null references lineage_nodes (id),
        job_at ${text} not null, job_hash ${text} not null, job_own ${integer} not null,
        status ${text} not null, status_at ${text} not null, status_hash ${text} not null,
        started_at ${text}, ended_at ${text}
      ) ${strict}`,
      'create index lineage_runs_job on lineage_runs (job, id)',
      `create table lineage_run_datasets (
        run ${text} not null references lineage_runs (id),
        dataset ${integer} not null references lineage_nodes (id), direction ${text} not null,
        primary key (run, dataset, direction)
      ) ${strict && 'strict, without rowid'}`,
      'create index lineage_run_datasets_dataset on lineage_run_datasets (dataset, direction)',
      `create table lineage_facets (
        owner ${text} not null, name ${text} not null, document ${text} not null,
        deleted ${integer} not null, at ${text} not null, hash ${text} not null,
        primary key (owner, name)
      ) ${strict && 'strict, without rowid'}`,
    ],
  },
]
