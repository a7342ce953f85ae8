import type { Page } from '@mlops/core'
import { invalid } from '@mlops/core'
import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { LifecycleView, SearchRequest } from '../../model/filter.ts'
import type { Run } from '../../model/run.ts'
import { searchKeys } from '../../sql/search.ts'
import { runSearch } from '../../sql/searchables.ts'
import type { RunRow } from '../../sql/tables.ts'
import type { RegistryContext } from '../context.ts'
import { numericId } from './experiments.ts'
import { assembleRuns } from './run-records.ts'

export interface SearchRuns extends SearchRequest, LifecycleView {
  /** In which experiments to look; none means in none. */
  readonly experimentIds: readonly string[]
}

/** A page of runs. @throws as `Runs.search` */
export async function searchRuns(
  { db }: RegistryContext,
  { experimentIds, view = 'active', ...request }: SearchRuns,
): Promise<Page<Run>> {
  if (!Array.isArray(experimentIds)) {
    throw invalid('registry.invalid-search', 'experimentIds is a list of ids', { experimentIds })
  }
  if (experimentIds.length === 0) return { items: [] }
  const ids = experimentIds.map((id: string) => numericId(String(id)))
  // A sign in front keeps a column from its index.
  const where = (experiment: RawBuilder<unknown>) => [
    ids.length === 1 ? sql`${experiment} = ${ids[0]}` : sql`${experiment} in (${sql.join(ids)})`,
    ...(view === 'all'
      ? []
      : [sql`r.lifecycle ${sql.raw(view === 'active' ? '=' : '<>')} 'active'`]),
  ]
  const scope = {
    db: db.query,
    dialect: db.dialect,
    where: where(sql`r.experiment`),
    whereOfListed: where(sql`+r.experiment`),
    token: { ids, view },
    maxLimit: 50_000,
  }
  const { keys, nextCursor } = await searchKeys(runSearch(db.dialect), scope, request)
  const items = await assembleRuns(db, keys as readonly object[] as readonly RunRow[])
  return { items, ...(nextCursor !== undefined && { nextCursor }) }
}

/** How several runs differ, side by side. */
export interface RunComparison {
  readonly runs: readonly Pick<Run, 'id' | 'name' | 'status' | 'startedAt'>[]
  readonly params: readonly ComparedRow<string>[]
  readonly metrics: readonly ComparedRow<number>[]
  readonly tags: readonly ComparedRow<string>[]
}

export interface ComparedRow<Value> {
  readonly key: string
  /** In the order of the runs; null where a run has none. */
  readonly values: readonly (Value | null)[]
  /** Whether not all are the same. */
  readonly differs: boolean
}

/** Puts the params, latest metrics and tags of runs next to each other. Cost: O(runs × keys). */
export function compareRuns(runs: readonly Run[]): RunComparison {
  const rows = <Value>(
    pick: (run: Run) => Readonly<Record<string, Value>>,
  ): readonly ComparedRow<Value>[] => {
    const keys = [...new Set(runs.flatMap((run) => Object.keys(pick(run))))].sort()
    return keys.map((key) => {
      const values = runs.map((run) => (Object.hasOwn(pick(run), key) ? pick(run)[key]! : null))
      return { key, values, differs: values.some((value) => !Object.is(value, values[0])) }
    })
  }
  return {
    runs: runs.map(({ id, name, status, startedAt }) => ({ id, name, status, startedAt })),
    params: rows(({ params }) => params),
    metrics: rows(({ metrics }) => metrics),
    tags: rows(({ tags }) => tags),
  }
}
