// The registry over HTTP against MLflow's server: writes, reads, search and 1 GiB of artifact, side by side.
//
//   pnpm bench registry-vs-mlflow [-- --seconds 10 --turns 5 --runs 10000 --mib 1024 --postgres URL --tasks 'alias|versions']
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fillRuns } from '../registry-search/fill.ts'
import { type Client, createClient, type Measured, merged } from './load.ts'
import { type Place, type RunningServer, startMlflow, startOurs, stolenTime } from './servers.ts'
import { fillMlflow, METRICS, PARAMS, post, searchesOf, type Task, tasksOf } from './tasks.ts'
import { type Transfer, transfers } from './transfers.ts'

const { values: options } = parseArgs({
  options: {
    /** For each server and task, in as many turns: the servers take turns, so that other work meets both. */
    seconds: { type: 'string', default: '10' },
    turns: { type: 'string', default: '5' },
    /**
     * For each server before each task, not measured: a server that is used has been at work before, and for the
     * first ten seconds of a new kind of request V8 is still compiling.
     */
    'warm-up': { type: 'string', default: '10' },
    runs: { type: 'string', default: '10000' },
    /** Size of the artifact; 0 for none. */
    mib: { type: 'string', default: '1024' },
    /** 8 on SQLite, where MLflow's writers fail for each other's locks with more, and 16 on PostgreSQL. */
    clients: { type: 'string' },
    /** A database on a PostgreSQL server that may be filled; without it SQLite only. */
    postgres: { type: 'string' },
    /** `sqlite` or `postgres` alone. */
    database: { type: 'string' },
    /** Which tasks, by a regular expression. */
    tasks: { type: 'string', default: '' },
    /** Whether our server lets others open its SQLite file. */
    shared: { type: 'boolean', default: false },
    python: { type: 'string' },
  },
})
const seconds = Number(options.seconds)
const warmUp = Number(options['warm-up'])
const runs = Number(options.runs)
const clientsOf = (kind: string) => Number(options.clients ?? (kind === 'SQLite' ? 8 : 16))
const mib = Number(options.mib)
const chosen = new RegExp(options.tasks)
const turns = Number(options.turns)
/** Of up to so many attempts at a turn, the first in which the host took so little; the quietest where none is. */
const ATTEMPTS = 3
const QUIET = 0.03

/** With the processor time that one request took: it says more than the rate where others are at work, too. */
type Timed = Measured & { readonly cpuMs: number }
type Row = Record<string, Timed | Transfer>

interface Side {
  readonly name: 'ours' | 'mlflow'
  readonly server: RunningServer
  readonly client: Client
  /** How many requests are under way. */
  readonly clients: number
  readonly place: Place
  readonly experiment: string
  readonly full: string
  readonly tasks: Record<string, Task>
  readonly row: Row
}

const kinds = ['SQLite', ...(options.postgres === undefined ? [] : ['PostgreSQL'])]
for (const kind of kinds) {
  if (options.database !== undefined && !kind.toLowerCase().startsWith(options.database)) continue
  const sides: Side[] = []
  try {
    sides.push(await open(kind, 'ours', startOurs))
    const { python } = options
    if (python !== undefined) {
      sides.push(await open(kind, 'mlflow', (place) => startMlflow(python, place)))
    }
    await measure(sides)
    print(kind, sides)
  } finally {
    for (const { client, server, place } of sides) {
      client.close()
      await server.stop()
      rmSync(place.folder, { recursive: true, force: true })
    }
  }
}

async function open(
  kind: string,
  name: Side['name'],
  start: (place: Place) => Promise<RunningServer>,
): Promise<Side> {
  const folder = mkdtempSync(join(tmpdir(), 'registry-bench-'))
  const place = {
    folder,
    shared: options.shared,
    db: kind === 'SQLite' ? `sqlite:${join(folder, 'db')}` : databaseFor(name),
  }
  let server = await start(place)
  const { ready } = server
  let client = createClient(server.origin)
  const create = async (experiment: string): Promise<string> =>
    (await client.json(post('experiments/create', { name: experiment }))).experiment_id
  const [experiment, full] = [await create('bench'), await create('full')]
  if (Object.keys(searchesOf(full)).some((task) => chosen.test(task))) {
    if (name === 'mlflow') fillMlflow(options.python!, place.db, full, runs)
    else {
      // Our server has its file to itself.
      client.close()
      await server.stop()
      await fillRuns(place.db, { experiment: full, runs, metrics: METRICS, params: PARAMS })
      server = await start(place)
      client = createClient(server.origin)
    }
  }
  const tasks = { ...(await tasksOf(client, experiment)), ...searchesOf(full) }
  console.error(`${name} on ${kind}: ready after ${ready.toFixed(2)} s`)
  return { name, server, client, clients: clientsOf(kind), place, experiment, full, tasks, row: {} }
}

async function measure(sides: readonly Side[]): Promise<void> {
  // First of all: what servers keep of their work before is not what a transfer takes.
  for (const side of mib > 0 ? sides : []) {
    const { row, client, server, experiment } = side
    turnOf(sides, side)
    Object.assign(row, await transfers(client, server, experiment, mib))
  }
  const names = Object.keys(sides[0]!.tasks).filter((name) => chosen.test(name))
  for (const name of names) {
    const tallies = sides.map((side) => {
      const done: Measured[] = []
      return { side, done, sent: 0, cpu: 0, stolen: 0 }
    })
    for (const tally of warmUp > 0 ? tallies : []) {
      const { side } = tally
      turnOf(sides, side)
      const { times } = await side.client.load(side.tasks[name]!, side.clients, warmUp)
      tally.sent = times.length
    }
    for (let turn = 0; turn < turns; turn++) {
      for (const tally of tallies) {
        const { side, sent, done } = tally
        const task = side.tasks[name]!
        turnOf(sides, side)
        const one = await quietTurn(side, (i) => task(sent + i))
        tally.cpu += one.cpu
        tally.stolen += one.stolen
        tally.sent += one.sent
        done.push(one.measured)
      }
    }
    const shown = tallies.map(({ side, done, cpu, stolen }) => {
      const all = merged(done)
      side.row[name] = { ...all, cpuMs: cpu / all.times.length }
      return `${side.name} ${all.perSecond.toPrecision(3)}/s (host took ${((100 * stolen) / turns).toFixed(0)} %)`
    })
    console.error(`  ${name}: ${shown.join(', ')}`)
  }
}

async function quietTurn(side: Side, task: Task) {
  const { client, clients, server } = side
  let sent = 0
  let best: { measured: Measured; cpu: number; stolen: number } | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [cpu, stolen, from] = [server.cpu(), stolenTime(), performance.now()]
    const first = sent
    const measured = await client.load((i) => task(first + i), clients, seconds / turns)
    if (measured.refused > 0 && side.name === 'ours') throw new Error('refused')
    const all = (performance.now() - from) * availableParallelism()
    const one = { measured, cpu: server.cpu() - cpu, stolen: (stolenTime() - stolen) / all }
    sent += measured.times.length + measured.refused
    if (best === undefined || one.stolen < best.stolen) best = one
    if (best.stolen <= QUIET) break
  }
  return { ...best!, sent }
}

/** One server at work, the others asleep. */
function turnOf(sides: readonly Side[], one: Side): void {
  for (const side of sides) if (side !== one) side.server.pause()
  one.server.resume()
}

/** A database of its own beside the one named. */
function databaseFor(name: string): string {
  const url = new URL(options.postgres!)
  const database = `bench_${name}_${Date.now()}`
  const made = spawnSync('psql', [options.postgres!, '-c', `create database ${database}`], {
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(made.stderr)
  url.pathname = `/${database}`
  return url.href
}

function print(kind: string, sides: readonly Side[]): void {
  const row = (name: Side['name']): Row => sides.find((side) => side.name === name)?.row ?? {}
  const [ours, theirs] = [row('ours'), row('mlflow')]
  console.log(
    `\n${kind}, ${clientsOf(kind)} clients, ${seconds} s a task in ${turns} turns after ${warmUp} s not measured, ${runs} runs of ${METRICS} metrics to search. Node ${process.versions.node}\n`,
  )
  console.log(
    '| task | ours | p50, p99 ms | CPU ms | MLflow | p50, p99 ms | CPU ms | ratio | ratio of CPU |\n|---|---|---|---|---|---|---|---|---|',
  )
  for (const name of Object.keys({ ...ours, ...theirs })) {
    const [a, b] = [ours[name], theirs[name]]
    const ratio = a && b ? `${(rateOf(a) / rateOf(b)).toFixed(1)}×` : '–'
    const cpuRatio = a && b && 'cpuMs' in a && 'cpuMs' in b ? b.cpuMs / a.cpuMs : undefined
    const ofCpu = cpuRatio === undefined ? '–' : `${cpuRatio.toFixed(1)}×`
    console.log(`| ${name} | ${shown(a)} | ${shown(b)} | ${ratio} | ${ofCpu} |`)
  }
}

function rateOf(one: Timed | Transfer): number {
  return 'perSecond' in one ? one.perSecond : one.mibPerSecond
}

function shown(one: Timed | Transfer | undefined): string {
  if (one === undefined) return '– | – | –'
  if ('mibPerSecond' in one)
    return `${one.mibPerSecond.toFixed(0)} MiB/s | ${one.peakRss.toFixed(0)} MB RSS | –`
  const refused =
    one.refused > 0 ? `, ${one.refused} of ${one.refused + one.times.length} refused` : ''
  return `${one.perSecond.toPrecision(3)}/s${refused} | ${one.p50.toFixed(1)}, ${one.p99.toFixed(1)} | ${one.cpuMs.toFixed(1)}`
}
