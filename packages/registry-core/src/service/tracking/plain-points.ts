import { instantSchema } from '@mlops/core/schema'
import type { MetricPoint } from '../../model/run.ts'

const MOST = 10_000
const LONGEST_KEY = 250

/**
 * Points that have nothing but a key, a value, a step and a time, as `metricPointSchema` would return them:
 * read by hand, since a schema takes longer over a large batch than all the rest. Undefined where one is
 * of another kind: then the schema decides, and says what is wrong.
 */
export function plainPoints(points: unknown, now: string): MetricPoint[] | undefined {
  if (!Array.isArray(points) || points.length > MOST) return undefined
  const times = new Map<string, string>()
  const read: MetricPoint[] = []
  for (const point of points as unknown[]) {
    if (typeof point !== 'object' || point === null) return undefined
    if ('model' in point || 'dataset' in point) return undefined
    const { key, value, step = 0, at } = point as Record<string, unknown>
    if (typeof key !== 'string' || key === '' || key.length > LONGEST_KEY) return undefined
    if (typeof value !== 'number' || !Number.isSafeInteger(step)) return undefined
    const time = 'at' in point ? timeOf(at, times) : now
    if (time === undefined) return undefined
    read.push({ key, value, step: step as number, at: time })
  }
  return read
}

/** One spelling of an instant, so that texts sort by time. Points of a batch often have one in common. */
function timeOf(at: unknown, times: Map<string, string>): string | undefined {
  if (typeof at !== 'string') return undefined
  const known = times.get(at)
  if (known !== undefined) return known
  if (!instantSchema.safeParse(at).success) return undefined
  const time = new Date(at).toISOString()
  times.set(at, time)
  return time
}
