import type { Migration } from '@mlops/store'

/**
 * PostgreSQL looked the run up once for each metric point, which took 40 % of a batch. A batch is about
 * one run, which its transaction has read; runs are never deleted.
 */
export const metricKeysMigration: Migration = {
  id: '0021-metric-keys',
  up: ({ dialect }) =>
    dialect === 'sqlite'
      ? []
      : ['registry_metrics', 'registry_latest_metrics'].map(withoutForeignKey),
}

/** Its name depends on how the table came about. */
function withoutForeignKey(table: string): string {
  return `do $$ declare found record; begin
    for found in select conname from pg_constraint where conrelid = '${table}'::regclass and contype = 'f' loop
      execute format('alter table ${table} drop constraint %I', found.conname);
    end loop; end $$`
}
