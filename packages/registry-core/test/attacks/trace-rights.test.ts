import { expect, test } from 'vitest'
import { actor, openDoor } from './door.ts'

test('rights to traces are asked of every experiment, trace and run that a request names', async () => {
  const asked: string[] = []
  const door = await openDoor({
    auth: {
      authenticate: () => actor,
      authorize: (_, action, { type, name }) => {
        asked.push(`${action} ${type} ${name}`)
        return true
      },
    },
  })
  const of = (id: unknown) => ({ mlflow_experiment: { experiment_id: id } })
  const start = (location: unknown) => ({
    trace: { trace_info: { trace_id: 't', trace_location: location } },
  })
  const requests: readonly (readonly [string, string, object, readonly string[]])[] = [
    ['POST', '3.0/mlflow/traces', start(of('7')), ['trace.create experiment 7']],
    ['POST', '3.0/mlflow/traces', start({}), ['trace.create experiment *']],
    ['POST', '3.0/mlflow/traces', start(of(['7'])), ['trace.create experiment *']],
    [
      'POST',
      '3.0/mlflow/traces/search',
      { locations: [of('7'), of('8'), {}] },
      ['trace.read experiment 7', 'trace.read experiment 8', 'trace.read experiment *'],
    ],
    [
      'POST',
      '2.0/mlflow/traces/link-to-run',
      { run_id: 'r', trace_ids: ['t', 'u'] },
      ['trace.write run r', 'trace.write trace t', 'trace.write trace u'],
    ],
    [
      'POST',
      '3.0/mlflow/traces/delete-traces',
      { experiment_id: '7', request_ids: ['t'] },
      ['trace.delete experiment 7'],
    ],
    [
      'POST',
      '3.0/mlflow/traces/t/assessments',
      { assessment: { trace_id: 'u' }, trace: 'u', id: 'u' },
      ['trace.write trace t'],
    ],
    [
      'PATCH',
      '3.0/mlflow/traces/t/tags',
      { key: 'k', trace_id: 'u', id: 'u' },
      ['trace.write trace t'],
    ],
  ]
  for (const [method, path, body, wanted] of requests) {
    asked.length = 0
    await door.send(method, `/api/${path}`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect([path, asked]).toEqual([path, wanted])
  }
  await door.close()
})

test('who deletes a trace needs the right to delete its files, wherever its experiment has them', async () => {
  const door = await openDoor({
    auth: {
      authenticate: () => actor,
      authorize: (_, action, { name }) => action !== 'artifact.delete' || !name.startsWith('7/'),
    },
  })
  const artifactLocation = 'mlflow-artifacts:/7/theirs/artifacts'
  const { registry } = door
  const { id: experimentId } = await registry.experiments.create({
    name: 'mine',
    artifactLocation,
    by: actor,
  })
  const path = '7/theirs/artifacts/traces/data/artifacts/file'
  await registry.files.put({ path, content: 'theirs', by: actor })
  await registry.traces.log({ id: 'data', experimentId, by: actor })
  const { status } = await door.call('POST', 'traces/delete-traces', {
    experiment_id: experimentId,
    request_ids: ['data'],
  })
  expect(status).toBe(403)
  expect(await registry.files.find(path)).toBeDefined()
  expect((await registry.traces.get('data')).id).toBe('data')
  await door.close()
})
