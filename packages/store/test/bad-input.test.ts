import { chmod, copyFile, mkdir, open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { isMlopsError } from '@mlops/core'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDiskBlobs } from '../src/blobs/index.ts'
import { createEventLog, openStore, redactUrl } from '../src/index.ts'
import { postgresUrl, temporaryDirectory } from './places.ts'

let directory: string
beforeAll(async () => {
  directory = await temporaryDirectory()
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function failure(work: Promise<unknown>) {
  try {
    await work
  } catch (error) {
    if (isMlopsError(error)) return error
    throw error
  }
  throw new Error('it did not fail')
}

async function filledDatabase(name: string, entries: number): Promise<string> {
  const path = join(directory, name)
  const store = await openStore(`sqlite:${path}`)
  const log = createEventLog({ store, name: 'audit' })
  await store.transaction((tx) =>
    log.append(
      tx,
      Array.from({ length: entries }, (_, at) => ({
        actor: { type: 'service', id: 'test' } as const,
        action: 'seen',
        subject: { type: 'row', name: `row-${at}` },
        data: { text: 'content '.repeat(20) },
      })),
    ),
  )
  await store.close()
  return path
}

describe('URLs', () => {
  const bad = [
    '',
    'file.db',
    'mysql://x/y',
    'sqlite:',
    'sqlite://host/x',
    'postgres://host',
    'postgres:',
  ]
  test.each(bad)('%s is refused', async (url) => {
    expect((await failure(openStore(url))).code).toBe('store.invalid-url')
  })

  test('no message holds a password', async () => {
    const secret = 's3cr:et@x'
    const urls = [
      `mysql://ada:${secret}@host/db`,
      `postgres://ada:${secret}@host:notaport/db`,
      `postgres://ada:${encodeURIComponent(secret)}@127.0.0.1:1/db`,
      `postgres://ada@127.0.0.1:1/db?password=${encodeURIComponent(secret)}`,
    ]
    for (const url of urls) {
      const error = await failure(openStore(url, { connectTimeoutMs: 500 }))
      expect(JSON.stringify(error)).not.toMatch(/s3cr|et@x|et%40x/)
      expect(error.message).toContain('://')
    }
    expect(redactUrl('postgres://ada:p@host/db')).toBe('postgres://ada:***@host/db')
  })
})

describe('SQLite', () => {
  test.each([
    ['a missing directory', 'no', 'no/x.db', 'store.no-directory'],
    ['a directory', '', '', 'store.is-directory'],
  ])('%s', async (_, named, path, code) => {
    const error = await failure(openStore(`sqlite:${join(directory, path)}`))
    expect(error.code).toBe(code)
    expect(error.message).toContain(join(directory, named))
  })

  test('a missing or empty file, where one must exist', async () => {
    const path = join(directory, 'absent.db')
    expect((await failure(openStore(`sqlite:${path}`, { ifMissing: 'fail' }))).code).toBe(
      'store.missing',
    )
    await writeFile(path, '')
    expect((await failure(openStore(`sqlite:${path}`, { ifMissing: 'fail' }))).code).toBe(
      'store.missing',
    )
  })

  test('a file that is no database', async () => {
    const path = join(directory, 'text.db')
    const text = 'This is a text, and not a database. '.repeat(300)
    await writeFile(path, text)
    const error = await failure(openStore(`sqlite:${path}`))
    expect([error.kind, error.code]).toEqual(['invalid', 'store.not-a-database'])
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  test('a truncated database', async () => {
    const path = await filledDatabase('truncated.db', 500)
    await truncate(path, 40_000)
    expect((await failure(openStore(`sqlite:${path}`))).code).toBe('store.corrupt-database')
  })

  test('one flipped byte anywhere in the data is found by check or by verify', async () => {
    const path = join(directory, 'compact.db')
    // A compact copy: page splits leave dead bytes behind, and nobody need notice changes there.
    // For the same reason inner pages are left out, and zeroes, which are free space.
    const whole = await openStore(`sqlite:${await filledDatabase('whole.db', 300)}`)
    await sql.raw(`vacuum into '${path}'`).execute(whole.query)
    await whole.close()
    const content = await readFile(path)
    let found = 0
    let tried = 0
    for (let at = 5_000; at < content.length; at += 2_503) {
      const copy = join(directory, 'flipped.db')
      await copyFile(path, copy)
      const file = await open(copy, 'r+')
      const byte = Buffer.alloc(1)
      await file.read(byte, 0, 1, at)
      byte[0]! ^= 0x04
      const pageType = content[at - (at % 4096)]
      if (byte[0] !== 0x04 && pageType !== 2 && pageType !== 5) {
        tried += 1
        await file.write(byte, 0, 1, at)
        if (await damageIsSeen(copy)) found += 1
      }
      await file.close()
    }
    expect(tried).toBeGreaterThan(50)
    expect(found).toBe(tried)
  })

  test('a database that cannot be written', async () => {
    if (process.getuid?.() === 0) return expect(process.getuid()).toBe(0)
    const path = await filledDatabase('locked.db', 1)
    await chmod(path, 0o400)
    expect((await failure(openStore(`sqlite:${path}`))).code).toBe('store.read-only')
    return undefined
  })

  test('a lock that is never released is told after the time given', async () => {
    const path = await filledDatabase('busy.db', 1)
    const holder = await openStore(`sqlite:${path}`)
    const waiting = await openStore(`sqlite:${path}`, { busyTimeoutMs: 150 })
    await holder.transaction(async () => {
      const error = await failure(waiting.transaction(async () => {}))
      expect([error.kind, error.code]).toEqual(['unavailable', 'store.busy'])
    })
    await waiting.transaction(async () => {})
    await Promise.all([holder.close(), waiting.close()])
  })
})

async function damageIsSeen(path: string): Promise<boolean> {
  try {
    const store = await openStore(`sqlite:${path}`)
    try {
      if ((await store.check()).status === 'damaged') return true
      return (await createEventLog({ store, name: 'audit' }).verify()).status === 'broken'
    } finally {
      await store.close()
    }
  } catch (error) {
    return isMlopsError(error) && error.code !== 'store.query-failed'
  }
}

describe('PostgreSQL', () => {
  test('a server that is not there', async () => {
    const error = await failure(openStore('postgres://ada:pw@127.0.0.1:1/db'))
    expect([error.kind, error.code]).toEqual(['unavailable', 'store.unreachable'])
    expect(error.message).toContain('postgres://ada:***@127.0.0.1:1/db')
  })

  test('a server that never answers', async () => {
    const mute = createServer(() => {})
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const { port } = mute.address() as AddressInfo
    const error = await failure(
      openStore(`postgres://ada@127.0.0.1:${port}/db`, { connectTimeoutMs: 300 }),
    )
    expect(error.code).toBe('store.unreachable')
    mute.close()
  })

  test('a schema name that is none', async () => {
    const opening = openStore('postgres://ada@127.0.0.1:1/db', { schema: 'a"; drop' })
    expect((await failure(opening)).code).toBe('store.invalid-schema')
  })

  test.skipIf(!postgresUrl)(
    'a database that does not exist (MLOPS_TEST_POSTGRES_URL)',
    async () => {
      const url = new URL(postgresUrl!)
      url.pathname = '/no_such_database'
      expect((await failure(openStore(url.href))).code).toBe('store.no-database')
    },
  )

  test.skipIf(!postgresUrl)(
    'a connection cut by the server (MLOPS_TEST_POSTGRES_URL)',
    async () => {
      const store = await openStore(postgresUrl!, { schema: 'test_cut' })
      try {
        const cut = store.transaction(async (tx) => {
          await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx)
        })
        expect((await failure(cut)).code).toBe('store.unreachable')
        await store.transaction(async (tx) => sql`select 1`.execute(tx))
        await sql`drop schema test_cut cascade`.execute(store.query)
      } finally {
        await store.close()
      }
    },
  )
})

test('a blob directory that cannot be one', async () => {
  const file = join(directory, 'file')
  await writeFile(file, 'x')
  const error = await failure(openDiskBlobs(join(file, 'blobs')))
  expect([error.kind, error.code]).toEqual(['unavailable', 'store.cannot-open'])
  const blobs = await openDiskBlobs(join(directory, 'blobs'))
  await rm(join(directory, 'blobs', 'incoming'), { recursive: true })
  expect((await failure(blobs.put('x'))).code).toBe('store.io')
  await mkdir(join(directory, 'blobs', 'incoming'))
  expect((await blobs.put('x')).size).toBe(1)
})
