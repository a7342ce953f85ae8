import { openStore } from '@mlops/store'
import { sql } from 'kysely'

export interface Filling {
  /** A number that the registry gave out. */
  readonly experiment: string
  readonly runs: number
  readonly metrics: number
  readonly params: number
  readonly progress?: (done: number) => void
}

const CHUNK = 5000

/**
 * Puts runs into a registry's database by statements that make their own rows: 100 000 runs of 20 metrics in
 * a minute. Metric `k` of run `i` is `i * (7919 + 1226 * k) % 1000003`, param `k` is `v((i + k) % 10)`.
 */
export async function fillRuns(url: string, filling: Filling): Promise<void> {
  const { experiment, runs, metrics, params, progress } = filling
  const store = await openStore(url)
  const of = sql.lit(Number(experiment))
  const count = (from: number, to: number) =>
    sql`n(i) as (select cast(${sql.lit(from)} as bigint) union all select i + 1 from n where i + 1 < ${sql.lit(to)})`
  const id = sql`${sql.lit(`bench${experiment}-`)} || (10000000 + i)`
  const at =
    store.dialect === 'sqlite'
      ? sql`strftime('%Y-%m-%dT%H:%M:%S.000Z', 1767225600 + i, 'unixepoch')`
      : sql`to_char(to_timestamp(1767225600 + i) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"')`
  const value = sql`(i * (7919 + 1226 * k) % 1000003)`
  try {
    for (let from = 0; from < runs; from += CHUNK) {
      const to = Math.min(from + CHUNK, runs)
      const keys = (many: number) =>
        sql`with recursive ${count(from, to)}, m(k) as (select 0 union all select k + 1 from m where k + 1 < ${sql.lit(many)})`
      await store.transaction(async (tx) => {
        await sql`insert into registry_runs (id, experiment, name, status, parent, user_id, lifecycle, started_at, ended_at)
          with recursive ${count(from, to)}
          select ${id}, ${of}, 'run-' || i, 'finished', null, 'bench', 'active', ${at}, null from n`.execute(
          tx,
        )
        await sql`insert into registry_metric_blocks (run, key, first_step, first_at, points) ${keys(metrics)}
          select ${id}, 'm' || k, 0, ${at}, '[[0,' || (1767225600 + i) || '000,' || ${value} || ']]'
          from n cross join m`.execute(tx)
        await sql`insert into registry_latest_metrics (run, key, step, at, value_text, value) ${keys(metrics)}
          select ${id}, 'm' || k, 0, ${at}, cast(${value} as text), ${value} * 1.0 from n cross join m`.execute(
          tx,
        )
        await sql`insert into registry_params (run, key, value) ${keys(params)}
          select ${id}, 'p' || k, 'v' || ((i + k) % 10) from n cross join m`.execute(tx)
        await sql`insert into registry_run_tags (run, key, value) with recursive ${count(from, to)}
          select ${id}, 'mlflow.runName', 'run-' || i from n`.execute(tx)
      })
      progress?.(to)
    }
    // PostgreSQL would do so by itself within a minute. Only what was filled: an empty table would be known to
    // be small, and plans are kept.
    const filled = sql`registry_runs, registry_params, registry_run_tags, registry_latest_metrics`
    if (store.dialect === 'postgres') await sql`vacuum (analyze) ${filled}`.execute(store.query)
  } finally {
    await store.close()
  }
}
