import { givenOptions } from '@mlops/core'
import { psi } from '../distances/psi.ts'
import type { Smoothing } from '../distances/smoothing.ts'
import { chiSquare } from '../distributions/chi-square.ts'
import { checkLevel, type TestResult } from './test-result.ts'

export interface PsiTestOptions {
  /** What is done about empty bins. @default { rule: 'additive', pseudocount: 0.5 } */
  readonly smoothing?: Smoothing
  /** Level of `criticalValue`. @default 0.05 */
  readonly alpha?: number
}

export interface PsiTestResult extends TestResult {
  readonly degreesOfFreedom: number | null
  /** PSI less what it is on average without any drift, (B − 1)(1/n + 1/m); may be below 0. */
  readonly corrected: number | null
  /** What PSI exceeds with probability alpha without any drift. */
  readonly criticalValue: number | null
}

/**
 * Test that the population stability index is no larger than chance makes it at these sizes.
 *
 * `psi/(1/n + 1/m) ~ chi²` with B − 1 degrees of freedom when nothing drifted.
 *
 * Input: counts per bin, reference and current; bins empty on both sides do not count. The bins must
 * not depend on the current data.
 * Output: PSI, its p-value, the critical value at `alpha`, and PSI corrected for its bias. Fewer than
 * two bins in use give `undefined`; a side without values `insufficient-data`.
 * Expected counts below 5 make p rough and are warned of.
 * Cost: O(bins).
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.bad-count`, `stats.bad-smoothing`,
 *   `stats.bad-level`.
 * @example
 * ```ts
 * import { psiTest } from '@mlops/stats'
 *
 * const { statistic, pValue } = psiTest([50, 30, 20], [40, 30, 30])
 * console.log(statistic?.toFixed(4), pValue?.toFixed(4)) // '0.0609' '0.2183'
 * ```
 * Source: Yurdakul & Naranjo 2020; Kullback 1959, §6.4.
 * Differs from: the rules of thumb 0.1 and 0.2, which a batch of 50 rows exceeds by chance.
 */
export function psiTest(
  reference: readonly number[],
  current: readonly number[],
  options: PsiTestOptions = {},
): PsiTestResult {
  const { smoothing = { rule: 'additive', pseudocount: 0.5 }, alpha = 0.05 } = givenOptions(options)
  checkLevel(1 - alpha)
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)
  const [n, m] = [total(reference), total(current)]
  const used = reference.map((_, i) => i).filter((i) => reference[i]! + (current[i] ?? 0) > 0)
  const outline = {
    method: 'psi-significance',
    alternative: 'greater' as const,
    sizes: [n, m],
    dropped: [0, 0],
    effectSize: null,
  }
  const nothing = {
    ...outline,
    statistic: null,
    pValue: null,
    degreesOfFreedom: null,
    corrected: null,
    criticalValue: null,
  }
  if (n === 0 || m === 0) {
    return {
      ...nothing,
      status: 'insufficient-data',
      warnings: [
        { code: 'too-few-values', message: `each side needs values; there are ${n} and ${m}.` },
      ],
    }
  }
  // All bins are handed over, so that lengths and counts are checked.
  psi(reference, current, { smoothing })
  if (used.length < 2) {
    return {
      ...nothing,
      status: 'undefined',
      warnings: [{ code: 'one-category', message: 'two bins with values are needed.' }],
    }
  }
  const pick = (counts: readonly number[]) => used.map((i) => counts[i]!)
  const statistic = psi(pick(reference), pick(current), { smoothing })
  const noise = 1 / n + 1 / m
  const degreesOfFreedom = used.length - 1
  const small = used.filter(
    (i) => ((reference[i]! + current[i]!) * Math.min(n, m)) / (n + m) < 5,
  ).length
  return {
    ...outline,
    status: 'ok',
    statistic,
    pValue: chiSquare.sf(statistic / noise, degreesOfFreedom),
    degreesOfFreedom,
    corrected: statistic - degreesOfFreedom * noise,
    criticalValue: noise * chiSquare.quantileSf(alpha, degreesOfFreedom),
    warnings:
      small === 0
        ? []
        : [
            {
              code: 'small-expected-counts',
              message: `fewer than 5 values are expected in ${small} of ${used.length} bins: the p-value is rough. Use fewer bins.`,
            },
          ],
  }
}
