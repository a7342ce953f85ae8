import { assertText } from '../../model/arguments.ts'
import type { Trace, TraceState } from '../../model/trace.ts'
import type { TraceRow } from '../../sql/trace-tables.ts'
import type { Db } from '../context.ts'
import { notFound } from '../context.ts'
import { inChunks, textsOf } from '../tracking/keyed-texts.ts'
import { assessmentsOf } from './assessment-records.ts'

export async function findTrace(db: Db, id: string): Promise<TraceRow | undefined> {
  return db.selectFrom('registry_traces').selectAll().where('id', '=', id).executeTakeFirst()
}

/** @throws `not-found` `registry.no-trace` */
export async function loadTrace(db: Db, id: string): Promise<TraceRow> {
  assertText(id, 'trace')
  const row = await findTrace(db, id)
  if (row) return row
  throw notFound('registry.no-trace', `there is no trace ${id}`, { id })
}

/** In the order of the ids, without those that are none. */
export async function tracesById(db: Db, ids: readonly string[]): Promise<TraceRow[]> {
  const rows = await inChunks(ids, (some) =>
    db.selectFrom('registry_traces').selectAll().where('id', 'in', some).execute(),
  )
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** Traces with all that belongs to them: a handful of queries, however many they are. */
export async function assembleTraces(db: Db, rows: readonly TraceRow[]): Promise<Trace[]> {
  const ids = rows.map(({ id }) => id)
  const places = await placesOf(
    db,
    rows.map(({ experiment }) => experiment),
  )
  const tags = await textsOf(db, 'registry_trace_tags', 'trace', ids)
  const metadata = await textsOf(db, 'registry_trace_metadata', 'trace', ids)
  const runs = await runsOf(db, ids)
  const assessments = await assessmentsOf(db, ids)
  return rows.map((row) => {
    const place = places.get(row.experiment)
    return {
      id: row.id,
      experimentId: String(row.experiment),
      ...(typeof place === 'string' && { artifactLocation: place }),
      requestedAt: row.requested_at,
      ...(row.duration_ms !== null && { durationMs: row.duration_ms }),
      state: row.state as TraceState,
      ...(row.client_request_id !== null && { clientRequestId: row.client_request_id }),
      ...(row.request_preview !== null && { requestPreview: row.request_preview }),
      ...(row.response_preview !== null && { responsePreview: row.response_preview }),
      metadata: metadata.get(row.id) ?? {},
      tags: tags.get(row.id) ?? {},
      runs: runs.get(row.id) ?? [],
      assessments: assessments.get(row.id) ?? [],
    }
  })
}

async function placesOf(db: Db, experiments: readonly number[]) {
  const rows = await inChunks([...new Set(experiments)], (some) =>
    db
      .selectFrom('registry_experiments')
      .select(['id', 'artifact_location'])
      .where('id', 'in', some)
      .execute(),
  )
  return new Map(rows.map(({ id, artifact_location }) => [id, artifact_location]))
}

async function runsOf(db: Db, traces: readonly string[]) {
  const rows = await inChunks(traces, (some) =>
    db
      .selectFrom('registry_trace_runs')
      .selectAll()
      .where('trace', 'in', some)
      .orderBy('run')
      .execute(),
  )
  const runs = new Map<string, string[]>()
  for (const { trace, run } of rows) {
    const of = runs.get(trace)
    if (of) of.push(run)
    else runs.set(trace, [run])
  }
  return runs
}
