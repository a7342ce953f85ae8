// PSI of many columns, deciles from the reference: one thread and all cores, beside numpy.
//
//   pnpm bench psi-of-columns [-- --columns 50 --rows 1000000 --repeats 3]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRng } from '@mlops/core'
import { psiOfSamples } from '@mlops/stats'
import { openWorkers, sharedColumn } from '@mlops/stats/workers'

interface Peer {
  readonly version: string
  readonly histogram: { readonly ms: number; readonly values: readonly number[] }
  readonly searchsorted: { readonly ms: number; readonly values: readonly number[] }
}

const { values: options } = parseArgs({
  options: {
    columns: { type: 'string', default: '50' },
    rows: { type: 'string', default: '1000000' },
    repeats: { type: 'string', default: '3' },
    python: { type: 'string' },
  },
})
const count = Number(options.columns)
const rows = Number(options.rows)
const repeats = Number(options.repeats)

const folder = mkdtempSync(join(tmpdir(), 'psi-'))
try {
  const pairs = Array.from({ length: count }, (_, c) => {
    const pair = [column('reference', c, 0), column('current', c, c / 100)] as const
    return pair
  })
  const peer = timePeer()
  const workers = openWorkers()
  const [alone, values] = await best(() => pairs.map(([x, y]) => psiOfSamples(x, y)))
  const [together, same] = await best(() => workers.map('psiOfSamples', pairs))
  await workers.close()
  if (JSON.stringify(values) !== JSON.stringify(same)) throw new Error('threads gave other values')

  console.log(
    `${count} columns of ${rows} against ${rows} values, best of ${repeats}. Node ${process.versions.node}; numpy ${peer?.version ?? 'left out'}\n`,
  )
  console.log('| ours | ms | numpy.histogram | ratio | searchsorted | ratio | same values |')
  console.log('|---|---|---|---|---|---|---|')
  for (const [name, ms] of [
    ['one thread', alone],
    [`${workers.threads} threads`, together],
  ] as const) {
    const cells = [peer?.histogram, peer?.searchsorted].flatMap((task) =>
      task === undefined ? ['–', '–'] : [task.ms.toFixed(0), `${(task.ms / ms).toFixed(1)}×`],
    )
    const agree = peer === undefined ? '–' : gap(values, peer.histogram.values)
    console.log(`| ${[name, ms.toFixed(0), ...cells, agree].join(' | ')} |`)
  }
} finally {
  rmSync(folder, { recursive: true })
}

function column(side: string, c: number, shift: number): Float64Array {
  const rng = createRng(`${side} ${c}`)
  const values = Float64Array.from(
    { length: rows },
    () => shift + Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next()),
  )
  writeFileSync(join(folder, `${side}-${c}.f64`), values)
  return sharedColumn(values)
}

async function best<T>(task: () => T | Promise<T>): Promise<[number, T]> {
  let least = Infinity
  let result = await task()
  for (let r = 0; r < repeats; r++) {
    const start = performance.now()
    result = await task()
    least = Math.min(least, performance.now() - start)
  }
  return [least, result]
}

function gap(ours: readonly number[], theirs: readonly number[]): string {
  const worst = Math.max(...ours.map((value, i) => Math.abs(value / theirs[i]! - 1)))
  return worst < 1e-9 ? 'yes' : `off by ${worst.toExponential(1)}`
}

/** numpy's times on the same columns, or undefined without an interpreter. */
function timePeer(): Peer | undefined {
  if (options.python === undefined) return undefined
  const script = join(dirname(fileURLToPath(import.meta.url)), 'numpy_times.py')
  const args = [script, folder, ...[count, rows, repeats].map(String)]
  const run = spawnSync(options.python, args, { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`numpy was not timed: ${run.stderr.trim()}`)
  return JSON.parse(run.stdout) as Peer
}
