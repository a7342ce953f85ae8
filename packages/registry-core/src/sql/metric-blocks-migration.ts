import type { Migration, SqlWords } from '@mlops/store'

/** How many points of a metric a block that the migration makes has at most. */
const MOST_POINTS = 1000

const BEGINS = `place % ${MOST_POINTS} = 0`
const IS_NUMBER = `value_text not in ('NaN', 'Infinity', '-Infinity')`

/**
 * Points that come in together are kept together: a row for each took most of the time of a batch, and
 * several times the room.
 */
export const metricBlocksMigration: Migration = {
  id: '0022-metric-blocks',
  up: (words) => [
    ...table(words),
    `insert into registry_metric_blocks (run, key, first_step, first_at, points)
      select run, key, max(case when ${BEGINS} then step end), max(case when ${BEGINS} then at end),
        '[' || string_agg('[' || step || ',' || ${milliseconds(words)} || ',' ||
          case when ${IS_NUMBER} then value_text else '"' || value_text || '"' end || ']', ',' order by place) || ']'
      from (
        select *, row_number() over (partition by run, key order by step, at, value_text) - 1 as place
        from registry_metrics
      ) numbered
      group by run, key, place / ${MOST_POINTS} order by run, key, place / ${MOST_POINTS}`,
    'drop table registry_metrics',
  ],
}

function table({ dialect, text, integer, strict }: SqlWords): readonly string[] {
  const columns = `run ${text} not null, key ${text} not null, first_step ${integer} not null,
    first_at ${text} not null, points ${text} not null`
  return dialect === 'sqlite'
    ? [
        `create table registry_metric_blocks (id integer primary key, ${columns}) ${strict}`,
        'create index registry_metric_blocks_place on registry_metric_blocks (run, key, first_step, first_at)',
      ]
    : [
        `create table registry_metric_blocks (id bigint generated always as identity, ${columns},
          primary key (run, key, first_step, first_at, id))`,
      ]
}

/** Since 1970, of the time `at`. */
function milliseconds({ dialect }: SqlWords): string {
  return dialect === 'sqlite'
    ? `(cast(strftime('%s', at) as integer) * 1000 + cast(substr(at, 21, 3) as integer))`
    : '(extract(epoch from at::timestamptz) * 1000)::bigint'
}
