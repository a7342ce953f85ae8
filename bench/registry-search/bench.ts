// Search over 100 000 runs of 20 metrics: a page of 100 by a metric, in order of a metric, first and deep.
//
//   pnpm bench registry-search --no-python [-- --runs 100000 --metrics 20 --times 40 --postgres URL --keep FOLDER]
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRegistry, type Registry } from '@mlops/registry-core'
import { openStore } from '@mlops/store'
import { memoryBlobs } from '@mlops/store/blobs'
import { fillRuns } from './fill.ts'

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    metrics: { type: 'string', default: '20' },
    times: { type: 'string', default: '40' },
    /** A database on a PostgreSQL server that may be filled; without it SQLite only. */
    postgres: { type: 'string' },
    /** Keeps the SQLite file here, and uses what is there already. */
    keep: { type: 'string' },
    python: { type: 'string' },
  },
})
const [runs, metrics, times] = [options.runs, options.metrics, options.times].map(Number) as [
  number,
  number,
  number,
]
const PAGE = 100
const PARAMS = 5
/** The share of runs that `metrics.m3 > X` leaves, X in thousandths of the values' range. */
const SEARCHES = [
  { name: 'a filter that 80 % meet', filter: 'metrics.m3 > 200000' },
  { name: 'a filter that 1 % meet', filter: 'metrics.m3 > 990000' },
  { name: 'and a param that 10 % have', filter: "metrics.m3 > 200000 and params.p1 = 'v3'" },
  { name: 'a filter that 0.01 % meet', filter: 'metrics.m3 > 999900' },
  { name: 'no filter', filter: '' },
]

console.log(
  `${runs} runs of ${metrics} metrics, pages of ${PAGE}, ordered by a metric, ${times} times each. Node ${process.versions.node}, load ${loadavg()[0]!.toFixed(1)}\n`,
)
console.log('| database | search | page | p50 ms | p95 ms | CPU of this process, ms |')
console.log('|---|---|---|---|---|---|')
const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'registry-search-'))
try {
  mkdirSync(folder, { recursive: true })
  await measure('SQLite', `sqlite:${join(folder, `runs-${runs}-${metrics}.db`)}`)
  if (options.postgres !== undefined) await measure('PostgreSQL', database(options.postgres))
} finally {
  if (options.keep === undefined) rmSync(folder, { recursive: true, force: true })
}

async function measure(kind: string, url: string): Promise<void> {
  const isFull = url.startsWith('sqlite:') && existsSync(url.slice('sqlite:'.length))
  const store = await openStore(url)
  const registry = await createRegistry({ store, blobs: memoryBlobs() })
  try {
    const by = { type: 'service', id: 'bench' } as const
    if (!isFull) {
      const { id } = await registry.experiments.create({ name: 'full', by })
      const progress = (done: number) =>
        process.stderr.write(`\r${kind}: ${done} of ${runs} runs${done === runs ? '\n' : ''}`)
      await fillRuns(url, { experiment: id, runs, metrics, params: PARAMS, progress })
    }
    const full = (await registry.experiments.findByName('full'))!
    for (const { name, filter } of SEARCHES) await timed(kind, registry, full.id, name, filter)
  } finally {
    await store.close()
  }
}

async function timed(
  kind: string,
  registry: Registry,
  experiment: string,
  name: string,
  filter: string,
): Promise<void> {
  const page = (limit: number, cursor: string | undefined) =>
    registry.runs.search({
      experimentIds: [experiment],
      filter,
      orderBy: ['metrics.m1 DESC'],
      limit,
      ...(cursor !== undefined && { cursor }),
    })
  // Half-way through what matches, but no further than 20 000 rows.
  const whole = await page(10_000, undefined)
  const next = whole.nextCursor === undefined ? undefined : await page(10_000, whole.nextCursor)
  const depth = next ? 10_000 + next.items.length : Math.floor(whole.items.length / 2)
  const cursor = next
    ? (next.nextCursor ?? whole.nextCursor)
    : depth === 0
      ? undefined
      : (await page(depth, undefined)).nextCursor
  for (const [shown, from] of [
    ['first', undefined],
    [`behind row ${depth}`, cursor],
  ] as const) {
    if (shown !== 'first' && from === undefined) continue
    for (let i = 0; i < 5; i++) await page(PAGE, from)
    const all: number[] = []
    const before = process.cpuUsage()
    for (let i = 0; i < times; i++) {
      const start = performance.now()
      await page(PAGE, from)
      all.push(performance.now() - start)
    }
    const { user, system } = process.cpuUsage(before)
    all.sort((a, b) => a - b)
    const at = (share: number) => all[Math.floor(share * (all.length - 1))]!.toFixed(1)
    console.log(
      `| ${kind} | ${name} | ${shown} | ${at(0.5)} | ${at(0.95)} | ${((user + system) / 1000 / times).toFixed(1)} |`,
    )
  }
}

/** A database of its own beside the one named. */
function database(beside: string): string {
  const url = new URL(beside)
  const name = `search_${Date.now()}`
  const made = spawnSync('psql', [beside, '-c', `create database ${name}`], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(made.stderr)
  url.pathname = `/${name}`
  return url.href
}
