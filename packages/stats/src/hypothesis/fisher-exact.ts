import { givenOptions, invalid } from '@mlops/core'
import {
  type Alternative,
  type ConfidenceInterval,
  checkCounts,
  checkLevel,
  type TestResult,
} from './test-result.ts'

/** A 2×2 table of counts, row by row. */
export type TwoByTwo = readonly [readonly [number, number], readonly [number, number]]

export interface FisherOptions {
  /** `greater`: the odds ratio exceeds 1. @default 'two-sided' */
  readonly alternative?: Alternative
  /** Level of the interval for the odds ratio. @default 0.95 */
  readonly confidence?: number
}

export interface FisherResult extends TestResult {
  /** (a·d)/(b·c); null where both products are 0, Infinity is given as null with `oddsRatioInfinite`. */
  readonly sampleOddsRatio: number | null
  /** The conditional maximum-likelihood estimate, as R reports; null where infinite or undefined. */
  readonly conditionalOddsRatio: number | null
  /** Whether the odds ratio is infinite (b·c = 0 < a·d). */
  readonly oddsRatioInfinite: boolean
  /** Exact interval of the conditional odds ratio; null bounds are open (∞, or the far side). */
  readonly interval: ConfidenceInterval | null
}

/**
 * Fisher's exact test of a 2×2 table.
 *
 * Under the null hypothesis, with all margins fixed, the upper left cell is hypergeometric. The
 * two-sided p-value adds all tables no more likely than the observed one, with R's relative tolerance
 * of 1e-7 against rounding.
 *
 * Input: counts `[[a, b], [c, d]]`, whole numbers.
 * Output: statistic and effect size: the sample odds ratio ad/(bc); the conditional estimate and its
 * exact interval beside it. A margin of 0 leaves one possible table: `undefined`.
 * Cost: O(smallest margin).
 *
 * @throws `invalid`: `stats.bad-count`, `stats.bad-level`, `stats.table-too-large`.
 * @example
 * ```ts
 * import { fisherExact } from '@mlops/stats'
 *
 * const { pValue, statistic, conditionalOddsRatio } = fisherExact([[3, 1], [1, 3]])
 * console.log(pValue?.toFixed(4), statistic, conditionalOddsRatio?.toFixed(3)) // '0.4857' 9 '6.408'
 * ```
 * Source: Fisher 1935; interval: Clopper & Pearson's argument on the noncentral hypergeometric.
 */
export function fisherExact(table: TwoByTwo, options: FisherOptions = {}): FisherResult {
  const { alternative = 'two-sided', confidence = 0.95 } = givenOptions(options)
  const [[a, b], [c, d]] = table
  checkCounts('table', [a, b, c, d])
  checkLevel(confidence)
  const outline = {
    method: 'fisher-exact',
    alternative,
    sizes: [a + b + c + d],
    dropped: [0],
    sampleOddsRatio: b * c > 0 ? (a * d) / (b * c) : null,
    oddsRatioInfinite: b * c === 0 && a * d > 0,
  }
  if (Math.min(a + b, c + d, a + c, b + d) === 0) {
    return {
      ...outline,
      status: a + b + c + d === 0 ? 'insufficient-data' : 'undefined',
      statistic: null,
      pValue: null,
      conditionalOddsRatio: null,
      interval: null,
      effectSize: null,
      warnings: [
        { code: 'empty-margin', message: 'a row or column is empty: no other table is possible.' },
      ],
    }
  }
  const law = conditionalLaw(a + b, c + d, a + c)
  return {
    ...outline,
    status: 'ok',
    statistic: outline.sampleOddsRatio,
    pValue: pValueOf(law, a, alternative),
    conditionalOddsRatio: conditionalEstimate(law, a),
    interval: oddsInterval(law, a, alternative, confidence),
    effectSize: { name: 'odds-ratio', value: outline.sampleOddsRatio },
    warnings: outline.oddsRatioInfinite
      ? [
          {
            code: 'infinite-odds-ratio',
            message: 'a cell off the diagonal is 0: the odds ratio is infinite.',
          },
        ]
      : [],
  }
}

/** The upper left cell given the margins: its smallest value and the log weights from there on. */
interface ConditionalLaw {
  readonly low: number
  readonly logWeight: Float64Array
}

const LARGEST_SUPPORT = 5_000_000

function conditionalLaw(row1: number, row2: number, column1: number): ConditionalLaw {
  const low = Math.max(0, column1 - row2)
  const high = Math.min(row1, column1)
  if (high - low > LARGEST_SUPPORT) {
    throw invalid(
      'stats.table-too-large',
      `the smallest margin of the table is ${high - low}; up to ${LARGEST_SUPPORT} is computed. The chi-square test is as good at this size.`,
    )
  }
  const logWeight = new Float64Array(high - low + 1)
  for (let k = low; k < high; k++) {
    const ratio = ((row1 - k) * (column1 - k)) / ((k + 1) * (row2 - column1 + k + 1))
    logWeight[k + 1 - low] = logWeight[k - low]! + Math.log(ratio)
  }
  return { low, logWeight }
}

/** Probabilities of the cell when the odds ratio is exp(logOdds). */
function probabilities({ low, logWeight }: ConditionalLaw, logOdds = 0): Float64Array {
  let top = -Infinity
  const p = logWeight.map((w, i) => {
    const tilted = w + (low + i) * logOdds
    if (tilted > top) top = tilted
    return tilted
  })
  let sum = 0
  for (let i = 0; i < p.length; i++) {
    p[i] = Math.exp(p[i]! - top)
    sum += p[i]!
  }
  return p.map((v) => v / sum)
}

function pValueOf(law: ConditionalLaw, a: number, alternative: Alternative): number {
  const p = probabilities(law)
  if (alternative === 'less') return lowerTail(p, a - law.low)
  if (alternative === 'greater') return upperTail(p, a - law.low)
  const limit = p[a - law.low]! * (1 + 1e-7)
  return Math.min(
    1,
    p.reduce((sum, v) => (v <= limit ? sum + v : sum), 0),
  )
}

function lowerTail(p: Float64Array, at: number): number {
  let sum = 0
  for (let i = 0; i <= at; i++) sum += p[i]!
  return Math.min(1, sum)
}

function upperTail(p: Float64Array, at: number): number {
  let sum = 0
  for (let i = p.length - 1; i >= at; i--) sum += p[i]!
  return Math.min(1, sum)
}

/** The odds ratio under which the expected cell equals the observed one. */
function conditionalEstimate(law: ConditionalLaw, a: number): number | null {
  if (a === law.low) return 0
  if (a === law.low + law.logWeight.length - 1) return null
  return Math.exp(
    solveIncreasing((logOdds) => {
      const mean = probabilities(law, logOdds).reduce((sum, v, i) => sum + v * (law.low + i), 0)
      return mean - a
    }),
  )
}

function oddsInterval(
  law: ConditionalLaw,
  a: number,
  alternative: Alternative,
  level: number,
): ConfidenceInterval {
  const at = a - law.low
  const tail = alternative === 'two-sided' ? (1 - level) / 2 : 1 - level
  const last = law.logWeight.length - 1
  const lower = () =>
    at === 0
      ? 0
      : Math.exp(solveIncreasing((w) => Math.log(upperTail(probabilities(law, w), at) / tail)))
  const upper = () =>
    at === last
      ? null
      : Math.exp(solveIncreasing((w) => Math.log(tail / lowerTail(probabilities(law, w), at))))
  return {
    level,
    lower: alternative === 'less' ? 0 : lower(),
    upper: alternative === 'greater' ? null : upper(),
  }
}

/** Root of an increasing function of the log odds, by widening and bisection. */
function solveIncreasing(f: (logOdds: number) => number): number {
  let low = -1
  let high = 1
  while (f(low) > 0) low *= 2
  while (f(high) < 0) high *= 2
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) break
    if (f(middle) < 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}
