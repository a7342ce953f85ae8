import type { Page, PageRequest } from '@mlops/core'
import { decodeCursor, encodeCursor, givenOptions, invalid, pageLimit } from '@mlops/core'
import { sql } from 'kysely'
import { assertText } from '../../model/arguments.ts'
import type { MetricPoint } from '../../model/run.ts'
import { byLateness } from '../../rules/metrics.ts'
import { pointsOf } from '../../sql/metric-blocks.ts'
import type { MetricBlockRow } from '../../sql/tables.ts'
import type { Db, RegistryContext } from '../context.ts'
import { loadRow } from './run-records.ts'

export interface MetricHistory {
  all(run: string, metric: string): Promise<readonly MetricPoint[]>
  page(run: string, metric: string, page?: PageRequest): Promise<Page<MetricPoint>>
}

/** Rows that are read at once. */
const CHUNK = 2000

/** A place in the order of a metric's blocks: first step, first time, id. */
type BlockPlace = readonly [step: number, at: string, id: number]

/** What a cursor holds: the last point that was given out, and the first block that has later ones. */
interface Position {
  readonly last: MetricPoint
  readonly from: BlockPlace
}

interface PlacedPoint {
  readonly point: MetricPoint
  readonly block: MetricBlockRow
}

/** The points of a metric, by step, then time, then value, each once. */
export function metricHistory({ db }: RegistryContext): MetricHistory {
  return {
    async all(run, metric) {
      assertText(metric, 'metric')
      await loadRow(db.query, run)
      const points: MetricPoint[] = []
      for await (const blocks of blockChunks(db.query, run, metric)) {
        for (const block of blocks) points.push(...pointsOf(metric, block.points))
      }
      return points.sort(byLateness).filter((point, i) => isNew(point, points[i - 1]))
    },
    async page(run, metric, options = {}) {
      assertText(metric, 'metric')
      const { limit: wanted, cursor } = givenOptions(options)
      await loadRow(db.query, run)
      const limit = pageLimit(wanted, { fallback: 25_000, max: 50_000 })
      const position = cursor === undefined ? undefined : positionOf(cursor, metric)
      let ahead: PlacedPoint[] = []
      for await (const blocks of blockChunks(db.query, run, metric, position?.from)) {
        for (const block of blocks) {
          for (const point of pointsOf(metric, block.points)) {
            if (!position || byLateness(point, position.last) > 0) ahead.push({ point, block })
          }
        }
        ahead = ahead
          .sort((a, b) => byLateness(a.point, b.point))
          .filter(({ point }, i, { [i - 1]: before }) => isNew(point, before?.point))
        // Blocks to come begin where the last one did, or later: what lies before that is complete.
        const { first_step: step, first_at: at } = blocks.at(-1)!
        const next = ahead[limit]?.point
        if (next && (next.step < step || (next.step === step && next.at < at))) break
      }
      const items = ahead.slice(0, limit).map(({ point }) => point)
      if (ahead.length <= limit) return { items }
      return { items, nextCursor: cursorAt(items.at(-1)!, ahead.slice(limit)) }
    },
  }
}

function isNew(point: MetricPoint, before: MetricPoint | undefined): boolean {
  return before === undefined || byLateness(point, before) !== 0
}

/** The blocks of a metric from a place on, in order. */
async function* blockChunks(
  db: Db,
  run: string,
  metric: string,
  from?: BlockPlace,
): AsyncGenerator<readonly MetricBlockRow[]> {
  let place = from
  let isFirst = true
  for (;;) {
    let select = db
      .selectFrom('registry_metric_blocks')
      .selectAll()
      .where('run', '=', run)
      .where('key', '=', metric)
    if (place) {
      const [step, at, id] = place
      const beyond = isFirst ? sql`>=` : sql`>`
      select = select.where(
        sql<boolean>`(first_step, first_at, id) ${beyond} (${step}, ${at}, ${id})`,
      )
    }
    const rows = await select
      .orderBy('first_step')
      .orderBy('first_at')
      .orderBy('id')
      .limit(CHUNK)
      .execute()
    if (rows.length > 0) yield rows
    if (rows.length < CHUNK) return
    place = placeOf(rows.at(-1)!)
    isFirst = false
  }
}

function placeOf({ first_step, first_at, id }: MetricBlockRow): BlockPlace {
  return [first_step, first_at, id]
}

function cursorAt({ step, at, value }: MetricPoint, ahead: readonly PlacedPoint[]): string {
  const [first] = ahead.map(({ block }) => block).sort(byPlace)
  const text = Object.is(value, -0) ? '-0' : String(value)
  return encodeCursor([step, at, text, ...placeOf(first!)])
}

function byPlace(a: MetricBlockRow, b: MetricBlockRow): number {
  if (a.first_step !== b.first_step) return a.first_step - b.first_step
  if (a.first_at !== b.first_at) return a.first_at < b.first_at ? -1 : 1
  return a.id - b.id
}

function positionOf(cursor: string, key: string): Position {
  const at = decodeCursor(cursor)
  if (Array.isArray(at) && at.length === 6) {
    const [step, when, value, ...from] = at as unknown[]
    const [firstStep, firstAt, id] = from
    if (
      [step, firstStep, id].every(Number.isSafeInteger) &&
      [when, value, firstAt].every((text) => typeof text === 'string')
    ) {
      const last = { key, step: step as number, at: when as string, value: Number(value) }
      return { last, from: [firstStep as number, firstAt as string, id as number] }
    }
  }
  throw invalid('core.invalid-cursor', 'the cursor is not one that this list gave out', {})
}
