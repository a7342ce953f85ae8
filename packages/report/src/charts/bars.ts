import { escapeHtml } from '@mlops/core'
import { legend, num, rect, sharesOf } from './histogram.ts'

const WIDTH = 640
const LABEL = 190
const ROW = 26
const TOP = 26

/** Two distributions over the same categories. */
export interface BarsInput {
  readonly labels: readonly string[]
  readonly reference: readonly number[]
  readonly current: readonly number[]
}

/** Horizontal pairs of bars, one pair a category, each side as shares of its own total. */
export function bars({ labels, reference, current }: BarsInput): string {
  const [before, after] = [sharesOf(reference), sharesOf(current)]
  const top = Math.max(...before, ...after, 1e-9)
  const height = TOP + labels.length * ROW + 4
  const length = (share: number) => ((WIDTH - LABEL - 60) * share) / top
  const rows = labels.map((label, at) => {
    const y = TOP + at * ROW
    const [r, c] = [before[at]!, after[at]!]
    return `<text x="${LABEL - 8}" y="${y + 15}" text-anchor="end">${escapeHtml(clip(label))}</text><text class="soft" x="${num(LABEL + Math.max(length(r), length(c)) + 6)}" y="${y + 16}">${(r * 100).toFixed(1)} → ${(c * 100).toFixed(1)} %</text>`
  })
  const series = (shares: readonly number[], cls: string, offset: number) =>
    `<path class="${cls}" d="${shares.map((share, at) => rect(LABEL, TOP + at * ROW + offset, length(share), 9)).join('')}"/>`
  return `<svg viewBox="0 0 ${WIDTH + 40} ${height}" width="${WIDTH + 40}" role="img" aria-label="Shares of the categories, reference and current">${legend()}${series(before, 'ref', 2)}${series(after, 'cur', 12)}${rows.join('')}</svg>`
}

function clip(text: string): string {
  const letters = Array.from(text)
  return letters.length > 24 ? `${letters.slice(0, 23).join('')}…` : text
}
