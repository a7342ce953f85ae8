import type { MetricPoint } from '../model/run.ts'

/** Points of one metric of a run that came in together, as one row. */
export interface MetricBlock {
  readonly key: string
  /** Where it begins: its lowest step, and the earliest time there. */
  readonly first_step: number
  readonly first_at: string
  /** JSON: `[step, milliseconds since 1970, value]` of each point; NaN and ±Infinity in quotes. */
  readonly points: string
}

const MOST_POINTS = 1000

/** Sorts points into blocks. Within a metric they stay in their order. */
export function blocksOf(points: readonly MetricPoint[]): MetricBlock[] {
  const byKey = new Map<string, MetricPoint[]>()
  for (const point of points) {
    const own = byKey.get(point.key)
    if (own) own.push(point)
    else byKey.set(point.key, [point])
  }
  const blocks: MetricBlock[] = []
  for (const own of byKey.values()) {
    for (let i = 0; i < own.length; i += MOST_POINTS)
      blocks.push(block(own.slice(i, i + MOST_POINTS)))
  }
  return blocks
}

function block(points: readonly MetricPoint[]): MetricBlock {
  let first = points[0]!
  let text = ''
  for (const point of points) {
    if (point.step < first.step || (point.step === first.step && point.at < first.at)) first = point
    text += `${text && ','}${pointText(point)}`
  }
  return { key: first.key, first_step: first.step, first_at: first.at, points: `[${text}]` }
}

function pointText({ step, at, value }: MetricPoint): string {
  const text = Object.is(value, -0) ? '-0' : String(value)
  return `[${step},${Date.parse(at)},${Number.isFinite(value) ? text : `"${text}"`}]`
}

/** The points of a block, in the order in which they came. */
export function pointsOf(key: string, text: string): MetricPoint[] {
  const triples = JSON.parse(text) as (readonly [number, number, number | string])[]
  return triples.map(([step, at, value]) => ({
    key,
    value: Number(value),
    step,
    at: new Date(at).toISOString(),
  }))
}
