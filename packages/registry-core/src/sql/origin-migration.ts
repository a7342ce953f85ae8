import type { Migration } from '@mlops/store'

export const originMigration: Migration = {
  id: '0024-run-origins',
  up: ({ text, strict }) => [
    `create table registry_environments (
      digest ${text} not null primary key, document ${text} not null, kept_at ${text} not null
    ) ${strict}`,
    `create table registry_run_origins (
      run ${text} not null primary key references registry_runs (id), code ${text},
      environment ${text} references registry_environments (digest), seeds ${text}
    ) ${strict}`,
  ],
}
