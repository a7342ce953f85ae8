import type { Digest } from '@mlops/core'
import type {
  EventDataset,
  Facets,
  Named,
  OpenLineageEvent,
  RunEvent,
} from '../openlineage/event.ts'
import { sortableInstant } from '../openlineage/instant.ts'

/** A job or dataset in the graph. */
export interface NodeRef extends Named {
  readonly kind: 'job' | 'dataset'
}

/** What one event states. Merging the same facts twice, or in another order, changes nothing. */
export interface EventFacts {
  /** {@link sortableInstant} of the event's time, and its hash: together the total order of events. */
  readonly at: string
  readonly hash: Digest
  readonly nodes: readonly NodeRef[]
  /** Along the flow of data: dataset → job for an input, job → dataset for an output. */
  readonly edges: readonly { readonly from: NodeRef; readonly to: NodeRef }[]
  readonly runs: readonly RunFact[]
  readonly runDatasets: readonly RunDataset[]
  readonly facets: readonly FacetFact[]
}

export interface RunFact {
  readonly id: string
  readonly job: Named
  /** Whether the run's own event says so, or only one that names it as a parent. */
  readonly source: 'own' | 'mentioned'
  readonly eventType?: string
}

export interface RunDataset extends Named {
  readonly run: string
  readonly direction: 'input' | 'output'
}

export interface FacetFact {
  /** {@link ownerKey} of what it describes. */
  readonly owner: string
  readonly name: string
  readonly document: Record<string, unknown>
  readonly deleted: boolean
}

/** An unambiguous text for whatever may own facets. */
export function ownerKey(...parts: readonly string[]): string {
  return JSON.stringify(parts)
}

export function nodeKey({ kind, namespace, name }: NodeRef): string {
  return ownerKey(kind, namespace, name)
}

/** Reads an accepted event. */
export function factsOf(event: OpenLineageEvent, hash: Digest): EventFacts {
  const at = sortableInstant(event.eventTime) ?? event.eventTime
  const nodes: NodeRef[] = []
  const edges: { from: NodeRef; to: NodeRef }[] = []
  const runs: RunFact[] = []
  const runDatasets: RunDataset[] = []
  const facets: FacetFact[] = []

  const describe = (owner: string, found: Facets | undefined) => {
    for (const [name, document] of Object.entries(found ?? {})) {
      facets.push({ owner, name, document, deleted: document._deleted === true })
    }
  }
  const addDataset = ({ namespace, name, facets: own }: EventDataset): NodeRef => {
    const node: NodeRef = { kind: 'dataset', namespace, name }
    nodes.push(node)
    describe(nodeKey(node), own)
    return node
  }

  if ('dataset' in event && !('run' in event)) {
    addDataset(event.dataset)
  } else {
    const { job, inputs = [], outputs = [] } = event as RunEvent
    const run = (event as Partial<RunEvent>).run
    const jobNode: NodeRef = { kind: 'job', namespace: job.namespace, name: job.name }
    nodes.push(jobNode)
    describe(nodeKey(jobNode), job.facets)
    for (const [direction, datasets] of [
      ['input', inputs],
      ['output', outputs],
    ] as const) {
      for (const one of datasets) {
        const node = addDataset(one)
        edges.push(
          direction === 'input' ? { from: node, to: jobNode } : { from: jobNode, to: node },
        )
        if (!run) continue
        const { namespace, name } = node
        runDatasets.push({ run: run.runId, direction, namespace, name })
        const owner = ownerKey('run-dataset', run.runId, direction, namespace, name)
        describe(owner, direction === 'input' ? one.inputFacets : one.outputFacets)
      }
    }
    if (run) {
      const { eventType } = event as RunEvent
      runs.push({ id: run.runId, job: plain(job), source: 'own', ...(eventType && { eventType }) })
      describe(ownerKey('run', run.runId), run.facets)
      for (const parent of parentsOf(run.facets?.['parent'])) {
        runs.push(parent)
        nodes.push({ kind: 'job', ...parent.job })
      }
    }
  }
  return { at, hash, nodes, edges, runs, runDatasets, facets }
}

/** The parent and root runs that a facet names: they may be heard of before their own events. */
function parentsOf(facet: unknown): RunFact[] {
  const { run, job, root } = (facet ?? {}) as Record<string, unknown>
  const found: RunFact[] = []
  for (const one of [{ run, job }, root] as { run?: { runId?: unknown }; job?: Partial<Named> }[]) {
    const [id, parent] = [one?.run?.runId, one?.job]
    if (typeof id !== 'string' || typeof parent?.namespace !== 'string') continue
    if (typeof parent.name !== 'string') continue
    found.push({ id, job: plain(parent as Named), source: 'mentioned' })
  }
  return found
}

function plain({ namespace, name }: Named): Named {
  return { namespace, name }
}
