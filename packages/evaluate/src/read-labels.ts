import { invalid } from '@mlops/core'

/** Labels as people have them: 0 and 1, false and true; `null`, `undefined` and NaN are missing. */
export type BinaryLabels = ArrayLike<number | boolean | null | undefined>

/** Numbers; `null`, `undefined` and NaN are missing. */
export type Numbers = ArrayLike<number | null | undefined>

/**
 * 0, 1, or −1 for missing.
 *
 * @throws `invalid` `evaluate.bad-label`.
 */
export function readBinary(labels: BinaryLabels, name: string): Int8Array {
  return Int8Array.from({ length: labels.length }, (_, row) => {
    const label = labels[row]
    if (label === null || label === undefined || Number.isNaN(label)) return -1
    if (Number(label) === 0 || Number(label) === 1) return Number(label)
    throw invalid(
      'evaluate.bad-label',
      `${name}[${row}] is ${String(label)}; labels are 0 and 1, or false and true. Of several classes give the scores by class`,
      { name, row },
    )
  })
}

/**
 * Numbers with NaN for missing.
 *
 * @throws `invalid` `evaluate.bad-number` for what is no number, or an infinite one.
 */
export function readNumbers(values: Numbers, name: string): Float64Array {
  return Float64Array.from({ length: values.length }, (_, row) => {
    const value = values[row]
    if (value === null || value === undefined) return Number.NaN
    if (typeof value === 'number' && Math.abs(value) !== Infinity) return value
    throw invalid(
      'evaluate.bad-number',
      `${name}[${row}] is ${String(value)}; finite numbers are expected, null or NaN for missing`,
      { name, row },
    )
  })
}

/**
 * Probabilities with NaN for missing.
 *
 * @throws `invalid`: `evaluate.bad-number`, `evaluate.bad-probability` outside [0, 1].
 */
export function readProbabilities(values: Numbers, name: string): Float64Array {
  const read = readNumbers(values, name)
  const row = read.findIndex((p) => p < 0 || p > 1)
  if (row < 0) return read
  throw invalid(
    'evaluate.bad-probability',
    `${name}[${row}] is ${read[row]}; probabilities lie in [0, 1]`,
    { name, row },
  )
}

/** @throws `invalid` `evaluate.unequal-lengths`, `evaluate.no-rows`. */
export function checkLengths(parts: Readonly<Record<string, number>>): void {
  const [first, ...others] = Object.entries(parts)
  for (const [name, length] of others) {
    if (length === first![1]) continue
    throw invalid(
      'evaluate.unequal-lengths',
      `there are ${first![1]} ${first![0]} and ${length} ${name}; each row needs both`,
      { ...parts },
    )
  }
  if (first![1] === 0) throw invalid('evaluate.no-rows', 'there are no rows to evaluate', {})
}
