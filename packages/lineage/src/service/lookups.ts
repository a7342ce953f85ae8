import type { Page, PageRequest } from '@mlops/core'
import { decodeCursor, encodeCursor, invalid, MlopsError, pageLimit } from '@mlops/core'
import type { Facet, Facets, Named } from '../openlineage/event.ts'
import type { NodeRef } from '../rules/facts.ts'
import { nodeKey, ownerKey } from '../rules/facts.ts'
import type { RunStatus } from '../rules/merge.ts'
import type { Db, StoredNode } from '../sql/projection.ts'
import { chunks, nodesWhere } from '../sql/projection.ts'

/** A job, with everything its events said. */
export interface JobView extends Named {
  readonly facets: Facets
  /** All that any of its runs, or a job event, named. */
  readonly inputs: readonly Named[]
  readonly outputs: readonly Named[]
  /** Times of the first and last event that named it. */
  readonly firstSeenAt: string
  readonly lastSeenAt: string
}

/** A dataset, with everything its events said. */
export interface DatasetView extends Named {
  readonly facets: Facets
  readonly producedBy: readonly Named[]
  readonly consumedBy: readonly Named[]
  readonly firstSeenAt: string
  readonly lastSeenAt: string
}

export interface RunDatasetView extends Named {
  /** The input or output facets of this run. */
  readonly facets: Facets
}

/** One run of a job. */
export interface RunView {
  readonly id: string
  readonly job: Named
  /** `unknown`: only mentioned so far, or no event told a state. */
  readonly status: RunStatus
  readonly startedAt?: string
  readonly endedAt?: string
  readonly parent?: string
  readonly facets: Facets
  readonly inputs: readonly RunDatasetView[]
  readonly outputs: readonly RunDatasetView[]
}

export async function loadNode(db: Db, { kind, namespace, name }: NodeRef): Promise<StoredNode> {
  const [found] = await nodesWhere(db, 'node_key', [nodeKey({ kind, namespace, name })])
  if (found) return found
  throw new MlopsError({
    kind: 'not-found',
    code: 'lineage.no-node',
    message: `no event has named the ${kind} ${namespace} ${name}`,
    details: { kind, namespace, name },
  })
}

export async function getJob(db: Db, ref: Named): Promise<JobView> {
  const node = await loadNode(db, { kind: 'job', ...ref })
  return {
    namespace: node.namespace,
    name: node.name,
    facets: await facetsOf(db, nodeKey(node)),
    inputs: await neighbours(db, node.id, 'src'),
    outputs: await neighbours(db, node.id, 'dst'),
    firstSeenAt: node.firstAt,
    lastSeenAt: node.lastAt,
  }
}

export async function getDataset(db: Db, ref: Named): Promise<DatasetView> {
  const node = await loadNode(db, { kind: 'dataset', ...ref })
  return {
    namespace: node.namespace,
    name: node.name,
    facets: await facetsOf(db, nodeKey(node)),
    producedBy: await neighbours(db, node.id, 'src'),
    consumedBy: await neighbours(db, node.id, 'dst'),
    firstSeenAt: node.firstAt,
    lastSeenAt: node.lastAt,
  }
}

export async function getRun(db: Db, id: string): Promise<RunView> {
  const row = await db
    .selectFrom('lineage_runs as r')
    .innerJoin('lineage_nodes as j', 'j.id', 'r.job')
    .select(['r.id', 'r.status', 'r.started_at', 'r.ended_at', 'j.namespace', 'j.name'])
    .where('r.id', '=', id)
    .executeTakeFirst()
  if (!row) {
    throw new MlopsError({
      kind: 'not-found',
      code: 'lineage.no-run',
      message: `no event has named the run ${id}`,
      details: { run: id },
    })
  }
  const facets = await facetsOf(db, ownerKey('run', id))
  const parent = (facets['parent']?.['run'] as { runId?: string } | undefined)?.runId
  return {
    id,
    job: { namespace: row.namespace, name: row.name },
    status: row.status as RunStatus,
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
    ...(parent !== undefined && { parent }),
    facets,
    inputs: await runDatasets(db, id, 'input'),
    outputs: await runDatasets(db, id, 'output'),
  }
}

export async function listRuns(db: Db, job: Named, page: PageRequest): Promise<Page<RunView>> {
  const node = await loadNode(db, { kind: 'job', ...job })
  const limit = pageLimit(page.limit)
  let select = db.selectFrom('lineage_runs').select('id').where('job', '=', node.id)
  if (page.cursor !== undefined) {
    const after = decodeCursor(page.cursor)
    if (typeof after !== 'string') {
      throw invalid('core.invalid-cursor', 'the cursor is not one that this list gave out', {})
    }
    select = select.where('id', '>', after)
  }
  const rows = await select
    .orderBy('id')
    .limit(limit + 1)
    .execute()
  const items: RunView[] = []
  for (const { id } of rows.slice(0, limit)) items.push(await getRun(db, id))
  return rows.length > limit ? { items, nextCursor: encodeCursor(items.at(-1)!.id) } : { items }
}

async function runDatasets(
  db: Db,
  run: string,
  direction: 'input' | 'output',
): Promise<RunDatasetView[]> {
  const rows = await db
    .selectFrom('lineage_run_datasets as d')
    .innerJoin('lineage_nodes as n', 'n.id', 'd.dataset')
    .select(['n.namespace', 'n.name'])
    .where('d.run', '=', run)
    .where('d.direction', '=', direction)
    .orderBy('n.namespace')
    .orderBy('n.name')
    .execute()
  const views: RunDatasetView[] = []
  for (const { namespace, name } of rows) {
    const owner = ownerKey('run-dataset', run, direction, namespace, name)
    views.push({ namespace, name, facets: await facetsOf(db, owner) })
  }
  return views
}

async function neighbours(db: Db, id: number, side: 'src' | 'dst'): Promise<Named[]> {
  const rows = await db
    .selectFrom('lineage_edges')
    .select(side)
    .where(side === 'src' ? 'dst' : 'src', '=', id)
    .execute()
  const found: StoredNode[] = []
  const ids = rows.map((row) => (row as Record<typeof side, number>)[side])
  for (const some of chunks(ids)) found.push(...(await nodesWhere(db, 'id', some)))
  return found
    .map(({ namespace, name }) => ({ namespace, name }))
    .sort((a, b) => (nodeText(a) < nodeText(b) ? -1 : 1))
}

function nodeText({ namespace, name }: Named): string {
  return ownerKey(namespace, name)
}

async function facetsOf(db: Db, owner: string): Promise<Facets> {
  const rows = await db
    .selectFrom('lineage_facets')
    .select(['name', 'document'])
    .where('owner', '=', owner)
    .where('deleted', '=', 0)
    .orderBy('name')
    .execute()
  return Object.fromEntries(rows.map(({ name, document }) => [name, JSON.parse(document) as Facet]))
}
