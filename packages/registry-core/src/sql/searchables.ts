import { sql } from 'kysely'
import type { Comparison } from '../model/filter.ts'
import {
  evaluationDatasetFields,
  experimentFields,
  loggedModelFields,
  modelFields,
  runFields,
  versionFields,
} from '../rules/search/search-fields.ts'
import { compareNumber, compareText, equalsIndexed } from './search-conditions.ts'
import type { Searchable } from './searchable.ts'

type Dialect = 'sqlite' | 'postgres'

const part = (table: string, owner: string, id: string) => (key: string, column: string) =>
  sql`(select ${sql.ref(`p.${column}`)} from ${sql.table(table)} p where ${sql.ref(`p.${owner}`)} = ${sql.ref(id)} and p.key = ${key})`

const RUN_COLUMNS = [
  'experiment',
  'name',
  'status',
  'parent',
  'user_id',
  'lifecycle',
  'started_at',
  'ended_at',
].map((column) => `r.${column}`)

export function runSearch(dialect: Dialect): Searchable {
  const tables = {
    metric: 'registry_latest_metrics',
    param: 'registry_params',
    tag: 'registry_run_tags',
  } as const
  const partsOf = (id: string) => ({
    metric: part(tables.metric, 'run', id),
    param: part(tables.param, 'run', id),
    tag: part(tables.tag, 'run', id),
  })
  const parts = partsOf('r.id')
  const walkedParts = partsOf('o.run')
  const columns: Record<string, ReturnType<typeof sql>> = {
    run_id: sql`r.id`,
    run_name: sql`r.name`,
    user_id: sql`r.user_id`,
    status: sql`upper(r.status)`,
    start_time: sql`r.started_at`,
    end_time: sql`r.ended_at`,
    artifact_uri: sql`((select e.artifact_location from registry_experiments e where e.id = r.experiment) || '/' || r.id || '/artifacts')`,
  }
  return {
    fields: runFields,
    from: sql`registry_runs r`,
    key: [{ name: 'r.id' }],
    columns: RUN_COLUMNS,
    defaultOrder: [{ key: 'start_time', descending: true }],
    attribute: (name) => columns[name]!,
    valueOf: (entity, name, column) => parts[entity](name, column),
    joined: (entity, name, alias) => ({
      join: sql`left join ${sql.table(tables[entity])} ${sql.ref(alias)} on ${sql.ref(`${alias}.run`)} = r.id and ${sql.ref(`${alias}.key`)} = ${name}`,
      column: (column) => sql.ref(`${alias}.${column}`),
    }),
    rankedBy: (metric) => ({
      from: sql`(select run, value from registry_latest_metrics where key = ${metric}) o join registry_runs r on r.id = o.run`,
      // Behind an offset PostgreSQL leaves the inner query as it is.
      walked: sql`(select run, value from registry_latest_metrics where key = ${metric}) o cross join lateral (select * from registry_runs where id = o.run offset 0) r`,
      value: sql`o.value`,
      id: sql`o.run`,
      all: sql`select run from registry_latest_metrics where key = ${metric} and value is not null`,
      first: (descending, count) =>
        sql`(select run from registry_latest_metrics where key = ${metric} and value is not null order by value ${sql.raw(descending ? 'desc' : 'asc')} limit ${sql.lit(count)}) o join registry_runs r on r.id = o.run`,
      valueOf: (entity, name, column) => walkedParts[entity](name, column),
    }),
    listed(comparison) {
      const { entity, key, operator } = comparison
      if (entity === 'metric' && operator !== '!=') {
        return sql`select run from registry_latest_metrics where key = ${key} and ${compareNumber(sql`value`, comparison)}`
      }
      if ((entity !== 'param' && entity !== 'tag') || operator !== '=') return undefined
      const equals = equalsIndexed({ dialect }, 'p', comparison.value as string)
      return sql`select p.run from ${sql.table(tables[entity])} p where p.key = ${key} and ${equals}`
    },
    condition(comparison) {
      const { entity, key, operator } = comparison
      if (entity === 'dataset') {
        const holds = compareText({ dialect }, sql.ref(`i.${key}`), comparison)
        return sql`exists (select 1 from registry_inputs i where i.run = r.id and ${holds})`
      }
      const isPart = entity === 'metric' || entity === 'param' || entity === 'tag'
      if (dialect === 'sqlite' || !isPart || operator === 'IS NULL') return undefined
      const value = sql`p.value`
      const holds =
        entity === 'metric'
          ? compareNumber(value, comparison)
          : operator === '='
            ? equalsIndexed({ dialect }, 'p', comparison.value as string)
            : compareText({ dialect }, value, comparison)
      return sql`exists (select 1 from ${sql.table(tables[entity])} p where p.run = r.id and p.key = ${key} and ${holds})`
    },
  }
}

export function experimentSearch(): Searchable {
  const tag = part('registry_experiment_tags', 'experiment', 'e.id')
  const columns: Record<string, ReturnType<typeof sql>> = {
    name: sql`e.name`,
    creation_time: sql`e.created_at`,
    last_update_time: sql`e.updated_at`,
    experiment_id: sql`e.id`,
  }
  return {
    fields: experimentFields,
    from: sql`registry_experiments e`,
    key: [{ name: 'e.id', descending: true }],
    defaultOrder: [{ key: 'creation_time', descending: true }],
    attribute: (name) => columns[name]!,
    valueOf: (_, name, column) => tag(name, column),
  }
}

export function evaluationDatasetSearch(): Searchable {
  const tag = part('registry_evaluation_tags', 'dataset', 'd.id')
  const columns: Record<string, ReturnType<typeof sql>> = {
    name: sql`d.name`,
    created_time: sql`d.created_at`,
    last_update_time: sql`d.updated_at`,
    created_by: sql`d.created_by`,
    last_updated_by: sql`d.updated_by`,
  }
  return {
    fields: evaluationDatasetFields,
    from: sql`registry_evaluation_datasets d`,
    key: [{ name: 'd.id', descending: true }],
    defaultOrder: [{ key: 'created_time', descending: true }],
    attribute: (name) => columns[name]!,
    valueOf: (_, name, column) => tag(name, column),
  }
}

/** Tags of models and versions are one JSON column. */
function jsonTag(dialect: Dialect, column: string) {
  return (key: string) =>
    dialect === 'sqlite'
      ? sql`(select j.value from json_each(${sql.ref(column)}) j where j.key = ${key})`
      : sql`(${sql.ref(column)}::jsonb ->> ${key}::text)`
}

/** Clients ask for what is no prompt; a model without the tag is none. */
function promptCondition(dialect: Dialect, column: string, comparison: Comparison) {
  const { entity, key, operator, value } = comparison
  if (entity !== 'tag' || key !== 'mlflow.prompt.is_prompt' || operator !== '!=') return undefined
  return sql`coalesce(${jsonTag(dialect, column)(key)}, '') <> ${value}`
}

export function modelSearch(dialect: Dialect): Searchable {
  const columns: Record<string, ReturnType<typeof sql>> = {
    name: sql`m.name`,
    timestamp: sql`m.created_at`,
    last_updated_timestamp: sql`m.updated_at`,
  }
  return {
    fields: modelFields,
    from: sql`registry_models m`,
    key: [{ name: 'm.name' }],
    defaultOrder: [],
    attribute: (name) => columns[name]!,
    valueOf: (_, name) => jsonTag(dialect, 'm.tags')(name),
    condition: (comparison) => promptCondition(dialect, 'm.tags', comparison),
  }
}

export function versionSearch(dialect: Dialect): Searchable {
  const columns: Record<string, ReturnType<typeof sql>> = {
    name: sql`v.model`,
    version_number: sql`v.version`,
    run_id: sql`coalesce(s.run_id, v.run_id, '')`,
    source_path: sql`coalesce(s.source, '')`,
    creation_timestamp: sql`v.created_at`,
    last_updated_timestamp: sql`v.updated_at`,
  }
  return {
    fields: versionFields,
    from: sql`registry_versions v left join registry_version_sources s on s.model = v.model and s.version = v.version`,
    key: [{ name: 'v.model' }, { name: 'v.version', descending: true }],
    defaultOrder: [{ key: 'last_updated_timestamp', descending: true }],
    attribute: (name) => columns[name]!,
    valueOf: (_, name) => jsonTag(dialect, 'v.tags')(name),
    condition: (comparison) => promptCondition(dialect, 'v.tags', comparison),
  }
}

export interface DatasetRef {
  readonly name: string
  readonly digest?: string
}

/** With a dataset, metrics are those that were measured on it. */
export function loggedModelSearch(dataset?: DatasetRef): Searchable {
  const parts = {
    param: part('registry_logged_model_params', 'model', 'l.id'),
    tag: part('registry_logged_model_tags', 'model', 'l.id'),
  }
  const on = dataset
    ? sql` and p.dataset_name = ${dataset.name}${
        dataset.digest === undefined ? sql`` : sql` and p.dataset_digest = ${dataset.digest}`
      }`
    : sql``
  const latest = (key: string, column: string) =>
    sql`(select ${sql.ref(`p.${column}`)} from registry_logged_model_metrics p where p.model = l.id and p.key = ${key}${on} order by p.step desc, p.at desc, (p.value is null), p.value desc limit 1)`
  const columns: Record<string, ReturnType<typeof sql>> = {
    name: sql`l.name`,
    model_id: sql`l.id`,
    model_type: sql`l.model_type`,
    status: sql`upper(l.status)`,
    source_run_id: sql`l.source_run`,
    creation_timestamp: sql`l.created_at`,
    creation_time: sql`l.created_at`,
    last_updated_timestamp: sql`l.updated_at`,
    last_updated_time: sql`l.updated_at`,
  }
  return {
    fields: loggedModelFields,
    from: sql`registry_logged_models l`,
    key: [{ name: 'l.id' }],
    defaultOrder: [{ key: 'creation_timestamp', descending: true }],
    attribute: (name) => columns[name]!,
    valueOf: (entity, name, column) =>
      entity === 'metric' ? latest(name, column) : parts[entity](name, column),
    condition(comparison) {
      if (comparison.entity !== 'metric') return undefined
      const holds = compareNumber(sql`p.value`, comparison)
      return sql`exists (select 1 from registry_logged_model_metrics p where p.model = l.id and p.key = ${comparison.key}${on} and ${holds})`
    },
  }
}
