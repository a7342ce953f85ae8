import { isMlopsError } from '@mlops/core'
import { openStore } from '@mlops/store'
import { memoryBlobs } from '@mlops/store/blobs'
import { expect, test } from 'vitest'
import * as http from '../src/http/index.ts'
import * as imports from '../src/import-mlflow/index.ts'
import * as main from '../src/index.ts'
import { createRegistry, createRoleAccess } from '../src/index.ts'
import * as mlflow from '../src/mlflow/index.ts'
import * as webhooks from '../src/webhooks/index.ts'
import { createWebhooks } from '../src/webhooks/index.ts'
import { methodsOf } from './methods.ts'
import { by } from './world.ts'
import { wrongValues } from './wrong-input/wrong-values.ts'

/** What is wrong with how a function takes arguments; nothing if it takes them, or refuses them by a typed error. */
async function faultOf(call: (...args: readonly unknown[]) => unknown, args: readonly unknown[]) {
  try {
    await call(...args)
  } catch (error) {
    if (!isMlopsError(error)) return `is not typed: ${String(error)}`
    if (error.kind === 'internal') return `${error.code}: ${String(error.cause)}`
  }
  return undefined
}

async function faultsOf(
  found: readonly { name: string; call: (...args: readonly unknown[]) => unknown }[],
  right: Readonly<Record<string, object>>,
): Promise<readonly string[]> {
  const faults: string[] = []
  for (const { name, call } of found) {
    const options = right[name] ?? {}
    const edited = Object.keys(options).flatMap((key) =>
      wrongValues.map((wrong) => [key, { ...options, [key]: wrong }] as const),
    )
    for (const [key, wrong] of [...wrongValues.map((one) => ['', one] as const), ...edited]) {
      for (const args of [[wrong], [wrong, wrong]]) {
        const fault = await faultOf(call, args)
        if (fault !== undefined) faults.push(`${name} ${key} ${typeof wrong} ${fault}`)
      }
    }
  }
  return [...new Set(faults)]
}

test('every function of the doors refuses wrong options with a typed error', async () => {
  const store = await openStore('sqlite::memory:')
  const registry = await createRegistry({ store, blobs: memoryBlobs() })
  const port = { allows: () => true }
  const clock = { now: () => 0 }
  const ids = { next: () => 'x' }
  const hosts = { allowedHosts: ['*'], allowedOrigins: [] }
  const right: Readonly<Record<string, object>> = {
    createRegistry: {
      ...{ store, blobs: memoryBlobs(), clock, ids, gate: () => ({ outcome: 'granted' }) },
      ...{ stages: main.defaultStages, approvals: {}, protectedAliases: [], runNaming: {} },
      environments: [{ name: 'eu' }],
      signing: { keys: main.trustedKeys([]), requiredFor: ['production'] },
    },
    createRoleAccess: { store, administrators: ['root'], clock },
    ed25519Key: { keyId: 'k', privateKey: '' },
    createMlflowHandler: {
      ...{ registry, auth: mlflow.openAccess(by), artifactRoot: 'mlflow-artifacts:/', ...hosts },
      ...{ relativeTo: '/', stages: {}, maxArtifactBytes: 1, maxBodyBytes: 1, clock, ids },
    },
    createRegistryService: {
      ...{ registry, store, port, authenticate: () => null, basePath: '/a', ...hosts },
      maxBodyBytes: 1,
    },
    createWebhooks: {
      ...{ store, keys: { current: 'k', keys: { k: new Uint8Array(32) } }, reach: {}, clock, ids },
      ...{ timeoutMs: 1, maxAttempts: 1, maxBodyBytes: 1, ca: '' },
    },
    verifyWebhook: { headers: new Headers(), body: '', secret: 's', clock, toleranceMs: 1 },
    importMlflow: { registry, database: '/no/such/file', by, artifacts: [] },
  }
  const doors = { ...main, ...http, ...imports, ...mlflow, ...webhooks }
  const found = methodsOf(doors).filter(({ name }) => Object.hasOwn(doors, name))
  expect(found.length).toBeGreaterThan(10)
  expect(await faultsOf(found, right)).toEqual([])
  // They are not used until later: what is no clock is told at once.
  for (const { name, call } of found) {
    for (const port of ['clock', 'ids']) {
      if (!Object.hasOwn(right[name] ?? {}, port)) continue
      for (const wrong of [null, 5, {}]) {
        const made = async () => call({ ...right[name], [port]: wrong })
        await expect(made(), `${name} ${port}`).rejects.toMatchObject({ kind: 'invalid' })
      }
    }
  }
  expect((await registry.log.verify()).status).toBe('intact')
  await store.close()
})

test('so do webhooks and roles', async () => {
  const store = await openStore('sqlite::memory:')
  const registry = await createRegistry({ store, blobs: memoryBlobs() })
  const keys = { current: 'k', keys: { k: new Uint8Array(32) } }
  // No name has an address: nothing is sent.
  const hooks = await createWebhooks({ store, keys, resolve: async () => [] })
  const { webhook } = await hooks.create({ url: 'https://example.com/', actions: ['*'], by })
  const roles = await createRoleAccess({ store, administrators: [by.id] })
  const grant = { grantee: { type: 'actor', id: 'a' }, scope: { type: 'model', name: 'm' }, by }
  const right = {
    create: {
      url: 'https://example.com/',
      actions: ['*'],
      models: ['*'],
      secret: 'x'.repeat(16),
      by,
    },
    update: { id: webhook.id, name: 'n', actions: ['*'], status: 'paused', by },
    remove: { id: webhook.id, by },
    deliveries: { limit: 5, webhook: webhook.id, state: 'pending' },
    redeliver: { id: 'd', by },
    test: { id: 'none', event: 'e', by },
    grant: { ...grant, role: 'read' },
    revoke: grant,
  }
  // It goes on until its signal says otherwise.
  const endless = ['run']
  const found = [...methodsOf(hooks), ...methodsOf(roles)].filter(
    ({ name }) => !endless.includes(name),
  )
  expect(await faultsOf(found, right)).toEqual([])
  for (const wrong of [undefined, null, {}, { signal: null }, 'x']) {
    expect(await faultOf(hooks.run as never, [wrong])).toBeUndefined()
  }
  expect((await registry.log.verify()).status).toBe('intact')
  await store.close()
})
