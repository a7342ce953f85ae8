import type { Rng } from '@mlops/core'
import { formatNumber, invalid } from '@mlops/core'
import type { Alternative } from '@mlops/stats'
import type { Metric } from '../readout.ts'

/** What every comparison of two arms takes. */
export interface AnalysisOptions {
  /** What is measured, and which way is better. @default { name: 'metric', better: 'higher' } */
  readonly metric?: Metric
  /** Of treatment minus control. @default 'two-sided' */
  readonly alternative?: Alternative
  /** @default 0.05 */
  readonly alpha?: number
}

/** What every comparison of two arms with different units takes. */
export interface UnpairedOptions extends AnalysisOptions {
  /** Planned shares of control and treatment, for the sample-ratio check. @default [0.5, 0.5] */
  readonly allocation?: readonly [number, number]
}

/** The options with their defaults. */
export interface CheckedOptions {
  readonly metric: Metric
  readonly alternative: Alternative
  readonly alpha: number
  readonly confidence: number
  readonly allocation: readonly [number, number]
}

/** @throws `invalid` `abtest.invalid-option` */
export function checkedOptions(options: UnpairedOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null)
    throw bad(`the options must be an object, got ${String(options)}`, {})
  const {
    metric = { name: 'metric', better: 'higher' },
    alternative = 'two-sided',
    alpha = 0.05,
    allocation = [0.5, 0.5],
  } = options
  checkMetric(metric)
  oneOf('alternative', alternative, ['two-sided', 'less', 'greater'])
  checkLevel(alpha)
  if (!Array.isArray(allocation) || allocation.length !== 2 || !allocation.every((s) => s > 0))
    throw bad('allocation must be two positive shares, control first', { allocation })
  return { metric, alternative, alpha, confidence: 1 - alpha, allocation }
}

/** @throws `invalid` `abtest.invalid-option` unless the metric has a name and a better side. */
export function checkMetric(metric: Metric): void {
  if (typeof metric?.name !== 'string' || !['higher', 'lower'].includes(metric.better))
    throw bad("metric must be { name, better: 'higher' | 'lower' }", { metric })
}

/** @throws `invalid` `abtest.invalid-option` unless the value is one of those listed. */
export function oneOf<T extends string>(name: string, value: T, known: readonly T[]): void {
  if (!known.includes(value))
    throw bad(`${name} must be one of ${known.join(', ')}, got ${String(value)}`, { [name]: value })
}

/** @throws `invalid` `abtest.invalid-option` */
export function checkLevel(alpha: number): void {
  if (!(alpha > 0 && alpha < 1))
    throw bad(`alpha must lie strictly between 0 and 1, got ${alpha}`, { alpha })
}

/** @throws `invalid` `abtest.invalid-option` when a method that draws has nothing to draw from. */
export function requireRng(rng: Rng | undefined, method: string): Rng {
  if (typeof rng?.int !== 'function')
    throw bad(`'${method}' draws at random: pass rng, as createRng(7) of @mlops/core`, { method })
  return rng
}

/** Which interval goes with which test. */
export function intervalNote(alternative: Alternative, confidence: number): string {
  const level = `${formatNumber(confidence * 100)} %`
  return alternative === 'two-sided'
    ? `two-sided test; intervals are two-sided at ${level}; nothing is adjusted for repeated looks or several metrics`
    : `one-sided test ('${alternative}'); intervals are two-sided at ${level} all the same; nothing is adjusted for repeated looks or several metrics`
}

/** An error about an option. */
export function bad(message: string, details: Record<string, unknown>) {
  return invalid('abtest.invalid-option', message, details)
}
