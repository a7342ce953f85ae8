import type { MetricPoint } from '../model/run.ts'

/** Whether `a` is later than `b`: by step, then time, then value, NaN last of all. */
export function isLater(a: MetricPoint, b: MetricPoint): boolean {
  if (a.step !== b.step) return a.step > b.step
  if (a.at !== b.at) return a.at > b.at
  if (Number.isNaN(a.value) || Number.isNaN(b.value))
    return Number.isNaN(b.value) && !Number.isNaN(a.value)
  return a.value > b.value
}

/** The order of a history: as {@link isLater}, and -0 before 0. Zero: the same point. */
export function byLateness(a: MetricPoint, b: MetricPoint): number {
  if (isLater(a, b)) return 1
  if (isLater(b, a)) return -1
  return Number(Object.is(b.value, -0)) - Number(Object.is(a.value, -0))
}
