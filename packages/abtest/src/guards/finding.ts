import { invalid } from '@mlops/core'
import type { TestResult } from '@mlops/stats'

/** What one check of an experiment's data says. Plain JSON. */
export interface Finding {
  readonly check:
    | 'sample-ratio'
    | 'multiple-exposures'
    | 'attrition'
    | 'pre-period'
    | 'variance'
    | 'novelty'
  /** `insufficient-data`: the check could not be made, which is no all-clear. */
  readonly verdict: 'ok' | 'warn' | 'fail' | 'insufficient-data'
  readonly method: string
  readonly statistic: number | null
  readonly pValue: number | null
  /** Level below which the p-value alarms. */
  readonly alpha: number
  /** Units per arm, or per group, that the check used. */
  readonly sizes: readonly number[]
  /** In words: what was seen, and what to do. */
  readonly message: string
}

/** Level of a check that would stop an experiment: as for the sample ratio. */
export const GUARD_ALPHA = 0.001

/** A finding from a hypothesis test; `alarmed` is the verdict below alpha. */
export function findingOf(
  check: Finding['check'],
  { method, status, statistic, pValue, sizes, warnings }: TestResult,
  alpha: number,
  alarmed: 'warn' | 'fail',
  words: { readonly fine: string; readonly alarm: string },
): Finding {
  const common = { check, method, statistic, pValue, alpha, sizes }
  if (status !== 'ok' || pValue === null) {
    const why = warnings[0]?.message ?? 'there are too few data'
    return { ...common, verdict: 'insufficient-data', message: `not checked: ${why}` }
  }
  const alarm = pValue < alpha
  return { ...common, verdict: alarm ? alarmed : 'ok', message: alarm ? words.alarm : words.fine }
}

/** @throws `invalid` `abtest.invalid-option` */
export function checkAlpha(alpha: number): void {
  if (typeof alpha === 'number' && alpha > 0 && alpha < 1) return
  throw invalid(
    'abtest.invalid-option',
    `alpha must lie strictly between 0 and 1, got ${String(alpha)}`,
    { alpha },
  )
}

/** @throws `invalid` `abtest.invalid-option` when options are none at all. */
export function checkOptions(options: unknown): void {
  if (typeof options === 'object' && options !== null) return
  throw invalid(
    'abtest.invalid-option',
    `the options are ${String(options)}; leave them out for the defaults`,
    {},
  )
}

/** @throws `invalid` `abtest.invalid-arms` */
export function badArms(message: string, details: object = {}) {
  return invalid('abtest.invalid-arms', message, details)
}

/** Whole numbers >= 0, at least two of them. @throws `invalid` `abtest.invalid-arms` */
export function checkUnitCounts(name: string, counts: readonly number[]): void {
  const fine =
    Array.isArray(counts) &&
    counts.length >= 2 &&
    counts.every((count) => Number.isSafeInteger(count) && count >= 0)
  if (!fine)
    throw badArms(`${name} must be a whole number >= 0 for each arm, control first`, {
      [name]: counts,
    })
}

/** A count with its noun. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** A share in words. */
export function percentOf(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`
}
