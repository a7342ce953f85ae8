import type { Migration } from './migration.ts'

/** The store's own tables: the writers' queue and the event logs. */
export const ownMigrations: readonly Migration[] = [
  {
    id: '0001-event-log',
    up: ({ dialect, text, integer, strict }) => [
      'create table mlops_writer (held integer)',
      `create table mlops_events (
        log ${text} not null,
        seq ${integer} not null,
        at ${text} not null,
        action ${text} not null,
        actor_id ${text} not null,
        subject_type ${text} not null,
        subject_name ${text} not null,
        subject_version ${text} not null,
        actor ${text} not null,
        subject ${text} not null,
        data ${text} not null,
        prev ${text} not null,
        hash ${text} not null,
        primary key (log, seq)
      ) ${strict && 'strict, without rowid'}`,
      'create index mlops_events_subject on mlops_events (log, subject_type, subject_name, subject_version, seq)',
      'create index mlops_events_action on mlops_events (log, action, seq)',
      'create index mlops_events_at on mlops_events (log, at, seq)',
      `create table mlops_event_heads (
        log ${text} not null primary key,
        seq ${integer} not null,
        hash ${text} not null
      ) ${strict && 'strict, without rowid'}`,
      ...(dialect === 'sqlite' ? sqliteGuards : postgresGuards),
    ],
  },
  {
    // One look at all rows of a statement takes PostgreSQL a fifth of a look at each.
    id: '0002-next-by-statement',
    up: ({ dialect }) => (dialect === 'sqlite' ? [] : postgresNextByStatement),
  },
]

const NEXT = `new.seq <> (select coalesce(max(seq), 0) + 1 from mlops_events where log = new.log)`

const sqliteGuards = [
  `create trigger mlops_events_no_update before update on mlops_events
    begin select raise(abort, 'append-only'); end`,
  `create trigger mlops_events_no_delete before delete on mlops_events
    begin select raise(abort, 'append-only'); end`,
  `create trigger mlops_events_next before insert on mlops_events when ${NEXT}
    begin select raise(abort, 'append-only'); end`,
  `create trigger mlops_event_heads_no_delete before delete on mlops_event_heads
    begin select raise(abort, 'append-only'); end`,
  `create trigger mlops_event_heads_forward before update on mlops_event_heads
    when new.log <> old.log or new.seq <= old.seq
    begin select raise(abort, 'append-only'); end`,
]

const postgresGuards = [
  `create function mlops_append_only() returns trigger language plpgsql as $$
    begin raise exception 'append-only'; end $$`,
  `create function mlops_events_check_next() returns trigger language plpgsql as $$
    begin
      if ${NEXT} then raise exception 'append-only'; end if;
      return new;
    end $$`,
  `create trigger mlops_events_no_change before update or delete on mlops_events
    for each row execute function mlops_append_only()`,
  `create trigger mlops_events_no_truncate before truncate on mlops_events
    for each statement execute function mlops_append_only()`,
  `create trigger mlops_events_next before insert on mlops_events
    for each row execute function mlops_events_check_next()`,
  `create trigger mlops_event_heads_no_delete before delete on mlops_event_heads
    for each row execute function mlops_append_only()`,
  `create trigger mlops_event_heads_no_truncate before truncate on mlops_event_heads
    for each statement execute function mlops_append_only()`,
  `create trigger mlops_event_heads_forward before update on mlops_event_heads
    for each row when (new.log <> old.log or new.seq <= old.seq)
    execute function mlops_append_only()`,
]

const postgresNextByStatement = [
  'drop trigger mlops_events_next on mlops_events',
  'drop function mlops_events_check_next()',
  `create function mlops_events_check_next() returns trigger language plpgsql as $$
    begin
      if exists (
        select from (
          select log, min(seq) as first, max(seq) as last, count(*) as number from added group by log
        ) a
        where a.last - a.first + 1 <> a.number or a.first <> 1 + coalesce((
          select e.seq from mlops_events e where e.log = a.log and e.seq < a.first
          order by e.seq desc limit 1), 0)
      ) then raise exception 'append-only'; end if;
      return null;
    end $$`,
  `create trigger mlops_events_next after insert on mlops_events
    referencing new table as added for each statement execute function mlops_events_check_next()`,
]
