import { planOnce } from '@mlops/store'
import type { RawBuilder } from 'kysely'
import { CompiledQuery, sql } from 'kysely'
import type { Db } from '../service/context.ts'

type Dialect = 'sqlite' | 'postgres'
type Places = readonly number[]

/** Texts under one key, and at which places of the list the runs are that have them. */
export type TextColumn = readonly [key: string, at: Places, values: readonly string[]]
/** The same of points. A value that JSON has no number for is a text. */
export type PointColumn = readonly [
  key: string,
  at: Places,
  values: readonly (number | string)[],
  steps: readonly number[],
  times: readonly string[],
]
export type InputCells = readonly [
  place: number,
  name: string,
  digest: string,
  context: string,
  tags: string,
]
export type ModelCells = readonly [place: number, model: string, direction: string, step: number]
export type ExperimentCells = readonly [id: number, name: string, place: string | null]

/** What belongs to a list of runs. Keys are in no order; inputs and models are in theirs. */
export interface RunParts {
  readonly params: readonly TextColumn[]
  readonly tags: readonly TextColumn[]
  readonly latest: readonly PointColumn[]
  readonly inputs: readonly InputCells[]
  readonly models: readonly ModelCells[]
  readonly experiments: readonly ExperimentCells[]
}

/** The parts as the database writes them. */
export type PartTexts = Readonly<Record<keyof RunParts, string | null>>

/** Runs whose parts are read by one statement, at most. */
export const TOGETHER = 1000

/**
 * Reads what belongs to runs in one statement, whose one row holds a text of JSON for each table: for a driver
 * a row is dear, whatever it holds. Values are listed by key, not by run, so that a key is written and read once
 * for all of them.
 */
export async function runParts(
  db: Db,
  dialect: Dialect,
  runs: readonly string[],
  experiments: readonly number[],
): Promise<RunParts> {
  const lists =
    dialect === 'sqlite' ? [JSON.stringify(runs), JSON.stringify(experiments)] : [runs, experiments]
  const query = CompiledQuery.raw(STATEMENTS[dialect], lists)
  return partsOf((await db.executeQuery<PartTexts>(planOnce(query))).rows[0]!)
}

/**
 * Finds runs on PostgreSQL and reads what belongs to them in the same statement, for {@link partsOf}; what was
 * `found` is a text of JSON like the others. It has a run's id in `k0` and its experiment in `c0`, and may be
 * one more than are wanted.
 */
export function foundWithParts(found: RawBuilder<unknown>, wanted: number): RawBuilder<unknown> {
  const page = LISTED.postgres.page(`array(select k0 from found limit ${wanted})`)
  return sql`with found as materialized (${found}), page as materialized (${sql.raw(page)}),
    known as (select distinct c0 as id from found)
    select (select json_agg(found)::text from found) as found, ${sql.raw(selected(WORDS.postgres))}`
}

export function partsOf({
  params,
  tags,
  latest,
  inputs,
  models,
  experiments,
}: PartTexts): RunParts {
  return {
    params: columnsOf(params),
    tags: columnsOf(tags),
    latest: columnsOf(latest),
    inputs: inputs === null ? [] : JSON.parse(inputs),
    models: models === null ? [] : JSON.parse(models),
    experiments: experiments === null ? [] : JSON.parse(experiments),
  }
}

function columnsOf<Column>(texts: string | null): readonly Column[] {
  return texts === null ? [] : JSON.parse(`[${texts}]`)
}

/** What lists of runs and of experiments are as tables: `page` has the `place` of each run in its list. */
const LISTED = {
  sqlite: {
    page: (runs: string) => `select key as place, value as id from json_each(${runs})`,
    known: (experiments: string) => `select value as id from json_each(${experiments})`,
  },
  postgres: {
    page: (runs: string) =>
      `select n - 1 as place, id from unnest(${runs}) with ordinality as listed(id, n)`,
    known: (experiments: string) => `select unnest(${experiments}) as id`,
  },
}

interface Words {
  quoted(text: string): string
  /** What was made of each row, with `between` in between. */
  joined(text: string, between: string): string
  list(value: string): string
  rows(cells: string): string
}

const WORDS: Readonly<Record<Dialect, Words>> = {
  sqlite: {
    quoted: (text) => `json_quote(${text})`,
    joined: (text, between) => `group_concat(${text}, '${between}')`,
    list: (value) => `json_group_array(${value})`,
    rows: (cells) => `json_group_array(json_array(${cells}))`,
  },
  postgres: {
    quoted: (text) => `to_json(${text})::text`,
    joined: (text, between) => `string_agg(cast(${text} as text), '${between}')`,
    list: (value) => `json_agg(${value})::text`,
    rows: (cells) => `json_agg(json_build_array(${cells}))::text`,
  },
}

const STATEMENTS = {
  sqlite: statement('sqlite', '?1', '?2'),
  postgres: statement('postgres', '$1::text[]', '$2::bigint[]'),
}

function statement(dialect: Dialect, runs: string, experiments: string): string {
  const { page, known } = LISTED[dialect]
  const listed = `page as materialized (${page(runs)}), known as (${known(experiments)})`
  return `with ${listed} select ${selected(WORDS[dialect])}`
}

/** A column for each part of the runs on `page` and the experiments that are `known`. */
function selected({ quoted, joined, list, rows }: Words): string {
  // The order of a cross join is kept by SQLite: from the runs to what they have.
  const of = (table: string) => `from page cross join ${table} p where p.run = page.id`
  const columns = (columns: string, from: string) =>
    `select ${joined('item', ',')} from (select '[' || ${quoted('p.key')} || ',[' || ${joined('page.place', ',')} || '],' || ${columns} || ']' as item ${from} group by p.key) columns`
  const texts = (table: string) => columns(list('p.value'), of(table))
  // Of what is no finite number the difference is none either. Numbers and times need no quoting.
  const number = `case when p.value - p.value = 0 then p.value_text else '"' || p.value_text || '"' end`
  const points = `'[' || ${joined(number, ',')} || '],[' || ${joined('p.step', ',')} || '],["' || ${joined('p.at', '","')} || '"]'`
  const parts: Readonly<Record<keyof RunParts, string>> = {
    params: texts('registry_params'),
    tags: texts('registry_run_tags'),
    latest: columns(points, of('registry_latest_metrics')),
    inputs: `select ${rows('place, name, digest, context, tags')} from (select page.place, p.* ${of('registry_inputs')} order by p.name, p.digest, p.context) cells`,
    models: `select ${rows('place, model, direction, step')} from (select page.place, p.* ${of('registry_run_models')} order by p.step, p.model) cells`,
    experiments: `select ${rows('id, name, artifact_location')} from registry_experiments where id in (select id from known)`,
  }
  return Object.entries(parts)
    .map(([name, query]) => `(${query}) as ${name}`)
    .join(', ')
}
