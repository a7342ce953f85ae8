import { createRng } from '@mlops/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compare } from '../src/compare.ts'
import { fitReference } from '../src/fit-reference.ts'
import type { NumericReference } from '../src/reference.ts'
import type { DriftReport } from '../src/report.ts'
import { compareSql } from '../src/sql/compare-sql.ts'
import { DIALECTS } from '../src/sql/dialect.ts'
import { fitReferenceSql } from '../src/sql/fit-reference-sql.ts'
import type { SqlDialect } from '../src/sql/sql-engine.ts'
import {
  chdbPython,
  openChdb,
  openDuckdb,
  openPostgres,
  postgresUrl,
  type SqlPlace,
} from './sql-places.ts'

const START = Date.UTC(2024, 0, 1)

/** The same rows, made by the engine and in the process. Every arithmetic step is exact or IEEE. */
const SERIES: Readonly<Record<SqlDialect, (n: number, shift: number) => string>> = {
  duckdb: (n, shift) => `SELECT
    CASE WHEN i % 101 = 0 THEN NULL WHEN i % 103 = 0 THEN 'NaN'::DOUBLE WHEN i % 107 = 0 THEN 'Infinity'::DOUBLE
      WHEN i % 109 = 0 THEN '-Infinity'::DOUBLE ELSE ((i * 7919 + 13) % 10007)::DOUBLE / 64 - 50 + ${shift} END AS x,
    ((i * 31) % 1000003)::DOUBLE / 3 AS wide, (i % 17)::INTEGER AS k, (i % 5000)::DECIMAL(12, 2) AS amount,
    CASE WHEN i % 11 = 0 THEN NULL ELSE 'c' || ((i * i + ${shift}) % 23)::VARCHAR END AS city, i % 3 = 0 AS ok,
    TIMESTAMP '2024-01-01 00:00:00' + to_seconds(i) AS at FROM range(${n}) AS t(i)`,
  postgres: (n, shift) => `SELECT
    CASE WHEN i % 101 = 0 THEN NULL WHEN i % 103 = 0 THEN 'NaN'::float8 WHEN i % 107 = 0 THEN 'Infinity'::float8
      WHEN i % 109 = 0 THEN '-Infinity'::float8 ELSE ((i * 7919 + 13) % 10007)::float8 / 64 - 50 + ${shift} END AS x,
    ((i * 31) % 1000003)::float8 / 3 AS wide, (i % 17)::integer AS k, (i % 5000)::decimal(12, 2) AS amount,
    CASE WHEN i % 11 = 0 THEN NULL ELSE 'c' || ((i * i + ${shift}) % 23)::text END AS city, i % 3 = 0 AS ok,
    TIMESTAMP '2024-01-01 00:00:00' + i * interval '1 second' AS at FROM generate_series(0::bigint, ${n - 1}) AS t(i)`,
  clickhouse: (n, shift) => `SELECT
    multiIf(i % 101 = 0, NULL, i % 103 = 0, nan, i % 107 = 0, inf, i % 109 = 0, -inf, toFloat64((i * 7919 + 13) % 10007) / 64 - 50 + ${shift}) AS x,
    toFloat64((i * 31) % 1000003) / 3 AS wide, toInt32(i % 17) AS k, toDecimal64(i % 5000, 2) AS amount,
    if(i % 11 = 0, NULL, concat('c', toString((i * i + ${shift}) % 23))) AS city, CAST(i % 3 = 0 AS Bool) AS ok,
    toDateTime('2024-01-01 00:00:00', 'UTC') + i AS at FROM (SELECT number AS i FROM numbers(${n}))`,
}

const INSTANTS: Readonly<Record<SqlDialect, (seconds: string, n: number) => string>> = {
  duckdb: (seconds, n) =>
    `SELECT TIMESTAMP '1968-02-28 00:00:00' + to_seconds(${seconds}) AS at FROM range(${n}) AS t(i)`,
  postgres: (seconds, n) =>
    `SELECT TIMESTAMP '1968-02-28 00:00:00' + (${seconds}) * interval '1 second' AS at FROM generate_series(0::bigint, ${n - 1}) AS t(i)`,
  clickhouse: (seconds, n) =>
    `SELECT toDateTime64('1968-02-28 00:00:00', 3, 'UTC') + toInt64(${seconds}) AS at FROM (SELECT number AS i FROM numbers(${n}))`,
}

function seriesOf(n: number, shift: number) {
  const rows = Array.from({ length: n }, (_, i) => i)
  const inMillions = (i: number) => Number((BigInt(i) * BigInt(i) + BigInt(shift)) % 23n)
  return {
    x: rows.map((i) =>
      i % 101 === 0
        ? null
        : i % 103 === 0
          ? Number.NaN
          : i % 107 === 0
            ? Infinity
            : i % 109 === 0
              ? -Infinity
              : ((i * 7919 + 13) % 10007) / 64 - 50 + shift,
    ),
    wide: rows.map((i) => ((i * 31) % 1000003) / 3),
    k: rows.map((i) => i % 17),
    amount: rows.map((i) => i % 5000),
    city: rows.map((i) => (i % 11 === 0 ? null : `c${inMillions(i)}`)),
    ok: rows.map((i) => i % 3 === 0),
    at: rows.map((i) => new Date(START + i * 1000)),
  }
}

const TEMPORARY: Readonly<Record<SqlDialect, string>> = {
  duckdb: 'CREATE TEMP TABLE',
  postgres: 'CREATE TEMP TABLE',
  clickhouse: 'CREATE TABLE',
}
const ENGINE: Readonly<Record<SqlDialect, string>> = {
  duckdb: '',
  postgres: '',
  clickhouse: ' ENGINE = Memory',
}
const COLUMN_TYPES: Readonly<Record<SqlDialect, readonly [number: string, text: string]>> = {
  duckdb: ['DOUBLE', 'VARCHAR'],
  postgres: ['float8', 'text'],
  clickhouse: ['Nullable(Float64)', 'Nullable(String)'],
}

/** Everything but the sums is equal to the last digit; those to the engine's rounding, where they exist. */
function expectSame(got: DriftReport, want: DriftReport, ends: 'tame' | 'extreme' = 'tame'): void {
  const split = (report: DriftReport) => {
    const sums: number[] = []
    const exact = JSON.parse(JSON.stringify(report), (key, value) => {
      const isSum = /^(wasserstein.*|mean|variance|sd|skewness|excessKurtosis)$/.test(key)
      // Near the largest doubles one side may overflow where the other does not.
      if (isSum && (typeof value === 'number' || (ends === 'extreme' && value === null))) {
        sums.push(value ?? Number.NaN)
        return 'a sum'
      }
      return value
    })
    return { exact, sums }
  }
  const [a, b] = [split(got), split(want)]
  expect(a.exact).toEqual(b.exact)
  a.sums.forEach((sum, i) => {
    if (ends === 'extreme' && Number.isNaN(sum + b.sums[i]!)) return
    expect(Math.abs(sum - b.sums[i]!)).toBeLessThanOrEqual(
      1e-7 * Math.max(1e-3, Math.abs(b.sums[i]!)),
    )
  })
}

function suite(dialect: SqlDialect, open: () => Promise<SqlPlace>): void {
  let place: SqlPlace
  beforeAll(async () => {
    place = await open()
  }, 60_000)
  afterAll(async () => {
    await place?.close()
  })
  const create = (name: string, select: string) =>
    place.run(
      `${TEMPORARY[dialect]} ${DIALECTS[dialect].quoteName(name)}${ENGINE[dialect]} AS ${select}`,
    )

  test('mixed columns with NULL, NaN, infinities and ties: the report of compare', async () => {
    await create('now_rows', SERIES[dialect](4000, 3))
    const reference = fitReference(seriesOf(5000, 0))
    const report = await compareSql(reference, place.engine, { table: 'now_rows' })
    expectSame(report, compare(reference, seriesOf(4000, 3)))
    expect(report.columns.find(({ name }) => name === 'city')!.current!.missing).toBe(364)
  })

  test('a reference fitted in the engine is the one fitted here', async () => {
    await create('fit_rows', SERIES[dialect](3000, 0))
    const [got, want] = [
      await fitReferenceSql(place.engine, { table: 'fit_rows' }),
      fitReference(seriesOf(3000, 0), {}),
    ]
    expect(got.rowCount).toBe(want.rowCount)
    for (const column of want.columns) {
      const other = got.columns.find(({ name }) => name === column.name)!
      if (!('summary' in column)) {
        expect(other).toEqual(column)
        continue
      }
      const { sample, summary, ...rest } = other as NumericReference
      const { sample: wanted, summary: described, ...others } = column
      expect(rest).toEqual(others)
      const sorted = (values: ArrayLike<number>) => Float64Array.from(values).sort()
      expect(sorted(sample)).toEqual(sorted(wanted))
      for (const [key, value] of Object.entries(described)) {
        const sum = summary[key as keyof typeof summary]
        if (value === null) expect(sum, key).toBeNull()
        else
          expect(Math.abs(sum! - value), key).toBeLessThanOrEqual(
            1e-9 * Math.max(1, Math.abs(value)),
          )
      }
    }
    expect(compare(JSON.parse(JSON.stringify(got)), seriesOf(3000, 0)).verdict).toBe('pass')
  })

  test('instants before and after 1970, over leap years: clock and calendar of compare', async () => {
    const start = Date.UTC(1968, 1, 28)
    const seconds = {
      even: (i: number) => i * 37_003,
      mornings: (i: number) => i * 86_400 + (i % 9),
    }
    const sql = { even: 'i * 37003', mornings: 'i * 86400 + i % 9' }
    const columns = (make: (i: number) => number, n: number) => ({
      at: Array.from({ length: n }, (_, i) => new Date(start + 1000 * make(i))),
    })
    for (const key of ['even', 'mornings'] as const)
      await create(`instants_${key}`, INSTANTS[dialect](sql[key], 4000))
    const reference = fitReference(columns(seconds.even, 4000))
    const fitted = await fitReferenceSql(place.engine, { table: 'instants_even' })
    const calendarOf = ({ columns: [at] }: typeof fitted) => (at as NumericReference).calendar
    expect(calendarOf(fitted)).toEqual(calendarOf(reference))
    expect(calendarOf(fitted)!.cycles.map(({ cycles }) => cycles)).toEqual([1713, 244, 4])
    const report = await compareSql(reference, place.engine, { table: 'instants_mornings' })
    expectSame(report, compare(reference, columns(seconds.mornings, 4000)))
    expect(report.columns[0]).toMatchObject({ status: 'compared', verdict: 'fail' })
    for (const n of [1, 2, 30]) {
      await create(`instants_${n}`, INSTANTS[dialect](sql.even, n))
      const few = await compareSql(reference, place.engine, { table: `instants_${n}` })
      expectSame(few, compare(reference, columns(seconds.even, n)))
      const one = await fitReferenceSql(place.engine, { table: `instants_${n}` })
      expect(calendarOf(one)).toEqual(calendarOf(fitReference(columns(seconds.even, n))))
    }
  })

  test('a sample by rank is one of the values, and all counts stay complete', async () => {
    const got = await fitReferenceSql(place.engine, { table: 'fit_rows' }, { sampleSize: 200 })
    const wide = got.columns.find(({ name }) => name === 'wide') as NumericReference
    expect(wide).toMatchObject({ count: 3000, sampleIsComplete: false })
    expect(wide.sample).toHaveLength(200)
    const values = new Set(seriesOf(3000, 0).wide)
    for (let i = 0; i < 200; i++) expect(values.has(wide.sample[i]!)).toBe(true)
    const again = await fitReferenceSql(place.engine, { table: 'fit_rows' }, { sampleSize: 200 })
    expect(again).toEqual(got)
    const report = await compareSql(got, place.engine, { table: 'fit_rows' })
    expectSame(report, compare(got, seriesOf(3000, 0)))
  })

  test('hostile names of columns and tables, and a SELECT as the source', async () => {
    const names = [
      'a"b',
      "a'b",
      'a`b',
      'back\\slash',
      '"; DROP TABLE now_rows; --',
      'x',
      'cell',
      'select',
      'naïve ключ 😀',
      '$1 {x} %s',
    ]
    const { quoteName } = DIALECTS[dialect]
    const table = 'na\'me "of` a \\ table'
    const [number, text] = COLUMN_TYPES[dialect]
    await place.run(
      `${TEMPORARY[dialect]} ${quoteName(table)} (${names.map((name, i) => `${quoteName(name)} ${i % 2 === 0 ? number : text}`).join(', ')})${ENGINE[dialect]}`,
    )
    const rng = createRng(dialect)
    const rows = Array.from({ length: 60 }, () =>
      names.map((_, i) => (i % 2 === 0 ? rng.int(40) / 8 : `t${rng.int(4)}`)),
    )
    await place.run(
      `INSERT INTO ${quoteName(table)} VALUES ${rows.map((row) => `(${row.map((cell) => (typeof cell === 'string' ? `'${cell}'` : cell)).join(', ')})`).join(', ')}`,
    )
    const columns = Object.fromEntries(names.map((name, i) => [name, rows.map((row) => row[i]!)]))
    const reference = fitReference(columns)
    const want = compare(reference, columns)
    expectSame(await compareSql(reference, place.engine, { table }), want)
    const query = `SELECT * FROM ${quoteName(table)} -- a remark`
    expectSame(await compareSql(reference, place.engine, { query }), want)
    const fitted = await fitReferenceSql(place.engine, { query: `${query}\n;` })
    expect(fitted.columns.map(({ name }) => name)).toEqual(names)
  })

  test('random small tables, also empty, constant and extreme ones', async () => {
    const { quoteName } = DIALECTS[dialect]
    const rng = createRng(`small ${dialect}`)
    const pool = [
      0,
      -0,
      1,
      1,
      -1,
      0.1,
      1 / 3,
      5e-324,
      -1.5e300,
      1.7e308,
      null,
      Infinity,
      -Infinity,
      Number.NaN,
    ]
    const [number, text] = COLUMN_TYPES[dialect]
    for (let round = 0; round < 12; round++) {
      const draw = (n: number) => ({
        n: Array.from({ length: n }, () => pool[rng.int(round < 2 ? 1 + round : pool.length)]!),
        t: Array.from({ length: n }, () => ['', 'a', 'b', null][rng.int(4)]!),
      })
      const types = { n: 'numeric', t: 'categorical' } as const
      const [before, after] = [draw(1 + rng.int(30)), draw(1 + rng.int(30))]
      const table = `small_${round}`
      await place.run(
        `${TEMPORARY[dialect]} ${quoteName(table)} (n ${number}, t ${text})${ENGINE[dialect]}`,
      )
      const cell = (value: number | string | null) =>
        value === null
          ? 'NULL'
          : typeof value === 'string'
            ? `'${value}'`
            : Number.isNaN(value)
              ? dialect === 'clickhouse'
                ? 'nan'
                : `'NaN'`
              : DIALECTS[dialect].literal(value)
      await place.run(
        `INSERT INTO ${quoteName(table)} VALUES ${after.n.map((n, i) => `(${cell(n)}, ${cell(after.t[i]!)})`).join(', ')}`,
      )
      const reference = fitReference(before, { types })
      const options = { minCount: 1 + 9 * (round % 2) }
      const report = await compareSql(reference, place.engine, { table }, options)
      expectSame(report, compare(reference, after, { ...options, types }), 'extreme')
      await fitReferenceSql(place.engine, { table })
    }
  })

  test('schema: columns that are gone, new or of another type, and those ignored', async () => {
    const reference = fitReference({
      ...seriesOf(100, 0),
      gone: seriesOf(100, 0).k,
      k: seriesOf(100, 0).city,
    })
    const report = await compareSql(
      reference,
      place.engine,
      {
        query: `SELECT x, wide, k, amount, ok, ${DIALECTS[dialect].quoteName('at')}, wide AS fresh FROM ${DIALECTS[dialect].quoteName('fit_rows')}`,
      },
      { ignore: ['at'] },
    )
    const status = Object.fromEntries(report.columns.map((one) => [one.name, one.status]))
    expect(status).toEqual({
      x: 'compared',
      wide: 'compared',
      k: 'type-changed',
      amount: 'compared',
      ok: 'compared',
      city: 'missing-column',
      gone: 'missing-column',
      fresh: 'new-column',
    })
  })

  test('what cannot be asked is refused', async () => {
    const reference = fitReference({ x: [1, 2, 3] })
    const against = (source: never, options = {}) =>
      compareSql(reference, place.engine, source, options)
    const code = (name: string, kind: string) => expect.objectContaining({ code: name, kind })
    await expect(against({ table: 'no such table' } as never)).rejects.toThrow(
      code('drift.sql-query-failed', 'unavailable'),
    )
    await expect(against({ query: 'SELECT * FROM fit_rows WHERE 1 = 0' } as never)).rejects.toThrow(
      code('core.empty-table', 'invalid'),
    )
    await expect(against({ table: '' } as never)).rejects.toThrow(
      code('drift.invalid-option', 'invalid'),
    )
    await expect(
      against({ table: 'fit_rows' } as never, { columns: { nobody: {} } }),
    ).rejects.toThrow(code('drift.unknown-column', 'invalid'))
    await expect(
      fitReferenceSql(place.engine, { table: 'fit_rows' }, { maxCategories: 3 }),
    ).rejects.toThrow(code('drift.too-many-categories', 'unsupported'))
    await expect(
      fitReferenceSql(place.engine, { table: 'fit_rows' }, { sampleSize: 0 }),
    ).rejects.toThrow(code('drift.invalid-option', 'invalid'))
    const list = { duckdb: '[1, 2]', postgres: 'ARRAY[1, 2]', clickhouse: '[1, 2]' }[dialect]
    await expect(against({ query: `SELECT ${list} AS list` } as never)).rejects.toThrow(
      code('drift.sql-unsupported-type', 'unsupported'),
    )
    const stranger = { dialect: 'oracle' as SqlDialect, query: async () => [] }
    await expect(compareSql(reference, stranger, { table: 'x' })).rejects.toThrow(
      code('drift.sql-dialect', 'unsupported'),
    )
  })

  test('a million rows', async () => {
    await create('million', SERIES[dialect](1_000_000, 1))
    const [before, after] = [seriesOf(50_000, 0), seriesOf(1_000_000, 1)]
    const reference = fitReference({ x: before.x, city: before.city })
    const report = await compareSql(reference, place.engine, {
      query: `SELECT x, city FROM ${DIALECTS[dialect].quoteName('million')}`,
    })
    expectSame(report, compare(reference, { x: after.x, city: after.city }))
    expect(report.rows.current).toBe(1_000_000)
  }, 120_000)
}

describe('DuckDB', () => suite('duckdb', openDuckdb))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () =>
  suite('postgres', openPostgres),
)
describe.skipIf(!chdbPython)('ClickHouse in chDB (MLOPS_TEST_CHDB_PYTHON)', () =>
  suite('clickhouse', openChdb),
)
