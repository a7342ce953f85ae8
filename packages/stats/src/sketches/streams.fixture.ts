import type { KllSketch } from './kll.ts'
import { kllSteps } from './kll-queries.ts'

/** The stream of the golden file: frac(i·φ)^power, i from 1. */
export function phiStream(n: number, power: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => (((i + 1) * 0.6180339887498949) % 1) ** power)
}

/** sup |F − F̂| by definition: over all values and just below them. */
export function largestRankError(values: Float64Array, sketch: KllSketch): number {
  const sorted = values.slice().sort()
  const { values: points, upTo, total } = kllSteps(sketch)
  let largest = 0
  let at = 0
  let before = 0
  for (let i = 0; i < sorted.length; i++) {
    const x = sorted[i]!
    while (at < points.length && points[at]! < x) before = upTo[at++]!
    // Just below x, where the estimate has not stepped yet.
    largest = Math.max(largest, Math.abs(i / sorted.length - before / total))
    while (at < points.length && points[at]! <= x) before = upTo[at++]!
    if (sorted[i + 1] !== x)
      largest = Math.max(largest, Math.abs((i + 1) / sorted.length - before / total))
    else while (sorted[i + 1] === x) i++
    largest = Math.max(largest, Math.abs((i + 1) / sorted.length - before / total))
  }
  return largest
}
