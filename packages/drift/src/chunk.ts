import type { NumericColumn, ReadTableOptions, Table, TableInput } from '@mlops/core'
import { givenOptions, invalid, readTable } from '@mlops/core'
import { rowsAt, rowsBetween } from './rows.ts'

/** How a table is cut. */
export type ChunkBy =
  /** So many chunks of equal size, give or take a row. */
  | { readonly by: 'count'; readonly count: number }
  /** Chunks of so many rows; the last holds the rest. */
  | { readonly by: 'size'; readonly size: number }
  /** One chunk a period (UTC; weeks begin on Monday) of a datetime column, in order of time. */
  | {
      readonly by: 'period'
      readonly column: string
      readonly period: 'hour' | 'day' | 'week' | 'month' | 'year'
    }

/** A piece of a table. */
export interface Chunk {
  /** `0–499`, or the period: `2026-03`, `2026-03-02`. */
  readonly label: string
  readonly table: Table
}

/**
 * Cuts a table into chunks, by number, size or period. Rows whose time is missing fall into no period.
 *
 * Input: a table in any shape; rows are taken in their order, periods by time.
 * Output: chunks in order, none empty. Cost: O(rows · columns).
 *
 * @throws `invalid`: `drift.invalid-option` for a count or size that is no integer >= 1 or exceeds the
 *   rows, `drift.unknown-column` for a period column that is not there or holds no times; those of
 *   `readTable`.
 * @example
 * ```ts
 * import { chunk } from '@mlops/drift'
 *
 * const chunks = chunk({ x: [1, 2, 3, 4, 5] }, { by: 'size', size: 2 })
 * console.log(chunks.map(({ label, table }) => `${label}: ${table.rowCount}`)) // [ '0–1: 2', '2–3: 2', '4–4: 1' ]
 * ```
 * Differs from: NannyML, where `count` leaves what does not divide to one more chunk.
 */
export function chunk(
  input: TableInput,
  how: ChunkBy,
  options: Omit<ReadTableOptions, 'name'> = {},
): Chunk[] {
  const { types, missingKeys } = givenOptions(options)
  const table = readTable(input, {
    name: 'table to be cut',
    ...(types && { types }),
    ...(missingKeys && { missingKeys }),
  })
  switch (how?.by) {
    case 'count':
      checkSize('count', how.count, table.rowCount)
      return Array.from({ length: how.count }, (_, i) => {
        const at = (k: number) => Math.floor((k * table.rowCount) / how.count)
        return between(table, at(i), at(i + 1))
      })
    case 'size': {
      checkSize('size', how.size, Number.MAX_SAFE_INTEGER)
      const chunks: Chunk[] = []
      for (let start = 0; start < table.rowCount; start += how.size)
        chunks.push(between(table, start, Math.min(start + how.size, table.rowCount)))
      return chunks
    }
    case 'period':
      return byPeriod(table, how)
    default:
      throw invalid(
        'drift.invalid-option',
        `a table is cut by 'count', 'size' or 'period', not by '${String((how as ChunkBy | undefined)?.by)}'`,
        {},
      )
  }
}

function between(table: Table, start: number, end: number): Chunk {
  return { label: `${start}–${end - 1}`, table: rowsBetween(table, start, end) }
}

function checkSize(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return
  throw invalid(
    'drift.invalid-option',
    `${name} must be an integer >= 1${most < Number.MAX_SAFE_INTEGER ? ` and no more than the ${most} rows` : ''}, got ${value}`,
    { [name]: value },
  )
}

function byPeriod(
  table: Table,
  { column: name, period }: Extract<ChunkBy, { by: 'period' }>,
): Chunk[] {
  const column = table.columns.get(name)
  if (column?.type !== 'datetime') {
    throw invalid(
      'drift.unknown-column',
      `a period needs a datetime column, and '${name}' is ${column ? column.type : 'not there'}; name one, or read it with types`,
      { column: name },
    )
  }
  const keyOf = PERIODS[period]
  if (!keyOf) {
    throw invalid(
      'drift.invalid-option',
      `there is no period '${String(period)}'; there are ${Object.keys(PERIODS).join(', ')}`,
      { period },
    )
  }
  const rows = new Map<string, number[]>()
  const { values } = column as NumericColumn
  values.forEach((instant, row) => {
    // Outside the range of Date there is no calendar.
    if (!(Math.abs(instant) <= 8.64e15)) return
    const key = keyOf(instant)
    const found = rows.get(key)
    if (found) found.push(row)
    else rows.set(key, [row])
  })
  const start = ([, members]: readonly [string, readonly number[]]) => values[members[0]!]!
  return [...rows]
    .sort((a, b) => start(a) - start(b))
    .map(([label, members]) => ({ label, table: rowsAt(table, members) }))
}

const DAY = 86_400_000
const iso = (instant: number, length: number) => new Date(instant).toISOString().slice(0, length)

const PERIODS: Readonly<Record<string, (instant: number) => string>> = {
  hour: (instant) => `${iso(instant, 13)}h`,
  day: (instant) => iso(instant, 10),
  // 1970-01-05 was a Monday.
  week: (instant) =>
    iso(Math.max(-8.64e15, Math.floor((instant - 4 * DAY) / (7 * DAY)) * 7 * DAY + 4 * DAY), 10),
  month: (instant) => iso(instant, 7),
  year: (instant) => iso(instant, 4),
}
