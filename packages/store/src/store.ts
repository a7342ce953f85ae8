import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@mlops/core'
import type { Transaction } from 'kysely'
import { CompiledQuery, Kysely } from 'kysely'
import { isContention } from './driver-errors.ts'
import { groupCommit } from './group-commit.ts'
import type { ClosableDialect, TransactionScope } from './guarded-driver.ts'
import { migrate } from './migrations/migrate.ts'
import type { Migration, MigrationReport } from './migrations/migration.ts'
import { ownMigrations } from './migrations/own-migrations.ts'
import { sendLater } from './send-later.ts'
import { openMemory } from './transaction-memory.ts'

const MAX_ATTEMPTS = 12

export interface TransactionOptions {
  /**
   * How PostgreSQL keeps writers apart. `'queued'`: they wait in line, so none has to be run again.
   * `'optimistic'`: they run side by side, and one that lost a race is run again. Both are
   * serializable. SQLite has one writer, always queued. @default 'queued'
   */
  readonly writers?: 'queued' | 'optimistic'
}

/** What {@link Store.check} found. */
export interface StoreCheck {
  readonly status: 'ok' | 'damaged' | 'not-checked'
  readonly problems: readonly string[]
}

/** A database that several packages share, each with its own tables. */
export interface Store<Tables = unknown> {
  readonly dialect: 'sqlite' | 'postgres'
  /** The URL without its password. */
  readonly location: string
  /** Queries outside a transaction. Inside one, use `tx`. */
  readonly query: Kysely<Tables>
  /** The same store, seen with another package's tables. */
  tables<Other>(): Store<Other>
  /**
   * Runs `work` in one serializable transaction: all of it happens, or nothing. It may run more than
   * once, so it must change nothing but the database. Transactions of this store that wait for each
   * other share a commit (`writers: 'queued'`): each still happens whole or not at all, and none is
   * told of success before all are durable.
   *
   * @throws whatever `work` throws, after rolling back; `unavailable` `store.busy` or
   *   `store.contention` when the others leave no room, `store.unreachable` when the connection was
   *   lost before the commit (nothing happened) and `store.commit-unknown` when it was lost during it;
   *   `invalid` `store.nested` inside another.
   */
  transaction<Result>(
    work: (tx: Transaction<Tables>) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result>
  /**
   * For code that makes its caller wait for a transaction of somebody else.
   *
   * @throws `invalid` `store.nested` inside a transaction, which would wait for itself.
   */
  assertOutside(): void
  /**
   * Brings a package's tables up to date. Safe when several processes start at once.
   *
   * @throws `unsupported` `store.newer-schema` when the database knows more migrations than the
   *   code, `conflict` `store.migration-changed` when an applied one differs from the code's.
   */
  migrate(namespace: string, migrations: readonly Migration[]): Promise<MigrationReport>
  /** Reads the whole database and tells what is damaged (SQLite only). Cost: O(file). */
  check(): Promise<StoreCheck>
  /** Waits for what is under way, then lets go of the database. */
  close(): Promise<void>
}

interface StoreParts {
  readonly kind: Store['dialect']
  readonly dialect: ClosableDialect
  readonly location: string
  readonly scope: TransactionScope
  readonly clock: Clock
  readonly schema?: string
  readonly busyTimeoutMs?: number
  readonly check: (query: Kysely<unknown>) => Promise<StoreCheck>
}

/** Puts a store together over a dialect, and migrates its own tables. */
export async function buildStore(parts: StoreParts): Promise<Store> {
  const { kind, location, scope, clock, busyTimeoutMs = 10_000 } = parts
  const query = new Kysely<unknown>({ dialect: parts.dialect.dialect })

  async function once<Result>(
    work: (tx: Transaction<unknown>) => Promise<Result>,
    writers: 'queued' | 'optimistic',
  ): Promise<Result> {
    const begin =
      kind === 'postgres'
        ? query.transaction().setIsolationLevel('serializable')
        : query.transaction()
    return begin.execute(async (tx) => {
      if (kind === 'postgres' && writers === 'queued') {
        await sendLater(
          tx,
          CompiledQuery.raw(`set local lock_timeout = ${Math.round(busyTimeoutMs)}`),
        )
        // A table lock is taken before the snapshot, unlike an advisory lock.
        await tx.executeQuery(CompiledQuery.raw('lock table mlops_writer in exclusive mode'))
      }
      const memory = openMemory(tx)
      const result = await work(tx)
      await memory.finish()
      return result
    })
  }

  const queued = groupCommit((work) => once(work, 'queued'), { snapshot: kind === 'postgres' })

  const store: Store = {
    dialect: kind,
    location,
    query,
    tables: <Other>() => store as unknown as Store<Other>,
    async transaction(work, { writers = 'queued' } = {}) {
      scope.assertOutside()
      for (let attempt = 1; ; attempt++) {
        try {
          const scoped = (tx: Transaction<unknown>) => scope.run(() => work(tx))
          return await (writers === 'queued' ? queued(scoped) : once(scoped, writers))
        } catch (error) {
          if (!isContention(error) || attempt === MAX_ATTEMPTS) throw error
          await sleep(Math.min(2 ** attempt, 200))
        }
      }
    },
    assertOutside: () => scope.assertOutside(),
    migrate(namespace, migrations) {
      scope.assertOutside()
      return migrate({ query, dialect: kind, clock, namespace, migrations, schema: parts.schema })
    },
    check: () => parts.check(query),
    close: () => parts.dialect.close(),
  }
  try {
    await store.migrate('store', ownMigrations)
    return store
  } catch (error) {
    await store.close().catch(() => {})
    throw error
  }
}
