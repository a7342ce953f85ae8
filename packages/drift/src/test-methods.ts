import type { Warning } from '@mlops/core'
import type { TestResult } from '@mlops/stats'
import {
  andersonDarlingKSample,
  brunnerMunzel,
  chiSquareContingency,
  chiSquareGoodnessOfFit,
  cramerVonMises,
  eppsSingleton,
  fisherExact,
  ksTwoSampleTest,
  kuiper,
  levene,
  mannWhitney,
  psiTest,
  studentTTest,
  twoProportionZ,
  welchT,
} from '@mlops/stats'
import type { TestMethod } from './report.ts'
import type { NumberSides, Recipe, Sides } from './sides.ts'
import { countsByValue, countsFor, finiteSides } from './sides.ts'

/** A test and the kind of column it is for. */
export interface Test {
  readonly of: 'numbers' | 'categories' | 'both'
  readonly test: (sides: Sides, recipe: Recipe) => TestResult
}

type TwoSamples = (x: Float64Array, y: Float64Array, recipe: Recipe) => TestResult

/** Of all present values: rank tests take infinities as they come. */
const ofRanks = (test: TwoSamples): Test => ({
  of: 'numbers',
  test: (sides, recipe) => {
    const { reference, current } = sides as NumberSides
    return test(reference, current, recipe)
  },
})

/** From here on fourth powers overflow the doubles. */
const TOO_LARGE = 1e75

/** Of the finite values. */
const ofMoments = (test: TwoSamples): Test => ({
  of: 'numbers',
  test: (sides, recipe) => {
    const [reference, current] = finiteSides(sides as NumberSides)
    const fine = (values: Float64Array) => values.every((x) => Math.abs(x) < TOO_LARGE)
    return fine(reference) && fine(current)
      ? test(reference, current, recipe)
      : noTest('moments', [reference.length, current.length], {
          code: 'overflow',
          message: 'the values are too large for this test; use one of ranks.',
        })
  },
})

const ofCounts = (
  test: (reference: readonly number[], current: readonly number[], recipe: Recipe) => TestResult,
): Test => ({
  of: 'both',
  test: (sides, recipe) => {
    const { reference, current } = countsFor(sides, recipe)
    return test(reference, current, recipe)
  },
})

/** The tests by the name a rule calls them. */
export const testMethods: Readonly<Record<TestMethod, Test>> = {
  ks: ofRanks((x, y, { pValueBy }) => ksTwoSampleTest(x, y, { pValueBy: pValueBy ?? 'auto' })),
  'cramer-von-mises': ofRanks((x, y) => cramerVonMises(x, y)),
  'anderson-darling': ofRanks((x, y) => andersonDarlingKSample([x, y])),
  kuiper: ofRanks(kuiper),
  'mann-whitney': ofRanks((x, y) => mannWhitney(x, y)),
  'brunner-munzel': ofRanks((x, y) => brunnerMunzel(x, y)),
  'epps-singleton': ofMoments((x, y) => eppsSingleton(x, y)),
  'welch-t': ofMoments((x, y) => welchT(x, y)),
  'student-t': ofMoments((x, y) => studentTTest(x, y)),
  levene: ofMoments((x, y) => levene([x, y])),
  'chi-square': ofCounts((r, c, { correction }) =>
    chiSquareContingency([r, c], { correction: correction ?? 'none' }),
  ),
  'chi-square-goodness-of-fit': ofCounts(goodnessOfFit),
  'g-test': ofCounts((r, c) => chiSquareContingency([r, c], { statistic: 'g' })),
  'fisher-exact': {
    of: 'both',
    test: (sides) =>
      ofTwoValues('fisher-exact', sides, ([a, b], [c, d]) =>
        fisherExact([
          [a, b],
          [c, d],
        ]),
      ),
  },
  'two-proportion-z': {
    of: 'both',
    test: (sides) =>
      ofTwoValues('two-proportion-z', sides, ([a, b], [c, d]) =>
        twoProportionZ({ successes: a, n: a + b }, { successes: c, n: c + d }),
      ),
  },
  'psi-significance': ofCounts((r, c, { smoothing }) =>
    psiTest(r, c, { ...(smoothing && { smoothing }) }),
  ),
}

/** A category that the expected shares exclude is impossible under them: p is 0, not undefined. */
function goodnessOfFit(
  reference: readonly number[],
  current: readonly number[],
  { expected }: Recipe,
): TestResult {
  const weights = expected === 'whole' ? wholeExpected(reference, current) : reference
  const result = chiSquareGoodnessOfFit(current, { weights })
  return result.warnings.some(({ code }) => code === 'impossible-category')
    ? { ...result, status: 'ok', pValue: 0 }
    : result
}

/** Expected counts cut to whole numbers, as whylogs does; one cut to 0 makes its category impossible. */
function wholeExpected(reference: readonly number[], current: readonly number[]): number[] {
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)
  const scale = total(current) / total(reference)
  return reference.map((count) => Math.trunc(count * scale))
}

/** A test of two shares; with more or fewer than two values it does not exist. */
function ofTwoValues(
  method: string,
  sides: Sides,
  test: (r: readonly [number, number], c: readonly [number, number]) => TestResult,
): TestResult {
  const { reference, current } = countsByValue(sides)
  const used = reference.map((_, at) => at).filter((at) => reference[at]! + current[at]! > 0)
  const [first, second] = used
  if (used.length === 2)
    return test([reference[first!]!, reference[second!]!], [current[first!]!, current[second!]!])
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)
  return noTest(method, [total(reference), total(current)], {
    code: 'not-two-values',
    message: `the test compares two values and there are ${used.length}; use chi-square.`,
  })
}

function noTest(method: string, sizes: readonly number[], warning: Warning): TestResult {
  return {
    method,
    status: 'undefined',
    statistic: null,
    pValue: null,
    alternative: 'two-sided',
    sizes,
    dropped: [0, 0],
    effectSize: null,
    warnings: [warning],
  }
}
