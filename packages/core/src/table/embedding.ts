import { invalid } from '../errors.ts'
import type { At } from './cell.ts'
import { isMissing, unreadable } from './cell.ts'

/** Vectors of one dimension, row after row. A missing row is NaN throughout. */
export interface EmbeddingColumn {
  readonly type: 'embedding'
  readonly length: number
  readonly dimension: number
  /** `length · dimension` numbers. */
  readonly values: Float32Array | Float64Array
  /** How many rows are missing. */
  readonly missing: number
}

/** A vector in one cell of an embedding column. */
export type VectorCell = readonly number[] | Float32Array | Float64Array

/** An embedding column as one flat array of `rows · dimension` numbers. */
export interface FlatEmbedding {
  readonly values: Float32Array | Float64Array
  readonly dimension: number
}

/** Whether a cell is a vector: an array or float array. */
export function isVector(value: unknown): value is VectorCell {
  return Array.isArray(value) || value instanceof Float32Array || value instanceof Float64Array
}

/** Whether the input is one flat array of vectors. */
export function isFlatEmbedding(input: unknown): input is FlatEmbedding {
  const flat = input as Partial<FlatEmbedding> | null
  return (
    typeof flat === 'object' &&
    flat !== null &&
    (flat.values instanceof Float32Array || flat.values instanceof Float64Array) &&
    typeof flat.dimension === 'number'
  )
}

/**
 * A flat array as an embedding column; copied only where a vector is NaN in part.
 *
 * @throws `invalid` `core.ragged-vectors` unless the length is a whole multiple of the dimension.
 */
export function embeddingOfFlat(
  { values, dimension }: FlatEmbedding,
  name: string,
): EmbeddingColumn {
  if (!Number.isInteger(dimension) || dimension < 1 || values.length % dimension !== 0) {
    throw invalid(
      'core.ragged-vectors',
      `column '${name}': ${values.length} numbers are no whole number of vectors of dimension ${dimension}; give the dimension of the model that made them`,
      { column: name, length: values.length, dimension },
    )
  }
  return withMissing(values, dimension, () => values.slice())
}

/** Vectors in cells as an embedding column. The first present one sets the dimension. */
export function embeddingOfRows(length: number, at: At, name: string): EmbeddingColumn {
  let values = new Float64Array(0)
  let dimension = 0
  for (let row = 0; row < length; row++) {
    const vector = at(row)
    if (isMissing(vector)) continue
    if (!isVector(vector)) throw unreadable(name, row, vector, 'vector')
    if (dimension === 0) {
      dimension = vector.length
      if (dimension === 0) throw ragged(name, row, 0, 'at least 1')
      values = new Float64Array(length * dimension).fill(Number.NaN)
    }
    if (vector.length !== dimension) throw ragged(name, row, vector.length, String(dimension))
    for (let j = 0; j < dimension; j++) {
      const x = vector[j]
      if (typeof x !== 'number') throw unreadable(name, row, x, 'a component of a vector')
      values[row * dimension + j] = x
    }
  }
  // Without any vector no dimension shows; one column of missing numbers stands for it.
  if (dimension === 0) values = new Float64Array(length).fill(Number.NaN)
  return withMissing(values, Math.max(1, dimension), () => values)
}

function ragged(name: string, row: number, length: number, wanted: string) {
  return invalid(
    'core.ragged-vectors',
    `column '${name}', row ${row}: the vector has ${length} components where ${wanted} are expected; all vectors of a column come from one model`,
    { column: name, row, length },
  )
}

function withMissing(
  given: Float32Array | Float64Array,
  dimension: number,
  writable: () => Float32Array | Float64Array,
): EmbeddingColumn {
  let values = given
  let missing = 0
  for (let start = 0; start < given.length; start += dimension) {
    let nans = 0
    for (let j = start; j < start + dimension; j++) if (Number.isNaN(values[j])) nans++
    if (nans === 0) continue
    missing++
    if (nans === dimension) continue
    if (values === given) values = writable()
    values.fill(Number.NaN, start, start + dimension)
  }
  return { type: 'embedding', length: given.length / dimension, dimension, values, missing }
}
