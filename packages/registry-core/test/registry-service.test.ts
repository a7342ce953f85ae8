import type { Actor } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import { createRegistryService } from '../src/http/index.ts'
import type { AccessPort, RegistryOptions } from '../src/index.ts'
import type { Json } from './attacks/door.ts'
import { expectQuiet } from './attacks/door.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import type { World } from './world.ts'
import { model, person, withWorld } from './world.ts'

const DAY = 24 * 60 * 60 * 1000
const people: Readonly<Record<string, Actor>> = {
  ada: person('ada'),
  bo: person('bo'),
  cy: person('cy', 'risk'),
}
const all: AccessPort = { allows: () => true }

function client({ registry, store }: World, port: AccessPort = all) {
  const service = createRegistryService({
    registry,
    store,
    port,
    authenticate: (request) => people[request.headers.get('x-user') ?? ''] ?? null,
  })
  return async (who: string, method: string, path: string, body?: unknown) => {
    const response = await service.fetch(
      new Request(`http://localhost/api/registry/v1${path}`, {
        method,
        headers: {
          'x-user': who,
          ...(method === 'POST' && { 'content-type': 'application/json' }),
        },
        ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }),
      }),
    )
    const text = await response.text()
    expectQuiet(text)
    return { status: response.status, json: (text === '' ? null : JSON.parse(text)) as Json }
  }
}

function suite(makePlace: () => Promise<Place>) {
  const within = (run: (world: World) => Promise<void>, options: Partial<RegistryOptions> = {}) =>
    withWorld(makePlace, 3, run, options)

  test('a change is proposed, refused to its proposer, reviewed by two, and committed', () =>
    within(
      async (world) => {
        const call = client(world)
        const target = { kind: 'stage', stage: 'production' }
        const proposed = await call('ada', 'POST', `/models/${model}/versions/2/approvals`, {
          target,
          reason: 'faster',
          by: people['cy'],
          model: 'another',
        })
        expect(proposed).toMatchObject({
          status: 201,
          json: { model, version: 2, target, status: 'proposed', proposedBy: { id: 'ada' } },
        })
        const at = `/approvals/${proposed.json.id}`
        const own = await call('ada', 'POST', `${at}/approve`)
        expect([own.status, own.json.code]).toEqual([403, 'registry.own-approval'])
        const early = await call('ada', 'POST', `${at}/commit`)
        expect([early.status, early.json.code]).toEqual([409, 'registry.approval-missing'])
        await call('bo', 'POST', `${at}/comment`, { text: 'looks right' })
        expect((await call('bo', 'POST', `${at}/approve`)).json.status).toBe('proposed')
        const stale = await call('cy', 'POST', `${at}/approve`, { expectedRevision: 1 })
        expect([stale.status, stale.json.code]).toEqual([409, 'store.revision-conflict'])
        expect((await call('cy', 'POST', `${at}/approve`)).json.status).toBe('approved')
        const open = await call('ada', 'GET', `/approvals?model=${model}&status=approved&version=2`)
        expect(open.json.items.map(({ id }: Json) => id)).toEqual([proposed.json.id])
        const done = await call('ada', 'POST', `${at}/commit`)
        expect([done.status, done.json.status]).toEqual([200, 'changed'])
        expect((await call('bo', 'GET', at)).json.status).toBe('committed')
        expect((await world.registry.versions.get(model, 2)).stage).toBe('production')

        const next = await call('ada', 'POST', `/models/${model}/versions/3/approvals`, { target })
        const rejected = await call('bo', 'POST', `/approvals/${next.json.id}/reject`, {
          reason: 'not yet',
        })
        expect(rejected.json).toMatchObject({
          status: 'rejected',
          notes: [{ kind: 'rejected', text: 'not yet', by: { id: 'bo' } }],
        })
        const { json } = await call('bo', 'GET', `/models/${model}/history?version=3`)
        const actions = json.items.map(({ action }: Json) => action)
        expect(actions.slice(-2)).toEqual(['approval.proposed', 'approval.rejected'])
        expect((await call('bo', 'GET', '/history/verification')).json.status).toBe('intact')
      },
      { approvals: { production: { approvals: 2, roles: { risk: 1 } } } },
    ))

  test('versions are deployed, tried as a canary, rolled back; the history tells it', () =>
    within(async (world) => {
      const call = client(world)
      const at = `/models/${model}/deployments/eu`
      expect((await call('ada', 'GET', at)).status).toBe(404)
      await call('ada', 'POST', `${at}/deploy`, { version: 1, expectedRevision: 0 })
      await call('ada', 'POST', `${at}/mark-good`, { version: 1 })
      const canary = await call('bo', 'POST', `${at}/canary`, { version: 2, weight: 0.1 })
      expect(canary.json).toMatchObject({ strategy: 'canary', rollbackTo: 1, revision: 3 })
      const late = await call('ada', 'POST', `${at}/deploy`, { version: 3, expectedRevision: 1 })
      expect([late.status, late.json.code]).toEqual([409, 'store.revision-conflict'])
      await call('bo', 'POST', `${at}/promote-canary`)
      const back = await call('ada', 'POST', `${at}/rollback`, { reason: 'timeouts' })
      expect(back.json.shares).toEqual([{ version: 1, weight: 1 }])
      const first = await call('ada', 'GET', `${at}/history?limit=2`)
      const more = await call('ada', 'GET', `${at}/history?limit=9&cursor=${first.json.nextCursor}`)
      const changes = [...first.json.items, ...more.json.items]
      expect(changes.map(({ action, by }: Json) => `${action} ${by.id}`)).toEqual([
        'rolled-back ada',
        'canary-promoted bo',
        'canary-set bo',
        'marked-good ada',
        'deployed ada',
      ])
      const listed = await call('ada', 'GET', '/deployments?environment=eu')
      expect(listed.json.items.map((one: Json) => one.model)).toEqual([model])
      const shares = [
        { version: 2, weight: 0.5 },
        { version: 3, weight: 0.5 },
      ]
      expect((await call('ada', 'POST', `${at}/split`, { shares })).json.strategy).toBe('split')
      for (const [step, body] of [
        ['deploy', { version: 1 }],
        ['stand-by', { version: 2 }],
        ['switch-over', {}],
        ['abort', {}],
        ['retire', {}],
      ] as const) {
        expect([step, (await call('ada', 'POST', `${at}/${step}`, body)).status]).toEqual([
          step,
          200,
        ])
      }
    }))

  test('retention is planned, held, applied, undone and swept', () =>
    within(async (world) => {
      const call = client(world)
      const stages = ['development']
      const policies = [{ name: 'old', stages, olderThanMs: 30 * DAY }]
      world.clock.advance(31 * DAY)
      const hold = await call('ada', 'POST', `/models/${model}/holds`, {
        version: 2,
        reason: 'audit',
      })
      expect([hold.status, hold.json.version]).toEqual([201, 2])
      const plan = await call('ada', 'POST', '/retention/plan', { policies })
      const numbers = (items: Json) => items.map(({ version }: Json) => version)
      expect([numbers(plan.json.remove), numbers(plan.json.keep)]).toEqual([[1, 3], [2]])
      expect(await world.registry.versions.find(model, 1)).toBeDefined()
      const applied = await call('ada', 'POST', '/retention/apply', { policies })
      expect(numbers(applied.json.remove)).toEqual([1, 3])
      const gone = await call('ada', 'GET', `/models/${model}/tombstones`)
      expect(numbers(gone.json.items)).toEqual([3, 1])
      expect((await call('ada', 'POST', `/models/${model}/versions/1/restore`)).status).toBe(204)
      expect(await world.registry.versions.find(model, 1)).toBeDefined()
      const holds = await call('ada', 'GET', `/models/${model}/holds`)
      expect(holds.json.items.map(({ id }: Json) => id)).toEqual([hold.json.id])
      expect((await call('ada', 'DELETE', `/holds/${hold.json.id}`)).status).toBe(204)
      expect((await call('ada', 'DELETE', `/holds/${hold.json.id}`)).status).toBe(404)
      world.clock.advance(8 * DAY)
      const dry = await call('ada', 'POST', '/retention/sweep', { mode: 'dry-run' })
      expect([dry.status, dry.json.mode, numbers(dry.json.collected)]).toEqual([
        200,
        'dry-run',
        [3],
      ])
      const swept = await call('ada', 'POST', '/retention/sweep')
      expect(numbers(swept.json.collected)).toEqual([3])
    }))

  test('what is no command is refused by name, and changes nothing', () =>
    within(async (world) => {
      const call = client(world)
      const before = await world.registry.log.head()
      const versions = `/models/${model}/versions`
      for (const [method, path, body, status] of [
        ['POST', `${versions}/x/approvals`, {}, 400],
        ['POST', `${versions}/1e2/approvals`, {}, 400],
        ['POST', `${versions}/0/restore`, {}, 400],
        ['POST', `${versions}/1/approvals`, { target: { kind: 'stage', stage: 'moon' } }, 400],
        ['POST', `${versions}/1/approvals`, [], 400],
        ['POST', `${versions}/1/approvals`, 'x', 400],
        ['POST', `/models/${model}/deployments/eu/deploy`, { version: '1' }, 400],
        ['POST', `/models/${model}/deployments/eu/deploy`, { version: 9 }, 404],
        ['POST', `/models/${model}/deployments/eu/__proto__`, {}, 404],
        ['POST', '/retention/plan', {}, 400],
        ['POST', '/retention/apply', { policies: null }, 400],
        ['POST', '/retention/sweep', { mode: 'all' }, 400],
        ['POST', '/approvals/none/approve', {}, 404],
        ['GET', '/approvals?limit=x', undefined, 400],
        ['GET', '/approvals?cursor=x', undefined, 400],
        ['GET', '/approvals?version=x', undefined, 400],
        ['GET', `/models/${model}/history?version=-1`, undefined, 400],
        ['PUT', '/approvals', undefined, 405],
        ['GET', '/nothing', undefined, 404],
      ] as const) {
        const answer = await call('ada', method, path, body)
        expect([method, path, answer.status]).toEqual([method, path, status])
        expect(answer.json.code).toMatch(/^[a-z]+\.[a-z-]+$/)
      }
      expect(await world.registry.log.head()).toEqual(before)
    }))

  test('who may only look at one model sees that one, and their attempts are kept', () =>
    within(async (world) => {
      await world.registry.models.create({ name: 'secret', by: people['ada']! })
      await world.registry.versions.create({ model: 'secret', by: people['ada']! })
      const port: AccessPort = {
        allows: (actor, permission, { type, name }) =>
          actor.id === 'ada' || (permission === 'read' && type === 'model' && name === model),
      }
      const call = client(world, port)
      for (const name of [model, 'secret']) {
        await call('ada', 'POST', `/models/${name}/deployments/eu/deploy`, { version: 1 })
      }
      const seen = await call('bo', 'GET', '/deployments')
      expect(seen.json.items.map((one: Json) => one.model)).toEqual([model])
      expect((await call('bo', 'GET', '/models/secret/history')).status).toBe(403)
      expect((await call('bo', 'GET', `/models/${model}/history`)).status).toBe(200)
      const tried = await call('bo', 'POST', `/models/${model}/deployments/eu/retire`)
      expect([tried.status, tried.json.code]).toEqual([403, 'registry.access-denied'])
      const { items } = await world.registry.log.read({ action: 'access.denied' })
      expect(items.map(({ actor, data }) => [actor.id, data])).toEqual([
        ['bo', { method: 'deployments.retire', permission: 'manage' }],
      ])
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
