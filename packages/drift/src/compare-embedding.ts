import type { EmbeddingColumn, Rng } from '@mlops/core'
import { createRng, formatNumber, shuffle } from '@mlops/core'
import { benjaminiHochberg, ksTwoSampleTest, normal } from '@mlops/stats'
import type { ColumnComparison } from './column-outline.ts'
import { notCompared, outlineOf, sideOf, tooFew } from './column-outline.ts'
import type { PartFinding } from './column-parts.ts'
import { compareByParts, samplePart } from './column-parts.ts'
import { percent } from './explain.ts'
import type { Vectors } from './fit-embedding.ts'
import { finiteVectors, meanOf } from './fit-embedding.ts'
import type { EmbeddingReference } from './reference.ts'

/** Random directions besides the direction of the mean shift. */
const PROJECTIONS = 8

/**
 * Compares embeddings by the shift of their mean (along its direction, found on one half of the rows
 * and tested on the other), by length, along random directions, and dimension by dimension.
 */
export function compareEmbedding(
  reference: EmbeddingReference,
  column: EmbeddingColumn,
  minCount: number,
): ColumnComparison {
  const { vectors: after, infinite } = finiteVectors(column)
  const current = { ...sideOf(column.length - column.missing, column.missing), infinite }
  const outline = outlineOf(reference, current)
  if (reference.infinite + infinite > 0) {
    outline.warnings.push({
      code: 'drift.infinite-values',
      message: `rows with an infinite component are left out: ${reference.infinite} in the reference, ${infinite} now`,
    })
  }
  const short = tooFew(outline, minCount)
  if (short) return notCompared({ ...outline, status: 'insufficient-data' }, short)
  const { dimension } = reference
  if (after.dimension !== dimension) {
    return notCompared(
      { ...outline, status: 'type-changed' },
      `the vectors had ${dimension} dimensions and have ${after.dimension} now: another model made them`,
    )
  }
  const values = Float64Array.from(reference.sample)
  const before: Vectors = { rows: values.length / dimension, dimension, values }
  if (Math.min(before.rows, after.rows) < Math.max(4, minCount)) {
    return notCompared(
      { ...outline, status: 'insufficient-data' },
      `only ${before.rows} and ${after.rows} finite vectors; at least ${Math.max(4, minCount)} are needed on each side`,
    )
  }
  if (!reference.sampleIsComplete) {
    outline.warnings.push({
      code: 'drift.reference-sampled',
      message: `the tests use a random sample of ${before.rows} of the reference's ${reference.count} vectors`,
    })
  }
  const scaled = scaleDown(before, after)
  const dimensions = byDimension(...scaled)
  const parts = [
    alongMeanShift(...scaled, createRng('drift-embedding-halves')),
    samplePart('norm', ...both(scaled, normsOf)),
    ...alongRandomDirections(...scaled, createRng('drift-embedding-directions')),
    dimensions.part,
  ].filter((part) => part !== undefined)
  return compareByParts(outline, parts, [
    meanShift(reference.mean, meanOf(after)),
    `${dimensions.drifted} of ${dimension} dimensions (${percent(dimensions.drifted / dimension)}) differ at a false discovery rate of 0.05`,
  ])
}

type Pair = readonly [Vectors, Vectors]

const both = <Result>([a, b]: Pair, of: (vectors: Vectors) => Result): [Result, Result] => [
  of(a),
  of(b),
]

/** How far the mean moved: angle and length. */
function meanShift(before: readonly number[], after: readonly number[]): string {
  const scale = Math.max(...before.map(Math.abs), ...after.map(Math.abs)) || 1
  const [a, b] = [before.map((x) => x / scale), after.map((x) => x / scale)]
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, v, j) => sum + v * y[j]!, 0)
  const lengths = Math.sqrt(dot(a, a) * dot(b, b))
  const euclidean =
    scale *
    Math.sqrt(
      dot(
        a.map((x, j) => x - b[j]!),
        a.map((x, j) => x - b[j]!),
      ),
    )
  const cosine =
    lengths > 0
      ? `cosine distance ${formatNumber(Math.max(0, 1 - dot(a, b) / lengths))}`
      : 'cosine distance undefined for a mean of zero'
  return `the mean moved: ${cosine}, Euclidean distance ${formatNumber(euclidean)}`
}

/** Rows tested along the direction in which the means of the other rows differ. */
function alongMeanShift(before: Vectors, after: Vectors, rng: Rng): PartFinding | undefined {
  const [a, b] = [halves(before, rng), halves(after, rng)]
  const [from, to] = [meanOf(a[0]), meanOf(b[0])]
  const direction = to.map((x, j) => x - from[j]!)
  return samplePart('mean-direction', project(a[1], direction), project(b[1], direction))
}

function alongRandomDirections(before: Vectors, after: Vectors, rng: Rng) {
  return Array.from({ length: PROJECTIONS }, (_, at) => {
    const direction = Array.from({ length: before.dimension }, () =>
      normal.quantile(rng.next() || 0.5),
    )
    return samplePart(`projection-${at + 1}`, project(before, direction), project(after, direction))
  })
}

/** The dimension with the smallest p-value, times the number of dimensions; and how many differ. */
function byDimension(before: Vectors, after: Vectors) {
  const pValues = Array.from(
    { length: before.dimension },
    (_, j) => ksTwoSampleTest(component(before, j), component(after, j)).pValue!,
  )
  const at = pValues.indexOf(pValues.reduce((a, b) => Math.min(a, b), 1))
  const found = samplePart(`dimension-${at}`, component(before, at), component(after, at))
  const { rejected } = benjaminiHochberg(pValues, { alpha: 0.05 })
  return {
    drifted: rejected.filter(Boolean).length,
    part: found && {
      ...found,
      test: { ...found.test, pValue: Math.min(1, pValues[at]! * before.dimension) },
    },
  }
}

function halves({ rows, dimension, values }: Vectors, rng: Rng): readonly [Vectors, Vectors] {
  const order = shuffle(
    Array.from({ length: rows }, (_, row) => row),
    rng,
  )
  const half = rows >> 1
  const take = (chosen: readonly number[]): Vectors => {
    const taken = new Float64Array(chosen.length * dimension)
    chosen.forEach((row, i) => {
      taken.set(values.subarray(row * dimension, (row + 1) * dimension), i * dimension)
    })
    return { rows: chosen.length, dimension, values: taken }
  }
  return [take(order.slice(0, half)), take(order.slice(half))]
}

function project({ rows, dimension, values }: Vectors, direction: readonly number[]): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0
    for (let j = 0; j < dimension; j++) sum += values[row * dimension + j]! * direction[j]!
    return sum
  })
}

function normsOf(vectors: Vectors): Float64Array {
  const { rows, dimension, values } = vectors
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0
    for (let j = 0; j < dimension; j++) sum += values[row * dimension + j]! ** 2
    return Math.sqrt(sum)
  })
}

function component({ rows, dimension, values }: Vectors, j: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => values[row * dimension + j]!)
}

/** Both sides over one power of two, where squares and sums would overflow. Ranks do not change. */
function scaleDown(before: Vectors, after: Vectors): Pair {
  let largest = 0
  for (const { values } of [before, after])
    for (const x of values) largest = Math.max(largest, Math.abs(x))
  if (largest < 1e150) return [before, after]
  const by = 2 ** -600
  const scaled = (side: Vectors): Vectors => ({ ...side, values: side.values.map((x) => x * by) })
  return [scaled(before), scaled(after)]
}
