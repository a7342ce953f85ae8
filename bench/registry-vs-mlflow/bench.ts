// The registry over HTTP against MLflow's server: writes, reads, search and 1 GiB of artifact, side by side.
//
//   pnpm bench registry-vs-mlflow [-- --seconds 5 --runs 10000 --mib 1024 --postgres URL]
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { API, type Client, createClient, type Measured, type Sent } from './load.ts'
import { type Place, type RunningServer, startMlflow, startOurs } from './servers.ts'

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    runs: { type: 'string', default: '10000' },
    mib: { type: 'string', default: '1024' },
    clients: { type: 'string', default: '8' },
    /** A database on a PostgreSQL server that may be filled; without it SQLite only. */
    postgres: { type: 'string' },
    only: { type: 'string' },
    python: { type: 'string' },
  },
})
const seconds = Number(options.seconds)
const runs = Number(options.runs)
const clients = Number(options.clients)
const METRICS = 10
const PARAMS = 5

type Row = Readonly<Record<string, Measured | Transfer | undefined>>
interface Transfer {
  readonly mibPerSecond: number
  readonly peakRss: number
}

for (const kind of options.postgres === undefined ? ['SQLite'] : ['SQLite', 'PostgreSQL']) {
  const ours = options.only === 'mlflow' ? {} : await measured(kind, startOurs)
  const theirs =
    options.python === undefined || options.only === 'ours'
      ? {}
      : await measured(kind, (place) => startMlflow(options.python!, place))
  print(kind, ours, theirs)
}

async function measured(
  kind: string,
  start: (place: Place) => Promise<RunningServer>,
): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'registry-bench-'))
  const schema = start === startOurs ? 'ours' : 'mlflow'
  const db = kind === 'SQLite' ? `sqlite:${join(folder, 'db')}` : databaseFor(schema)
  const server = await start({ db, folder })
  const client = createClient(server.origin)
  const row: Record<string, Measured | Transfer> = {}
  try {
    console.error(`${schema} on ${kind}: ready after ${server.ready.toFixed(2)} s`)
    const { experiment_id: experiment } = await client.json(
      post('experiments/create', { name: 'bench' }),
    )
    const { experiment_id: full } = await client.json(post('experiments/create', { name: 'full' }))
    for (const [name, task] of Object.entries(await tasksOf(client, experiment))) {
      row[name] = await client.load(task, clients, seconds)
      console.error(`  ${name}: ${row[name].perSecond.toFixed(0)}/s`)
    }
    if (schema === 'ours') await populate(client, full)
    else populateMlflow(db, full)
    for (const [name, task] of Object.entries(searchesOf(full))) {
      const { runs: found } = await client.json(task(0))
      if (found.length < 100) throw new Error(`${name} found ${found.length}`)
      row[name] = await client.load(task, clients, seconds)
      console.error(`  ${name}: ${row[name].perSecond.toFixed(1)}/s`)
    }
    Object.assign(row, await transfers(client, server, experiment))
    return row
  } finally {
    client.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function post(path: string, body: unknown): Sent {
  return { method: 'POST', path: `${API}/${path}`, body }
}

async function tasksOf(client: Client, experiment: string) {
  const { run } = await client.json(
    post('runs/create', { experiment_id: experiment, start_time: Date.now() }),
  )
  const id: string = run.info.run_id
  await client.json(post('registered-models/create', { name: 'bench' }))
  const version = () =>
    post('model-versions/create', { name: 'bench', source: `runs:/${id}/model`, run_id: id })
  await client.json(version())
  await client.json(
    post('registered-models/alias', { name: 'bench', alias: 'champion', version: '1' }),
  )
  const at = Date.now()
  const batch = (size: number) => (i: number) =>
    post('runs/log-batch', {
      run_id: id,
      metrics: Array.from({ length: size }, (_, k) => ({
        key: `b${size}-${k % 20}`,
        value: i + k / size,
        timestamp: at + i,
        step: i * size + k,
      })),
    })
  const tasks: Record<string, (i: number) => Sent> = {
    'runs/create': (i) =>
      post('runs/create', { experiment_id: experiment, start_time: at + i, user_id: 'bench' }),
    'log-metric': (i) =>
      post('runs/log-metric', {
        run_id: id,
        key: 'loss',
        value: i / 7,
        timestamp: at + i,
        step: i,
      }),
    'log-batch of 10': batch(10),
    'log-batch of 100': batch(100),
    'log-batch of 1000': batch(1000),
    'model-versions/create': version,
    'get by alias': () => ({
      method: 'GET',
      path: `${API}/registered-models/alias?name=bench&alias=champion`,
    }),
  }
  return tasks
}

function searchesOf(experiment: string): Record<string, (i: number) => Sent> {
  const search = (max: number, filter: string) => () =>
    post('runs/search', {
      experiment_ids: [experiment],
      filter,
      order_by: ['metrics.m1 DESC'],
      max_results: max,
    })
  return {
    'search 100 of the runs': search(100, "metrics.m3 > 0.2 and params.p1 = 'v3'"),
    'search 1000 of the runs': search(1000, 'metrics.m3 > 0.2'),
  }
}

async function populate(client: Client, experiment: string): Promise<void> {
  let state = 7
  const random = () => {
    state = (state * 1103515245 + 12345) % 2 ** 31
    return state / 2 ** 31
  }
  const at = Date.now()
  for (let i = 0; i < runs; i++) {
    const { run } = await client.json(
      post('runs/create', { experiment_id: experiment, start_time: at + i, run_name: `run-${i}` }),
    )
    await client.send(
      post('runs/log-batch', {
        run_id: run.info.run_id,
        metrics: Array.from({ length: METRICS }, (_, k) => ({
          key: `m${k}`,
          value: random(),
          timestamp: at,
          step: 0,
        })),
        params: Array.from({ length: PARAMS }, (_, k) => ({
          key: `p${k}`,
          value: `v${(i + k) % 10}`,
        })),
      }),
    )
  }
}

function populateMlflow(db: string, experiment: string): void {
  const uri = db.startsWith('sqlite:')
    ? `sqlite:///${db.slice('sqlite:'.length)}`
    : db.replace(/^postgres:/, 'postgresql:')
  const script = join(dirname(fileURLToPath(import.meta.url)), 'populate_mlflow.py')
  const done = spawnSync(
    options.python!,
    [script, uri, experiment, ...[runs, METRICS, PARAMS].map(String)],
    { encoding: 'utf8' },
  )
  if (done.status !== 0) throw new Error(done.stderr)
}

/** An artifact up and down, in pieces, with the server's memory watched. */
async function transfers(
  client: Client,
  server: RunningServer,
  experiment: string,
): Promise<Record<string, Transfer>> {
  const mib = Number(options.mib)
  if (mib === 0) return {}
  const { run } = await client.json(
    post('runs/create', { experiment_id: experiment, start_time: Date.now() }),
  )
  const path = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${run.info.run_id}/artifacts/large.bin`
  const piece = Buffer.alloc(1024 * 1024)
  for (let i = 0; i < piece.length; i++) piece[i] = (i * 2654435761) >>> 24
  const sent = createHash('sha256')
  const up = await watched(server, mib, () => upload(server.origin, path, piece, mib, sent))
  const received = createHash('sha256')
  const down = await watched(server, mib, () => download(server.origin, path, received))
  if (sent.digest('hex') !== received.digest('hex')) throw new Error('other bytes came back')
  return { [`upload of ${mib} MiB`]: up, [`download of ${mib} MiB`]: down }
}

async function watched(
  server: RunningServer,
  mib: number,
  task: () => Promise<void>,
): Promise<Transfer> {
  let peakRss = 0
  const watch = setInterval(() => {
    peakRss = Math.max(peakRss, server.rss())
  }, 50)
  const start = performance.now()
  await task()
  clearInterval(watch)
  return { mibPerSecond: mib / ((performance.now() - start) / 1000), peakRss }
}

function upload(
  origin: string,
  path: string,
  piece: Buffer,
  pieces: number,
  hash: ReturnType<typeof createHash>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${origin}${path}`,
      { method: 'PUT', headers: { 'content-length': piece.length * pieces } },
      (response) => {
        response.resume()
        response.on('end', () =>
          response.statusCode === 200
            ? resolve()
            : reject(new Error(`PUT: ${response.statusCode}`)),
        )
      },
    )
    outgoing.on('error', reject)
    let left = pieces
    const write = () => {
      while (left > 0) {
        left--
        hash.update(piece)
        if (outgoing.write(piece)) continue
        outgoing.once('drain', write)
        return
      }
      outgoing.end()
    }
    write()
  })
}

function download(
  origin: string,
  path: string,
  hash: ReturnType<typeof createHash>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    request(`${origin}${path}`, (response) => {
      response.on('data', (chunk: Buffer) => hash.update(chunk))
      response.on('error', reject)
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`GET: ${response.statusCode}`)),
      )
    })
      .on('error', reject)
      .end()
  })
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

function print(kind: string, ours: Row, theirs: Row): void {
  console.log(
    `\n${kind}, ${clients} clients, ${seconds} s a task, ${runs} runs of ${METRICS} metrics to search. Node ${process.versions.node}\n`,
  )
  console.log(
    '| task | ours | p50, p99 ms | MLflow | p50, p99 ms | ratio |\n|---|---|---|---|---|---|',
  )
  for (const name of Object.keys({ ...ours, ...theirs })) {
    const [a, b] = [ours[name], theirs[name]]
    const ratio = a && b ? `${(rateOf(a) / rateOf(b)).toFixed(1)}×` : '–'
    console.log(`| ${name} | ${shown(a)} | ${shown(b)} | ${ratio} |`)
  }
}

function rateOf(one: Measured | Transfer): number {
  return 'perSecond' in one ? one.perSecond : one.mibPerSecond
}

function shown(one: Measured | Transfer | undefined): string {
  if (one === undefined) return '– | –'
  return 'perSecond' in one
    ? `${one.perSecond.toPrecision(3)}/s | ${one.p50.toFixed(1)}, ${one.p99.toFixed(1)}`
    : `${one.mibPerSecond.toFixed(0)} MiB/s | ${one.peakRss.toFixed(0)} MB RSS`
}
