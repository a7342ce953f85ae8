// Mixed load, kill -9 and restarts of PostgreSQL under the registry's HTTP server: no error, no lost or doubled
// write, gapless versions.
//
//   pnpm bench registry-load --no-python [-- --requests 200000 --kills 10 --clients 16 --postgres URL --cluster DIR]
//
// DIR is a cluster of tools/postgres.sh, at URL, that may be restarted (as often as is killed).
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { createRng } from '@mlops/core'
import { createClient } from '../registry-vs-mlflow/load.ts'
import { type Place, startOurs } from '../registry-vs-mlflow/servers.ts'
import { createWorkload, type Workload } from './workload.ts'

const { values: options } = parseArgs({
  options: {
    requests: { type: 'string', default: '200000' },
    clients: { type: 'string', default: '16' },
    kills: { type: 'string', default: '10' },
    postgres: { type: 'string' },
    cluster: { type: 'string' },
    python: { type: 'string' },
  },
})
const clients = Number(options.clients)

console.log('| database | run | requests | per second | p99 ms | errors | checked afterwards |')
console.log('|---|---|---|---|---|---|---|')
for (const kind of options.postgres === undefined ? ['SQLite'] : ['SQLite', 'PostgreSQL']) {
  await steady(kind)
  await killed(kind)
  if (kind === 'PostgreSQL' && options.cluster !== undefined) await restarted(options.cluster)
}

/** Every request is answered, and what was acknowledged is there once. */
async function steady(kind: string): Promise<void> {
  await withPlace(kind, async (place) => {
    const server = await startOurs(place)
    const client = createClient(server.origin)
    const work = await createWorkload(client, clients)
    const times: number[] = []
    const total = Number(options.requests)
    const begun = performance.now()
    await Promise.all(
      Array.from({ length: clients }, async (_, c) => {
        const rng = createRng(`client ${c}`)
        for (let i = 0; i < total / clients; i++) {
          const start = performance.now()
          await work.step(client, c, rng)
          times.push(performance.now() - start)
        }
      }),
    )
    const elapsed = (performance.now() - begun) / 1000
    const checked = await work.check(client, { gapless: true })
    times.sort((a, b) => a - b)
    const p99 = times[Math.floor(times.length * 0.99)]!
    line(kind, 'steady', times.length, times.length / elapsed, p99, 0, checked)
    client.close()
    await server.stop()
  })
}

/** The server is killed again and again; what it acknowledged before is there after each restart. */
async function killed(kind: string): Promise<void> {
  await withPlace(kind, async (place) => {
    let server = await startOurs(place)
    let client = createClient(server.origin)
    const work: Workload = await createWorkload(client, clients)
    let requests = 0
    let cutOff = 0
    const begun = performance.now()
    for (let kill = 0; kill < Number(options.kills); kill++) {
      let alive = true
      const rng = createRng(`kill ${kill}`)
      setTimeout(
        () => {
          alive = false
          void server.stop()
        },
        300 + 1200 * rng.next(),
      )
      await Promise.all(
        Array.from({ length: clients }, async (_, c) => {
          const own = rng.split()
          while (alive) {
            try {
              await work.step(client, c, own)
              requests++
            } catch (error) {
              // An answer is an error of the server; a broken connection is the kill.
              if (/: \d{3} /.test(String(error))) throw error
              cutOff++
            }
          }
        }),
      )
      client.close()
      await server.stop()
      server = await startOurs(place)
      client = createClient(server.origin)
      await work.check(client, { gapless: false })
    }
    const elapsed = (performance.now() - begun) / 1000
    const checked = await work.check(client, { gapless: false })
    const run = `${options.kills} times kill -9 (${cutOff} requests cut off)`
    line(kind, run, requests, requests / elapsed, Number.NaN, 0, checked)
    client.close()
    await server.stop()
  })
}

/** PostgreSQL is cut off and started again and again; the server goes on, and says so meanwhile. */
async function restarted(cluster: string): Promise<void> {
  await withPlace('PostgreSQL', async (place) => {
    const server = await startOurs(place)
    const client = createClient(server.origin)
    const work = await createWorkload(client, clients)
    let [requests, refused, running] = [0, 0, true]
    const begun = performance.now()
    const load = Array.from({ length: clients }, async (_, c) => {
      const rng = createRng(`restart ${c}`)
      while (running) {
        try {
          await work.step(client, c, rng)
          requests++
        } catch (error) {
          if (!/: 503 /.test(String(error))) throw error
          refused++
        }
      }
    })
    for (let i = 0; i < Number(options.kills); i++) {
      await new Promise((resolve) => setTimeout(resolve, 2000))
      const tool = fileURLToPath(new URL('../../tools/postgres.sh', import.meta.url))
      await promisify(execFile)(tool, ['restart', cluster])
    }
    await new Promise((resolve) => setTimeout(resolve, 2000))
    running = false
    await Promise.all(load)
    const elapsed = (performance.now() - begun) / 1000
    const checked = await work.check(client, { gapless: false })
    const run = `${options.kills} times PostgreSQL restarted (${refused} requests answered 503)`
    line('PostgreSQL', run, requests, requests / elapsed, Number.NaN, 0, checked)
    client.close()
    await server.stop()
  })
}

async function withPlace(kind: string, task: (place: Place) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'registry-load-'))
  try {
    await task({ db: kind === 'SQLite' ? `sqlite:${join(folder, 'db')}` : database(), folder })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function database(): string {
  const url = new URL(options.postgres!)
  const name = `load_${Date.now()}`
  const made = spawnSync('psql', [options.postgres!, '-c', `create database ${name}`], {
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(made.stderr)
  url.pathname = `/${name}`
  return url.href
}

function line(
  kind: string,
  run: string,
  requests: number,
  perSecond: number,
  p99: number,
  errors: number,
  checked: string,
): void {
  const slowest = Number.isNaN(p99) ? '–' : p99.toFixed(1)
  console.log(
    `| ${kind} | ${run} | ${requests} | ${perSecond.toFixed(0)} | ${slowest} | ${errors} | ${checked} |`,
  )
}
