import type { Alternative } from '@mlops/stats'
import { normal, studentT } from '@mlops/stats'
import { noncentralTSf } from './noncentral-t.ts'

/** Power of a t test whose statistic has this non-centrality; two-sided counts both tails. */
export function tPower(delta: number, df: number, alpha: number, alternative: Alternative): number {
  if (alternative === 'greater') return noncentralTSf(studentT.quantileSf(alpha, df), df, delta)
  if (alternative === 'less') return noncentralTSf(studentT.quantileSf(alpha, df), df, -delta)
  const critical = studentT.quantileSf(alpha / 2, df)
  return noncentralTSf(critical, df, delta) + noncentralTSf(critical, df, -delta)
}

/**
 * Power of a z test: the effect over its standard error under the alternative, and the ratio of the
 * standard errors under the null and the alternative hypothesis. Two-sided counts both tails.
 */
export function zPower(
  shift: number,
  alpha: number,
  alternative: Alternative,
  nullRatio = 1,
): number {
  if (alternative === 'greater') return normal.sf(normal.quantileSf(alpha) * nullRatio - shift)
  if (alternative === 'less') return normal.sf(normal.quantileSf(alpha) * nullRatio + shift)
  const critical = normal.quantileSf(alpha / 2) * nullRatio
  return normal.sf(critical - shift) + normal.sf(critical + shift)
}

/** The smallest whole n from `from` on for which a rising power reaches the target; `null` past 1e12. */
export function smallestN(
  from: number,
  target: number,
  power: (n: number) => number,
): number | null {
  let high = from
  while (power(high) < target) {
    high *= 2
    if (high > 1e12) return null
  }
  let low = Math.max(from, Math.floor(high / 2))
  if (power(low) >= target) return low
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (power(middle) >= target) high = middle
    else low = middle
  }
  return high
}
