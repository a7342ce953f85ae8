import type { Migration } from '@mlops/store'

const TEXTS = [
  ['registry_params', 'run'],
  ['registry_run_tags', 'run'],
  ['registry_trace_tags', 'trace'],
  ['registry_trace_metadata', 'trace'],
] as const

/**
 * PostgreSQL answers from an index alone where its columns are those of the table, not expressions of them:
 * what has a param or tag was looked up row by row in the table, to read the value that the index had found.
 */
export const valueStartMigration: Migration = {
  id: '0027-value-start',
  up: ({ dialect, text }) =>
    dialect === 'sqlite'
      ? []
      : TEXTS.flatMap(([table, owner]) => [
          `alter table ${table} add column value_start ${text} generated always as (substr(value, 1, 64)) stored`,
          `drop index ${table}_value`,
          `create index ${table}_value on ${table} (key, value_start, ${owner})`,
          // Nothing is known of a new column, and nothing would be until many rows have changed.
          `analyze ${table}`,
        ]),
}
