import { invalid, type Warning } from '@mlops/core'
import { chiSquare } from '../distributions/chi-square.ts'
import type { TestResult } from './test-result.ts'

/** The statistic compared with the chi-square distribution. */
export type ChiSquareStatistic = 'pearson' | 'g'

export interface ChiSquareOptions {
  /** Pearson's sum (O − E)²/E, or the likelihood ratio G = 2·sum O·ln(O/E). @default 'pearson' */
  readonly statistic?: ChiSquareStatistic
}

export interface ChiSquareContingencyOptions extends ChiSquareOptions {
  /** Yates' correction, for one degree of freedom only. @default 'none' */
  readonly correction?: 'none' | 'yates'
}

/** The result of a chi-square test, with what its approximation rests on. */
export interface ChiSquareResult extends TestResult {
  readonly degreesOfFreedom: number | null
  readonly minExpected: number | null
}

/** As {@link ChiSquareResult}, with the association of rows and columns. */
export interface ContingencyResult extends ChiSquareResult {
  /** sqrt(chi²/(n·(min(rows, columns) − 1))), 0 … 1. */
  readonly cramersV: number | null
  /** The same after Bergsma's correction: unbiased near 0. */
  readonly cramersVBiasCorrected: number | null
}

/**
 * Chi-square (or G) test that rows and columns of a table of counts are independent.
 *
 * `chi² = sum (O − E)²/E` with E = row total · column total / n, df = (rows − 1)(columns − 1).
 *
 * Input: rows of counts, all of one length. Empty rows and columns are left out (and warned of).
 * Output: statistic and p-value; effect size Cramér's V (from Pearson's sum, uncorrected), plain and
 * bias-corrected. `small-expected-counts` warns where an expected count is below 5. Fewer than two
 * non-empty rows or columns give `undefined`, an empty table `insufficient-data`.
 * Cost: O(cells).
 *
 * @throws `invalid`: `stats.bad-count`, `stats.bad-table`.
 * @example
 * ```ts
 * import { chiSquareContingency } from '@mlops/stats'
 *
 * const { statistic, pValue, cramersV } = chiSquareContingency([[10, 20], [30, 25]])
 * console.log(statistic?.toFixed(4), pValue?.toFixed(4), cramersV?.toFixed(4)) // '3.5059' '0.0612' '0.2031'
 * ```
 * Source: Pearson 1900; Yates 1934; Cramér 1946; Bergsma 2013.
 * Differs from: scipy, which applies Yates' correction to every 2×2 table unless told otherwise, and
 * raises on an empty row or column.
 */
export function chiSquareContingency(
  table: readonly (readonly number[])[],
  { statistic: kind = 'pearson', correction = 'none' }: ChiSquareContingencyOptions = {},
): ContingencyResult {
  checkTable(table)
  const warnings: Warning[] = []
  const filled = withoutEmptyLines(table, warnings)
  const rowTotals = filled.map((row) => row.reduce((sum, c) => sum + c, 0))
  const n = rowTotals.reduce((sum, c) => sum + c, 0)
  const columns = filled[0]?.length ?? 0
  const outline = { method: kind === 'g' ? 'g-contingency' : 'chi-square-contingency', sizes: [n] }
  const degrees = (filled.length - 1) * (columns - 1)
  if (n === 0 || degrees <= 0) {
    return {
      ...noTest(outline, n === 0, warnings, 'a table needs two rows and two columns with counts'),
      cramersV: null,
      cramersVBiasCorrected: null,
    }
  }
  const columnTotals = Array.from({ length: columns }, (_, j) =>
    filled.reduce((sum, row) => sum + row[j]!, 0),
  )
  const expected = filled.flatMap((_, i) => columnTotals.map((c) => (rowTotals[i]! * c) / n))
  const observed = filled.flat()
  const yates = correction === 'yates' && degrees === 1
  const used = yates ? observed.map((o, i) => towards(o, expected[i]!)) : observed
  const statistic = kind === 'g' ? gSum(used, expected) : pearsonSum(used, expected)
  const pearson = pearsonSum(observed, expected)
  const v = Math.sqrt(pearson / n / Math.min(filled.length - 1, columns - 1))
  return {
    ...tested(outline, statistic, degrees, expected, warnings),
    effectSize: { name: 'cramers-v', value: v },
    cramersV: v,
    cramersVBiasCorrected: biasCorrectedV(pearson / n, n, filled.length, columns),
  }
}

/**
 * Chi-square (or G) test of counts against expected proportions.
 *
 * `chi² = sum (O − E)²/E` with E = n·p, df = categories − 1.
 *
 * Input: counts, and proportions or weights (divided by their sum); without them, equal shares.
 * Output: as for {@link chiSquareContingency}, effect size Cohen's w = sqrt(chi²/n). A count in a
 * category of weight 0 is impossible under the null: the statistic is Infinity's limit, reported as
 * `undefined` with `impossible-category`, not as p = 0.
 * Cost: O(categories).
 *
 * @throws `invalid`: `stats.bad-count`, `stats.bad-weight`, `stats.length-mismatch`.
 * @example
 * ```ts
 * import { chiSquareGoodnessOfFit } from '@mlops/stats'
 *
 * console.log(chiSquareGoodnessOfFit([5140, 4860]).statistic) // 7.84
 * ```
 * Differs from: scipy, where expected counts must sum to the observed ones.
 */
export function chiSquareGoodnessOfFit(
  counts: readonly number[],
  {
    weights = counts.map(() => 1),
    statistic: kind = 'pearson',
  }: ChiSquareOptions & {
    /** Expected proportions up to a factor. @default equal */
    readonly weights?: readonly number[]
  } = {},
): ChiSquareResult {
  checkCells('counts', counts)
  checkWeights(weights, counts.length)
  const n = counts.reduce((sum, c) => sum + c, 0)
  const total = weights.reduce((sum, w) => sum + w, 0)
  const outline = {
    method: kind === 'g' ? 'g-goodness-of-fit' : 'chi-square-goodness-of-fit',
    sizes: [n],
  }
  const possible = counts.map((c, i) => ({ c, w: weights[i]! })).filter(({ w }) => w > 0)
  if (possible.length < counts.length && counts.some((c, i) => c > 0 && weights[i] === 0)) {
    return noTest(
      outline,
      false,
      [],
      'a category of expected share 0 was observed',
      'impossible-category',
    )
  }
  if (n === 0 || possible.length < 2) {
    return noTest(outline, n === 0, [], 'the test needs counts in two possible categories')
  }
  const expected = possible.map(({ w }) => (n * w) / total)
  const observed = possible.map(({ c }) => c)
  const statistic = kind === 'g' ? gSum(observed, expected) : pearsonSum(observed, expected)
  return {
    ...tested(outline, statistic, possible.length - 1, expected, []),
    effectSize: { name: 'cohen-w', value: Math.sqrt(pearsonSum(observed, expected) / n) },
  }
}

function pearsonSum(observed: readonly number[], expected: readonly number[]): number {
  return observed.reduce((sum, o, i) => sum + (o - expected[i]!) ** 2 / expected[i]!, 0)
}

function gSum(observed: readonly number[], expected: readonly number[]): number {
  return Math.max(
    0,
    2 * observed.reduce((sum, o, i) => sum + (o > 0 ? o * Math.log(o / expected[i]!) : 0), 0),
  )
}

/** Half a count towards the expected one, never past it. */
function towards(observed: number, expected: number): number {
  const gap = expected - observed
  return observed + Math.sign(gap) * Math.min(0.5, Math.abs(gap))
}

function biasCorrectedV(phi2: number, n: number, rows: number, columns: number): number | null {
  if (n < 2) return null
  const corrected = Math.max(0, phi2 - ((rows - 1) * (columns - 1)) / (n - 1))
  const r = rows - (rows - 1) ** 2 / (n - 1)
  const c = columns - (columns - 1) ** 2 / (n - 1)
  const divisor = Math.min(r, c) - 1
  return divisor > 0 ? Math.min(1, Math.sqrt(corrected / divisor)) : null
}

interface Outline {
  readonly method: string
  readonly sizes: readonly number[]
}

function tested(
  outline: Outline,
  statistic: number,
  degreesOfFreedom: number,
  expected: readonly number[],
  warnings: readonly Warning[],
) {
  const minExpected = Math.min(...expected)
  const small = expected.filter((e) => e < 5).length
  return {
    ...outline,
    status: 'ok' as const,
    statistic,
    pValue: chiSquare.sf(statistic, degreesOfFreedom),
    alternative: 'two-sided' as const,
    dropped: [0],
    degreesOfFreedom,
    minExpected,
    warnings:
      small === 0
        ? warnings
        : [
            ...warnings,
            {
              code: 'small-expected-counts',
              message: `${small} of ${expected.length} expected counts are below 5 (smallest ${minExpected.toPrecision(3)}): the chi-square approximation is rough. Pool rare categories, or use an exact or permutation test.`,
            },
          ],
  }
}

function noTest(
  outline: Outline,
  empty: boolean,
  warnings: readonly Warning[],
  message: string,
  code = empty ? 'too-few-values' : 'one-category',
): ChiSquareResult {
  return {
    ...outline,
    status: empty ? 'insufficient-data' : 'undefined',
    statistic: null,
    pValue: null,
    alternative: 'two-sided',
    dropped: [0],
    effectSize: null,
    degreesOfFreedom: null,
    minExpected: null,
    warnings: [...warnings, { code, message: `${message}.` }],
  }
}

function withoutEmptyLines(table: readonly (readonly number[])[], warnings: Warning[]) {
  const rows = table.filter((row) => row.some((c) => c > 0))
  const used = (table[0] ?? []).map((_, j) => rows.some((row) => row[j]! > 0))
  const lost = table.length - rows.length + used.filter((u) => !u).length
  if (lost > 0) {
    warnings.push({
      code: 'empty-line',
      message: `${lost} empty rows or columns were left out of the table.`,
    })
  }
  return rows.map((row) => row.filter((_, j) => used[j]))
}

function checkTable(table: readonly (readonly number[])[]): void {
  table.forEach((row, i) => {
    if (row.length !== table[0]!.length) {
      throw invalid(
        'stats.bad-table',
        `row ${i} has ${row.length} cells and row 0 has ${table[0]!.length}; all rows need the same columns.`,
      )
    }
    checkCells(`table[${i}]`, row)
  })
}

/** Weighted and expected tables carry fractions: any finite number >= 0 is a count here. */
function checkCells(name: string, cells: readonly number[]): void {
  cells.forEach((c, i) => {
    if (!(c >= 0 && c < Infinity)) {
      throw invalid('stats.bad-count', `${name}[${i}] is ${c}; counts are finite numbers >= 0.`)
    }
  })
}

function checkWeights(weights: readonly number[], length: number): void {
  if (weights.length !== length) {
    throw invalid(
      'stats.length-mismatch',
      `there are ${length} counts and ${weights.length} weights; one weight per count is needed.`,
    )
  }
  weights.forEach((w, i) => {
    if (!(w >= 0 && w < Infinity)) {
      throw invalid('stats.bad-weight', `weights[${i}] is ${w}; weights are finite numbers >= 0.`)
    }
  })
}
