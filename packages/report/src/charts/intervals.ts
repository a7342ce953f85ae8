import { escapeHtml, formatNumber } from '@mlops/core'
import { num } from './histogram.ts'

const WIDTH = 640
const ROW = 34
/** Room for labels: what the longest needs, within bounds. Longer ones are cut. */
const LEAST_LABEL = 190
const MOST_LABEL = 300
const LETTER = 7

/** An estimate with its interval. `null` is an open end. */
export interface IntervalRow {
  readonly label: string
  readonly estimate: number
  readonly lower: number | null
  readonly upper: number | null
}

/** Estimates with their intervals on one scale, against a line at `zero`. */
export function intervals(
  rows: readonly IntervalRow[],
  {
    zero = 0,
    format = formatNumber,
  }: { readonly zero?: number; readonly format?: (value: number) => string } = {},
): string {
  const longest = Math.max(...rows.map(({ label }) => label.length))
  const space = Math.min(MOST_LABEL, Math.max(LEAST_LABEL, longest * LETTER + 16))
  const fit = Math.floor((space - 16) / LETTER)
  const values = rows.flatMap(({ estimate, lower, upper }) => [
    estimate,
    lower ?? estimate,
    upper ?? estimate,
  ])
  const [low, high] = [Math.min(zero, ...values), Math.max(zero, ...values)]
  const pad = (high - low || 1) * 0.08
  const right = WIDTH - 20
  const x = (value: number) =>
    space + ((right - space) * (value - low + pad)) / (high - low + 2 * pad)
  const height = rows.length * ROW + 30
  const lines = rows.map(({ label, estimate, lower, upper }, at) => {
    const y = at * ROW + 20
    const [from, to] = [lower === null ? space : x(lower), upper === null ? right : x(upper)]
    const caps = [lower === null ? '' : cap(from, y), upper === null ? '' : cap(to, y)].join('')
    return `<text x="${space - 8}" y="${y + 4}" text-anchor="end">${escapeHtml(cut(label, fit))}</text><line class="mark" x1="${num(from)}" x2="${num(to)}" y1="${y}" y2="${y}"/>${caps}<circle class="mark" cx="${num(x(estimate))}" cy="${y}" r="4"/><text class="soft" x="${num(x(estimate))}" y="${y - 8}" text-anchor="middle">${escapeHtml(format(estimate))}</text>`
  })
  const tick = (value: number) =>
    `<text class="soft" x="${num(x(value))}" y="${height - 2}" text-anchor="middle">${escapeHtml(format(value))}</text>`
  return `<svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" role="img" aria-label="Estimates with their intervals"><line class="zero" x1="${num(x(zero))}" x2="${num(x(zero))}" y1="6" y2="${height - 14}"/>${lines.join('')}${tick(zero)}</svg>`
}

/** The label, or as much of it as there is room for. */
function cut(label: string, letters: number): string {
  return label.length <= letters ? label : `${label.slice(0, letters - 1)}…`
}

function cap(x: number, y: number): string {
  return `<line class="mark" x1="${num(x)}" x2="${num(x)}" y1="${y - 5}" y2="${y + 5}"/>`
}
