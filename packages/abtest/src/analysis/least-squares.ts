/**
 * How the errors of a regression's coefficients are found. HC0 to HC3 hold whatever the variances; CR0 and CR1 also
 * where the units of a cluster depend on each other.
 */
export type RobustErrors = 'classical' | 'HC0' | 'HC1' | 'HC2' | 'HC3' | ClusterErrors

/** The errors that need clusters. */
export type ClusterErrors = 'CR0' | 'CR1'

/** A fitted regression. */
export interface LeastSquares {
  readonly coefficients: readonly number[]
  /** Covariances of the coefficients, row by row. */
  readonly covariance: readonly (readonly number[])[]
}

/**
 * Ordinary least squares with robust errors.
 *
 * `b = (XᵀX)⁻¹Xᵀy`, `cov = (XᵀX)⁻¹(Σ w_i·e_i²·x_i·x_iᵀ)(XᵀX)⁻¹` with w = 1 (HC0), n/(n − k) (HC1),
 * 1/(1 − h_i) (HC2) or 1/(1 − h_i)² (HC3), h_i the leverage. With clusters the middle is
 * `c·Σ_g (Σ_{i∈g} e_i·x_i)(Σ_{i∈g} e_i·x_i)ᵀ`, c = 1 (CR0) or G/(G − 1)·(n − 1)/(n − k) (CR1).
 *
 * Input: rows of one length k and as many outcomes, for CR0 and CR1 the cluster of each, numbered from 0; columns
 * should be centred. Output: `undefined`
 * where columns depend on each other or n <= k. Cost: O(n·k²).
 *
 * Source: MacKinnon & White 1985; Liang & Zeger 1986; Cameron & Miller 2015, eq. 12 (the factor).
 */
export function leastSquares(
  rows: readonly Float64Array[],
  outcome: Float64Array,
  errors: RobustErrors,
  clusters?: Int32Array,
): LeastSquares | undefined {
  const n = rows.length
  const k = rows[0]?.length ?? 0
  if (n <= k) return undefined
  // Columns of unit length: whether they depend on each other then shows in the pivots.
  const scale = new Float64Array(k)
  for (const row of rows) for (let j = 0; j < k; j++) scale[j]! += row[j]! ** 2
  for (let j = 0; j < k; j++) scale[j] = Math.sqrt(scale[j]!) || 1
  const x = rows.map((row) => row.map((value, j) => value / scale[j]!))
  const gram = square(k)
  const moment = new Float64Array(k)
  for (const [i, row] of x.entries()) {
    for (let j = 0; j < k; j++) {
      moment[j]! += row[j]! * outcome[i]!
      for (let l = 0; l < k; l++) gram[j]![l]! += row[j]! * row[l]!
    }
  }
  const inverse = inverted(gram)
  if (inverse === undefined) return undefined
  const b = times(inverse, moment)
  // Once more on the residuals: what rounding of the normal equations lost.
  const rest = new Float64Array(k)
  for (const [i, row] of x.entries()) {
    const e = outcome[i]! - dot(row, b)
    for (let j = 0; j < k; j++) rest[j]! += row[j]! * e
  }
  for (const [j, more] of times(inverse, rest).entries()) b[j]! += more

  const meat = square(k)
  const add = (row: ArrayLike<number>, weight: number) => {
    for (let j = 0; j < k; j++)
      for (let l = 0; l < k; l++) meat[j]![l]! += weight * row[j]! * row[l]!
  }
  const sums: Float64Array[] = []
  let squares = 0
  for (const [i, row] of x.entries()) {
    const e = outcome[i]! - dot(row, b)
    squares += e * e
    if (clusters === undefined) {
      add(row, e * e * weightOf(errors, dot(row, times(inverse, row)), n, k))
      continue
    }
    sums[clusters[i]!] ??= new Float64Array(k)
    const sum = sums[clusters[i]!]!
    for (let j = 0; j < k; j++) sum[j]! += e * row[j]!
  }
  const g = sums.length
  for (const sum of sums) add(sum, errors === 'CR1' ? (g / (g - 1)) * ((n - 1) / (n - k)) : 1)
  const covariance =
    errors === 'classical'
      ? inverse.map((row) => row.map((value) => (value * squares) / (n - k)))
      : inverse.map((left) => Float64Array.from(inverse, (right) => dot(left, times(meat, right))))
  return {
    coefficients: Array.from(b, (value, j) => value / scale[j]!),
    covariance: covariance.map((row, j) =>
      Array.from(row, (value, l) => value / (scale[j]! * scale[l]!)),
    ),
  }
}

function weightOf(errors: RobustErrors, leverage: number, n: number, k: number): number {
  const free = 1 - leverage
  // A unit that the regression passes through has no residual to weigh.
  if (free < 1e-12 && (errors === 'HC2' || errors === 'HC3')) return 0
  const weights = { classical: 0, HC0: 1, HC1: n / (n - k), HC2: 1 / free, HC3: 1 / free ** 2 }
  return weights[errors as keyof typeof weights]
}

/** The inverse of a symmetric positive definite matrix with unit diagonal, by Cholesky. */
function inverted(matrix: readonly Float64Array[]): Float64Array[] | undefined {
  const k = matrix.length
  const lower = square(k)
  for (let j = 0; j < k; j++) {
    for (let i = j; i < k; i++) {
      let sum = matrix[i]![j]!
      for (let l = 0; l < j; l++) sum -= lower[i]![l]! * lower[j]![l]!
      if (i === j) {
        if (!(sum > 1e-10)) return undefined
        lower[j]![j] = Math.sqrt(sum)
      } else lower[i]![j] = sum / lower[j]![j]!
    }
  }
  const inverse = square(k)
  for (let column = 0; column < k; column++) {
    const z = new Float64Array(k)
    for (let i = 0; i < k; i++) {
      let sum = i === column ? 1 : 0
      for (let l = 0; l < i; l++) sum -= lower[i]![l]! * z[l]!
      z[i] = sum / lower[i]![i]!
    }
    for (let i = k - 1; i >= 0; i--) {
      let sum = z[i]!
      for (let l = i + 1; l < k; l++) sum -= lower[l]![i]! * inverse[l]![column]!
      inverse[i]![column] = sum / lower[i]![i]!
    }
  }
  return inverse
}

function square(k: number): Float64Array[] {
  return Array.from({ length: k }, () => new Float64Array(k))
}

function times(matrix: readonly Float64Array[], vector: Float64Array): Float64Array {
  return Float64Array.from(matrix, (row) => dot(row, vector))
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
