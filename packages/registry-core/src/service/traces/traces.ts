import type { Page } from '@mlops/core'
import { givenOptions, isoTime } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import type { SearchRequest } from '../../model/filter.ts'
import type { ChangeTrace, LinkTraces, LogTrace, RemoveTraces, Trace } from '../../model/trace.ts'
import {
  changeTraceSchema,
  linkTracesSchema,
  logTraceSchema,
  removeTracesSchema,
} from '../../model/trace.ts'
import { searchKeys } from '../../sql/search.ts'
import type { RegistryTables } from '../../sql/tables.ts'
import { traceSearch } from '../../sql/trace-search.ts'
import type { TraceRow } from '../../sql/trace-tables.ts'
import type { Db, RegistryContext } from '../context.ts'
import { conflict, record } from '../context.ts'
import { loadExperiment, numericId, readExperimentIds } from '../tracking/experiments.ts'
import { deleteTags, upsertTexts } from '../tracking/keyed-texts.ts'
import { loadRow } from '../tracking/run-records.ts'
import { addTraced } from './assessment-records.ts'
import { assembleTraces, findTrace, loadTrace, tracesById } from './trace-records.ts'

export interface SearchTraces extends SearchRequest {
  /** In which experiments to look; none means in none. */
  readonly experimentIds: readonly string[]
}

/** What requests to an application did, as its tracing tells. */
export interface Traces {
  /**
   * Records a trace with its assessments. Told of again, it takes the new state and times, and adds to
   * its tags and metadata: a repeated request does no harm.
   *
   * @throws `not-found` `registry.no-experiment`; `conflict` `registry.experiment-deleted`,
   *   `registry.trace-exists` in another experiment; `invalid` `registry.invalid-trace`.
   */
  log(command: LogTrace): Promise<Trace>
  /** @throws `not-found` `registry.no-trace` */
  get(id: string): Promise<Trace>
  /** Sets and takes off tags: all of it or nothing. @throws `not-found` `registry.no-tag`; as `get` */
  change(command: ChangeTrace): Promise<Trace>
  /** Says that traces belong to a run, too. @throws `not-found` `registry.no-run`; as `get` */
  link(command: LinkTraces): Promise<void>
  /** Removes those of them that are the experiment's, with what was said of them; says which. */
  remove(command: RemoveTraces): Promise<readonly string[]>
  /**
   * Newest first, unless ordered otherwise. By trace_id, timestamp, execution_time, end_time, status,
   * client_request_id, name, run_id, tags, metadata, and by valid feedback and expectations, whose
   * values are compared as JSON.
   *
   * @throws `invalid` `registry.invalid-filter`, `core.invalid-limit`, `core.invalid-cursor`.
   */
  search(request: SearchTraces): Promise<Page<Trace>>
}

const told = { code: 'registry.invalid-trace', what: 'the trace' }

export function createTraces(context: RegistryContext): Traces {
  const { db } = context
  const subject = (name: string) => ({ type: 'trace', name })
  const assemble = async (on: Db, row: TraceRow) => (await assembleTraces(on, [row]))[0]!

  return {
    async log(command) {
      const { by, ...wanted } = parseWith(logTraceSchema, command, told)
      const { id, experimentId, state, tags, metadata, run, assessments } = wanted
      return db.transaction(async (tx) => {
        const experiment = await loadExperiment(tx, experimentId)
        if (experiment.lifecycle !== 'active') {
          throw conflict(
            'registry.experiment-deleted',
            `experiment ${experiment.name} is deleted: restore it first`,
            { id: experimentId },
          )
        }
        const before = await findTrace(tx, id)
        if (before && before.experiment !== experiment.id) {
          throw conflict('registry.trace-exists', `there is a trace ${id} elsewhere already`, {
            id,
          })
        }
        const row = rowOf(context, wanted, before)
        const { id: _, ...set } = row
        await sendLater(
          tx,
          tx
            .insertInto('registry_traces')
            .values(row)
            .onConflict((on) => on.column('id').doUpdateSet(set)),
        )
        await upsertTexts(tx, 'registry_trace_tags', 'trace', id, tags)
        await upsertTexts(tx, 'registry_trace_metadata', 'trace', id, metadata)
        if (run !== undefined) await addToRun(tx, run, [id])
        await addTraced(context, tx, id, assessments)
        const facts = {
          experimentId,
          state,
          ...(assessments.length > 0 && { assessments: assessments.length }),
        }
        await record(context, tx, by, 'trace.logged', subject(id), facts)
        return assemble(tx, row)
      })
    },
    get: async (id) => assemble(db.query, await loadTrace(db.query, id)),
    async change(command) {
      const { id, tags, withoutTags, by } = parseWith(changeTraceSchema, command, told)
      return db.transaction(async (tx) => {
        const row = await loadTrace(tx, id)
        await upsertTexts(tx, 'registry_trace_tags', 'trace', id, tags ?? {})
        await deleteTags(tx, 'registry_trace_tags', 'trace', id, withoutTags ?? [])
        await record(context, tx, by, 'trace.changed', subject(id), {
          ...(tags !== undefined && { tags: Object.keys(tags) }),
          ...(withoutTags !== undefined && { withoutTags }),
        })
        return assemble(tx, row)
      })
    },
    async link(command) {
      const { run, traces, by } = parseWith(linkTracesSchema, command, told)
      await db.transaction(async (tx) => {
        await loadRow(tx, run)
        const wanted = [...new Set(traces)]
        const known = new Set((await tracesById(tx, wanted)).map(({ id }) => id))
        for (const id of wanted) if (!known.has(id)) await loadTrace(tx, id)
        await addToRun(tx, run, wanted)
        const facts = { traces: wanted }
        await record(context, tx, by, 'run.traces-linked', { type: 'run', name: run }, facts)
      })
    },
    async remove(command) {
      const { experimentId, traces, by } = parseWith(removeTracesSchema, command, told)
      return db.transaction(async (tx) => {
        const rows = await tracesById(tx, [...new Set(traces)])
        const ids = rows
          .filter(({ experiment }) => experiment === numericId(experimentId))
          .map(({ id }) => id)
        if (ids.length === 0) return ids
        for (const table of [
          'registry_assessments',
          'registry_trace_runs',
          'registry_trace_metadata',
          'registry_trace_tags',
        ] as const) {
          await sendLater(tx, tx.deleteFrom(table).where('trace', 'in', ids))
        }
        await sendLater(tx, tx.deleteFrom('registry_traces').where('id', 'in', ids))
        await context.log.append(
          tx,
          ids.map((id) => ({
            actor: by,
            action: 'trace.removed',
            subject: subject(id),
            data: { experimentId },
          })),
        )
        return ids
      })
    },
    async search(wanted) {
      const { experimentIds, ...request } = givenOptions(wanted, 'registry.invalid-search')
      const numbers = readExperimentIds(experimentIds)
      if (numbers.length === 0) return { items: [] }
      const within = (experiment: ReturnType<typeof sql>) => [
        numbers.length === 1
          ? sql`${experiment} = ${numbers[0]}`
          : sql`${experiment} in (${sql.join(numbers)})`,
      ]
      const scope = {
        db: db.query,
        dialect: db.dialect,
        where: within(sql`t.experiment`),
        // A sign in front keeps a column from its index.
        whereOfListed: within(sql`+t.experiment`),
        token: { numbers },
      }
      const { keys, nextCursor } = await searchKeys(traceSearch(db.dialect), scope, request)
      const rows = await tracesById(
        db.query,
        keys.map(({ id }) => id as string),
      )
      const items = await assembleTraces(db.query, rows)
      return { items, ...(nextCursor !== undefined && { nextCursor }) }
    },
  }
}

type Wanted = Pick<
  Trace,
  'id' | 'state' | 'durationMs' | 'clientRequestId' | 'requestPreview' | 'responsePreview'
> & { readonly experimentId: string; readonly requestedAt?: string }

function rowOf({ clock }: RegistryContext, wanted: Wanted, before: TraceRow | undefined): TraceRow {
  const requestedAt =
    wanted.requestedAt === undefined
      ? (before?.requested_at ?? isoTime(clock))
      : new Date(wanted.requestedAt).toISOString()
  const duration = wanted.durationMs ?? before?.duration_ms ?? null
  return {
    id: wanted.id,
    experiment: numericId(wanted.experimentId),
    requested_at: requestedAt,
    duration_ms: duration,
    ended_at: duration === null ? null : endOf(requestedAt, duration),
    state: wanted.state,
    client_request_id: wanted.clientRequestId ?? before?.client_request_id ?? null,
    request_preview: wanted.requestPreview ?? before?.request_preview ?? null,
    response_preview: wanted.responsePreview ?? before?.response_preview ?? null,
  }
}

const LAST_MS = 253_402_300_799_999

function endOf(requestedAt: string, durationMs: number): string {
  return new Date(Math.min(LAST_MS, Date.parse(requestedAt) + durationMs)).toISOString()
}

async function addToRun(
  tx: Transaction<RegistryTables>,
  run: string,
  traces: readonly string[],
): Promise<void> {
  if (traces.length === 0) return
  await sendLater(
    tx,
    tx
      .insertInto('registry_trace_runs')
      .values(traces.map((trace) => ({ trace, run })))
      .onConflict((on) => on.doNothing()),
  )
}
