import { invalid } from '@mlops/core'
import { requireOption } from '../stream/require-option.ts'

/** Throws `drift.bad-value` unless `x` lies within the bounds. */
export function requireBounded(x: number, lower: number, upper: number): void {
  if (x >= lower && x <= upper) return
  throw invalid(
    'drift.bad-value',
    `a value within [${lower}, ${upper}] is needed, got ${String(x)}; the guarantee rests on these bounds, so set lower and upper to what the values can be`,
    { value: String(x), lower, upper },
  )
}

/** Throws `drift.invalid-option` unless lower < upper, both finite. */
export function requireBounds(lower: number, upper: number): void {
  const fine = Number.isFinite(lower) && Number.isFinite(upper) && lower < upper
  requireOption('upper', upper, fine, `be a finite number above lower (${lower})`)
}

/** Throws `drift.not-an-anytime-state` unless `state` carries the kind that is expected. */
export function requireState(
  state: { readonly kind?: unknown } | null | undefined,
  kind: string,
  fine: boolean,
): void {
  if (state?.kind === kind && fine) return
  throw invalid(
    'drift.not-an-anytime-state',
    `the state is not one that ${kind} returned; give its last state, or start afresh`,
    { expected: kind, got: String(state?.kind) },
  )
}
