import type { Migration } from '@mlops/store'

const REBUILT = [
  'registry_latest_metrics',
  'registry_metrics',
  'registry_inputs',
  'registry_params',
  'registry_run_tags',
  'registry_runs',
  'registry_experiments',
] as const

/**
 * Experiments get ids, so that they can be renamed; runs a life cycle; datasets, logged models and
 * the files of the artifact proxy come in. What 0002 kept is carried over.
 */
export const trackingMigration: Migration = {
  id: '0003-tracking',
  up: ({ text, integer, real, strict }) => [
    'drop index registry_runs_experiment',
    'drop index registry_runs_parent',
    'drop index registry_latest_metrics_value',
    ...REBUILT.map((table) => `alter table ${table} rename to ${table}_before`),
    `create table registry_experiments (
      id ${integer} not null primary key, name ${text} not null unique,
      artifact_location ${text}, lifecycle ${text} not null,
      created_at ${text} not null, updated_at ${text} not null
    ) ${strict}`,
    `create table registry_experiment_tags (
      experiment ${integer} not null references registry_experiments (id), key ${text} not null,
      value ${text} not null, primary key (experiment, key)
    ) ${strict}`,
    `create table registry_runs (
      id ${text} not null primary key,
      experiment ${integer} not null references registry_experiments (id),
      name ${text} not null, status ${text} not null, parent ${text}, user_id ${text} not null,
      lifecycle ${text} not null, started_at ${text} not null, ended_at ${text}
    ) ${strict}`,
    'create index registry_runs_started on registry_runs (experiment, lifecycle, started_at desc, id)',
    'create index registry_runs_parent on registry_runs (parent)',
    ...['registry_params', 'registry_run_tags'].map(
      (table) => `create table ${table} (
        run ${text} not null references registry_runs (id), key ${text} not null,
        value ${text} not null, primary key (run, key)
      ) ${strict}`,
    ),
    ...['registry_params', 'registry_run_tags'].map(
      (table) => `create index ${table}_value on ${table} (key, substr(value, 1, 64), run)`,
    ),
    `create table registry_datasets (
      experiment ${integer} not null references registry_experiments (id), name ${text} not null,
      digest ${text} not null, source_type ${text} not null, source ${text} not null,
      schema ${text} not null, profile ${text} not null, primary key (experiment, name, digest)
    ) ${strict}`,
    `create table registry_inputs (
      run ${text} not null references registry_runs (id), name ${text} not null,
      digest ${text} not null, context ${text} not null, tags ${text} not null,
      primary key (run, name, digest, context)
    ) ${strict}`,
    ...['registry_metrics', 'registry_latest_metrics'].map(
      (table) => `create table ${table} (
        run ${text} not null references registry_runs (id), key ${text} not null,
        step ${integer} not null, at ${text} not null, value_text ${text} not null, value ${real},
        primary key (${table === 'registry_metrics' ? 'run, key, step, at, value_text' : 'run, key'})
      ) ${strict}`,
    ),
    'create index registry_latest_metrics_value on registry_latest_metrics (key, value, run)',
    `create table registry_logged_models (
      id ${text} not null primary key,
      experiment ${integer} not null references registry_experiments (id),
      name ${text} not null, model_type ${text} not null, source_run ${text},
      status ${text} not null, artifact_location ${text} not null, lifecycle ${text} not null,
      created_at ${text} not null, updated_at ${text} not null
    ) ${strict}`,
    'create index registry_logged_models_created on registry_logged_models (experiment, lifecycle, created_at desc, id)',
    ...['registry_logged_model_params', 'registry_logged_model_tags'].map(
      (table) => `create table ${table} (
        model ${text} not null references registry_logged_models (id), key ${text} not null,
        value ${text} not null, primary key (model, key)
      ) ${strict}`,
    ),
    `create table registry_logged_model_metrics (
      model ${text} not null references registry_logged_models (id), key ${text} not null,
      step ${integer} not null, at ${text} not null, value_text ${text} not null, value ${real},
      run ${text} not null, dataset_name ${text} not null, dataset_digest ${text} not null,
      primary key (model, key, run, step, at, value_text, dataset_name, dataset_digest)
    ) ${strict}`,
    `create table registry_run_models (
      run ${text} not null references registry_runs (id), model ${text} not null,
      direction ${text} not null, step ${integer} not null, primary key (run, direction, model)
    ) ${strict}`,
    `create table registry_files (
      path ${text} not null primary key, digest ${text} not null, size ${integer} not null,
      added_at ${text} not null
    ) ${strict}`,
    'create index registry_files_digest on registry_files (digest)',
    `create table registry_version_sources (
      model ${text} not null, version ${integer} not null, source ${text} not null,
      location ${text} not null, run_id ${text} not null, run_link ${text} not null,
      logged_model ${text} not null, primary key (model, version),
      foreign key (model, version) references registry_versions (model, version)
    ) ${strict}`,
    `alter table registry_models add column deleted_at ${text}`,
    `alter table registry_versions add column deleted_at ${text}`,
    `insert into registry_experiments (id, name, artifact_location, lifecycle, created_at, updated_at)
      select (select count(*) from registry_experiments_before o
        where o.created_at < e.created_at or (o.created_at = e.created_at and o.name <= e.name)),
        name, null, 'active', created_at, created_at from registry_experiments_before e`,
    `insert into registry_runs
      select r.id, e.id, r.name, r.status, r.parent, '', 'active', r.started_at, r.ended_at
      from registry_runs_before r join registry_experiments e on e.name = r.experiment`,
    ...['registry_params', 'registry_run_tags', 'registry_metrics', 'registry_latest_metrics'].map(
      (table) => `insert into ${table} select * from ${table}_before`,
    ),
    `insert into registry_datasets
      select distinct r.experiment, i.name, i.digest, '', '', '', ''
      from registry_inputs_before i join registry_runs r on r.id = i.run`,
    "insert into registry_inputs select run, name, digest, context, '{}' from registry_inputs_before",
    ...REBUILT.map((table) => `drop table ${table}_before`),
  ],
}
