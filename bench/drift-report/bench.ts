// Drift of a whole table, defaults: @mlops/drift against Evidently and NannyML on the same tables in one run.
//
//   pnpm bench drift-report [-- --rows 100000 --numeric 40 --categorical 10 --repeats 3]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRng } from '@mlops/core'
import { compare, fitReference } from '@mlops/drift'
import { openDriftWorkers } from '@mlops/drift/workers'
import { sharedColumn } from '@mlops/stats/workers'

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    numeric: { type: 'string', default: '40' },
    categorical: { type: 'string', default: '10' },
    repeats: { type: 'string', default: '3' },
    python: { type: 'string' },
  },
})
const rows = Number(options.rows)
const numeric = Number(options.numeric)
const categorical = Number(options.categorical)
const repeats = Number(options.repeats)

type Columns = Record<string, Float64Array | string[]>
const folder = mkdtempSync(join(tmpdir(), 'drift-report-'))
try {
  const reference = table('reference', 0)
  const current = table('current', 0.3)
  const fitted = fitReference(reference)
  const workers = openDriftWorkers()
  const threads = `${workers.threads} threads`
  const ours = {
    'both tables given': await best(() => compare(reference, current)),
    'reference fitted before': await best(() => compare(fitted, current)),
    [`both tables given, ${threads}`]: await best(() => workers.compare(reference, current)),
    [`reference fitted before, ${threads}`]: await best(() => workers.compare(fitted, current)),
  }
  await workers.close()
  const peers = timePeers()
  console.log(
    `${numeric} numeric and ${categorical} categorical columns, ${rows} rows against ${rows}, best of ${repeats}. Node ${process.versions.node}\n`,
  )
  console.log('| peer | peer, ms | ours, ms | ratio |\n|---|---|---|---|')
  for (const [name, { version, ms }] of Object.entries(peers)) {
    for (const [how, own] of Object.entries(ours)) {
      console.log(
        `| ${name} ${version} | ${ms.toFixed(0)} | ${own.toFixed(0)} (${how}) | ${(ms / own).toFixed(1)}× |`,
      )
    }
  }
  if (Object.keys(peers).length === 0) console.log(`| no peer | – | ${JSON.stringify(ours)} | – |`)
} finally {
  rmSync(folder, { recursive: true })
}

/** Normal columns, every tenth shifted, and categories of unequal frequency; the peers read the same values. */
function table(side: string, shift: number): Columns {
  const rng = createRng(side)
  const columns: Columns = {}
  for (let c = 0; c < numeric; c++) {
    const offset = c % 10 === 0 ? shift : 0
    const values = Float64Array.from(
      { length: rows },
      () => offset + Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next()),
    )
    columns[`n${c}`] = sharedColumn(values)
    writeFileSync(join(folder, `${side}-n${c}.f64`), values)
  }
  for (let c = 0; c < categorical; c++) {
    const codes = Uint8Array.from({ length: rows }, () => Math.floor(rng.next() ** 2 * 12))
    columns[`c${c}`] = Array.from(codes, (code) => `k${code}`)
    writeFileSync(join(folder, `${side}-c${c}.u8`), codes)
  }
  return columns
}

async function best(task: () => unknown): Promise<number> {
  let least = Infinity
  for (let r = 0; r <= repeats; r++) {
    const start = performance.now()
    await task()
    if (r > 0) least = Math.min(least, performance.now() - start)
  }
  return least
}

function timePeers(): Readonly<Record<string, { readonly version: string; readonly ms: number }>> {
  if (options.python === undefined) return {}
  const script = join(dirname(fileURLToPath(import.meta.url)), 'peer_times.py')
  const args = [script, folder, ...[rows, numeric, categorical, repeats].map(String)]
  const run = spawnSync(options.python, args, { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`the peers were not timed: ${run.stderr.trim()}`)
  return JSON.parse(run.stdout.trim().split('\n').at(-1)!)
}
