import type { Migration } from '@mlops/store'

export const evaluationMigration: Migration = {
  id: '0020-evaluation-datasets',
  up: ({ text, integer, strict }) => [
    `create table registry_evaluation_datasets (
      id ${text} not null primary key, name ${text} not null, digest ${text} not null,
      schema ${text}, records ${integer} not null, created_at ${text} not null,
      updated_at ${text} not null, created_by ${text} not null, updated_by ${text} not null
    ) ${strict}`,
    `create table registry_evaluation_tags (
      dataset ${text} not null references registry_evaluation_datasets (id), key ${text} not null,
      value ${text} not null, primary key (dataset, key)
    ) ${strict}`,
    `create table registry_evaluation_experiments (
      dataset ${text} not null references registry_evaluation_datasets (id),
      experiment ${integer} not null references registry_experiments (id),
      primary key (dataset, experiment)
    ) ${strict}`,
    'create index registry_evaluation_experiments_of on registry_evaluation_experiments (experiment, dataset)',
    `create table registry_evaluation_records (
      id ${text} not null primary key,
      dataset ${text} not null references registry_evaluation_datasets (id),
      input_digest ${text} not null, digest ${text} not null, document ${text} not null,
      created_at ${text} not null, updated_at ${text} not null, created_by ${text} not null,
      updated_by ${text} not null, unique (dataset, input_digest)
    ) ${strict}`,
    'create index registry_evaluation_records_created on registry_evaluation_records (dataset, created_at, id)',
  ],
}
