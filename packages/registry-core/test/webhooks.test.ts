import type { IncomingHttpHeaders, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { ManualClock } from '@mlops/core'
import { createRng } from '@mlops/core'
import type { Store } from '@mlops/store'
import { describe, expect, test } from 'vitest'
import type { Webhooks, WebhooksOptions } from '../src/webhooks/index.ts'
import { createWebhooks, verifyWebhook } from '../src/webhooks/index.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import type { World } from './world.ts'
import { by, codeOf, model, withWorld } from './world.ts'

const secret = 'a secret of some length'
const keys = { current: 'k1', keys: { k1: new Uint8Array(32).fill(1) } }
const loopback = { http: true, addresses: ['127.0.0.1/32'] }

interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Receiver {
  readonly url: string
  readonly port: number
  readonly received: Received[]
  connections: number
  /** What it answers next; the last one stays. */
  answers: (number | 'hang' | 'cut' | 'flood' | 'redirect')[]
}

async function withReceiver(run: (receiver: Receiver) => Promise<void>): Promise<void> {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      received.push({ path: request.url ?? '', headers: request.headers, body })
      const answer = receiver.answers.length > 1 ? receiver.answers.shift()! : receiver.answers[0]!
      if (answer === 'hang') return
      if (answer === 'cut') request.socket.destroy()
      else if (answer === 'redirect') {
        response.writeHead(307, { location: `${receiver.url}/elsewhere` }).end()
      } else if (answer === 'flood') {
        response.writeHead(200)
        const flood = () => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
        }
        response.on('drain', flood)
        flood()
      } else response.writeHead(answer).end('ok')
    })
  })
  server.on('connection', (socket) => {
    receiver.connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    connections: 0,
    answers: [200],
  }
  try {
    await run(receiver)
  } finally {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
}

function open(store: Store, clock: ManualClock, options: Partial<WebhooksOptions> = {}) {
  return createWebhooks({
    ...{ store, clock, keys, reach: loopback, rng: createRng(1), timeoutMs: 2000 },
    ...options,
  })
}

function suite(makePlace: () => Promise<Place>) {
  const within = (run: (world: World, receiver: Receiver) => Promise<void>) =>
    withReceiver((receiver) => withWorld(makePlace, 2, (world) => run(world, receiver)))

  test('what was committed is told, signed; what was rolled back or not asked for is not', () =>
    within(async ({ registry, store, clock }, receiver) => {
      const webhooks = await open(store, clock)
      const hook = { url: `${receiver.url}/in?x=1`, secret, by }
      await webhooks.create({ ...hook, actions: ['stage.*', 'alias.moved'], models: ['flight-*'] })
      await registry.stages.transition({ model, version: 1, to: 'production', by })
      await registry.aliases.move({ model, alias: 'live', version: 1, by })
      await registry.models.update({ name: model, description: 'not asked for', by })
      const lost = { model, alias: 'live', version: 2, expectedVersion: 2, by }
      expect(await codeOf(registry.aliases.move(lost))).toBe('registry.alias-moved')
      await registry.models.create({ name: 'other', by })
      await registry.versions.create({ model: 'other', by })
      await registry.aliases.move({ model: 'other', alias: 'live', version: 1, by })

      expect(await webhooks.dispatch()).toEqual({ delivered: 2, failed: 0, dead: 0 })
      expect(await webhooks.dispatch()).toEqual({ delivered: 0, failed: 0, dead: 0 })
      const events = receiver.received.map(({ body }) => JSON.parse(body).event)
      expect(events.map(({ action }) => action).sort()).toEqual(['alias.moved', 'stage.changed'])
      const moved = events.find(({ action }) => action === 'alias.moved')
      expect(moved).toMatchObject({
        actor: by,
        subject: { type: 'model-version', name: model, version: '1' },
        data: { alias: 'live', from: null },
      })
      for (const { headers, body, path } of receiver.received) {
        expect(path).toBe('/in?x=1')
        expect(headers.host).toBe(`127.0.0.1:${receiver.port}`)
        const given = new Headers(headers as Record<string, string>)
        const check = (more: object) =>
          verifyWebhook({ headers: given, body, secret, clock, ...more })
        expect(check({})).toBe('valid')
        expect(check({ body: `${body} ` })).toBe('forged')
        expect(check({ secret: `${secret}.` })).toBe('forged')
        expect(check({ clock: { now: () => clock.now() + 301_000 } })).toBe('outdated')
        expect(check({ headers: new Headers() })).toBe('unsigned')
      }
      expect((await registry.verifyHistory()).status).toBe('intact')
    }))

  test('retries wait longer each time, then the delivery is dead, and can be sent anew', () =>
    within(async ({ registry, store, clock }, receiver) => {
      const webhooks = await open(store, clock, { maxAttempts: 4 })
      await webhooks.create({ url: receiver.url, actions: ['model.updated'], secret, by })
      await registry.models.update({ name: model, description: 'x', by })
      receiver.answers = [500, 'cut', 404, 503]
      const waits: number[] = []
      for (const expected of ['failed', 'failed', 'failed', 'dead']) {
        expect(await webhooks.dispatch()).toMatchObject({ [expected]: 1 })
        const [delivery] = (await webhooks.deliveries()).items
        if (expected === 'dead') break
        const wait = Date.parse(delivery!.dueAt) - clock.now()
        waits.push(wait)
        clock.advance(wait - 1)
        expect(await webhooks.dispatch()).toEqual({ delivered: 0, failed: 0, dead: 0 })
        clock.advance(1)
      }
      for (const [at, wait] of waits.entries()) {
        expect(wait).toBeGreaterThanOrEqual(500 * 2 ** at)
        expect(wait).toBeLessThanOrEqual(1000 * 2 ** at)
      }
      const [dead] = (await webhooks.deliveries({ state: 'dead' })).items
      expect(dead).toMatchObject({
        attempts: 4,
        lastStatus: 503,
        lastError: 'registry.webhook-status',
      })
      clock.advance(365 * 24 * 60 * 60 * 1000)
      expect(await webhooks.dispatch()).toEqual({ delivered: 0, failed: 0, dead: 0 })
      receiver.answers = [204]
      await webhooks.redeliver({ id: dead!.id, by })
      expect(await webhooks.dispatch()).toMatchObject({ delivered: 1 })
      const ids = receiver.received.map(({ headers }) => headers['x-mlflow-delivery-id'])
      expect(new Set(ids).size).toBe(1)
      expect(await codeOf(webhooks.redeliver({ id: 'none', by }))).toBe('registry.no-delivery')
    }))

  test('a receiver that hangs, floods or redirects holds nothing up and is followed nowhere', () =>
    within(async ({ registry, store, clock }, receiver) => {
      const webhooks = await open(store, clock, { timeoutMs: 300 })
      await webhooks.create({ url: receiver.url, actions: ['model.updated'], secret, by })
      const send = async (answer: Receiver['answers'][number]) => {
        receiver.answers = [answer]
        await registry.models.update({ name: model, description: answer.toString(), by })
        const started = performance.now()
        await webhooks.dispatch({ limit: 1 })
        expect(performance.now() - started).toBeLessThan(5000)
        return (await webhooks.deliveries({ limit: 1 })).items[0]
      }
      expect(await send('hang')).toMatchObject({
        state: 'pending',
        lastError: 'registry.webhook-timeout',
      })
      expect(await send('flood')).toMatchObject({ state: 'delivered', lastStatus: 200 })
      const connections = receiver.connections
      expect(await send('redirect')).toMatchObject({
        state: 'pending',
        lastStatus: 307,
        lastError: 'registry.webhook-status',
      })
      expect(receiver.connections).toBe(connections + 1)
      expect(receiver.received.map(({ path }) => path)).not.toContain('/elsewhere')
    }))

  test('two processes dispatch at once: each delivery is sent once', () =>
    within(async (world, receiver) => {
      const { registry, store, clock } = world
      const other = await world.other()
      const both = [await open(store, clock), await open(other.store, clock)]
      await both[0]!.create({ url: receiver.url, actions: ['model.updated'], secret, by })
      for (let i = 0; i < 30; i++) {
        await registry.models.update({ name: model, description: `${i}`, by })
      }
      for (let round = 0; round < 4; round++) {
        await Promise.all(both.map((one: Webhooks) => one.dispatch({ limit: 10 })))
      }
      const seqs = receiver.received.map(({ body }) => JSON.parse(body).event.seq)
      expect(seqs).toHaveLength(30)
      expect(new Set(seqs).size).toBe(30)
    }))

  test('what a dying process had claimed is sent again', () =>
    within(async ({ registry, store, clock }, receiver) => {
      const dying = await open(store, clock, {
        resolve: () => new Promise<never>(() => {}),
        timeoutMs: 60_000,
      })
      await dying.create({
        url: `http://hook.test:${receiver.port}/`,
        actions: ['model.*'],
        secret,
        by,
      })
      await registry.models.update({ name: model, description: 'x', by })
      // Claimed and never finished, as after kill -9.
      void dying.dispatch().catch(() => {})
      for (let i = 0; i < 200; i++) {
        if ((await dying.deliveries()).items[0]?.attempts === 1) break
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      const healthy = await open(store, clock, { resolve: async () => ['127.0.0.1'] })
      expect(await healthy.dispatch()).toMatchObject({ delivered: 0 })
      clock.advance(130_000)
      expect(await healthy.dispatch()).toMatchObject({ delivered: 1 })
      expect(receiver.received[0]!.headers.host).toBe(`hook.test:${receiver.port}`)
    }))

  test('secrets lie encrypted, bound to their webhook, and survive a change of keys', () =>
    within(async ({ registry, store, clock }, receiver) => {
      const webhooks = await open(store, clock)
      const given = { url: receiver.url, actions: ['model.updated'], by }
      const { webhook, secret: made } = await webhooks.create(given)
      expect(made.length).toBeGreaterThanOrEqual(43)
      const second = await webhooks.create({ ...given, secret })
      expect(JSON.stringify([await webhooks.list(), webhook])).not.toContain(made)
      const rows = store.tables<{ registry_webhooks: { id: string; secret: string } }>().query
      const sealed = async (id: string) =>
        (
          await rows.selectFrom('registry_webhooks').select('secret').where('id', '=', id).execute()
        )[0]!.secret
      expect(await sealed(second.webhook.id)).not.toContain(secret)
      const log = await registry.log.read({ limit: 1000 })
      for (const word of [secret, made]) expect(JSON.stringify(log.items)).not.toContain(word)

      const rotated = await open(store, clock, {
        keys: { current: 'k2', keys: { ...keys.keys, k2: new Uint8Array(32).fill(2) } },
      })
      await rotated.update({ id: webhook.id, secret, by })
      expect((await sealed(webhook.id)).startsWith('v1.k2.')).toBe(true)
      await registry.models.update({ name: model, description: 'x', by })
      expect(await rotated.dispatch()).toMatchObject({ delivered: 2 })

      // One webhook's secret put in another's place opens nothing.
      await rows
        .updateTable('registry_webhooks')
        .set({ secret: await sealed(second.webhook.id) })
        .where('id', '=', webhook.id)
        .execute()
      await registry.models.update({ name: model, description: 'y', by })
      expect(await rotated.dispatch()).toMatchObject({ delivered: 1, failed: 1 })
      const [failed] = (await rotated.deliveries({ webhook: webhook.id, state: 'pending' })).items
      expect(failed!.lastError).toBe('registry.webhook-secret')
    }))

  test('paused, changed, removed', () =>
    within(async ({ registry, store, clock }, receiver) => {
      const webhooks = await open(store, clock)
      const { webhook } = await webhooks.create({
        url: receiver.url,
        actions: ['model.updated'],
        secret,
        by,
      })
      const { id } = webhook
      await webhooks.update({ id, status: 'paused', expectedRevision: 1, by })
      await registry.models.update({ name: model, description: 'x', by })
      expect(await webhooks.dispatch()).toMatchObject({ delivered: 0 })
      expect(await codeOf(webhooks.update({ id, status: 'active', expectedRevision: 1, by }))).toBe(
        'store.revision-conflict',
      )
      await webhooks.update({ id, status: 'active', by })
      expect(await webhooks.dispatch()).toMatchObject({ delivered: 1 })
      await webhooks.remove({ id, by })
      expect(await codeOf(webhooks.get(id))).toBe('registry.no-webhook')
      expect((await webhooks.deliveries()).items).toEqual([])
      for (const bad of [null, {}, { url: receiver.url, actions: [], by }]) {
        expect(await codeOf(webhooks.create(bad as never))).toBe('registry.invalid-webhook')
      }
      const short = { url: receiver.url, actions: ['*'], secret: 'short', by }
      expect(await codeOf(webhooks.create(short))).toBe('registry.invalid-webhook')
    }))

  test('options that are none are told by code', () =>
    within(async ({ store, clock }) => {
      const made = (options: object) => codeOf(open(store, clock, options))
      for (const reach of [
        null,
        { http: 'yes' },
        { addresses: '10.0.0.0/8' },
        { addresses: ['10.0.0.0/8', 'intranet'] },
        { addresses: [7, '10.0.0.0/8'] },
      ]) {
        expect(await made({ reach })).toBe('registry.invalid-webhook')
      }
      for (const bad of [
        null,
        { current: 'k2', keys: keys.keys },
        { current: 'k1', keys: { k1: new Uint8Array(16) } },
        { current: 'a.b', keys: { 'a.b': new Uint8Array(32) } },
      ]) {
        expect(await made({ keys: bad })).toBe('registry.invalid-webhook-key')
      }
      expect(await made({ timeoutMs: 0 })).toBe('registry.invalid-webhook')
      expect(await made({ maxAttempts: 1.5 })).toBe('registry.invalid-webhook')
      expect(await codeOf(createWebhooks(null as never))).toBe('registry.invalid-webhook')
    }))

  test('an event too large is sent without its data', () =>
    within(async ({ registry, store, clock }, receiver) => {
      const webhooks = await open(store, clock, { maxBodyBytes: 2000 })
      await webhooks.create({ url: receiver.url, actions: ['model.updated'], secret, by })
      await registry.models.update({ name: model, description: 'x'.repeat(5000), by })
      await webhooks.dispatch()
      const body = JSON.parse(receiver.received[0]!.body)
      expect(body).toMatchObject({
        dataLeftOut: true,
        event: { action: 'model.updated', data: null },
      })
    }))

  test('it runs until told to stop', () =>
    within(async ({ registry, store, clock }, receiver) => {
      const webhooks = await open(store, clock)
      await webhooks.create({ url: receiver.url, actions: ['model.updated'], secret, by })
      const stop = new AbortController()
      const running = webhooks.run({ signal: stop.signal, pollMs: 10 })
      await registry.models.update({ name: model, description: 'x', by })
      for (let i = 0; i < 500 && receiver.received.length === 0; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      stop.abort()
      await running
      expect(receiver.received).toHaveLength(1)
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
