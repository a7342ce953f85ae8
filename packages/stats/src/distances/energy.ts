import { type NumericSample, someFiniteValues } from '../samples/sample.ts'
import { integrateCdfGap } from './cdf-gap.ts'

/**
 * Energy distance between two samples on the line.
 *
 * `energy = sqrt(2·∫(F_x(t) − F_y(t))² dt)`, which is sqrt(2E|X−Y| − E|X−X'| − E|Y−Y'|).
 *
 * Input: two samples, any sizes; missing values are left out.
 * Output: >= 0, in the square root of the data's unit; 0 for equal distributions.
 * Cost: two radix sorts (not the n² pairs of the definition).
 *
 * @throws `invalid`: `stats.infinite-value`, `stats.empty-sample`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { energyDistance } from '@mlops/stats'
 *
 * console.log(energyDistance([0], [2])) // 2
 * ```
 * Source: Székely & Rizzo 2013, eq. 2.5; Rizzo & Székely 2016.
 */
export function energyDistance(reference: NumericSample, current: NumericSample): number {
  return Math.sqrt(
    2 *
      integrateCdfGap(
        someFiniteValues(reference, 'reference'),
        someFiniteValues(current, 'current'),
        2,
      ),
  )
}
