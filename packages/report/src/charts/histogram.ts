import { escapeHtml, formatNumber } from '@mlops/core'

const WIDTH = 640
const HEIGHT = 170
const LEFT = 8
const TOP = 24
const BOTTOM = 26

/** Two distributions over the same bins of equal width; the outer bins, open-ended, stand apart. */
export interface HistogramInput {
  /** Inner edges: one less than there are bins. */
  readonly edges: readonly number[]
  readonly reference: readonly number[]
  readonly current: readonly number[]
  readonly format?: (edge: number) => string
}

/** Overlaid histograms, each as shares of its own total. */
export function histogram({
  edges,
  reference,
  current,
  format = formatNumber,
}: HistogramInput): string {
  const bins = reference.length
  const [before, after] = [sharesOf(reference), sharesOf(current)]
  const top = Math.max(...before, ...after, 1e-9)
  const step = (WIDTH - 2 * LEFT) / bins
  const y = (share: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - share / top)
  const base = HEIGHT - BOTTOM
  const bars = (shares: readonly number[], cls: string) => {
    const shapes = shares.map((share, at) => {
      const outer = at === 0 || at === bins - 1 ? step * 0.22 : 0
      const x = LEFT + at * step + (at === bins - 1 ? outer : 0)
      return rect(x, y(share), step - outer - 0.6, base - y(share))
    })
    return `<path class="${cls}" d="${shapes.join('')}"/>`
  }
  const every = Math.max(1, Math.ceil(edges.length / 6))
  const ticks = edges
    .map((edge, at) => ({ edge, at }))
    .filter(({ at }) => at % every === 0 || edges.length <= 6)
    .map(
      ({ edge, at }) =>
        `<text class="soft" x="${num(LEFT + (at + 1) * step)}" y="${HEIGHT - 9}" text-anchor="middle">${escapeHtml(format(edge))}</text>`,
    )
    .join('')
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" role="img" aria-label="Histogram of reference and current values">${legend()}${bars(before, 'ref')}${bars(after, 'cur')}<line class="axis" x1="${LEFT}" x2="${WIDTH - LEFT}" y1="${base}" y2="${base}"/>${ticks}<text class="soft" x="${WIDTH - LEFT}" y="14" text-anchor="end">tallest bar ${num(top * 100)} %</text></svg>`
}

/** Which colour is which side. */
export function legend(): string {
  return `<rect class="ref" x="8" y="5" width="11" height="11"/><text x="24" y="15">reference</text><rect class="cur" x="98" y="5" width="11" height="11"/><text x="114" y="15">current</text>`
}

/** Counts as shares of their total; of nothing, nothing. */
export function sharesOf(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.map((count) => (total === 0 ? 0 : count / total))
}

/** A rectangle as part of a path; nothing where it has no area. */
export function rect(x: number, y: number, width: number, height: number): string {
  return width <= 0 || height <= 0
    ? ''
    : `M${num(x)} ${num(y)}h${num(width)}v${num(height)}h${num(-width)}z`
}

/** A coordinate with at most two decimals. */
export function num(value: number): string {
  return String(Math.round(value * 100) / 100)
}
