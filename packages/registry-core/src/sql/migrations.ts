import type { Migration } from '@mlops/store'
import { evaluationMigration } from './evaluation-migrations.ts'
import { indexOrderMigration } from './index-order-migration.ts'
import { lifecycleMigrations } from './lifecycle-migrations.ts'
import { metricBlocksMigration } from './metric-blocks-migration.ts'
import { metricKeysMigration } from './metric-keys-migration.ts'
import { originMigration } from './origin-migration.ts'
import { studyMigration } from './study-migration.ts'
import { traceMigration } from './trace-migrations.ts'
import { trackingMigration } from './tracking-migrations.ts'
import { valueStartMigration } from './value-start-migration.ts'

export const registryMigrations: readonly Migration[] = [
  {
    id: '0001-models',
    up: ({ text, integer, strict }) => [
      `create table registry_models (
        name ${text} not null primary key, description ${text} not null, tags ${text} not null,
        last_version ${integer} not null, created_at ${text} not null, created_by ${text} not null,
        updated_at ${text} not null, revision ${integer} not null
      ) ${strict}`,
      `create table registry_versions (
        model ${text} not null references registry_models (name), version ${integer} not null,
        semver ${text} not null, stage ${text} not null, description ${text} not null,
        tags ${text} not null, metadata ${text} not null, signature ${text}, card ${text},
        run_id ${text}, depends_on ${text} not null, created_at ${text} not null,
        created_by ${text} not null, updated_at ${text} not null, revision ${integer} not null,
        primary key (model, version), unique (model, semver)
      ) ${strict}`,
      'create index registry_versions_stage on registry_versions (model, stage)',
      'create index registry_versions_run on registry_versions (run_id)',
      `create table registry_aliases (
        model ${text} not null, alias ${text} not null, version ${integer} not null,
        moved_at ${text} not null, primary key (model, alias),
        foreign key (model, version) references registry_versions (model, version)
      ) ${strict}`,
      'create index registry_aliases_version on registry_aliases (model, version)',
      `create table registry_artifacts (
        model ${text} not null, version ${integer} not null, path ${text} not null,
        digest ${text} not null, size ${integer} not null, media_type ${text} not null,
        added_at ${text} not null, primary key (model, version, path),
        foreign key (model, version) references registry_versions (model, version)
      ) ${strict}`,
      'create index registry_artifacts_digest on registry_artifacts (digest)',
      `create table registry_evidence (
        model ${text} not null, version ${integer} not null, digest ${text} not null,
        document ${text} not null, attached_at ${text} not null,
        primary key (model, version, digest),
        foreign key (model, version) references registry_versions (model, version)
      ) ${strict}`,
      `create table registry_decisions (
        id ${text} not null primary key, model ${text} not null, version ${integer} not null,
        from_stage ${text} not null, to_stage ${text} not null, outcome ${text} not null,
        missing ${text} not null, evidence ${text}, at ${text} not null, by_actor ${text} not null,
        foreign key (model, version) references registry_versions (model, version)
      ) ${strict}`,
      'create index registry_decisions_version on registry_decisions (model, version, id)',
      `create table registry_stage_changes (
        event_seq ${integer} not null, model ${text} not null, version ${integer} not null,
        from_stage ${text} not null, to_stage ${text} not null, kind ${text} not null,
        primary key (model, event_seq),
        foreign key (model, version) references registry_versions (model, version)
      ) ${strict}`,
    ],
  },
  {
    id: '0002-runs',
    up: ({ text, integer, real, strict }) => [
      `create table registry_experiments (
        name ${text} not null primary key, tags ${text} not null, created_at ${text} not null
      ) ${strict}`,
      `create table registry_runs (
        id ${text} not null primary key,
        experiment ${text} not null references registry_experiments (name),
        name ${text} not null, status ${text} not null, parent ${text} references registry_runs (id),
        started_at ${text} not null, ended_at ${text}
      ) ${strict}`,
      'create index registry_runs_experiment on registry_runs (experiment, id)',
      'create index registry_runs_parent on registry_runs (parent)',
      ...['registry_params', 'registry_run_tags'].map(
        (table) => `create table ${table} (
          run ${text} not null references registry_runs (id), key ${text} not null,
          value ${text} not null, primary key (run, key)
        ) ${strict}`,
      ),
      `create table registry_inputs (
        run ${text} not null references registry_runs (id), name ${text} not null,
        digest ${text} not null, context ${text} not null, primary key (run, name, digest, context)
      ) ${strict}`,
      `create table registry_metrics (
        run ${text} not null references registry_runs (id), key ${text} not null,
        step ${integer} not null, at ${text} not null, value_text ${text} not null, value ${real},
        primary key (run, key, step, at, value_text)
      ) ${strict}`,
      `create table registry_latest_metrics (
        run ${text} not null references registry_runs (id), key ${text} not null,
        step ${integer} not null, at ${text} not null, value_text ${text} not null, value ${real},
        primary key (run, key)
      ) ${strict}`,
      'create index registry_latest_metrics_value on registry_latest_metrics (key, value)',
    ],
  },
  trackingMigration,
  ...lifecycleMigrations,
  evaluationMigration,
  metricKeysMigration,
  metricBlocksMigration,
  traceMigration,
  originMigration,
  studyMigration,
  indexOrderMigration,
  valueStartMigration,
]
