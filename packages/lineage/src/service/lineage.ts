import type { Actor, Clock, Digest, Logger, Page, PageRequest } from '@mlops/core'
import { canonicalJson, digestOf, silentLogger, systemClock } from '@mlops/core'
import type { EventLog, Store } from '@mlops/store'
import { createEventLog } from '@mlops/store'
import type { Transaction } from 'kysely'
import { invalidEvent } from '../openlineage/build.ts'
import type { Named, OpenLineageEvent } from '../openlineage/event.ts'
import type { EventIssue } from '../openlineage/judge.ts'
import { judgeEvent, mendEvent } from '../openlineage/judge.ts'
import type { NodeRef } from '../rules/facts.ts'
import { factsOf } from '../rules/facts.ts'
import { project } from '../sql/projection.ts'
import type { LineageTables } from '../sql/tables.ts'
import { lineageMigrations, projectionTables } from '../sql/tables.ts'
import type { DatasetView, JobView, RunView } from './lookups.ts'
import { getDataset, getJob, getRun, listRuns, loadNode } from './lookups.ts'
import type { LineageGraph, TraverseOptions } from './traverse.ts'
import { traverse } from './traverse.ts'

export interface LineageOptions {
  readonly store: Store
  /** @default systemClock */
  readonly clock?: Clock
  readonly logger?: Logger
  /** In whose name events are recorded. @default a service called `lineage` */
  readonly actor?: Actor
}

export interface RecordOptions {
  /**
   * `'strict'` refuses whatever the specification refuses. `'lenient'` mends what real producers
   * forget, keeps facets that break their schema, and says so. @default 'strict'
   */
  readonly mode?: 'strict' | 'lenient'
}

/** What became of an event. */
export type RecordOutcome =
  | {
      readonly status: 'accepted' | 'duplicate'
      /** SHA-256 over the canonical JSON of the event as it was given. */
      readonly hash: Digest
      /** What was mended or let pass; empty in strict mode. */
      readonly mended: readonly EventIssue[]
    }
  | { readonly status: 'rejected'; readonly issues: readonly EventIssue[] }

export interface Lineage {
  /**
   * Records an OpenLineage event. The same event again changes nothing, and the order in which
   * events arrive does not matter.
   *
   * @throws `invalid` `lineage.invalid-event`; `details.issues` says everything that is wrong.
   */
  record(
    event: unknown,
    options?: RecordOptions,
  ): Promise<Exclude<RecordOutcome, { status: 'rejected' }>>
  /** Records many in one transaction; the invalid ones are told and left out. */
  recordBatch(
    events: readonly unknown[],
    options?: RecordOptions,
  ): Promise<readonly RecordOutcome[]>
  /** Where the data of a job or dataset come from. @throws `not-found` `lineage.no-node` */
  upstream(of: NodeRef, options?: TraverseOptions): Promise<LineageGraph>
  /** What depends on a job or dataset. @throws `not-found` `lineage.no-node` */
  downstream(of: NodeRef, options?: TraverseOptions): Promise<LineageGraph>
  /** @throws `not-found` `lineage.no-node` */
  job(ref: Named): Promise<JobView>
  /** @throws `not-found` `lineage.no-node` */
  dataset(ref: Named): Promise<DatasetView>
  /** @throws `not-found` `lineage.no-run` */
  run(id: string): Promise<RunView>
  /** The runs of a job, in order of id. @throws `not-found` `lineage.no-node` */
  runs(job: Named, page?: PageRequest): Promise<Page<RunView>>
  /** The event of a hash, as it was given; undefined when unknown. */
  event(hash: Digest): Promise<unknown>
  /** Makes the graph anew from the events. Cost: O(events), in one transaction. */
  rebuild(): Promise<{ readonly events: number }>
  /** The hash-chained record of what was accepted. */
  readonly log: EventLog
}

/**
 * Opens the lineage of a store, and brings its tables up to date.
 *
 * @throws as `store.migrate`.
 * @example
 * ```ts
 * import { manualClock } from '@mlops/core'
 * import { createLineage, runEvent } from '@mlops/lineage'
 * import { openStore } from '@mlops/store'
 *
 * const store = await openStore('sqlite::memory:')
 * const lineage = await createLineage({ store })
 * const event = runEvent(
 *   {
 *     eventType: 'COMPLETE',
 *     run: { runId: '01890a5d-ac96-774b-bcce-b302099a8057' },
 *     job: { namespace: 'flights', name: 'train' },
 *     inputs: [{ namespace: 'file', name: '/data/flights.csv' }],
 *     outputs: [{ namespace: 'mlops://model-version', name: 'flight-delay@1' }],
 *   },
 *   { producer: 'https://example.org/trainer/1.0', clock: manualClock('2026-01-01T00:00:00Z') },
 * )
 * console.log((await lineage.record(event)).status, (await lineage.record(event)).status) // accepted duplicate
 * const graph = await lineage.downstream({ kind: 'dataset', namespace: 'file', name: '/data/flights.csv' })
 * console.log(graph.nodes.map(({ name }) => name)) // [ '/data/flights.csv', 'train', 'flight-delay@1' ]
 * await store.close()
 * ```
 */
export async function createLineage({
  store,
  clock = systemClock,
  logger = silentLogger,
  actor = { type: 'service', id: 'lineage' },
}: LineageOptions): Promise<Lineage> {
  await store.migrate('lineage', lineageMigrations)
  const db = store.tables<LineageTables>()
  const log = createEventLog({ store, name: 'lineage', clock })

  async function keep(
    tx: Transaction<LineageTables>,
    judged: Extract<ReturnType<typeof judge>, { status: 'valid' }>,
  ): Promise<Exclude<RecordOutcome, { status: 'rejected' }>> {
    const { given, event, kind, hash, mended } = judged
    const known = await tx
      .selectFrom('lineage_events')
      .select('hash')
      .where('hash', '=', hash)
      .executeTakeFirst()
    if (known) return { status: 'duplicate', hash, mended }
    const facts = factsOf(event, hash)
    const { seq } = await log.append(tx, {
      actor,
      action: `${kind}-event.accepted`,
      subject: subjectOf(event),
      data: { event: hash },
    })
    await tx
      .insertInto('lineage_events')
      .values({ hash, seq, at: facts.at, kind, document: canonicalJson(given) })
      .execute()
    await project(tx, facts)
    return { status: 'accepted', hash, mended }
  }

  return {
    async record(event, { mode = 'strict' } = {}) {
      const judged = judge(event, mode)
      if (judged.status === 'rejected') throw invalidEvent(judged.issues)
      if (judged.mended.length > 0) {
        logger.info({ event: judged.hash, mended: judged.mended }, 'event mended')
      }
      return db.transaction((tx) => keep(tx, judged))
    },
    async recordBatch(events, { mode = 'strict' } = {}) {
      const judged = events.map((event) => judge(event, mode))
      return db.transaction(async (tx) => {
        const outcomes: RecordOutcome[] = []
        for (const one of judged) {
          outcomes.push(one.status === 'rejected' ? one : await keep(tx, one))
        }
        return outcomes
      })
    },
    upstream: async (of, options = {}) =>
      traverse(db.query, await loadNode(db.query, of), 'upstream', options),
    downstream: async (of, options = {}) =>
      traverse(db.query, await loadNode(db.query, of), 'downstream', options),
    job: (ref) => getJob(db.query, ref),
    dataset: (ref) => getDataset(db.query, ref),
    run: (id) => getRun(db.query, id),
    runs: (job, page = {}) => listRuns(db.query, job, page),
    async event(hash) {
      const row = await db.query
        .selectFrom('lineage_events')
        .select('document')
        .where('hash', '=', hash)
        .executeTakeFirst()
      return row && (JSON.parse(row.document) as unknown)
    },
    async rebuild() {
      return db.transaction(async (tx) => {
        for (const table of projectionTables) await tx.deleteFrom(table).execute()
        let events = 0
        for (let after = 0; ; ) {
          const rows = await tx
            .selectFrom('lineage_events')
            .select(['seq', 'hash', 'document'])
            .where('seq', '>', after)
            .orderBy('seq')
            .limit(200)
            .execute()
          if (rows.length === 0) return { events }
          for (const { hash, document } of rows) {
            // Mending is a pure function, and leaves a valid event as it is.
            const { event } = mendEvent(JSON.parse(document) as object)
            await project(tx, factsOf(event, hash as Digest))
          }
          events += rows.length
          after = rows.at(-1)!.seq
        }
      })
    },
    log,
  }
}

function judge(given: unknown, mode: 'strict' | 'lenient') {
  const mending =
    mode === 'lenient' && typeof given === 'object' && given !== null && !Array.isArray(given)
  const { event, mended } = mending
    ? mendEvent(given)
    : { event: given as OpenLineageEvent, mended: [] as readonly EventIssue[] }
  const { kind, core, facets } = judgeEvent(event)
  // A run id that is no UUID still names a run.
  const bearable = (issue: EventIssue) =>
    mode === 'lenient' && issue.path === 'run.runId' && typeof runIdOf(event) === 'string'
  const issues = [...core.filter((issue) => !bearable(issue)), ...(mode === 'strict' ? facets : [])]
  if (issues.length > 0) return { status: 'rejected' as const, issues }
  const passed = mode === 'lenient' ? [...core.filter(bearable), ...facets] : []
  return {
    status: 'valid' as const,
    given,
    event,
    kind,
    hash: digestOf(given),
    mended: [...mended, ...passed],
  }
}

function runIdOf(event: OpenLineageEvent): unknown {
  return 'run' in event ? event.run?.runId || undefined : undefined
}

function subjectOf(event: OpenLineageEvent) {
  if ('run' in event) return { type: 'run', name: event.run.runId }
  const { namespace, name } = 'dataset' in event ? event.dataset : event.job
  return { type: 'dataset' in event ? 'dataset' : 'job', name: `${namespace} ${name}` }
}
