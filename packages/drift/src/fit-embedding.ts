import type { EmbeddingColumn, Rng } from '@mlops/core'
import { shuffle } from '@mlops/core'
import type { EmbeddingReference } from './reference.ts'

/** At most so many numbers are kept of one embedding column, but at least 50 rows. */
const MOST_NUMBERS = 200_000

/** Vectors, one after another. */
export interface Vectors {
  readonly rows: number
  readonly dimension: number
  readonly values: Float64Array
}

/** The finite vectors of a column, and how many were left out for an infinite component. */
export function finiteVectors({ values, dimension, length, missing }: EmbeddingColumn): {
  readonly vectors: Vectors
  readonly infinite: number
} {
  const kept = new Float64Array(values.length)
  let rows = 0
  for (let row = 0; row < length; row++) {
    const vector = values.subarray(row * dimension, (row + 1) * dimension)
    if (!vector.every(Number.isFinite)) continue
    kept.set(vector, rows * dimension)
    rows++
  }
  return {
    vectors: { rows, dimension, values: kept.subarray(0, rows * dimension) },
    infinite: length - missing - rows,
  }
}

/** Boils an embedding column down to its mean and a sample of rows. */
export function fitEmbedding(
  name: string,
  column: EmbeddingColumn,
  { sampleSize, rng }: { readonly sampleSize: number | 'all'; readonly rng: Rng },
): EmbeddingReference {
  const { vectors, infinite } = finiteVectors(column)
  const { rows, dimension, values } = vectors
  const most =
    sampleSize === 'all'
      ? rows
      : Math.min(sampleSize, Math.max(50, Math.floor(MOST_NUMBERS / dimension)))
  const complete = rows <= most
  return {
    name,
    type: 'embedding',
    count: column.length - column.missing,
    missing: column.missing,
    infinite,
    dimension,
    mean: meanOf(vectors),
    sample: complete ? values : drawRows(vectors, most, rng),
    sampleIsComplete: complete,
  }
}

/** Mean of every dimension, each term divided first so that no sum overflows. Empty without rows. */
export function meanOf({ rows, dimension, values }: Vectors): number[] {
  if (rows === 0) return []
  const mean = new Array<number>(dimension).fill(0)
  for (let row = 0; row < rows; row++)
    for (let j = 0; j < dimension; j++) mean[j]! += values[row * dimension + j]! / rows
  return mean
}

function drawRows({ rows, dimension, values }: Vectors, size: number, rng: Rng): Float64Array {
  const order = shuffle(
    Array.from({ length: rows }, (_, row) => row),
    rng,
  ).slice(0, size)
  const drawn = new Float64Array(size * dimension)
  order.forEach((row, at) => {
    drawn.set(values.subarray(row * dimension, (row + 1) * dimension), at * dimension)
  })
  return drawn
}
