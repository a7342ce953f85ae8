import { expect, test } from 'vitest'
import { expectClose, goldenSamples } from '../samples/golden.fixture.ts'
import golden from './__golden__/hypothesis.json'
import { andersonDarlingKSample } from './anderson-darling.ts'
import { brunnerMunzel } from './brunner-munzel.ts'
import { chiSquareContingency } from './chi-square-contingency.ts'
import { chiSquareGoodnessOfFit } from './chi-square-goodness-of-fit.ts'
import { cramerVonMises } from './cramer-von-mises.ts'
import { eppsSingleton } from './epps-singleton.ts'
import { fisherExact } from './fisher-exact.ts'
import { ksTwoSampleTest } from './ks-two-sample.ts'
import { levene } from './levene.ts'
import { mannWhitney } from './mann-whitney.ts'
import { mcNemar, signTest } from './paired-binary.ts'
import { pairedT, studentTTest, welchT } from './t-tests.ts'
import { twoProportionZ } from './two-proportion-z.ts'
import { wilcoxonSignedRank } from './wilcoxon-signed-rank.ts'

interface GoldenCase {
  readonly fn: string
  readonly args?: (string | string[])[]
  readonly table?: number[][]
  readonly counts?: number[]
  readonly proportions?: [number, number][]
  readonly options: Record<string, unknown> | null
  readonly expected: Record<string, unknown>
}

const cases = golden.cases as unknown as GoldenCase[]
const samples = goldenSamples(golden.samples)
// biome-ignore lint/suspicious/noExplicitAny: the golden file names function and arguments at run time.
const functions: Record<string, (...args: any[]) => any> = {
  andersonDarlingKSample,
  brunnerMunzel,
  chiSquareContingency,
  chiSquareGoodnessOfFit,
  cramerVonMises,
  eppsSingleton,
  fisherExact,
  ksTwoSampleTest,
  levene,
  mannWhitney,
  mcNemar: (table: number[][], options) => mcNemar(table[0]![1]!, table[1]![0]!, options),
  pairedT,
  signTest: (x, options) => signTest(x, undefined, options),
  studentTTest,
  twoProportionZ,
  welchT,
  wilcoxonSignedRank: (x, options) => wilcoxonSignedRank(x, undefined, options),
}

function run({ fn, args, table, counts, proportions, options }: GoldenCase) {
  const given =
    args?.map((a) => (Array.isArray(a) ? a.map((name) => samples[name]) : samples[a])) ??
    (proportions ? proportions.map(([successes, n]) => ({ successes, n })) : [table ?? counts])
  return functions[fn]!(...given, options ?? undefined)
}

const names = [...new Set(cases.map(({ fn }) => fn))]

test.each(names)('%s agrees with scipy and statsmodels', (name) => {
  for (const golden_ of cases.filter(({ fn }) => fn === name)) {
    const { looseTail, interval, ...expected } = golden_.expected
    const actual = run(golden_)
    const label = JSON.stringify([golden_.fn, golden_.args ?? golden_.table, golden_.options])
    if (expected['statistic'] === null || expected['pValue'] === null) {
      // scipy's NaN is our honest status.
      expect(actual.pValue, label).toBeNull()
      expect(actual.status, label).not.toBe('ok')
      continue
    }
    for (const [key, value] of Object.entries(expected)) {
      const tolerance = looseTail && key === 'pValue' ? { rel: 1e-9, abs: 1e-7 } : golden.tolerance
      expectClose(actual[key], value, tolerance, `${label} ${key}`)
    }
    if (interval) {
      const [low, high] = interval as [unknown, unknown]
      const tolerance = golden_.fn === 'fisherExact' ? { rel: 1e-6, abs: 1e-9 } : golden.tolerance
      expectClose(actual.interval.lower, low, tolerance, `${label} lower`)
      expectClose(actual.interval.upper, high, tolerance, `${label} upper`)
    }
  }
})
