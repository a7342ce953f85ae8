import type { Migration } from '@mlops/store'

/**
 * No index begins like a key of several columns that rows are looked up by. While a table is small, both
 * promise PostgreSQL the same; it keeps the plan for its foreign keys and for prepared statements, and
 * went on reading all versions of a model for each new one until the table was analysed.
 */
export const indexOrderMigration: Migration = {
  id: '0026-index-order',
  up: ({ dialect }) => [
    'drop index registry_versions_stage',
    'create index registry_versions_stage on registry_versions (stage, model, version)',
    'drop index registry_aliases_version',
    'create index registry_aliases_version on registry_aliases (version, model)',
    'drop index registry_trials_status',
    'create index registry_trials_status on registry_trials (status, study, number)',
    // SQLite knows without statistics that the key is the better one.
    ...(dialect === 'postgres'
      ? [
          'alter table registry_versions drop constraint registry_versions_model_semver_key',
          'alter table registry_versions add constraint registry_versions_semver unique (semver, model)',
        ]
      : []),
  ],
}
