import type { Rng } from '@mlops/core'
import { normal } from '@mlops/stats'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ArmData } from './arm-data.ts'
import { mergeArmStats } from './arm-stats.ts'
import { compareArms } from './compare-arms.ts'
import { compareBayesian } from './compare-bayesian.ts'
import { compareCuped } from './compare-cuped.ts'
import { comparePairs } from './compare-pairs.ts'
import { compareQuantiles } from './compare-quantiles.ts'
import { compareClusters, compareRatios } from './compare-ratios.ts'
import { compareRegression } from './compare-regression.ts'
import { comparePostStratified } from './compare-strata.ts'
import { readFamily } from './family.ts'
import { familyCorrections } from './family-corrections.ts'
import { equivalence, marginTest, nonInferiority } from './margin.ts'
import { bayesianReadout, normalLoss } from './normal-posterior.ts'
import { pValueInterval } from './p-value-interval.ts'
import { quantileStats } from './quantile-stats.ts'

const invalid = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const _gauss = (rng: Rng) => normal.quantile(rng.next() || 0.5)
const _values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), {
  minLength: 2,
  maxLength: 30,
})

test('nothing, and nonsense, are typed errors everywhere', () => {
  const nonsense = [null, undefined, 7, 'x', {}, [['a']]] as never[]
  const good = [1, 2, 3] as ArmData
  const doors: ((x: never) => unknown)[] = [
    (x) => compareArms(x, good),
    (x) => compareArms(good, x),
    (x) => compareArms(good, good, { alpha: x ?? null }),
    (x) => compareArms(good, good, { metric: x ?? null }),
    (x) => compareArms(good, good, { allocation: x ?? null }),
    (x) => comparePairs(x, [1]),
    (x) => comparePairs([1, 2], [1, 2], { test: x ?? null }),
    (x) => compareRatios(x, x),
    (x) => compareClusters(x, x),
    (x) => compareClusters({ values: [1, 2], clusters: x }, { values: [1, 2], clusters: x }),
    (x) => compareQuantiles(x, x),
    (x) => compareQuantiles([1, 2], [1, 2], { quantile: x ?? null }),
    (x) => compareCuped(x, x),
    (x) => compareRegression(x, x),
    (x) => comparePostStratified(x, x),
    (x) => readFamily(x),
    (x) => readFamily([x]),
    (x) => nonInferiority(x, { margin: 1 }),
    (x) => equivalence(compareArms(good, good), x),
    (x) => marginTest(x, x),
    (x) => bayesianReadout(x),
    (x) => compareBayesian(x, x),
    (x) => normalLoss(x, 0),
    (x) => pValueInterval(x, x),
    (x) => familyCorrections(x),
    (x) => mergeArmStats(x),
  ]
  for (const [at, door] of doors.entries()) {
    for (const x of nonsense)
      expect(() => door(x), `door ${at}, ${JSON.stringify(x)}`).toThrowError(
        expect.objectContaining({ kind: 'invalid' }),
      )
  }
  for (const call of [
    (options: never) => compareArms(good, good, options),
    (options: never) => comparePairs([1, 2], [1, 2], options),
    (options: never) => compareBayesian(good, good, options),
    (options: never) => readFamily([{ readout: compareArms(good, good) }], options),
    (options: never) => quantileStats([1, 2], options),
  ])
    expect(() => call(null as never)).toThrowError(invalid('abtest.invalid-option'))
})
