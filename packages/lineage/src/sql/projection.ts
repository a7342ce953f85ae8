import type { Digest } from '@mlops/core'
import { canonicalJson } from '@mlops/core'
import type { Kysely, Transaction } from 'kysely'
import type { EventFacts, NodeRef } from '../rules/facts.ts'
import { nodeKey } from '../rules/facts.ts'
import type { Graph, RunState } from '../rules/merge.ts'
import { edgeKey, emptyGraph, facetKey, mergeFacts } from '../rules/merge.ts'
import type { LineageTables } from './tables.ts'

export type Db = Kysely<LineageTables> | Transaction<LineageTables>
type Tx = Transaction<LineageTables>

/** A job or dataset as it is kept. */
export interface StoredNode extends NodeRef {
  readonly id: number
  readonly firstAt: string
  readonly lastAt: string
}

/** Keys per `in (…)`: far below the parameter limits of both databases. */
export const CHUNK = 500

/** Merges an event's facts into the tables: loads what they touch, merges, writes what changed. */
export async function project(tx: Tx, facts: EventFacts): Promise<void> {
  const before = await load(tx, facts)
  const after: Graph = {
    nodes: new Map(before.graph.nodes),
    edges: new Map(before.graph.edges),
    runs: new Map(before.graph.runs),
    runDatasets: new Map(before.graph.runDatasets),
    facets: new Map(before.graph.facets),
  }
  mergeFacts(after, facts)
  await write(tx, before.graph, after, before.ids)
}

async function load(
  tx: Tx,
  facts: EventFacts,
): Promise<{ graph: Graph; ids: Map<string, number> }> {
  const graph = emptyGraph()
  const keys = [...new Set(facts.nodes.map(nodeKey))]
  const nodes = await nodesWhere(tx, 'node_key', keys)
  const ids = new Map(nodes.map((node) => [nodeKey(node), node.id]))
  const keyOf = new Map(nodes.map((node) => [node.id, nodeKey(node)]))
  for (const { id: _, ...node } of nodes) graph.nodes.set(nodeKey(node), node)

  const known = [...ids.values()]
  for (const src of chunks(known)) {
    for (const dst of chunks(known)) {
      const rows = await tx
        .selectFrom('lineage_edges')
        .selectAll()
        .where('src', 'in', src)
        .where('dst', 'in', dst)
        .execute()
      for (const row of rows) {
        const ends = { from: keyOf.get(row.src)!, to: keyOf.get(row.dst)! }
        graph.edges.set(edgeKey(ends), { ...ends, firstAt: row.first_at, lastAt: row.last_at })
      }
    }
  }
  for (const row of await runRows(
    tx,
    facts.runs.map(({ id }) => id),
  )) {
    graph.runs.set(row.id, {
      id: row.id,
      job: { namespace: row.namespace, name: row.name },
      jobClaim: { at: row.job_at, hash: row.job_hash as Digest, own: row.job_own === 1 },
      status: row.status as RunState['status'],
      statusClaim: { at: row.status_at, hash: row.status_hash as Digest },
      ...(row.started_at !== null && { startedAt: row.started_at }),
      ...(row.ended_at !== null && { endedAt: row.ended_at }),
    })
  }
  for (const owners of chunks([...new Set(facts.facets.map(({ owner }) => owner))])) {
    const rows = await tx
      .selectFrom('lineage_facets')
      .selectAll()
      .where('owner', 'in', owners)
      .execute()
    for (const { owner, name, document, deleted, at, hash } of rows) {
      graph.facets.set(facetKey({ owner, name }), {
        owner,
        name,
        document: JSON.parse(document) as Record<string, unknown>,
        deleted: deleted === 1,
        at,
        hash: hash as Digest,
      })
    }
  }
  return { graph, ids }
}

async function write(tx: Tx, before: Graph, after: Graph, ids: Map<string, number>): Promise<void> {
  let next: number | undefined
  for (const [key, node] of changed(before.nodes, after.nodes)) {
    const times = { first_at: node.firstAt, last_at: node.lastAt }
    const known = ids.get(key)
    if (known !== undefined) {
      await tx.updateTable('lineage_nodes').set(times).where('id', '=', known).execute()
      continue
    }
    next ??= await lastNodeId(tx)
    next += 1
    ids.set(key, next)
    const { kind, namespace, name } = node
    await tx
      .insertInto('lineage_nodes')
      .values({ id: next, node_key: key, kind, namespace, name, ...times })
      .execute()
  }
  const idOf = (node: NodeRef) => ids.get(nodeKey(node))!
  for (const [, edge] of changed(before.edges, after.edges)) {
    const times = { first_at: edge.firstAt, last_at: edge.lastAt }
    await tx
      .insertInto('lineage_edges')
      .values({ src: ids.get(edge.from)!, dst: ids.get(edge.to)!, ...times })
      .onConflict((key) => key.columns(['src', 'dst']).doUpdateSet(times))
      .execute()
  }
  for (const [id, run] of changed(before.runs, after.runs)) {
    const set = {
      job: idOf({ kind: 'job', ...run.job }),
      job_at: run.jobClaim.at,
      job_hash: run.jobClaim.hash,
      job_own: run.jobClaim.own ? 1 : 0,
      status: run.status,
      status_at: run.statusClaim.at,
      status_hash: run.statusClaim.hash,
      started_at: run.startedAt ?? null,
      ended_at: run.endedAt ?? null,
    }
    await tx
      .insertInto('lineage_runs')
      .values({ id, ...set })
      .onConflict((key) => key.column('id').doUpdateSet(set))
      .execute()
  }
  for (const [, { run, direction, namespace, name }] of changed(
    before.runDatasets,
    after.runDatasets,
  )) {
    const dataset = idOf({ kind: 'dataset', namespace, name })
    await tx
      .insertInto('lineage_run_datasets')
      .values({ run, dataset, direction })
      .onConflict((key) => key.doNothing())
      .execute()
  }
  for (const [, facet] of changed(before.facets, after.facets)) {
    const { owner, name, at, hash } = facet
    const document = canonicalJson(facet.document)
    const set = { document, deleted: facet.deleted ? 1 : 0, at, hash }
    await tx
      .insertInto('lineage_facets')
      .values({ owner, name, ...set })
      .onConflict((key) => key.columns(['owner', 'name']).doUpdateSet(set))
      .execute()
  }
}

/** The entries of `after` that are new or other than in `before`. */
function* changed<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
): Generator<[string, Value]> {
  for (const [key, value] of after) {
    const known = before.get(key)
    if (known === undefined || canonicalJson(known) !== canonicalJson(value)) yield [key, value]
  }
}

async function lastNodeId(tx: Tx): Promise<number> {
  const row = await tx
    .selectFrom('lineage_nodes')
    .select(({ fn }) => fn.max('id').as('id'))
    .executeTakeFirst()
  return row?.id ?? 0
}

async function runRows(db: Db, runs: readonly string[]) {
  const found = []
  for (const some of chunks([...new Set(runs)])) {
    const rows = await db
      .selectFrom('lineage_runs as r')
      .innerJoin('lineage_nodes as j', 'j.id', 'r.job')
      .selectAll('r')
      .select(['j.namespace', 'j.name'])
      .where('r.id', 'in', some)
      .execute()
    found.push(...rows)
  }
  return found
}

/** Nodes by key or id. */
export async function nodesWhere<Column extends 'node_key' | 'id'>(
  db: Db,
  column: Column,
  values: readonly LineageTables['lineage_nodes'][Column][],
): Promise<StoredNode[]> {
  const found: StoredNode[] = []
  for (const some of chunks(values)) {
    const rows = await db
      .selectFrom('lineage_nodes')
      .selectAll()
      .where(column, 'in', some as never)
      .execute()
    for (const { id, kind, namespace, name, first_at, last_at } of rows) {
      const node = { id, kind: kind as NodeRef['kind'], namespace, name }
      found.push({ ...node, firstAt: first_at, lastAt: last_at })
    }
  }
  return found
}

export function chunks<Value>(values: readonly Value[]): Value[][] {
  const parts: Value[][] = []
  for (let i = 0; i < values.length; i += CHUNK) parts.push(values.slice(i, i + CHUNK))
  return parts
}
