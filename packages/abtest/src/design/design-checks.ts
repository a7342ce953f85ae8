import { invalid } from '@mlops/core'
import type { Alternative } from '@mlops/stats'
import { bad } from './sample-size.ts'

/** @throws `invalid` `abtest.invalid-design` when options are none at all. */
export function checkGiven(options: unknown, example: string): void {
  if (typeof options === 'object' && options !== null) return
  throw bad(`the options are ${String(options)}; give them, for example ${example}`, {})
}

/** @throws `invalid` `abtest.invalid-design` */
export function checkProportion(name: string, p: number): void {
  if (!(typeof p === 'number' && p > 0 && p < 1))
    throw bad(`${name} must lie strictly between 0 and 1, got ${p}`, { [name]: p })
}

/** @throws `invalid` `abtest.invalid-design` */
export function oneOfDesign(name: string, value: unknown, allowed: readonly string[]): void {
  if (allowed.includes(value as string)) return
  throw bad(`${name} must be one of ${allowed.join(', ')}, got ${String(value)}`, { [name]: value })
}

/** @throws `invalid` `abtest.wrong-tail` */
export function checkTail(alternative: Alternative, distance: number, effect: number): void {
  if ((alternative === 'greater' && distance < 0) || (alternative === 'less' && distance > 0)) {
    throw invalid(
      'abtest.wrong-tail',
      `the alternative '${alternative}' points away from the effect ${effect}; no sample size would find it`,
      { alternative, effect },
    )
  }
}
