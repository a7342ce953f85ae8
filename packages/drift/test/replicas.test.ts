import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createRng, shuffle } from '@mlops/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compare } from '../src/compare.ts'
import { fitReference } from '../src/fit-reference.ts'
import { compareProfiles } from '../src/profile/compare-profiles.ts'
import { createProfiler } from '../src/profile/create-profiler.ts'
import type { DataProfile, NumericProfile } from '../src/profile/data-profile.ts'
import { mergeProfiles } from '../src/profile/merge-profiles.ts'
import { profileFromBytes } from '../src/profile/profile-bytes.ts'
import { trafficOf } from './processes/traffic.ts'

const REPLICAS = 20
const ROWS = 15_000
const run = promisify(execFile)
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const reference = fitReference(trafficOf(1000, 30_000), { sampleSize: 'all' })
let folder: string
let profiles: DataProfile[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'replicas-'))
  writeFileSync(join(folder, 'reference.json'), JSON.stringify(reference))
  const waiting = Array.from({ length: REPLICAS }, (_, shard) => shard)
  profiles = new Array<DataProfile>(REPLICAS)
  const worker = async () => {
    for (let shard = waiting.pop(); shard !== undefined; shard = waiting.pop()) {
      const { stdout } = await run(
        process.execPath,
        [
          '--import',
          'tsx',
          script('processes/replica.ts'),
          String(shard),
          String(ROWS),
          join(folder, 'reference.json'),
        ],
        { maxBuffer: 1e8 },
      )
      profiles[shard] = profileFromBytes(Buffer.from(stdout, 'base64'))
    }
  }
  await Promise.all([worker(), worker(), worker()])
}, 180_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the profiles of 20 processes, merged in any order, report what one pass reports', () => {
  const shards = Array.from({ length: REPLICAS }, (_, shard) => trafficOf(shard, ROWS))
  const whole = createProfiler({ reference })
  for (const shard of shards) whole.addTable(shard)
  const table = {
    latency: Float64Array.from(shards.flatMap(({ latency }) => [...latency])),
    score: Float64Array.from(shards.flatMap(({ score }) => [...score])),
    country: shards.flatMap(({ country }) => country),
    cached: shards.flatMap(({ cached }) => cached),
  }
  const exact = compare(reference, table)
  const single = whole.profile()
  for (const seed of [1, 2, 3]) {
    const [first, ...rest] = shuffle([...profiles], createRng(seed))
    const merged = mergeProfiles(first!, ...rest)
    expect(merged.rowCount).toBe(REPLICAS * ROWS)
    for (const column of single.columns) {
      const other = merged.columns.find(({ name }) => name === column.name)!
      const { count, missing, mistyped, distinct } = column
      expect(other).toMatchObject({ count, missing, mistyped, distinct })
      if ('bins' in column) expect((other as NumericProfile).bins).toEqual(column.bins)
    }
    const report = compareProfiles(reference, merged)
    expect(report.verdict).toBe(exact.verdict)
    for (const column of report.columns) {
      const truth = exact.columns.find(({ name }) => name === column.name)!
      expect(column.verdict).toBe(truth.verdict)
      const [low, high] = column.bounds?.effectSize ?? [
        truth.effectSize!.value,
        truth.effectSize!.value,
      ]
      expect(truth.effectSize!.value).toBeGreaterThanOrEqual(low)
      expect(truth.effectSize!.value).toBeLessThanOrEqual(high)
      expect(column.distances!.psi).toBeCloseTo(truth.distances!.psi, 12)
    }
  }
})

test('memory is constant in the rows, and under 1 MB a column', async () => {
  const columns = 20
  const { stdout } = await run(process.execPath, [
    '--expose-gc',
    '--import',
    'tsx',
    script('processes/memory.ts'),
    String(columns),
    '120',
    '5000',
  ])
  const { early, late, rows } = JSON.parse(stdout)
  expect(rows).toBe(600_000)
  expect(late / columns).toBeLessThan(1_000_000)
  expect(late).toBeLessThan(1.25 * early + 1_000_000)
}, 120_000)
