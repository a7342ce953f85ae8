import type { OutsideShares } from '../compare-datetime.ts'
import type { Arrival } from '../fit-calendar.ts'
import { calendarOf, DAY, LATEST, wholeCycles } from '../fit-calendar.ts'
import type { CalendarReference, CycleCounts } from '../reference.ts'
import type { SqlTable } from './sql-columns.ts'
import { presentNumbers } from './sql-columns.ts'
import { numberOf } from './sql-engine.ts'

/** As `fitCalendar`, of the instants where they lie: first, last and steps leave the engine, and a count a phase. */
export async function fitCalendarSql(
  table: SqlTable,
  name: string,
): Promise<CalendarReference | undefined> {
  const arrival = await arrivalOf(table, name)
  if (!arrival) return undefined
  const cycles: CycleCounts[] = []
  for (const { cycle, phases, covered, after } of wholeCycles(arrival)) {
    const since = `(SELECT x FROM ${instants(table, name)} WHERE x > ${table.dialect.literal(after)}) AS since`
    const rows = await table.engine.query(
      `SELECT phase, count(*) AS n FROM ${PHASE_OF[cycle](since, table)} GROUP BY phase`,
    )
    const counts = new Array<number>(phases).fill(0)
    for (const row of rows) counts[numberOf(row['phase'])] = numberOf(row['n'])
    cycles.push({ cycle, cycles: covered, counts })
  }
  return calendarOf(arrival, cycles)
}

/** How much of the column lies outside the span of a calendar. */
export async function sharesOutsideSql(
  table: SqlTable,
  name: string,
  { span: [first, last] }: CalendarReference,
): Promise<OutsideShares> {
  const { dialect, engine } = table
  const sum = (condition: string) => `sum(CASE WHEN ${condition} THEN 1 ELSE 0 END)`
  const [row] = await engine.query(
    `SELECT count(*) AS n, ${sum(`x > ${dialect.literal(last)}`)} AS later, ${sum(`x < ${dialect.literal(first)}`)} AS earlier FROM ${presentNumbers(table, name)} AS v`,
  )
  const n = numberOf(row!['n'])
  return { after: numberOf(row!['later']) / n, before: numberOf(row!['earlier']) / n }
}

async function arrivalOf(table: SqlTable, name: string): Promise<Arrival | undefined> {
  const { engine } = table
  const from = instants(table, name)
  const [ends] = await engine.query(`SELECT count(*) AS n, min(x) AS a, max(x) AS b FROM ${from}`)
  const n = numberOf(ends!['n'])
  if (n === 0) return undefined
  const [first, last] = [numberOf(ends!['a']), numberOf(ends!['b'])]
  if (n === 1) return { n, first, last, typicalStep: 0, longestGapMs: 0 }
  // The first instant has none before it, whatever the engine puts there.
  const steps = `(SELECT x - before AS step FROM (SELECT x, lag(x) OVER (ORDER BY x) AS before, row_number() OVER (ORDER BY x) AS place FROM ${from}) AS pairs WHERE place > 1) AS steps`
  const [middle, longest] = [(n - 1) >> 1, n - 2]
  const rows = await engine.query(
    `SELECT place, step FROM (SELECT step, row_number() OVER (ORDER BY step) - 1 AS place FROM ${steps}) AS ranked WHERE place IN (${middle}, ${longest})`,
  )
  const at = new Map(rows.map((row) => [numberOf(row['place']), numberOf(row['step'])]))
  return { n, first, last, typicalStep: at.get(middle)!, longestGapMs: at.get(longest)! }
}

/** The instants that a calendar can hold. */
function instants(table: SqlTable, name: string): string {
  const latest = table.dialect.literal(LATEST)
  return `(SELECT x FROM ${presentNumbers(table, name)} AS v WHERE abs(x) <= ${latest}) AS instants`
}

type PhaseOf = (from: string, table: SqlTable) => string

/** Column by column, so that every engine may name what another step made. */
function steps(from: string, ...columns: readonly (readonly [name: string, value: string])[]) {
  return columns.reduce(
    (source, [name, value], i) => `(SELECT *, ${value} AS ${name} FROM ${source}) AS step${i}`,
    from,
  )
}

const quotient = (x: string, by: number, { dialect }: SqlTable) =>
  `floor(${x} / ${dialect.literal(by)})`

const PHASE_OF: Readonly<Record<CycleCounts['cycle'], PhaseOf>> = {
  'hour-of-day': (from, table) =>
    steps(from, ['phase', `${quotient('x', DAY / 24, table)} - 24 * ${quotient('x', DAY, table)}`]),
  'day-of-week': (from, table) =>
    steps(
      from,
      // 1970-01-01 was a Thursday; Monday is 0.
      ['day', `${quotient('x', DAY, table)} + 3`],
      ['phase', `day - 7 * ${quotient('day', 7, table)}`],
    ),
  // The civil calendar from the number of days, in years that begin in March: with numbers alone,
  // because engines differ in the range and the zone of their dates.
  'month-of-year': (from, table) =>
    steps(
      from,
      ['day', `${quotient('x', DAY, table)} + 719468`],
      ['of_era', `day - 146097 * ${quotient('day', 146_097, table)}`],
      [
        'year',
        quotient(
          `(of_era - ${quotient('of_era', 1460, table)} + ${quotient('of_era', 36_524, table)} - ${quotient('of_era', 146_096, table)})`,
          365,
          table,
        ),
      ],
      [
        'of_year',
        `of_era - (365 * year + ${quotient('year', 4, table)} - ${quotient('year', 100, table)})`,
      ],
      ['month', quotient('(5 * of_year + 2)', 153, table)],
      ['phase', 'CASE WHEN month < 10 THEN month + 2 ELSE month - 10 END'],
    ),
}
