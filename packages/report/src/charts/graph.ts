import { escapeHtml } from '@mlops/core'
import { num } from './histogram.ts'

const BOX = { width: 190, height: 40, gapX: 46, gapY: 16 }

/** A box of the drawing. */
export interface GraphNode {
  readonly id: string
  readonly kind: 'job' | 'dataset'
  readonly label: string
  readonly sublabel: string
  readonly focus: boolean
}

/** A directed graph in columns from left to right: a node stands right of all it comes from. */
export function graph(
  nodes: readonly GraphNode[],
  edges: readonly (readonly [from: string, to: string])[],
): string {
  const column = columnsOf(nodes, edges)
  const rows = new Map<number, number>()
  const place = new Map<string, { x: number; y: number }>()
  for (const { id } of nodes) {
    const at = column.get(id)!
    const row = rows.get(at) ?? 0
    rows.set(at, row + 1)
    place.set(id, { x: 8 + at * (BOX.width + BOX.gapX), y: 8 + row * (BOX.height + BOX.gapY) })
  }
  const width = 16 + (Math.max(...column.values(), 0) + 1) * (BOX.width + BOX.gapX) - BOX.gapX
  const height = 16 + Math.max(...rows.values(), 1) * (BOX.height + BOX.gapY) - BOX.gapY
  const lines = edges.map(([from, to]) => {
    const [a, b] = [place.get(from), place.get(to)]
    if (!a || !b) return ''
    const [x1, y1, x2, y2] = [a.x + BOX.width, a.y + BOX.height / 2, b.x, b.y + BOX.height / 2]
    const bend = Math.max(20, Math.abs(x2 - x1) / 2)
    return `<path class="edge" d="M${num(x1)} ${num(y1)}C${num(x1 + bend)} ${num(y1)} ${num(x2 - bend)} ${num(y2)} ${num(x2 - 3)} ${num(y2)}m-6 -4l6 4l-6 4"/>`
  })
  const boxes = nodes.map(({ id, kind, label, sublabel, focus }) => {
    const { x, y } = place.get(id)!
    return `<g><rect class="box${kind === 'job' ? ' job' : ''}${focus ? ' focus' : ''}" x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="${kind === 'job' ? 20 : 4}"/><text x="${x + BOX.width / 2}" y="${y + 17}" text-anchor="middle">${escapeHtml(clip(label))}</text><text class="soft" x="${x + BOX.width / 2}" y="${y + 32}" text-anchor="middle">${escapeHtml(clip(sublabel))}</text><title>${escapeHtml(`${sublabel} ${label}`)}</title></g>`
  })
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="Lineage graph">${lines.join('')}${boxes.join('')}</svg>`
}

/** The longest way to each node, which in a graph with cycles is cut at the number of nodes. */
function columnsOf(
  nodes: readonly GraphNode[],
  edges: readonly (readonly [string, string])[],
): Map<string, number> {
  const column = new Map(nodes.map(({ id }) => [id, 0]))
  for (let round = 0; round < nodes.length; round++) {
    let moved = false
    for (const [from, to] of edges) {
      const wanted = (column.get(from) ?? 0) + 1
      if (column.has(from) && (column.get(to) ?? wanted) < wanted && wanted < nodes.length) {
        column.set(to, wanted)
        moved = true
      }
    }
    if (!moved) break
  }
  return column
}

function clip(text: string): string {
  const letters = Array.from(text)
  return letters.length > 27 ? `…${letters.slice(-26).join('')}` : text
}
