import { spawnSync } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSqliteStore } from '../src/sqlite/index.ts'
import { temporaryDirectory } from './places.ts'

// Only what npm already has at hand: a unit test downloads nothing.
const found = spawnSync('npx', ['--yes', '--offline', 'node@22', '-p', 'process.execPath'], {
  encoding: 'utf8',
  timeout: 20_000,
})
const node22 = found.status === 0 ? found.stdout.trim() : undefined

describe.skipIf(!node22)(
  'node:sqlite (Node 22; run `npx --yes node@22 -v` once to have it)',
  () => {
    let directory: string
    beforeAll(async () => {
      directory = await temporaryDirectory()
    })
    afterAll(() => rm(directory, { recursive: true, force: true }))

    test('passes the contracts', () => {
      const script = fileURLToPath(new URL('./contract-run.mjs', import.meta.url))
      const run = spawnSync(node22!, [script, directory], { encoding: 'utf8', timeout: 60_000 })
      const { passed, failed } = JSON.parse(run.stdout) as { passed: number; failed: string[] }
      expect(failed).toEqual([])
      expect(passed).toBeGreaterThan(25)
    }, 60_000)

    test('libsql takes a WAL file over once it is alone, and keeps its content', async () => {
      const path = join(directory, '0.db')
      const journalByte = async () => (await readFile(path))[18]
      expect(await journalByte()).toBe(2)
      const store = await openSqliteStore(path, { engine: 'libsql' })
      expect((await store.check()).status).toBe('ok')
      await store.close()
      expect(await journalByte()).toBe(1)
    })
  },
)
