import type { ErrorKind } from '@mlops/core'
import { isMlopsError, MlopsError } from '@mlops/core'

interface DriverError {
  readonly code?: unknown
  readonly errcode?: unknown
  readonly rawCode?: unknown
  readonly message?: unknown
  readonly constraint?: unknown
}

type Told = readonly [kind: ErrorKind, code: string, message: string]

/**
 * Turns a database driver's error into the one typed error that stands for it on both databases.
 * `location` is printed, so it must not hold a password. The driver's own text, which may quote
 * SQL and values, stays in `cause`.
 */
export function toStoreError(error: unknown, location: string): MlopsError {
  if (isMlopsError(error)) return error
  const raw = (typeof error === 'object' && error !== null ? error : {}) as DriverError
  const sqlite = sqliteCode(raw)
  const [kind, code, message] =
    (sqlite === undefined ? postgresError(raw, location) : sqliteError(sqlite, raw, location)) ??
    unknownError(location)
  const details = {
    location,
    ...(sqlite === undefined
      ? typeof raw.code === 'string' && { driverCode: raw.code }
      : { driverCode: sqlite }),
  }
  return new MlopsError({ kind, code, message, details, cause: error })
}

/** Whether the transaction lost a race and running it again may succeed. */
export function isContention(error: unknown): boolean {
  return isMlopsError(error) && error.code === 'store.contention'
}

/** Whether another process holds the lock for the moment. */
export function isSqliteBusy(error: unknown): boolean {
  const code = sqliteCode(error as DriverError)
  return code !== undefined && ((code & 0xff) === 5 || (code & 0xff) === 6)
}

function sqliteCode(raw: DriverError): number | undefined {
  if (typeof raw.errcode === 'number') return raw.errcode
  if (typeof raw.rawCode === 'number') return raw.rawCode
  if (typeof raw.code === 'string' && raw.code.startsWith('SQLITE_')) return NAMES[raw.code] ?? 1
  // libsql says it only in words when a file cannot be opened.
  const open = /ConnectionFailed\(.*: (\d+)"\)$/.exec(String(raw.message ?? ''))
  return open ? Number(open[1]) : undefined
}

const NAMES: Readonly<Record<string, number>> = {
  SQLITE_BUSY: 5,
  SQLITE_LOCKED: 6,
  SQLITE_READONLY: 8,
  SQLITE_IOERR: 10,
  SQLITE_CORRUPT: 11,
  SQLITE_FULL: 13,
  SQLITE_CANTOPEN: 14,
  SQLITE_CONSTRAINT: 19,
  SQLITE_CONSTRAINT_FOREIGNKEY: 787,
  SQLITE_CONSTRAINT_PRIMARYKEY: 1555,
  SQLITE_CONSTRAINT_TRIGGER: 1811,
  SQLITE_CONSTRAINT_UNIQUE: 2067,
  SQLITE_NOTADB: 26,
}

function sqliteError(code: number, raw: DriverError, location: string): Told | undefined {
  switch (code & 0xff) {
    case 5:
    case 6:
      return busy(location)
    case 8:
      return [
        'unavailable',
        'store.read-only',
        `${location} cannot be written: check its permissions`,
      ]
    case 10:
      return ['unavailable', 'store.io', `reading or writing ${location} failed: check the disk`]
    case 11:
      return [
        'internal',
        'store.corrupt-database',
        `${location} is damaged: stop writing to it and restore it from a backup`,
      ]
    case 13:
      return diskFull(location)
    case 14:
      return [
        'unavailable',
        'store.cannot-open',
        `${location} cannot be opened: check that its directory exists and may be written`,
      ]
    case 19:
      return sqliteConstraint(code, String(raw.message ?? ''))
    case 26:
      return [
        'invalid',
        'store.not-a-database',
        `${location} is not a SQLite database: check the path, or restore the file from a backup`,
      ]
  }
  return undefined
}

function sqliteConstraint(code: number, message: string): Told {
  if (code === 1811) return refusedByTrigger(message)
  if (code === 1555 || code === 2067) return uniqueViolation
  if (code === 787) return foreignKeyViolation
  return [
    'invalid',
    'store.constraint',
    'the database refused a value that breaks a rule of its schema',
  ]
}

function postgresError(raw: DriverError, location: string): Told | undefined {
  const code = typeof raw.code === 'string' ? raw.code : ''
  if (code === '40001' || code === '40P01') {
    return [
      'unavailable',
      'store.contention',
      'the transaction lost a race against another one: run it again',
    ]
  }
  if (code === '55P03') return busy(location)
  if (code === '23505') return uniqueViolation
  if (code === '23503') return foreignKeyViolation
  if (code.startsWith('23')) {
    return [
      'invalid',
      'store.constraint',
      'the database refused a value that breaks a rule of its schema',
    ]
  }
  if (code === 'P0001') return refusedByTrigger(String(raw.message ?? ''))
  if (code === '53100') return diskFull(location)
  if (code === '28P01' || code === '28000') {
    return ['unavailable', 'store.login-refused', `${location} refused the user or password`]
  }
  if (code === '3D000') {
    return [
      'unavailable',
      'store.no-database',
      `${location}: there is no such database; create it first`,
    ]
  }
  if (code === '25006') {
    return ['unavailable', 'store.read-only', `${location} is a read-only server`]
  }
  if (/^(ECONN|ENOTFOUND|ETIMEDOUT|EHOST|ENET|EAI_|EPIPE|ENOENT|08|57P0|53300)/.test(code)) {
    return unreachable(location)
  }
  if (
    /timeout exceeded when trying to connect|Connection terminated|not queryable/i.test(
      String(raw.message ?? ''),
    )
  ) {
    return unreachable(location)
  }
  return undefined
}

const uniqueViolation: Told = ['conflict', 'store.exists', 'a row with this key exists already']

const foreignKeyViolation: Told = [
  'conflict',
  'store.dangling-reference',
  'the row refers to one that does not exist, or is still referred to',
]

function refusedByTrigger(message: string): Told {
  return message.includes('append-only')
    ? [
        'denied',
        'store.append-only',
        'the event log only grows: entries are never changed or removed',
      ]
    : ['conflict', 'store.refused', 'a rule of the database schema refused the change']
}

function busy(location: string): Told {
  return [
    'unavailable',
    'store.busy',
    `${location} stayed locked by another process: try again, or raise busyTimeoutMs`,
  ]
}

function diskFull(location: string): Told {
  return ['unavailable', 'store.disk-full', `no space left for ${location}: nothing was written`]
}

function unreachable(location: string): Told {
  return [
    'unavailable',
    'store.unreachable',
    `${location} cannot be reached: check that the server runs, and its host and port`,
  ]
}

function unknownError(location: string): Told {
  return ['internal', 'store.query-failed', `a query on ${location} failed; the cause says why`]
}
