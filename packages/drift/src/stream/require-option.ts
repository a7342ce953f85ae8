import { invalid } from '@mlops/core'

/** Throws `drift.invalid-option` unless `fine`; `must` says what the option must be. */
export function requireOption(name: string, value: unknown, fine: boolean, must: string): void {
  if (fine) return
  throw invalid('drift.invalid-option', `${name} must ${must}, got ${String(value)}`, {
    [name]: typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  })
}

/** A whole number of at least `least`. */
export function requireCountOption(name: string, value: number, least = 0): void {
  const fine = Number.isSafeInteger(value) && value >= least
  requireOption(name, value, fine, `be an integer >= ${least}`)
}

/** A finite number above 0. */
export function requirePositive(name: string, value: number): void {
  requireOption(name, value, Number.isFinite(value) && value > 0, 'be a finite number above 0')
}

/** A finite number of at least 0. */
export function requireNonNegative(name: string, value: number): void {
  requireOption(name, value, Number.isFinite(value) && value >= 0, 'be a finite number >= 0')
}

/** A number strictly between 0 and 1. */
export function requireLevel(name: string, value: number): void {
  requireOption(name, value, value > 0 && value < 1, 'lie strictly between 0 and 1')
}

/** One of the named choices. */
export function requireChoice(name: string, value: string, choices: readonly string[]): void {
  requireOption(name, value, choices.includes(value), `be one of ${choices.join(', ')}`)
}

/** In which direction a change counts. */
export type Direction = 'up' | 'down' | 'both'

export const DIRECTIONS: readonly Direction[] = ['up', 'down', 'both']
