import { readFileSync } from 'node:fs'
import { createRegistry } from '@mlops/registry-core'
import { createMlflowHandler, openAccess } from '@mlops/registry-core/mlflow'
import { openStore } from '@mlops/store'
import { memoryBlobs } from '@mlops/store/blobs'
import type { ConformanceCase } from './case.ts'

const LINE = /^\[([^\]]+)\] (GET|POST|PUT|PATCH|DELETE) (\S+) ?(.*) -> (\d{3})$/

interface Recorded {
  readonly step: string
  readonly method: string
  readonly path: string
  readonly body: string
  readonly status: number
}

/**
 * One session of the real client, as its requests and statuses were written down: each is sent
 * again, with the ids that our server gave out in place of the recorded ones.
 */
export function mlflowTraceCases(path: string): ConformanceCase[] {
  const recorded = readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line): Recorded[] => {
      const found = LINE.exec(line)
      if (!found) return []
      const [, step, method, to, body, status] = found as unknown as string[]
      return [
        { step: step!, method: method!, path: to!, body: body!.trim(), status: Number(status) },
      ]
    })
  let replayed: Promise<readonly number[]> | undefined
  return recorded.map(({ step, method, path: to, status }, i) => ({
    file: 'mlflow-client-trace',
    id: `${i + 1} ${step} ${method} ${to.slice(0, 80)}`,
    method: 'recorded requests are answered',
    expected: status,
    tolerance: 0,
    async actual() {
      replayed ??= replay(recorded)
      return (await replayed)[i]
    },
  }))
}

async function replay(recorded: readonly Recorded[]): Promise<readonly number[]> {
  const store = await openStore('sqlite::memory:')
  const registry = await createRegistry({ store, blobs: memoryBlobs() })
  const handler = createMlflowHandler({
    registry,
    auth: openAccess({ type: 'service', id: 'replay' }),
  })
  const renamed = new Map<string, string>()
  const translate = (text: string) =>
    [...renamed].reduce((done, [from, to]) => done.replaceAll(from, to), text)
  // The session's experiment was the second one of its server.
  await handler(post('experiments/create', '{"name":"earlier"}'))
  const statuses: number[] = []
  for (const { method, path, body } of recorded) {
    const sent = method === 'PUT' ? 'bytes' : whole(translate(body))
    const response = await handler(
      new Request(`http://localhost${translate(path)}`, {
        method,
        ...(method !== 'GET' && {
          body: sent,
          headers: { 'content-type': method === 'PUT' ? 'text/plain' : 'application/json' },
        }),
      }),
    )
    statuses.push(response.status)
    const text = await response.text()
    learn(renamed, recorded, path, text)
  }
  await store.close()
  return statuses
}

const post = (path: string, body: string) =>
  new Request(`http://localhost/api/2.0/mlflow/${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  })

/** Long bodies were cut off when they were written down: then the shortest that means the same. */
function whole(body: string): string {
  try {
    JSON.parse(body)
    return body
  } catch {
    const run = /"run_id": "([^"]+)"/.exec(body)?.[1]
    if (body.includes('"datasets"')) {
      return JSON.stringify({
        run_id: run,
        datasets: [{ dataset: { name: 'train', digest: 'd' } }],
      })
    }
    const experiment = /"experiment_id": "([^"]+)"/.exec(body)?.[1]
    return JSON.stringify({ run_id: run, experiment_id: experiment, name: 'clf' })
  }
}

/** Ids are made by the server: the first one in the recording stands for the first one of ours. */
function learn(
  renamed: Map<string, string>,
  recorded: readonly Recorded[],
  path: string,
  text: string,
): void {
  const everything = () => recorded.map((line) => `${line.path} ${line.body}`).join(' ')
  if (path.endsWith('/runs/create')) {
    const from = /"run_id": "([0-9a-f]{32})"/.exec(everything())?.[1]
    const to = /"run_id":"([0-9a-f]{32})"/.exec(text)?.[1]
    if (from && to) renamed.set(from, to)
  }
  if (path.endsWith('/logged-models')) {
    const from = /m-[0-9a-f]{32}/.exec(everything())?.[0]
    const to = /m-[0-9a-f]{32}/.exec(text)?.[0]
    if (from && to) renamed.set(from, to)
  }
}
