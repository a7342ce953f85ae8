import type { Digest } from '@mlops/core'
import type { Named } from '../openlineage/event.ts'
import type { EventFacts, FacetFact, NodeRef, RunDataset, RunFact } from './facts.ts'
import { nodeKey, ownerKey } from './facts.ts'

export interface NodeState extends NodeRef {
  readonly firstAt: string
  readonly lastAt: string
}

export interface EdgeState {
  readonly from: string
  readonly to: string
  readonly firstAt: string
  readonly lastAt: string
}

/** A place in the total order of events, and what was said there. */
interface Claim {
  readonly at: string
  readonly hash: Digest
}

export type RunStatus = 'unknown' | 'started' | 'running' | 'complete' | 'failed' | 'aborted'

export interface RunState {
  readonly id: string
  readonly job: Named
  readonly jobClaim: Claim & { readonly own: boolean }
  readonly status: RunStatus
  readonly statusClaim: Claim
  readonly startedAt?: string
  readonly endedAt?: string
}

export interface FacetState extends FacetFact, Claim {}

/**
 * The graph, or the part of it that some facts touch. Every merge below is commutative, associative
 * and idempotent (unions, minima, maxima over a total order), so the state depends on the set of
 * events only, not on their order or number.
 */
export interface Graph {
  readonly nodes: Map<string, NodeState>
  readonly edges: Map<string, EdgeState>
  readonly runs: Map<string, RunState>
  readonly runDatasets: Map<string, RunDataset>
  readonly facets: Map<string, FacetState>
}

export function emptyGraph(): Graph {
  return {
    nodes: new Map(),
    edges: new Map(),
    runs: new Map(),
    runDatasets: new Map(),
    facets: new Map(),
  }
}

/** Merges what an event states into the graph. Nothing is ever retracted by being absent. */
export function mergeFacts(graph: Graph, facts: EventFacts): void {
  const { at, hash } = facts
  for (const { kind, namespace, name } of facts.nodes) {
    const node: NodeRef = { kind, namespace, name }
    const key = nodeKey(node)
    graph.nodes.set(key, { ...node, ...span(graph.nodes.get(key), at) })
  }
  for (const { from, to } of facts.edges) {
    const ends = { from: nodeKey(from), to: nodeKey(to) }
    const key = edgeKey(ends)
    graph.edges.set(key, { ...ends, ...span(graph.edges.get(key), at) })
  }
  for (const run of facts.runs) {
    graph.runs.set(run.id, mergeRun(graph.runs.get(run.id), run, { at, hash }))
  }
  for (const one of facts.runDatasets) graph.runDatasets.set(runDatasetKey(one), one)
  for (const facet of facts.facets) {
    const key = facetKey(facet)
    const known = graph.facets.get(key)
    if (!known || isLater({ at, hash }, known)) graph.facets.set(key, { ...facet, at, hash })
  }
}

export function edgeKey({ from, to }: { readonly from: string; readonly to: string }): string {
  return `${from}>${to}`
}

export function runDatasetKey({ run, direction, namespace, name }: RunDataset): string {
  return ownerKey('run-dataset', run, direction, namespace, name)
}

export function facetKey({ owner, name }: Pick<FacetFact, 'owner' | 'name'>): string {
  return `${owner}${name}`
}

function span(
  known: { readonly firstAt: string; readonly lastAt: string } | undefined,
  at: string,
) {
  return {
    firstAt: known && known.firstAt < at ? known.firstAt : at,
    lastAt: known && known.lastAt > at ? known.lastAt : at,
  }
}

const STATUS: Readonly<Record<string, RunStatus>> = {
  START: 'started',
  RUNNING: 'running',
  COMPLETE: 'complete',
  FAIL: 'failed',
  ABORT: 'aborted',
}

const RANK: Readonly<Record<RunStatus, number>> = {
  unknown: 0,
  started: 1,
  running: 2,
  complete: 3,
  failed: 3,
  aborted: 3,
}

function mergeRun(known: RunState | undefined, fact: RunFact, claim: Claim): RunState {
  const status = STATUS[fact.eventType ?? ''] ?? 'unknown'
  const own = fact.source === 'own'
  const fresh: RunState = {
    id: fact.id,
    job: fact.job,
    jobClaim: { ...claim, own },
    status,
    statusClaim: claim,
    ...(status === 'started' && { startedAt: claim.at }),
    ...(RANK[status] === 3 && { endedAt: claim.at }),
  }
  if (!known) return fresh
  const takesJob =
    own === known.jobClaim.own ? isLater(claim, known.jobClaim) : own && !known.jobClaim.own
  const takesStatus =
    RANK[status] === RANK[known.status]
      ? isLater(claim, known.statusClaim)
      : RANK[status] > RANK[known.status]
  const startedAt = earliest(known.startedAt, fresh.startedAt)
  const endedAt = latest(known.endedAt, fresh.endedAt)
  return {
    id: fact.id,
    job: takesJob ? fact.job : known.job,
    jobClaim: takesJob ? fresh.jobClaim : known.jobClaim,
    status: takesStatus ? status : known.status,
    statusClaim: takesStatus ? claim : known.statusClaim,
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
  }
}

/** Later in time; at the same time the greater hash, so that the order is total. */
function isLater(a: Claim, b: Claim): boolean {
  return a.at === b.at ? a.hash > b.hash : a.at > b.at
}

function earliest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}

function latest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a > b ? a : b
}
