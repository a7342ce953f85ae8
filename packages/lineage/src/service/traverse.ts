import { invalid } from '@mlops/core'
import type { NodeRef } from '../rules/facts.ts'
import type { Db, StoredNode } from '../sql/projection.ts'
import { chunks, nodesWhere } from '../sql/projection.ts'

export interface TraverseOptions {
  /** How many edges away at most; from a dataset to the next dataset it takes two. @default 100 */
  readonly maxDepth?: number
  /** How many nodes at most, the start included. @default 1000 */
  readonly maxNodes?: number
}

export interface LineageNode extends NodeRef {
  /** Edges on the shortest way from the start. */
  readonly depth: number
}

/** A part of the graph. `edges` follow the flow of data, whichever way it was walked. */
export interface LineageGraph {
  readonly kind: 'lineage-graph'
  readonly direction: 'upstream' | 'downstream'
  /** By depth, then kind, namespace and name; the start first. */
  readonly nodes: readonly LineageNode[]
  readonly edges: readonly { readonly from: NodeRef; readonly to: NodeRef }[]
  /** Whether there is more. */
  readonly truncated: boolean
  /** Which bound cut it; `'max-depth'` only if something lies beyond. */
  readonly reason?: 'max-depth' | 'max-nodes'
}

/**
 * Walks the graph level by level from a node, against the flow of data or along it.
 * Cost: one indexed query per level and 500 nodes.
 */
export async function traverse(
  db: Db,
  start: StoredNode,
  direction: 'upstream' | 'downstream',
  { maxDepth = 100, maxNodes = 1000 }: TraverseOptions,
): Promise<LineageGraph> {
  for (const [name, value] of Object.entries({ maxDepth, maxNodes })) {
    if (Number.isInteger(value) && value >= 1) continue
    throw invalid('lineage.invalid-bound', `${name} must be an integer from 1, got ${value}`, {
      name,
    })
  }
  const seen = new Map<number, LineageNode>([[start.id, plainNode(start, 0)]])
  const edges = new Map<string, { src: number; dst: number }>()
  let frontier = [start.id]
  let reason: LineageGraph['reason']

  for (let depth = 1; frontier.length > 0 && reason === undefined; depth++) {
    const found = await edgesOf(db, frontier, direction)
    const far = (edge: { src: number; dst: number }) =>
      direction === 'upstream' ? edge.src : edge.dst
    const fresh = [...new Set(found.map(far))].filter((id) => !seen.has(id))
    if (depth > maxDepth) {
      if (fresh.length > 0) reason = 'max-depth'
      for (const edge of found) if (seen.has(far(edge))) edges.set(`${edge.src}>${edge.dst}`, edge)
      break
    }
    const nodes = (await nodesWhere(db, 'id', fresh)).sort(byName)
    const room = maxNodes - seen.size
    if (nodes.length > room) reason = 'max-nodes'
    const taken = nodes.slice(0, room)
    for (const node of taken) seen.set(node.id, plainNode(node, depth))
    for (const edge of found) if (seen.has(far(edge))) edges.set(`${edge.src}>${edge.dst}`, edge)
    frontier = taken.map(({ id }) => id)
  }

  const named = [...edges.values()].map(({ src, dst }) => ({
    from: refOf(seen.get(src)!),
    to: refOf(seen.get(dst)!),
  }))
  return {
    kind: 'lineage-graph',
    direction,
    nodes: [...seen.values()],
    edges: named.sort((a, b) => byName(a.from, b.from) || byName(a.to, b.to)),
    truncated: reason !== undefined,
    ...(reason !== undefined && { reason }),
  }
}

async function edgesOf(db: Db, ids: readonly number[], direction: 'upstream' | 'downstream') {
  const found: { src: number; dst: number }[] = []
  for (const some of chunks(ids)) {
    const rows = await db
      .selectFrom('lineage_edges')
      .select(['src', 'dst'])
      .where(direction === 'upstream' ? 'dst' : 'src', 'in', some)
      .execute()
    found.push(...rows)
  }
  return found
}

function plainNode(node: NodeRef, depth: number): LineageNode {
  return { ...refOf(node), depth }
}

function refOf({ kind, namespace, name }: NodeRef): NodeRef {
  return { kind, namespace, name }
}

function byName(a: NodeRef, b: NodeRef): number {
  return order(a.kind, b.kind) || order(a.namespace, b.namespace) || order(a.name, b.name)
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
