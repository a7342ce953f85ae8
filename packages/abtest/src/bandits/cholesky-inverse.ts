import { invalid } from '@mlops/core'

/** Replaces a symmetric matrix M by (M + l2·I)⁻¹, by Cholesky's factorisation. */
export function invert(m: Float64Array, l2: number, d: number): void {
  for (let i = 0; i < d; i++) m[i * d + i]! += l2
  for (let j = 0; j < d; j++) {
    for (let i = j; i < d; i++) {
      let sum = m[i * d + j]!
      for (let k = 0; k < j; k++) sum -= m[i * d + k]! * m[j * d + k]!
      if (i === j) {
        if (!(sum > 0)) {
          throw invalid(
            'abtest.bad-context',
            'the contexts are too large, or too much alike, for the l2 penalty: their cross products lost their digits. Scale the features to around 1, or raise l2',
            { l2 },
          )
        }
        m[j * d + j] = Math.sqrt(sum)
      } else m[i * d + j] = sum / m[j * d + j]!
    }
  }
  // L⁻¹ in the lower triangle, then (L⁻¹)ᵀ·L⁻¹.
  for (let j = 0; j < d; j++) {
    m[j * d + j] = 1 / m[j * d + j]!
    for (let i = j + 1; i < d; i++) {
      let sum = 0
      for (let k = j; k < i; k++) sum -= m[i * d + k]! * m[k * d + j]!
      m[i * d + j] = sum / m[i * d + i]!
    }
  }
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = i; k < d; k++) sum += m[k * d + i]! * m[k * d + j]!
      m[j * d + i] = sum
    }
  }
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) m[i * d + j] = m[j * d + i]!
}
