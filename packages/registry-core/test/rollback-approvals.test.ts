import { describe, expect, test } from 'vitest'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import type { World } from './world.ts'
import { by, codeOf, model, person, withWorld } from './world.ts'

const environments = [
  { name: 'live', rollback: { approvals: 1, roles: { risk: 1 } } },
  { name: 'trial' },
]
const target = { kind: 'rollback', environment: 'live' } as const
const risk = person('rhea', 'risk')

function suite(makePlace: () => Promise<Place>) {
  const within = (run: (world: World) => Promise<void>) =>
    withWorld(
      makePlace,
      3,
      async (world) => {
        for (const environment of ['live', 'trial']) {
          const at = { model, environment, by }
          for (const version of [1, 2]) {
            await world.registry.deployments.deploy({ ...at, version })
            await world.registry.deployments.markGood({ ...at, version })
          }
          await world.registry.deployments.deploy({ ...at, version: 3 })
        }
        await run(world)
      },
      { environments },
    )
  const at = { model, environment: 'live', by }

  test('where the environment asks for approvals, a rollback is proposed, approved and committed', () =>
    within(async ({ registry: { approvals, deployments, history } }) => {
      expect(await codeOf(deployments.rollback(at))).toBe('registry.approval-required')
      expect((await deployments.get(model, 'live')).shares).toEqual([{ version: 3, weight: 1 }])
      // Elsewhere it happens at once: the default.
      const trial = await deployments.rollback({ ...at, environment: 'trial' })
      expect(trial.shares).toEqual([{ version: 2, weight: 1 }])

      const wrong = approvals.propose({ model, version: 1, target, by })
      expect(await codeOf(wrong)).toBe('registry.rollback-elsewhere')
      const nowhere = { kind: 'rollback', environment: 'moon' } as const
      expect(await codeOf(approvals.propose({ model, version: 1, target: nowhere, by }))).toBe(
        'registry.no-deployment',
      )
      const request = await approvals.propose({ model, version: 2, target, reason: 'slow', by })
      expect(request).toMatchObject({ status: 'proposed', replaces: 3 })
      const { id } = request
      expect(await codeOf(approvals.commit({ id, by }))).toBe('registry.approval-missing')
      expect(await codeOf(approvals.approve({ id, by: person('bo') }))).toBe(
        'registry.approver-role',
      )
      expect((await approvals.approve({ id, by: risk })).status).toBe('approved')
      const outcome = await approvals.commit({ id, by })
      expect(outcome).toMatchObject({ status: 'changed', version: { version: 2 } })
      const after = await deployments.get(model, 'live')
      expect([after.shares, after.rollbackTo]).toEqual([[{ version: 2, weight: 1 }], 1])
      const [change] = (await deployments.history(model, 'live', { limit: 1 })).items
      expect(change).toMatchObject({ action: 'rolled-back', reason: 'slow', by: { id: by.id } })
      expect(await codeOf(approvals.commit({ id, by }))).toBe('registry.approval-closed')
      const { items } = await history(model, { version: 2 })
      expect(items.at(-1)).toMatchObject({ action: 'approval.committed', data: { target } })
    }))

  test('what was approved is what is rolled back: another version that serves, or another place to go, voids it', () =>
    within(async ({ registry: { approvals, deployments } }) => {
      const approved = async (version: number) => {
        const { id } = await approvals.propose({ model, version, target, by })
        await approvals.approve({ id, by: risk })
        return id
      }
      const first = await approved(2)
      await deployments.deploy({ ...at, version: 1 })
      expect(await codeOf(approvals.commit({ id: first, by }))).toBe('registry.approval-stale')
      await deployments.deploy({ ...at, version: 3 })
      const before = await deployments.get(model, 'live')
      await deployments.markGood({ ...at, version: 3 })
      await deployments.deploy({ ...at, version: 2 })
      await deployments.deploy({ ...at, version: 3 })
      // 3 serves as before, but is good now, and what is rolled back to comes before it.
      expect((await deployments.get(model, 'live')).rollbackTo).toBe(before.rollbackTo)
      await deployments.deploy({ ...at, version: 1 })
      await deployments.markGood({ ...at, version: 1 })
      await deployments.deploy({ ...at, version: 3 })
      expect((await deployments.get(model, 'live')).rollbackTo).toBe(1)
      expect(await codeOf(approvals.commit({ id: first, by }))).toBe('registry.rollback-elsewhere')
      expect((await deployments.get(model, 'live')).shares).toEqual([{ version: 3, weight: 1 }])
    }))

  test('an open request keeps the version that it would lead to', () =>
    within(async ({ registry: { approvals, retention }, clock }) => {
      const { id } = await approvals.propose({ model, version: 2, target, by })
      clock.advance(1000)
      const policies = [{ name: 'all', stages: ['development'], olderThanMs: 0 }]
      const { keep } = await retention.plan(policies)
      const uses = keep.find(({ version }) => version === 2)!.keptBy
      expect(uses).toContainEqual({ code: 'approval', message: `request ${id} is open` })
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
