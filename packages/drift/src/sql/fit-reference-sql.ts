import { createRng, invalid, type Rng } from '@mlops/core'
import type { NumericBinning } from '@mlops/stats'
import { equalWidthBinning, explicitBinning } from '@mlops/stats'
import { aroundConstant } from '../fit-numeric.ts'
import { isNumericType } from '../profile/data-profile.ts'
import type { ColumnReference, DriftReference, NumericReference } from '../reference.ts'
import { fitCalendarSql } from './calendar-sql.ts'
import { countCategories } from './count-categories.ts'
import {
  countIntoBins,
  countNumbers,
  DESCRIBED,
  describeNumbers,
  quantileAt,
  quantileRanks,
  valuesAtRanks,
} from './count-numeric.ts'
import type { SqlTable } from './sql-columns.ts'
import { openTable } from './sql-columns.ts'
import type { SqlEngine, SqlSource } from './sql-engine.ts'

export interface FitReferenceSqlOptions {
  /** How many bins the numeric columns get: deciles by default. @default 10 */
  readonly bins?: number
  /** Bins for single columns, instead of quantiles. */
  readonly binnings?: Readonly<Record<string, NumericBinning>>
  /** How many values are fetched per numeric column for the tests on values. @default 10000 */
  readonly sampleSize?: number
  /** Draws the sample. @default createRng('drift-reference') */
  readonly rng?: Rng
  /** Columns that are left out: identifiers, for example. */
  readonly ignore?: readonly string[]
  /** More categories than this are refused. @default 10000 */
  readonly maxCategories?: number
}

/**
 * Boils a table down to a reference where it lies: as `fitReference`, but only counts, quantiles and the
 * sample leave the engine.
 *
 * Input: a table or a trusted SELECT. NULL and NaN are missing. Integers, decimals and floating-point
 * numbers are numeric, timestamps and dates datetime, texts categorical.
 * Output: the document that `fitReference` makes of the same rows: counts, edges and categories are
 * equal, moments to rounding; a sample smaller than the column holds other values, drawn by rank.
 * Cost: about four queries a numeric column, of which two sort it; one a categorical column.
 *
 * @throws `invalid`: `core.empty-table`, `drift.invalid-option`; `unsupported`:
 *   `drift.sql-unsupported-type`, `drift.too-many-categories`, `drift.sql-dialect`; `unavailable`
 *   `drift.sql-query-failed`.
 * @example
 * ```ts
 * import { fitReferenceSql, type SqlEngine } from '@mlops/drift/sql'
 *
 * const fit = (engine: SqlEngine) => fitReferenceSql(engine, { table: ['sales', 'orders'] }, { ignore: ['id'] })
 * console.log(typeof fit) // 'function'
 * ```
 */
export async function fitReferenceSql(
  engine: SqlEngine,
  source: SqlSource,
  {
    bins = 10,
    binnings = {},
    sampleSize = 10_000,
    rng = createRng('drift-reference'),
    ignore = [],
    maxCategories = 10_000,
  }: FitReferenceSqlOptions = {},
): Promise<DriftReference> {
  for (const [name, value] of Object.entries({ bins, sampleSize, maxCategories })) {
    if (!Number.isInteger(value) || value < 1) {
      throw invalid('drift.invalid-option', `${name} must be an integer >= 1, got ${value}`, {
        [name]: value,
      })
    }
  }
  const table = await openTable(engine, source, ignore)
  const columns: ColumnReference[] = []
  for (const [name, type] of table.types) {
    if (isNumericType(type)) {
      const binning = Object.hasOwn(binnings, name) ? binnings[name] : undefined
      columns.push(await fitNumbers(table, name, { bins, binning, sampleSize, rng }))
    } else columns.push({ name, type, ...(await countCategories(table, name, maxCategories)) })
  }
  return { kind: 'drift-reference', formatVersion: 2, rowCount: table.rowCount, types: {}, columns }
}

async function fitNumbers(
  table: SqlTable,
  name: string,
  {
    bins,
    binning: given,
    sampleSize,
    rng,
  }: {
    readonly bins: number
    readonly binning: NumericBinning | undefined
    readonly sampleSize: number
    readonly rng: Rng
  },
): Promise<NumericReference> {
  const counts = await countNumbers(table, name)
  const { count, missing, finite, negativeInfinite, positiveInfinite } = counts
  const infinite = count - finite
  const n = finite
  const deciles = Array.from({ length: bins + 1 }, (_, i) => i / bins)
  const drawn = drawRanks(count, sampleSize, rng)
  // Ranks are of the finite values: those of the sample that are infinite need no fetching.
  const ofFinite = drawn
    .map((rank) => rank - negativeInfinite)
    .filter((rank) => rank >= 0 && rank < finite)
  const at =
    n === 0
      ? () => Number.NaN
      : await valuesAtRanks(table, name, counts, [
          ...quantileRanks(n, [...deciles, ...DESCRIBED, 0.01, 0.99]),
          ...ofFinite,
        ])
  const binning = given ?? (n > 0 ? quantileBins(at, n, deciles) : undefined)
  const histogram =
    n > 0
      ? equalWidthBinning([quantileAt(at, n, 0.01), quantileAt(at, n, 0.99)], { bins: 24 })
      : undefined
  const [binCounts, histogramCounts] = await countIntoBins(
    table,
    name,
    [binning, histogram].filter((one) => one !== undefined),
  )
  const type = table.types.get(name) as NumericReference['type']
  const calendar = type === 'datetime' ? await fitCalendarSql(table, name) : undefined
  const largest = Number.MAX_VALUE
  return {
    name,
    type,
    count,
    missing,
    infinite,
    summary: await describeNumbers(table, name, counts, at),
    ...(binning && { bins: { binning, counts: binCounts! } }),
    ...(histogram && {
      histogram: { binning: histogram, counts: binning ? histogramCounts! : binCounts! },
    }),
    // JSON has no infinities; the largest doubles stand for them.
    sample: drawn.map((rank) =>
      rank < negativeInfinite
        ? -largest
        : rank >= count - positiveInfinite
          ? largest
          : at(rank - negativeInfinite),
    ),
    sampleIsComplete: drawn.length === count,
    ...(calendar && { calendar }),
  }
}

function quantileBins(
  at: (rank: number) => number,
  n: number,
  probabilities: readonly number[],
): NumericBinning {
  const edges = [...new Set(probabilities.map((p) => quantileAt(at, n, p)))]
  if (edges.length === 1 && probabilities.length > 2) {
    return explicitBinning(aroundConstant(edges[0]!))
  }
  return {
    kind: 'numeric',
    rule: 'quantile',
    innerEdges: edges.slice(1, -1),
    range: [edges[0]!, edges.at(-1)!],
    closed: 'left',
    outside: 'end-bins',
  }
}

/** A simple random sample of the ranks 0 … n − 1, ascending (Floyd's algorithm); all where n is small. */
function drawRanks(n: number, size: number, rng: Rng): number[] {
  if (n <= size) return Array.from({ length: n }, (_, rank) => rank)
  const drawn = new Set<number>()
  for (let last = n - size; last < n; last++) {
    const rank = Math.floor(rng.next() * (last + 1))
    drawn.add(drawn.has(rank) ? last : rank)
  }
  return [...drawn].sort((a, b) => a - b)
}
