import type { MetricPoint, RunModel } from '../../model/run.ts'
import type { ModelCells, PointColumn, TextColumn } from '../../sql/run-parts.ts'
import { byKey } from './keyed-texts.ts'

/** The texts of each of `count` runs, in order of their keys. */
export function textsAt(count: number, columns: readonly TextColumn[]): Record<string, string>[] {
  const texts = Array.from({ length: count }, (): Record<string, string> => ({}))
  for (const [key, places, values] of columns.toSorted(byKey)) {
    for (let i = 0; i < places.length; i++) setOwn(texts[places[i]!]!, key, values[i]!)
  }
  return texts
}

/** The latest points of each of `count` runs, in order of their keys, and their values alone. */
export function pointsAt(count: number, columns: readonly PointColumn[]) {
  const latest = Array.from({ length: count }, (): MetricPoint[] => [])
  const metrics = Array.from({ length: count }, (): Record<string, number> => ({}))
  for (const [key, places, values, steps, times] of columns.toSorted(byKey)) {
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!
      const value = Number(values[i])
      latest[place]!.push({ key, value, step: steps[i]!, at: times[i]! })
      setOwn(metrics[place]!, key, value)
    }
  }
  return { latest, metrics }
}

/** The logged models of runs that have some, by their place. */
export function modelsAt(
  cells: readonly ModelCells[],
  wanted: string,
): ReadonlyMap<number, RunModel[]> {
  const models = new Map<number, RunModel[]>()
  for (const [place, model, direction, step] of cells) {
    if (direction !== wanted) continue
    const before = models.get(place)
    if (before) before.push({ model, step })
    else models.set(place, [{ model, step }])
  }
  return models
}

/** Any key is a property like others, `__proto__` too. */
function setOwn<Value>(record: Record<string, Value>, key: string, value: Value): void {
  if (key !== '__proto__') record[key] = value
  else
    Object.defineProperty(record, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
}
