import { givenOptions, invalid } from '@mlops/core'
import { isCount } from './detector-state.ts'
import { requireOption } from './require-option.ts'

export interface PrequentialErrorOptions {
  /** Weight that an error keeps at each further one; 1 is the plain mean. @default 1 */
  readonly fadingFactor?: number
}

export interface PrequentialErrorState {
  readonly n: number
  /** Faded sum of the errors, and of the weights. */
  readonly sum: number
  readonly weight: number
}

/** The state before the first error. */
export const emptyPrequentialError: PrequentialErrorState = Object.freeze({
  n: 0,
  sum: 0,
  weight: 0,
})

/**
 * Prequential error: the fading mean of the errors of a model that is tested on each value before it
 * learns from it. One step of it.
 *
 * `s ← e + a·s`, `w ← 1 + a·w`, error `s/w`, a the fading factor.
 *
 * Input: the state and one error, any finite number; 0/1 for a classifier.
 * Output: the new state and the error rate so far. Cost: constant.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { emptyPrequentialError, prequentialError } from '@mlops/drift/stream'
 *
 * let step = { state: emptyPrequentialError, value: 0 }
 * for (const e of [0, 1, 0, 1]) step = prequentialError(step.state, e, { fadingFactor: 0.9 })
 * console.log(step.value.toFixed(4)) // '0.5263'
 * ```
 * Source: Gama, Sebastião & Rodrigues, "On evaluating stream learning algorithms", Machine Learning 90
 * (2013), section 4.2.
 */
export function prequentialError(
  state: PrequentialErrorState,
  error: number,
  options: PrequentialErrorOptions = {},
): { readonly state: PrequentialErrorState; readonly value: number } {
  const { fadingFactor = 1 } = givenOptions(options)
  const fades = fadingFactor > 0 && fadingFactor <= 1
  requireOption('fadingFactor', fadingFactor, fades, 'lie above 0 and at most at 1')
  if (!isCount(state?.n) || !Number.isFinite(state.sum) || !Number.isFinite(state.weight)) {
    throw invalid(
      'drift.not-a-detector-state',
      'the state must come from prequentialError(), or be emptyPrequentialError',
      {},
    )
  }
  requireFinite(error)
  const sum = error + fadingFactor * state.sum
  const weight = 1 + fadingFactor * state.weight
  return { state: { n: state.n + 1, sum, weight }, value: sum / weight }
}

/** Throws `drift.bad-value` unless `value` is a finite number. */
export function requireFinite(value: unknown): asserts value is number {
  if (Number.isFinite(value)) return
  throw invalid('drift.bad-value', `a finite number is needed, got ${String(value)}`, {
    value: String(value),
  })
}
