import type { LineageGraph } from '@mlops/lineage'
import { graph } from '../charts/graph.ts'
import type { Section } from '../document.ts'

/** More boxes than this are listed, not drawn. */
const DRAWN_NODES = 60

/** Part of a lineage graph: drawn when it is small enough, and listed. */
export function lineageSection({ nodes, edges, truncated, reason }: LineageGraph): Section {
  const idOf = (node: { kind: string; namespace: string; name: string }) =>
    `${node.kind} ${node.namespace} ${node.name}`
  const boxes = nodes.map((node) => ({
    id: idOf(node),
    kind: node.kind,
    label: node.name,
    sublabel: node.namespace,
    focus: node.depth === 0,
  }))
  return {
    title: `Lineage of ${nodes[0]?.name ?? 'nothing'}`,
    blocks: [
      {
        type: 'paragraph',
        text: `${nodes.length} jobs and datasets, ${edges.length} connections${truncated ? `; there is more (${reason})` : ''}.`,
      },
      ...(nodes.length <= DRAWN_NODES
        ? [
            {
              type: 'figure',
              svg: graph(
                boxes,
                edges.map(({ from, to }) => [idOf(from), idOf(to)] as const),
              ),
              caption:
                'Data flow from left to right; jobs are round, datasets are square, the start is outlined boldly',
            } as const,
          ]
        : []),
      {
        type: 'details',
        title: 'All of them',
        blocks: [
          {
            type: 'grid',
            columns: ['Kind', 'Namespace', 'Name', 'Steps away'],
            rows: nodes.map(({ kind, namespace, name, depth }) => [kind, namespace, name, depth]),
          },
        ],
      },
    ],
  }
}
