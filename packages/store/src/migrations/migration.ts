/** The words in which the two databases differ, for use in a migration's SQL. */
export interface SqlWords {
  readonly dialect: 'sqlite' | 'postgres'
  /** Text that sorts by code point on both. */
  readonly text: string
  /** A 64-bit integer; read back as a number, so within ±(2^53 − 1). */
  readonly integer: string
  /** A double. NaN is refused: SQLite cannot hold it. */
  readonly real: string
  readonly bytes: string
  /** Behind the closing bracket of `create table`: makes SQLite check types as PostgreSQL does. */
  readonly strict: string
}

/** One step of a package's schema. Never changed once released; a later step corrects it. */
export interface Migration {
  /** Sorts and names it: `0001-models`. */
  readonly id: string
  /** The SQL statements, a pure function of the words. */
  up(words: SqlWords): readonly string[]
}

/** What a call of `store.migrate` did. */
export interface MigrationReport {
  readonly namespace: string
  /** The ids applied by this call, in order. */
  readonly applied: readonly string[]
  /** How many migrations the namespace has now. */
  readonly version: number
}

/** The {@link SqlWords} of a database. */
export function sqlWords(dialect: 'sqlite' | 'postgres'): SqlWords {
  return dialect === 'sqlite'
    ? { dialect, text: 'text', integer: 'integer', real: 'real', bytes: 'blob', strict: 'strict' }
    : {
        dialect,
        text: 'text collate "C"',
        integer: 'bigint',
        real: 'double precision',
        bytes: 'bytea',
        strict: '',
      }
}
