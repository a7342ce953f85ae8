import { givenOptions, invalid, type Warning } from '@mlops/core'
import {
  type ChiSquareOptions,
  type ChiSquareResult,
  checkCells,
  gSum,
  noTest,
  pearsonSum,
  tested,
} from './chi-square-result.ts'

export interface ChiSquareContingencyOptions extends ChiSquareOptions {
  /** Yates' correction, for one degree of freedom only. @default 'none' */
  readonly correction?: 'none' | 'yates'
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
  options: ChiSquareContingencyOptions = {},
): ContingencyResult {
  const { statistic: kind = 'pearson', correction = 'none' } = givenOptions(options)
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
