// Cells profiled per second on one core: @mlops/drift/profile against whylogs, the same numbers in one run.
//
//   pnpm bench profile-vs-whylogs [-- --rows 10000000 --peer-rows 500000 --repeats 3]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRng } from '@mlops/core'
import { fitReference } from '@mlops/drift'
import { createProfiler, type ProfilerOptions } from '@mlops/drift/profile'

const COLUMNS = 10
const BATCH = 1_000_000

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    'peer-rows': { type: 'string', default: '500000' },
    repeats: { type: 'string', default: '3' },
    python: { type: 'string' },
  },
})
const rows = Number(options.rows)
const batches = Array.from({ length: Math.ceil(rows / BATCH) }, (_, b) =>
  batchOf(b, Math.min(BATCH, rows - b * BATCH)),
)
const reference = fitReference(slice(batches[0]!, 50_000))
const peer = timePeer(Number(options['peer-rows']))

console.log(
  `${rows} rows x ${COLUMNS} columns of doubles in batches of ${BATCH}, best of ${options.repeats}. Node ${process.versions.node}; ${peer?.version ?? 'no peer'}\n`,
)
console.log('| profile | M cells/s | times the peer |\n|---|---|---|')
if (peer) console.log(`| whylogs (${options['peer-rows']} rows) | ${shown(peer.cells)} | 1 |`)
time('ours: moments, KLL, HyperLogLog', {})
time('ours, and exact bins of a reference', { reference })

function time(name: string, profiling: ProfilerOptions): void {
  let best = Infinity
  for (let r = 0; r < Number(options.repeats); r++) {
    const started = performance.now()
    const profiler = createProfiler(profiling)
    for (const batch of batches) profiler.addTable(batch)
    profiler.profile()
    best = Math.min(best, performance.now() - started)
  }
  const cells = (rows * COLUMNS) / best / 1000
  const ratio = peer ? `${(cells / peer.cells).toFixed(0)}` : '–'
  console.log(`| ${name} | ${shown(cells)} | ${ratio} |`)
}

function shown(cells: number): string {
  return cells.toFixed(cells < 10 ? 2 : 1)
}

function batchOf(seed: number, size: number): Record<string, Float64Array> {
  const rng = createRng(seed)
  return Object.fromEntries(
    Array.from({ length: COLUMNS }, (_, c) => [
      `c${c}`,
      Float64Array.from({ length: size }, () =>
        c % 2 === 0 ? rng.next() + rng.next() : -Math.log(1 - rng.next()),
      ),
    ]),
  )
}

function slice(batch: Record<string, Float64Array>, size: number) {
  return Object.fromEntries(
    Object.entries(batch).map(([name, values]) => [name, values.subarray(0, size)]),
  )
}

function timePeer(size: number): { readonly version: string; readonly cells: number } | undefined {
  if (options.python === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'profile-bench-'))
  try {
    const few = slice(batches[0]!, size)
    const names = Object.keys(few)
    for (const name of names)
      writeFileSync(join(folder, name), new Uint8Array(few[name]!.slice().buffer))
    const script = join(dirname(fileURLToPath(import.meta.url)), 'whylogs_times.py')
    const done = spawnSync(options.python, [script, folder, ...names], { encoding: 'utf8' })
    if (done.status !== 0) {
      console.log(`whylogs could not be timed: ${done.stderr.trim().split('\n').at(-1)}`)
      return undefined
    }
    const { version, seconds } = JSON.parse(done.stdout.trim().split('\n').at(-1)!)
    return { version, cells: (few[names[0]!]!.length * names.length) / seconds / 1e6 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
