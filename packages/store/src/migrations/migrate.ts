import type { Clock, Digest } from '@mlops/core'
import { digestOf, invalid, isoTime, MlopsError } from '@mlops/core'
import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Migration, MigrationReport } from './migration.ts'
import { sqlWords } from './migration.ts'

interface MigrationTables {
  mlops_migrations: {
    namespace: string
    position: number
    id: string
    checksum: string
    applied_at: string
  }
}

interface MigrateInput {
  readonly query: Kysely<unknown>
  readonly dialect: 'sqlite' | 'postgres'
  readonly clock: Clock
  readonly namespace: string
  readonly migrations: readonly Migration[]
  readonly schema: string | undefined
}

interface Step {
  readonly id: string
  readonly statements: readonly string[]
  readonly checksum: Digest
}

/** See `Store.migrate`. Everything happens in one transaction that keeps other processes waiting. */
export async function migrate(input: MigrateInput): Promise<MigrationReport> {
  const { query, dialect, namespace, clock } = input
  const steps = plan(input)
  return query.transaction().execute(async (untyped) => {
    const tx = untyped as unknown as Transaction<MigrationTables>
    await prepare(tx, dialect, input.schema)
    const known = await tx
      .selectFrom('mlops_migrations')
      .select(['id', 'checksum'])
      .where('namespace', '=', namespace)
      .orderBy('position')
      .execute()
    compare(namespace, known, steps)
    const open = steps.slice(known.length)
    for (const [at, { id, statements, checksum }] of open.entries()) {
      for (const statement of statements) await sql.raw(statement).execute(tx)
      await tx
        .insertInto('mlops_migrations')
        .values({
          namespace,
          position: known.length + at + 1,
          id,
          checksum,
          applied_at: isoTime(clock),
        })
        .execute()
    }
    return { namespace, applied: open.map(({ id }) => id), version: steps.length }
  })
}

function plan({ dialect, namespace, migrations }: MigrateInput): Step[] {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(namespace)) {
    throw invalid(
      'store.invalid-namespace',
      `a namespace is lower-case letters, digits and dashes, got '${namespace}'`,
      { namespace },
    )
  }
  const words = sqlWords(dialect)
  const steps = migrations.map(({ id, up }) => {
    const statements = up(words)
    return { id, statements, checksum: digestOf(statements) }
  })
  const ids = new Set(steps.map(({ id }) => id))
  if (ids.size !== steps.length) {
    throw invalid(
      'store.duplicate-migration',
      `two migrations of '${namespace}' have the same id`,
      {
        namespace,
      },
    )
  }
  return steps
}

async function prepare(
  tx: Transaction<MigrationTables>,
  dialect: 'sqlite' | 'postgres',
  schema: string | undefined,
): Promise<void> {
  if (dialect === 'postgres') {
    await sql`select pg_advisory_xact_lock(7240593118320641)`.execute(tx)
    if (schema !== undefined) await sql.raw(`create schema if not exists "${schema}"`).execute(tx)
  }
  const { text, integer, strict } = sqlWords(dialect)
  await sql
    .raw(
      `create table if not exists mlops_migrations (namespace ${text} not null, position ${integer} not null, id ${text} not null, checksum ${text} not null, applied_at ${text} not null, primary key (namespace, position)) ${strict}`,
    )
    .execute(tx)
}

function compare(
  namespace: string,
  known: readonly { readonly id: string; readonly checksum: string }[],
  steps: readonly Step[],
): void {
  for (const [at, { id, checksum }] of known.entries()) {
    const step = steps[at]
    if (step === undefined) {
      throw new MlopsError({
        kind: 'unsupported',
        code: 'store.newer-schema',
        message: `the database has ${known.length} migrations of '${namespace}' and this program knows ${steps.length}: it was written by a newer version; upgrade this program`,
        details: { namespace, database: known.length, program: steps.length },
      })
    }
    if (step.id !== id || step.checksum !== checksum) {
      throw new MlopsError({
        kind: 'conflict',
        code: 'store.migration-changed',
        message: `migration ${at + 1} of '${namespace}' is '${id}' in the database and '${step.id}' here, or its SQL differs: released migrations must stay as they are`,
        details: { namespace, position: at + 1, database: id, program: step.id },
      })
    }
  }
}
