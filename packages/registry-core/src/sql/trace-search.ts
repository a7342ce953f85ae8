import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Comparison } from '../model/filter.ts'
import { traceFields } from '../rules/search/search-fields.ts'
import { compareText, equalsIndexed } from './search-conditions.ts'
import type { Searchable } from './searchable.ts'

/** Clients of MLflow name a trace by this tag. */
const NAME_TAG = 'mlflow.traceName'

const tables: Readonly<Record<string, string>> = {
  tag: 'registry_trace_tags',
  metadata: 'registry_trace_metadata',
}

export function traceSearch(dialect: 'sqlite' | 'postgres'): Searchable {
  const part = (entity: string, key: string) =>
    sql`(select p.value from ${sql.table(tables[entity]!)} p where p.trace = t.id and p.key = ${key})`
  const columns: Readonly<Record<string, RawBuilder<unknown>>> = {
    trace_id: sql`t.id`,
    timestamp: sql`t.requested_at`,
    execution_time: sql`t.duration_ms`,
    end_time: sql`t.ended_at`,
    status: sql`upper(replace(t.state, '-', '_'))`,
    client_request_id: sql`t.client_request_id`,
    name: part('tag', NAME_TAG),
    experiment_id: sql`t.experiment`,
  }
  return {
    fields: traceFields,
    from: sql`registry_traces t`,
    key: [{ name: 't.id' }],
    defaultOrder: [{ key: 'timestamp', descending: true }],
    attribute: (name) => columns[name]!,
    valueOf: (entity, name) => part(entity, name),
    listed(comparison) {
      const { entity, key, operator, value } = comparison
      // PostgreSQL chooses by its statistics which condition leads.
      if (dialect === 'postgres' || operator !== '=') return undefined
      if (entity === 'attribute' && key === 'run_id') {
        return sql`select trace from registry_trace_runs where run = ${value}`
      }
      const own = ownText(dialect, comparison)
      return own && sql`select p.trace from ${own.table} p where ${own.equals}`
    },
    condition(comparison) {
      const { entity, key, operator } = comparison
      if (entity === 'feedback' || entity === 'expectation') return assessed(dialect, comparison)
      if (entity === 'attribute' && key === 'run_id') {
        const holds = compareText({ dialect }, sql`x.run`, comparison)
        return sql`exists (select 1 from registry_trace_runs x where x.trace = t.id and ${holds})`
      }
      const own = operator === '=' ? ownText(dialect, comparison) : undefined
      return (
        own && sql`exists (select 1 from ${own.table} p where p.trace = t.id and ${own.equals})`
      )
    },
  }
}

/** A tag or piece of metadata that equals a text, in a way that an index answers. */
function ownText(dialect: 'sqlite' | 'postgres', { entity = 'attribute', key, value }: Comparison) {
  const isName = entity === 'attribute' && key === 'name'
  const table = tables[isName ? 'tag' : entity]
  if (table === undefined) return undefined
  const equals = sql`p.key = ${isName ? NAME_TAG : key} and ${equalsIndexed({ dialect }, 'p', value as string)}`
  return { table: sql.table(table), equals }
}

/** Values are JSON: a text is compared with what a text would be there, and with the JSON itself. */
function assessed(dialect: 'sqlite' | 'postgres', comparison: Comparison): RawBuilder<unknown> {
  const { entity, key, operator, value } = comparison
  const some = sql`select 1 from registry_assessments a where a.trace = t.id and a.kind = ${entity} and a.name = ${key} and a.valid = 1`
  if (operator === 'IS NULL') return sql`not exists (${some})`
  if (operator === 'IS NOT NULL') return sql`exists (${some})`
  if (operator === '=' || operator === '!=') {
    const not = operator === '=' ? sql`` : sql`not `
    return sql`exists (${some} and a.value ${not}in (${value}, ${JSON.stringify(value)}))`
  }
  return sql`exists (${some} and ${compareText({ dialect }, sql`a.value`, comparison)})`
}
