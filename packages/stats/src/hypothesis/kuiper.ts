import { ksExtremes } from '../kernels/ks-extremes.ts'
import { type NumericSample, presentValues } from '../samples/sample.ts'
import type { TestResult } from './test-result.ts'

/**
 * Kuiper's two-sample test: do the two samples come from one distribution? As sensitive in the tails
 * as in the middle; for values on a circle (hour of day) independent of where the circle is cut.
 *
 * `v = max(F_x − F_y) + max(F_y − F_x)`;
 * `p = 2·sum (4j²λ² − 1)·exp(−2j²λ²)`, λ = (√N + 0.155 + 0.24/√N)·v, N = nm/(n + m)
 *
 * Input: two samples; missing values are left out, infinities are legal.
 * Output: v in 0 … 1 and its asymptotic p-value; effect size v. An empty side gives
 * `insufficient-data`. With fewer than N = 4 (eight values a side) a warning says that p is rough;
 * ties make it conservative.
 * Cost: O(n + m).
 *
 * @throws `invalid`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { kuiper } from '@mlops/stats'
 *
 * const { statistic, pValue } = kuiper([1, 2, 3, 4, 5, 6, 7, 8], [5, 6, 7, 8, 9, 10, 11, 12])
 * console.log(statistic, pValue?.toFixed(4)) // 0.5 '0.6291'
 * ```
 * Source: Kuiper 1960; Stephens 1970 (the finite-sample factor).
 * Differs from: Frouros, whose statistic is the Kolmogorov-Smirnov D.
 */
export function kuiper(x: NumericSample, y: NumericSample): TestResult {
  const a = presentValues(x, 'first sample')
  const b = presentValues(y, 'second sample')
  const [n, m] = [a.values.length, b.values.length]
  const outline = {
    method: 'kuiper',
    alternative: 'two-sided' as const,
    sizes: [n, m],
    dropped: [a.dropped, b.dropped],
  }
  if (n === 0 || m === 0) {
    return {
      ...outline,
      status: 'insufficient-data',
      statistic: null,
      pValue: null,
      effectSize: null,
      warnings: [
        { code: 'too-few-values', message: `each side needs a value; there are ${n} and ${m}.` },
      ],
    }
  }
  const { plus, minus } = ksExtremes(a.values, b.values)
  const statistic = plus + minus
  const size = (n * m) / (n + m)
  const root = Math.sqrt(size)
  return {
    ...outline,
    status: 'ok',
    statistic,
    pValue: kuiperTail((root + 0.155 + 0.24 / root) * statistic),
    effectSize: { name: 'kuiper-distance', value: statistic },
    warnings:
      size < 4
        ? [
            {
              code: 'small-sample',
              message: `with ${n} and ${m} values the p-value is rough; use the Kolmogorov-Smirnov test, which is exact there.`,
            },
          ]
        : [],
  }
}

/** Upper tail of the limiting law of √N·V. */
function kuiperTail(lambda: number): number {
  // Below, the tail differs from 1 by less than 1e-9, and the series cancels.
  if (lambda < 0.4) return 1
  let sum = 0
  for (let j = 1; j <= 100; j++) {
    const a = 2 * (j * lambda) ** 2
    const term = (2 * a - 1) * Math.exp(-a)
    sum += term
    if (Math.abs(term) < 1e-17 * Math.abs(sum)) break
  }
  return Math.min(1, Math.max(0, 2 * sum))
}
