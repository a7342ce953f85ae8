import { invalid, type NumericArray } from '@mlops/core'
import { allFinite } from '../kernels/all-finite.ts'

/** Numbers as people have them. `null`, `undefined` and `NaN` mean missing. */
export type NumericSample = NumericArray | readonly (number | null | undefined)[]

/** The present values of a sample, and how many were missing. */
export interface PresentValues {
  readonly values: Float64Array
  readonly dropped: number
}

/**
 * The values that are not missing, as a Float64Array. A Float64Array without NaN is returned as it
 * is, not copied: callers must not write to it. Infinities are values.
 *
 * @throws `invalid`: `stats.not-a-number` when an entry is neither a number nor missing,
 *   `stats.not-a-sample` for what has no length.
 */
export function presentValues(sample: NumericSample, name = 'sample'): PresentValues {
  if (sample instanceof Float64Array) {
    if (allFinite(sample)) return { values: sample, dropped: 0 }
    const n = sample.length
    let missing = 0
    for (let i = 0; i < n; i++) {
      const x = sample[i]!
      if (Number.isNaN(x)) missing++
    }
    if (missing === 0) return { values: sample, dropped: 0 }
  }
  const n = (sample as NumericSample | null | undefined)?.length
  if (n === undefined) {
    throw invalid(
      'stats.not-a-sample',
      `${name} is ${sample === null ? 'null' : typeof sample}; give an array or a typed array of numbers.`,
      { name },
    )
  }
  const values = new Float64Array(n)
  let kept = 0
  for (let i = 0; i < n; i++) {
    const x = sample[i]
    if (typeof x === 'number') {
      if (!Number.isNaN(x)) values[kept++] = x
    } else if (x !== null && x !== undefined) {
      throw invalid(
        'stats.not-a-number',
        `${name}[${i}] is a ${typeof x}; numbers, null, undefined or NaN are expected. Convert the column first.`,
        { name, index: i },
      )
    }
  }
  return { values: kept === n ? values : values.slice(0, kept), dropped: n - kept }
}

/**
 * As {@link presentValues}, for quantities that an infinite value would make undefined.
 *
 * @throws `invalid`, `stats.infinite-value`, when a value is infinite.
 */
export function finiteValues(sample: NumericSample, name = 'sample'): PresentValues {
  if (sample instanceof Float64Array && allFinite(sample)) return { values: sample, dropped: 0 }
  const present = presentValues(sample, name)
  const { values } = present
  if (allFinite(values)) return present
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!
    if (x - x !== 0) {
      throw invalid(
        'stats.infinite-value',
        `${name} holds ${x}, and this quantity is defined for finite numbers only. Drop or clip infinite values, or use a rank-based test.`,
        { name },
      )
    }
  }
  return present
}

/**
 * As {@link finiteValues}, for quantities that need at least one value.
 *
 * @throws `invalid`, `stats.empty-sample`, when nothing is left.
 */
export function someFiniteValues(sample: NumericSample, name = 'sample'): Float64Array {
  return atLeastOne(finiteValues(sample, name), name)
}

/**
 * As {@link presentValues}, for quantities that need at least one value; infinities are legal.
 *
 * @throws `invalid`, `stats.empty-sample`, when nothing is left.
 */
export function someValues(sample: NumericSample, name = 'sample'): Float64Array {
  return atLeastOne(presentValues(sample, name), name)
}

function atLeastOne({ values, dropped }: PresentValues, name: string): Float64Array {
  if (values.length === 0) {
    throw invalid(
      'stats.empty-sample',
      `${name} has no values (${dropped} missing); at least 1 is needed.`,
      { name, dropped },
    )
  }
  return values
}
