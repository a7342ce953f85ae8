import type { TestResult } from '@mlops/stats'
import { analysisOfVariance, chiSquareContingency, kruskalWallis } from '@mlops/stats'
import { bad, oneOf } from './analysis-options.ts'
import type { ArmData } from './arm-data.ts'
import {
  badArms,
  checkArms,
  isProportion,
  proportionOf,
  sampleOrSummary,
  valuesOf,
} from './arm-data.ts'

const OMNIBUS_TESTS = ['welch-anova', 'anova', 'kruskal-wallis', 'chi-square'] as const

/** A test of several arms at once. */
export type OmnibusTest = (typeof OMNIBUS_TESTS)[number]

export interface OmnibusOptions {
  /** @default 'welch-anova' for values and their statistics, 'chi-square' for proportions */
  readonly test?: OmnibusTest
}

/**
 * Do any of several arms differ? One test of all of them, which does not say which.
 *
 * `welch-anova`, `anova`: means ({@link analysisOfVariance}); `kruskal-wallis`: ranks, of the values themselves;
 * `chi-square`: proportions, Pearson's sum over the table of successes and failures.
 *
 * Input: two or more arms by name, all in one form ({@link ArmData}); `chi-square` takes values of 0 and 1, too.
 * Output: the test's result, its sizes in the order of the arms; effect size ω², ε² or Cramér's V.
 * Cost: one pass; `kruskal-wallis` O(n log n).
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`; those of the tests.
 * @example
 * ```ts
 * import { omnibusTest } from '@mlops/abtest'
 *
 * const { method, pValue } = omnibusTest({
 *   control: { successes: 500, n: 10_000 },
 *   green: { successes: 590, n: 10_000 },
 *   red: { successes: 520, n: 10_000 },
 * })
 * console.log(method, pValue?.toFixed(4)) // chi-square-contingency 0.0123
 * ```
 * Source: Welch 1951; Kruskal & Wallis 1952; Pearson 1900.
 */
export function omnibusTest(
  arms: Readonly<Record<string, ArmData>>,
  options: OmnibusOptions = {},
): TestResult {
  if (typeof options !== 'object' || options === null)
    throw bad('the options must be an object', {})
  const entries =
    typeof arms === 'object' && arms !== null && !Array.isArray(arms) ? Object.entries(arms) : []
  if (entries.length < 2) throw badArms('pass two or more arms as { name: data, … }', {})
  return omnibusOf(entries, options.test)
}

/** {@link omnibusTest} of arms in their order. */
export function omnibusOf(
  entries: readonly (readonly [string, ArmData])[],
  asked: OmnibusTest | undefined,
): TestResult {
  const [[, first]] = entries as readonly [readonly [string, ArmData]]
  for (const [, data] of entries) checkArms(first, data)
  const proportions = isProportion(first)
  const test = asked === undefined ? (proportions ? 'chi-square' : 'welch-anova') : asked
  oneOf('test', test, OMNIBUS_TESTS)
  if (test === 'chi-square') return proportionsDiffer(entries)
  if (proportions) throw badArms(`the test '${test}' does not fit proportions`, { test })
  if (test === 'kruskal-wallis')
    return kruskalWallis(entries.map(([name, data]) => valuesOf(name, data, test)))
  return analysisOfVariance(
    entries.map(([, data]) => sampleOrSummary(data as Parameters<typeof sampleOrSummary>[0])),
    { variances: test === 'anova' ? 'equal' : 'unequal' },
  )
}

function proportionsDiffer(entries: readonly (readonly [string, ArmData])[]): TestResult {
  const arms = entries.map(([name, data]) => proportionOf(name, data, 'chi-square'))
  for (const [at, { proportion }] of arms.entries()) {
    const { successes, n } = proportion
    const whole = Number.isSafeInteger(successes) && Number.isSafeInteger(n)
    if (!(whole && successes >= 0 && successes <= n))
      throw badArms(
        `${entries[at]![0]} has ${successes} successes of ${n}; whole numbers from 0 to n are needed`,
        { name: entries[at]![0] },
      )
  }
  const sizes = arms.map(({ proportion }) => proportion.n)
  const outline = { sizes, dropped: arms.map(({ dropped }) => dropped) }
  const tested = chiSquareContingency(
    arms.map(({ proportion: { successes, n } }) => [successes, n - successes]),
  )
  if (!sizes.includes(0)) return { ...tested, ...outline }
  // The table leaves an empty arm out; a test of fewer arms is not the one asked for.
  return {
    ...tested,
    ...outline,
    status: 'insufficient-data',
    statistic: null,
    pValue: null,
    effectSize: null,
    warnings: [
      { code: 'too-few-values', message: `each arm needs a unit; there are ${sizes.join(', ')}.` },
    ],
  }
}
