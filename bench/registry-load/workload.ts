import { createHash } from 'node:crypto'
import type { Rng } from '@mlops/core'
import { API, type Client } from '../registry-vs-mlflow/load.ts'

export interface Workload {
  /** One request of the client, kept in mind once it is acknowledged. */
  step(client: Client, who: number, rng: Rng): Promise<void>
  /** Reads everything back; throws for what is lost, doubled or half there. */
  check(client: Client, options: { readonly gapless: boolean }): Promise<string>
}

/** What a client knows of its own run. */
interface Own {
  run: string
  /** Steps of `loss` that were acknowledged, and the next one. */
  readonly acknowledged: Set<number>
  next: number
  /** The last acknowledged value of the tag, and the one that was on its way. */
  tag: number
  tagSent: number
}

const MODEL = 'load'
const BATCH = 5

/** Metrics, batches, runs, tags, versions, aliases, reads, searches and artifacts, in the mix of a busy team. */
export async function createWorkload(client: Client, clients: number): Promise<Workload> {
  const post = (path: string, body: unknown) =>
    ({ method: 'POST', path: `${API}/${path}`, body }) as const
  const { experiment_id: experiment } = await client.json(
    post('experiments/create', { name: 'load' }),
  )
  await client.send(post('registered-models/create', { name: MODEL }))
  const runs = new Set<string>()
  const versions = new Set<number>()
  const artifacts = new Map<string, string>()
  const owns: Own[] = []
  for (let c = 0; c < clients; c++) {
    owns.push({ run: await newRun(client), acknowledged: new Set(), next: 0, tag: -1, tagSent: -1 })
  }

  async function newRun(through: Client): Promise<string> {
    const { run } = await through.json(
      post('runs/create', { experiment_id: experiment, start_time: Date.now() }),
    )
    const id: string = run.info.run_id
    if (runs.has(id)) throw new Error(`run ${id} was created twice`)
    runs.add(id)
    return id
  }

  async function newVersion(through: Client, run: string): Promise<void> {
    const { model_version: made } = await through.json(
      post('model-versions/create', { name: MODEL, source: `runs:/${run}/model`, run_id: run }),
    )
    const version = Number(made.version)
    if (versions.has(version)) throw new Error(`version ${version} was given out twice`)
    versions.add(version)
  }

  async function putArtifact(through: Client, own: Own, rng: Rng): Promise<void> {
    const body = { note: `artifact ${rng.next()}`, padding: 'x'.repeat(rng.int(5000)) }
    const path = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${own.run}/artifacts/${rng.int(1e9)}.json`
    await through.send({ method: 'PUT', path, body })
    artifacts.set(path, createHash('sha256').update(JSON.stringify(body)).digest('hex'))
  }

  return {
    async step(through, who, rng) {
      const own = owns[who]!
      const u = rng.next()
      if (u < 0.4) {
        const step = own.next++
        await through.send(
          post('runs/log-metric', {
            run_id: own.run,
            key: 'loss',
            value: 1 / (step + 1),
            timestamp: 1_700_000_000_000 + step,
            step,
          }),
        )
        own.acknowledged.add(step)
      } else if (u < 0.6) {
        const first = own.next
        own.next += BATCH
        const steps = Array.from({ length: BATCH }, (_, k) => first + k)
        await through.send(
          post('runs/log-batch', {
            run_id: own.run,
            metrics: steps.map((step) => ({
              key: 'loss',
              value: 1 / (step + 1),
              timestamp: 1_700_000_000_000 + step,
              step,
            })),
          }),
        )
        for (const step of steps) own.acknowledged.add(step)
      } else if (u < 0.7) await newRun(through)
      else if (u < 0.8) {
        own.tagSent++
        const value = own.tagSent
        await through.send(
          post('runs/set-tag', { run_id: own.run, key: 'progress', value: String(value) }),
        )
        own.tag = value
      } else if (u < 0.88) await newVersion(through, own.run)
      else if (u < 0.91 && versions.size > 0) {
        const version = String(1 + rng.int(versions.size))
        await through.send(
          post('registered-models/alias', { name: MODEL, alias: `client-${who}`, version }),
        )
      } else if (u < 0.94) await putArtifact(through, own, rng)
      else if (u < 0.97)
        await through.send({ method: 'GET', path: `${API}/runs/get?run_id=${own.run}` })
      else {
        await through.send(
          post('runs/search', {
            experiment_ids: [experiment],
            filter: 'metrics.loss < 0.5',
            max_results: 5,
          }),
        )
      }
    },

    async check(through, { gapless }) {
      let metrics = 0
      for (const own of owns) {
        const steps = await stepsOf(through, own.run)
        metrics += steps.length
        const seen = new Set(steps)
        if (seen.size !== steps.length) throw new Error(`run ${own.run} holds a metric twice`)
        for (const step of own.acknowledged)
          if (!seen.has(step)) throw new Error(`step ${step} of run ${own.run} was lost`)
        if (gapless && seen.size !== own.acknowledged.size)
          throw new Error(`run ${own.run} holds metrics that nobody logged`)
        const { run } = await through.json({
          method: 'GET',
          path: `${API}/runs/get?run_id=${own.run}`,
        })
        const tag = run.data.tags.find(({ key }: { key: string }) => key === 'progress')
        const value = tag === undefined ? -1 : Number(tag.value)
        if (value < own.tag || value > own.tagSent)
          throw new Error(`the tag of run ${own.run} is ${value}, acknowledged was ${own.tag}`)
        own.tag = value
      }
      const found = await idsOfRuns(through, experiment)
      for (const id of runs) if (!found.has(id)) throw new Error(`run ${id} was lost`)
      if (gapless && found.size !== runs.size)
        throw new Error(`there are ${found.size} runs, ${runs.size} were created`)
      const numbers = await numbersOfVersions(through)
      for (const version of versions)
        if (!numbers.has(version)) throw new Error(`version ${version} was lost`)
      for (let n = 1; n <= numbers.size; n++)
        if (!numbers.has(n)) throw new Error(`there is no version ${n} of ${numbers.size}`)
      if (gapless && numbers.size !== versions.size)
        throw new Error(`there are ${numbers.size} versions, ${versions.size} were created`)
      for (const [path, digest] of artifacts) {
        const text = await through.send({ method: 'GET', path })
        if (createHash('sha256').update(text).digest('hex') !== digest)
          throw new Error(`${path} holds other bytes`)
      }
      return `${metrics} metrics, ${found.size} runs, ${numbers.size} versions, ${artifacts.size} artifacts: all there, once`
    },
  }

  async function stepsOf(through: Client, run: string): Promise<number[]> {
    const steps: number[] = []
    let token: string | undefined
    do {
      const query = `run_id=${run}&metric_key=loss&max_results=20000${token === undefined ? '' : `&page_token=${encodeURIComponent(token)}`}`
      const page = await through.json({
        method: 'GET',
        path: `${API}/metrics/get-history?${query}`,
      })
      for (const { step } of page.metrics ?? []) steps.push(Number(step ?? 0))
      token = page.next_page_token
    } while (token)
    return steps
  }

  async function idsOfRuns(through: Client, within: string): Promise<Set<string>> {
    const ids = new Set<string>()
    let token: string | undefined
    do {
      const page = await through.json(
        post('runs/search', {
          experiment_ids: [within],
          max_results: 5000,
          ...(token && { page_token: token }),
        }),
      )
      for (const { info } of page.runs ?? []) {
        if (ids.has(info.run_id)) throw new Error(`run ${info.run_id} is listed twice`)
        ids.add(info.run_id)
      }
      token = page.next_page_token
    } while (token)
    return ids
  }

  async function numbersOfVersions(through: Client): Promise<Set<number>> {
    const numbers = new Set<number>()
    let token: string | undefined
    do {
      const filter = encodeURIComponent(`name='${MODEL}'`)
      const page = await through.json({
        method: 'GET',
        path: `${API}/model-versions/search?filter=${filter}&max_results=10000${token === undefined ? '' : `&page_token=${encodeURIComponent(token)}`}`,
      })
      for (const { version } of page.model_versions ?? []) {
        const n = Number(version)
        if (numbers.has(n)) throw new Error(`version ${n} is listed twice`)
        numbers.add(n)
      }
      token = page.next_page_token
    } while (token)
    return numbers
  }
}
