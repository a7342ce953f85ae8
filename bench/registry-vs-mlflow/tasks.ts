import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { API, type Client, type Sent } from './load.ts'

export type Task = (i: number) => Sent

export const METRICS = 10
export const PARAMS = 5
/** Aliases that are moved to and fro between versions 1 and 2; more than clients, so that no two move one. */
const ALIASES = 64

export function post(path: string, body: unknown): Sent {
  return { method: 'POST', path: `${API}/${path}`, body }
}

/** What is asked of an empty server, after what the tasks need was made. */
export async function tasksOf(client: Client, experiment: string): Promise<Record<string, Task>> {
  const { run } = await client.json(
    post('runs/create', { experiment_id: experiment, start_time: Date.now() }),
  )
  const id: string = run.info.run_id
  await client.json(post('registered-models/create', { name: 'bench' }))
  const version = () =>
    post('model-versions/create', { name: 'bench', source: `runs:/${id}/model`, run_id: id })
  const alias = (name: string, number: number) =>
    post('registered-models/alias', { name: 'bench', alias: name, version: String(number) })
  await client.json(version())
  await client.json(version())
  await client.json(alias('champion', 1))
  for (let i = 0; i < ALIASES; i++) await client.json(alias(`a${i}`, 2))
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
  return {
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
    'set an alias': (i) => alias(`a${i % ALIASES}`, 1 + (Math.floor(i / ALIASES) % 2)),
    'get by alias': () => ({
      method: 'GET',
      path: `${API}/registered-models/alias?name=bench&alias=champion`,
    }),
  }
}

/** What is asked of an experiment full of runs. */
export function searchesOf(experiment: string): Record<string, Task> {
  const search = (max: number, filter: string) => () =>
    post('runs/search', {
      experiment_ids: [experiment],
      filter,
      order_by: ['metrics.m1 DESC'],
      max_results: max,
    })
  return {
    'search 100 of the runs': search(100, "metrics.m3 > 200000 and params.p1 = 'v3'"),
    'search 1000 of the runs': search(1000, 'metrics.m3 > 200000'),
  }
}

/** Fills MLflow's database past its server, which would take minutes. */
export function fillMlflow(python: string, db: string, experiment: string, runs: number): void {
  const uri = db.startsWith('sqlite:')
    ? `sqlite:///${db.slice('sqlite:'.length)}`
    : db.replace(/^postgres:/, 'postgresql+psycopg2:')
  const script = join(dirname(fileURLToPath(import.meta.url)), 'populate_mlflow.py')
  const args = [script, uri, experiment, ...[runs, METRICS, PARAMS].map(String)]
  const done = spawnSync(python, args, { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(done.stderr)
}
