import { invalid } from '@mlops/core'

/** Throws `abtest.invalid-option` unless `fine`; `must` says what the option must be. */
export function requireOption(name: string, value: unknown, fine: boolean, must: string): void {
  if (fine) return
  throw invalid('abtest.invalid-option', `${name} must ${must}, got ${String(value)}`, {
    [name]: typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  })
}

/** A finite number above 0. */
export function requirePositive(name: string, value: number): void {
  requireOption(name, value, Number.isFinite(value) && value > 0, 'be a finite number above 0')
}

/** A finite number of at least 0. */
export function requireNonNegative(name: string, value: number): void {
  requireOption(name, value, Number.isFinite(value) && value >= 0, 'be a finite number >= 0')
}

/** A number from 0 to 1. */
export function requireShare(name: string, value: number): void {
  const fine = typeof value === 'number' && value >= 0 && value <= 1
  requireOption(name, value, fine, 'be a number from 0 to 1')
}

/** A whole number of at least `least`. */
export function requireCount(name: string, value: number, least: number): void {
  const fine = Number.isSafeInteger(value) && value >= least
  requireOption(name, value, fine, `be an integer >= ${least}`)
}
