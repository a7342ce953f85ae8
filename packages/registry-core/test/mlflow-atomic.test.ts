import { MlopsError } from '@mlops/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Door } from './attacks/door.ts'
import { actor, openDoor } from './attacks/door.ts'

let door: Door
let run: string
beforeEach(async () => {
  door = await openDoor()
  run = await door.run()
})
afterEach(() => door.close())

test('models that are logged at the same time are all in the history', async () => {
  const log = (i: number) =>
    door.call('POST', 'runs/log-model', { run_id: run, model_json: `{"i": ${i}}` })
  const done = await Promise.all(Array.from({ length: 20 }, (_, i) => log(i)))
  expect(done.map(({ status }) => status)).toEqual(Array(20).fill(200))
  const history = JSON.parse((await door.registry.runs.get(run)).tags['mlflow.log-model.history']!)
  expect(history.map(({ i }: { i: number }) => i).sort((a: number, b: number) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, i) => i),
  )
})

test('a rename by tag happens with the rest of its batch, or not at all', async () => {
  await door.call('POST', 'runs/log-parameter', { run_id: run, key: 'p', value: '1' })
  const before = await door.registry.runs.get(run)
  const tags = [{ key: 'mlflow.runName', value: 'renamed' }]
  const refused = await door.call('POST', 'runs/log-batch', {
    run_id: run,
    params: [{ key: 'p', value: '2' }],
    tags,
  })
  expect(refused.status).toBe(400)
  expect(await door.registry.runs.get(run)).toEqual(before)
  const head = await door.registry.log.head()
  expect((await door.call('POST', 'runs/log-batch', { run_id: run, tags })).status).toBe(200)
  expect(await door.registry.runs.get(run)).toMatchObject({
    name: 'renamed',
    tags: { 'mlflow.runName': 'renamed' },
  })
  // One event: one transaction.
  expect((await door.registry.log.head())!.seq - head!.seq).toBe(1)
  await door.call('POST', 'runs/set-tag', { run_id: run, key: 'mlflow.runName', value: 'again' })
  expect((await door.registry.runs.get(run)).name).toBe('again')
})

test('versions of a logged model that are made at the same time are all in its tag', async () => {
  const { json } = await door.call('POST', 'logged-models', { experiment_id: '0', name: 'n' })
  const id = json.model.info.model_id as string
  await door.call('POST', 'registered-models/create', { name: 'm' })
  const body = { name: 'm', source: `models:/${id}`, model_id: id }
  await Promise.all(
    Array.from({ length: 10 }, () => door.call('POST', 'model-versions/create', body)),
  )
  const { tags } = await door.registry.loggedModels.get(id)
  const versions = JSON.parse(tags['mlflow.modelVersions']!).map(
    ({ version }: { version: number }) => version,
  )
  expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test('no version without the tag: when that cannot be set, there is no version', async () => {
  const { registry } = door
  await registry.models.create({ name: 'm', by: actor })
  await registry.experiments.create({ name: 'e', by: actor })
  const model = await registry.loggedModels.create({ experimentId: '0', name: 'n', by: actor })
  const source = { source: 's3://b/x', location: 's3://b/x', loggedModel: model.id }
  const failing = registry.versions.create(
    { model: 'm', source, by: actor },
    {
      tagLoggedModel: () => {
        throw new MlopsError({ kind: 'invalid', code: 'test.refused', message: 'refused' })
      },
    },
  )
  await expect(failing).rejects.toMatchObject({ code: 'test.refused' })
  expect((await registry.versions.list('m')).items).toEqual([])
  const unknown = { source: 's3://b/x', location: 's3://b/x', loggedModel: 'm-none' }
  const lost = registry.versions.create(
    { model: 'm', source: unknown, by: actor },
    { tagLoggedModel: () => ({}) },
  )
  await expect(lost).rejects.toMatchObject({ code: 'registry.no-logged-model' })
  expect((await registry.models.get('m')).lastVersion).toBe(0)
})
