import type { KsTestResult } from '@mlops/stats'
import { ksTestOfDistance } from '@mlops/stats'
import type { Bound } from '../report.ts'
import type { NumericSide } from './numeric-side.ts'
import { finiteOrNull } from './numeric-side.ts'
import type { Gap } from './steps.ts'

/** A KS test on sketches, with the bounds of its distance and p-value. */
export interface KsOfSketches {
  /** With the upper end of its p-value. */
  readonly test: KsTestResult
  readonly effectSize: Bound
  readonly pValue: Bound
}

/**
 * The KS test of a gap between two sides: |D − D̂| is at most the sum of both errors, for D+ and D− as
 * for their maximum, and the p-value falls with D.
 */
export function testOfGap(
  { statistic, location, sign }: Gap,
  before: NumericSide,
  after: NumericSide,
  {
    alternative = 'two-sided',
    dropped = [0, 0],
  }: {
    readonly alternative?: 'two-sided' | 'greater'
    readonly dropped?: readonly [number, number]
  } = {},
): KsOfSketches {
  const error = before.steps.error + after.steps.error
  const effectSize = [Math.max(0, statistic - error), Math.min(1, statistic + error)] as const
  const testOf = (distance: number) =>
    ksTestOfDistance({
      statistic: distance,
      location: finiteOrNull(location),
      sign,
      alternative,
      sizes: [before.steps.total, after.steps.total],
      dropped,
    })
  const [least, most] = [testOf(effectSize[0]), testOf(effectSize[1])]
  return {
    test: { ...least, statistic, effectSize: { name: 'ks-distance', value: statistic } },
    effectSize,
    pValue: [most.pValue!, least.pValue!],
  }
}
