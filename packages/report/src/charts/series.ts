import { escapeHtml, formatNumber } from '@mlops/core'
import { num } from './histogram.ts'

const WIDTH = 640
const HEIGHT = 130
const LEFT = 52
const RIGHT = 12
const TOP = 12
const BOTTOM = 24

/** One value a chunk, in the order of time. */
export interface SeriesPoint {
  readonly label: string
  /** `null` where nothing was measured. */
  readonly value: number | null
  readonly threshold: number | null
  readonly lower: number | null
  readonly alarm: boolean
  /** A second measure beside it, drawn in grey. */
  readonly beside?: number | null
  /** Where the value may lie. */
  readonly band?: { readonly lower: number; readonly upper: number } | null
}

/** A measure over time: the line, its thresholds dashed, alarms as filled points. */
export function series(points: readonly SeriesPoint[]): string {
  const known = points.flatMap(({ value, threshold, lower, beside = null, band }) =>
    [value, threshold, lower, beside, band?.lower ?? null, band?.upper ?? null].filter(
      (one) => one !== null && Number.isFinite(one),
    ),
  ) as number[]
  // Distances start at 0; where a band is drawn the scale is that of what is shown.
  const least = Math.min(...known, Number.POSITIVE_INFINITY)
  const low = points.some(({ band }) => band) && known.length > 0 ? least : Math.min(0, least)
  const high = Math.max(...known, low + 1e-9)
  const step = points.length > 1 ? (WIDTH - LEFT - RIGHT) / (points.length - 1) : 0
  const x = (at: number) => LEFT + (points.length > 1 ? at * step : (WIDTH - LEFT - RIGHT) / 2)
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low))
  const path = (cls: string, pick: (point: SeriesPoint) => number | null) => {
    let pen = 'M'
    const steps = points.map((point, at) => {
      const value = pick(point)
      if (value === null || !Number.isFinite(value)) {
        pen = 'M'
        return ''
      }
      const move = `${pen}${num(x(at))} ${num(y(value))}`
      pen = 'L'
      return move
    })
    const d = steps.join('')
    return d === '' ? '' : `<path class="${cls}" d="${d}"/>`
  }
  const bands = points
    .map(({ band }, at) =>
      band
        ? `<line class="band" x1="${num(x(at))}" x2="${num(x(at))}" y1="${num(y(band.lower))}" y2="${num(y(band.upper))}"/>`
        : '',
    )
    .join('')
  const dots = points
    .map(({ value, alarm, label }, at) =>
      value === null || !Number.isFinite(value)
        ? ''
        : `<circle class="${alarm ? 'alarm' : 'dot'}" cx="${num(x(at))}" cy="${num(y(value))}" r="${alarm ? 4 : 2.5}"><title>${escapeHtml(`${label}: ${formatNumber(value)}${alarm ? ', drifted' : ''}`)}</title></circle>`,
    )
    .join('')
  const every = Math.max(1, Math.ceil(points.length / 6))
  const ticks = points
    .map(({ label }, at) =>
      at % every === 0
        ? `<text class="soft" x="${num(x(at))}" y="${HEIGHT - 7}" text-anchor="${anchor(at, points.length)}">${escapeHtml(clip(label))}</text>`
        : '',
    )
    .join('')
  const scale = [low, high].map(
    (value) =>
      `<text class="soft" x="${LEFT - 6}" y="${num(y(value) + 4)}" text-anchor="end">${escapeHtml(formatNumber(value))}</text>`,
  )
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" role="img" aria-label="A measure of drift over time with its threshold"><line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${num(y(low))}" y2="${num(y(low))}"/>${path('zero', ({ threshold }) => threshold)}${path('zero', ({ lower }) => lower)}${bands}${path('ref-line', ({ beside = null }) => beside)}${path('cur-line', ({ value }) => value)}${dots}${ticks}${scale.join('')}</svg>`
}

function anchor(at: number, count: number): string {
  if (at === 0 && count > 1) return 'start'
  return at === count - 1 && count > 1 ? 'end' : 'middle'
}

function clip(text: string): string {
  const letters = Array.from(text)
  return letters.length > 16 ? `${letters.slice(0, 15).join('')}…` : text
}
