import type { Actor } from '@mlops/core'
import { openStore } from '@mlops/store'
import { memoryBlobs } from '@mlops/store/blobs'
import { expect, test } from 'vitest'
import { createRegistry } from '../src/index.ts'
import { createMlflowHandler, openAccess } from '../src/mlflow/index.ts'

const ada: Actor = { type: 'human', id: 'ada' }
const rosa: Actor = { type: 'human', id: 'rosa' }

test('MLflow clients learn what a stage or a protected alias still needs, and get it once it is approved', async () => {
  const store = await openStore('sqlite::memory:')
  const registry = await createRegistry({
    store,
    blobs: memoryBlobs(),
    approvals: { production: { approvals: 1 } },
    protectedAliases: [{ alias: 'champion', approval: { approvals: 1 } }],
  })
  const handler = createMlflowHandler({
    registry,
    auth: openAccess({ type: 'service', id: 'client' }),
  })
  const call = async (path: string, body: unknown) => {
    const response = await handler(
      new Request(`http://localhost/api/2.0/mlflow/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    )
    return { status: response.status, json: (await response.json()) as Record<string, string> }
  }
  await call('registered-models/create', { name: 'm' })
  await call('model-versions/create', { name: 'm', source: 's3://b/m' })
  const promote = () =>
    call('model-versions/transition-stage', { name: 'm', version: '1', stage: 'Production' })
  const crown = () =>
    call('registered-models/alias', { name: 'm', alias: 'champion', version: '1' })

  for (const refused of [await promote(), await crown()]) {
    expect([refused.status, refused.json['error_code']]).toEqual([403, 'PERMISSION_DENIED'])
    expect(refused.json['message']).toMatch(/approv/i)
  }
  const stage = await registry.approvals.propose({
    model: 'm',
    version: 1,
    target: { kind: 'stage', stage: 'production' },
    by: ada,
  })
  await registry.approvals.approve({ id: stage.id, by: rosa })
  await registry.approvals.commit({ id: stage.id, by: ada })
  expect((await registry.versions.get('m', 1)).stage).toBe('production')
  // Asked again, it is where it should be.
  expect((await promote()).status).toBe(200)
  await store.close()
})
