import type { Migration } from '@mlops/store'

export const studyMigration: Migration = {
  id: '0025-studies',
  up: ({ text, integer, strict }) => [
    `create table registry_studies (
      id ${text} not null primary key, event_seq ${integer} not null,
      experiment ${integer} not null references registry_experiments (id), name ${text} not null,
      strategy ${text} not null, space ${text} not null, objectives ${text} not null,
      max_trials ${integer}, max_ms ${integer}, seed ${integer}, status ${text} not null,
      trials ${integer} not null, created_at ${text} not null, created_by ${text} not null,
      closed_at ${text}, reason ${text} not null, revision ${integer} not null,
      unique (experiment, name)
    ) ${strict}`,
    'create index registry_studies_of on registry_studies (experiment, event_seq)',
    `create table registry_trials (
      study ${text} not null references registry_studies (id), number ${integer} not null,
      params ${text} not null, run ${text} unique references registry_runs (id),
      status ${text} not null, measured ${text} not null, reason ${text} not null,
      started_at ${text} not null, ended_at ${text}, ended_with ${text}, primary key (study, number)
    ) ${strict}`,
    'create index registry_trials_status on registry_trials (study, status, number)',
  ],
}
