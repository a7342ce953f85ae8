import { tmpdir } from 'node:os'
import { isMlopsError } from '@mlops/core'
import type { Store } from '@mlops/store'
import { openStore } from '@mlops/store'
import { memoryBlobs } from '@mlops/store/blobs'
import { describe, expect, test } from 'vitest'
import { createRegistry } from '../../src/index.ts'
import { createMlflowHandler, openAccess } from '../../src/mlflow/index.ts'
import { actor, expectQuiet } from '../attacks/door.ts'
import { postgresUrl } from '../places.ts'
import { startCluster } from './private-cluster.ts'

const WORKERS = 8
const MODEL = 'm'

/** Writes without end through the library and through the door; keeps what was acknowledged. */
async function createLoad(store: Store) {
  const registry = await createRegistry({ store, blobs: memoryBlobs() })
  const handler = createMlflowHandler({ registry, auth: openAccess(actor) })
  await registry.models.create({ name: MODEL, by: actor })
  const { id } = await registry.experiments.create({ name: 'e', by: actor })
  const { id: run } = await registry.runs.start({ experimentId: id, by: actor })
  const steps = new Set<number>()
  const versions = new Map<string, number>()
  const refusals: string[] = []
  let sent = 0
  let stopped = false

  async function post(path: string, body: object): Promise<unknown> {
    const response = await handler(
      new Request(`http://localhost/api/2.0/mlflow/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    )
    const text = await response.text()
    if (response.status === 200) return JSON.parse(text)
    expectQuiet(text)
    expect([response.status, JSON.parse(text).error_code]).toEqual([503, 'TEMPORARILY_UNAVAILABLE'])
    refusals.push('503')
    return undefined
  }

  async function call<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work()
    } catch (error) {
      if (!isMlopsError(error)) throw error
      expect(error.kind).toBe('unavailable')
      refusals.push(error.code)
      return undefined
    }
  }

  async function step(kind: number): Promise<void> {
    const n = sent++
    const token = `t${n}`
    if (kind === 0) {
      const metrics = [{ key: 'loss', value: n, step: n }]
      if (await call(() => registry.runs.log({ run, metrics, by: actor }).then(() => true)))
        steps.add(n)
    } else if (kind === 1) {
      const version = { model: MODEL, tags: { token }, by: actor }
      const made = await call(() => registry.versions.create(version))
      if (made) versions.set(token, made.version)
    } else if (kind === 2) {
      const metric = { run_id: run, key: 'loss', value: n, timestamp: 1, step: n }
      if (await post('runs/log-metric', metric)) steps.add(n)
    } else {
      const made = await post('model-versions/create', {
        name: MODEL,
        source: 's3://bucket/x',
        tags: [{ key: 'token', value: token }],
      })
      if (made) {
        versions.set(
          token,
          Number((made as { model_version: { version: string } }).model_version.version),
        )
      }
    }
  }

  const workers = Array.from({ length: WORKERS }, async (_, i) => {
    while (!stopped) await step(i % 4)
  })
  return {
    registry,
    run,
    steps,
    versions,
    refusals,
    sent: () => sent,
    async stop() {
      stopped = true
      await Promise.all(workers)
    },
  }
}

describe.skipIf(!postgresUrl)('PostgreSQL restarted in mid-load (MLOPS_TEST_POSTGRES_URL)', () => {
  test('callers are told, later calls succeed, and what was acknowledged is there once', async () => {
    const cluster = await startCluster(tmpdir())
    const store = await openStore(cluster.url, { maxConnections: 5 })
    try {
      const load = await createLoad(store)
      const { registry, run, steps, versions, refusals } = load
      const progress = () => steps.size + versions.size
      for (let restart = 0; restart < 3; restart++) {
        const before = progress()
        await expect.poll(progress, { timeout: 20_000 }).toBeGreaterThan(before + 100)
        await cluster.restart()
      }
      const before = progress()
      await expect.poll(progress, { timeout: 20_000 }).toBeGreaterThan(before + 100)
      await load.stop()

      expect(refusals.length).toBeGreaterThan(0)
      const history = await registry.runs.history(run, 'loss')
      const kept = history.map(({ step }) => step)
      expect(new Set(kept).size).toBe(kept.length)
      expect([...steps].filter((step) => !kept.includes(step))).toEqual([])

      const numbers: number[] = []
      const tokens: string[] = []
      let cursor: string | undefined
      do {
        const page = await registry.versions.list(MODEL, { limit: 1000, ...(cursor && { cursor }) })
        for (const { version, tags } of page.items) {
          numbers.push(version)
          tokens.push(tags['token']!)
          if (versions.has(tags['token']!)) expect(versions.get(tags['token']!)).toBe(version)
        }
        cursor = page.nextCursor
      } while (cursor !== undefined)
      expect(new Set(tokens).size).toBe(tokens.length)
      expect([...versions.keys()].filter((token) => !tokens.includes(token))).toEqual([])
      expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, i) => i + 1))
      // Of what was not acknowledged, at most what was being committed when a connection was cut.
      const unasked = kept.length + numbers.length - progress()
      expect(unasked).toBeLessThanOrEqual(3 * WORKERS)
      expect((await registry.verifyHistory()).status).toBe('intact')
    } finally {
      await store.close()
      await cluster.remove()
    }
  }, 120_000)
})
