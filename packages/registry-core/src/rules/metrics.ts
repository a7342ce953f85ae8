import type { MetricPoint } from '../model/run.ts'

/** Whether `a` is later than `b`: by step, then time, then value, NaN last of all. */
export function isLater(a: MetricPoint, b: MetricPoint): boolean {
  if (a.step !== b.step) return a.step > b.step
  if (a.at !== b.at) return a.at > b.at
  if (Number.isNaN(a.value) || Number.isNaN(b.value))
    return Number.isNaN(b.value) && !Number.isNaN(a.value)
  return a.value > b.value
}
