import { describe, expect, test } from 'vitest'
import type { Deployments } from '../src/index.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import { by, codeOf, model, withWorld } from './world.ts'

const environment = 'eu'
const at = { model, environment, by }

async function serves(deployments: Deployments): Promise<string> {
  const { strategy, shares, standby } = await deployments.get(model, environment)
  const parts = shares.map(({ version, weight }) => `${version}:${weight}`)
  return [strategy, ...parts, ...(standby === undefined ? [] : [`(${standby})`])].join(' ')
}

function suite(makePlace: () => Promise<Place>) {
  test('canary: weights, promotion, abort', () =>
    withWorld(makePlace, 3, async ({ registry: { deployments } }) => {
      expect(await codeOf(deployments.get(model, environment))).toBe('registry.no-deployment')
      expect(await deployments.find(model, environment)).toBeUndefined()
      expect(await codeOf(deployments.canary({ ...at, version: 1, weight: 0.1 }))).toBe(
        'registry.deployment-state',
      )
      await deployments.deploy({ ...at, version: 1 })
      await deployments.canary({ ...at, version: 2, weight: 0.1 })
      expect(await serves(deployments)).toBe('canary 1:0.9 2:0.1')
      await deployments.canary({ ...at, version: 2, weight: 0.7 })
      expect(await serves(deployments)).toBe('canary 1:0.3 2:0.7')
      expect(await codeOf(deployments.canary({ ...at, version: 3, weight: 0.1 }))).toBe(
        'registry.deployment-state',
      )
      for (const weight of [0, 1, -0.1, Number.NaN, 2]) {
        expect(await codeOf(deployments.canary({ ...at, version: 2, weight }))).toBe(
          'registry.invalid-deployment',
        )
      }
      await deployments.abort(at)
      expect(await serves(deployments)).toBe('single 1:1')
      expect(await codeOf(deployments.abort(at))).toBe('registry.deployment-state')
      expect(await codeOf(deployments.promoteCanary(at))).toBe('registry.deployment-state')
      await deployments.canary({ ...at, version: 3, weight: 0.5 })
      await deployments.promoteCanary(at)
      expect(await serves(deployments)).toBe('single 3:1')
      const same = deployments.canary({ ...at, version: 3, weight: 0.5 })
      expect(await codeOf(same)).toBe('registry.deployment-state')
    }))

  test('blue/green and splits', () =>
    withWorld(makePlace, 3, async ({ registry: { deployments } }) => {
      await deployments.deploy({ ...at, version: 1 })
      expect(await codeOf(deployments.switchOver(at))).toBe('registry.deployment-state')
      await deployments.standBy({ ...at, version: 2 })
      expect(await serves(deployments)).toBe('blue-green 1:1 (2)')
      await deployments.switchOver(at)
      expect(await serves(deployments)).toBe('blue-green 2:1 (1)')
      await deployments.switchOver(at)
      expect(await serves(deployments)).toBe('blue-green 1:1 (2)')
      await deployments.abort(at)
      expect(await serves(deployments)).toBe('single 1:1')
      const split = (...weights: number[]) =>
        deployments.split({
          ...at,
          shares: weights.map((weight, i) => ({ version: i + 1, weight })),
        })
      await split(0.1, 0.2, 0.7)
      expect(await serves(deployments)).toBe('split 3:0.7 2:0.2 1:0.1')
      for (const wrong of [
        [0.3, 0.3, 0.3],
        [0.5, 0.6],
        [0.1, 0.2, 0.7000000001],
      ]) {
        expect(await codeOf(split(...wrong))).toBe('registry.invalid-weights')
      }
      const shares = [1, 1].map((version) => ({ version, weight: 0.5 }))
      expect(await codeOf(deployments.split({ ...at, shares }))).toBe('registry.invalid-weights')
      expect(await codeOf(split(0.25, 0.25, 0.25, 0.25))).toBe('registry.no-version')
      expect(await serves(deployments)).toBe('split 3:0.7 2:0.2 1:0.1')
    }))

  test('rollback leads to the last version known to be good, further back each time', () =>
    withWorld(makePlace, 4, async ({ registry: { deployments, versions } }) => {
      const deploy = (version: number) => deployments.deploy({ ...at, version })
      const good = (version: number) => deployments.markGood({ ...at, version })
      expect(await codeOf(good(1))).toBe('registry.not-serving')
      await deploy(1)
      expect(await codeOf(deployments.rollback(at))).toBe('registry.no-known-good')
      await good(1)
      await deploy(2)
      expect((await good(2)).rollbackTo).toBe(1)
      await deploy(3)
      expect((await deployments.get(model, environment)).rollbackTo).toBe(2)
      await deployments.rollback({ ...at, reason: 'timeouts' })
      expect(await serves(deployments)).toBe('single 2:1')
      await deployments.rollback(at)
      expect(await serves(deployments)).toBe('single 1:1')
      expect(await codeOf(deployments.rollback(at))).toBe('registry.no-known-good')
      // A canary that fails: back to the stable version, which is known to be good.
      await deployments.canary({ ...at, version: 4, weight: 0.2 })
      await deployments.rollback(at)
      expect(await serves(deployments)).toBe('single 1:1')
      // What is needed for that may not be removed.
      await deploy(4)
      expect(await codeOf(versions.remove({ model, version: 4, by }))).toBe(
        'registry.version-in-use',
      )
      expect(await codeOf(versions.remove({ model, version: 1, by }))).toBe(
        'registry.version-in-use',
      )
      await versions.remove({ model, version: 2, by })
      await deployments.retire(at)
      expect(await serves(deployments)).toBe('none')
      await versions.remove({ model, version: 4, by })

      const first = await deployments.history(model, environment, { limit: 2 })
      expect(first.items.map(({ action }) => action)).toEqual(['retired', 'deployed'])
      const cursor = first.nextCursor!
      const rest = await deployments.history(model, environment, { cursor })
      expect(rest.items.at(-1)).toMatchObject({ action: 'deployed', shares: [{ version: 1 }], by })
      expect(rest.items.map(({ reason }) => reason)).toContain('timeouts')
    }))

  test('where what serves; environments take the stages that they are for', () =>
    withWorld(
      makePlace,
      1,
      async ({ registry: { deployments, stages, models, versions } }) => {
        const to = (name: string, of = model) =>
          deployments.deploy({ model: of, environment: name, version: 1, by })
        expect(await codeOf(to('mars'))).toBe('registry.unknown-environment')
        expect(await codeOf(to('live'))).toBe('registry.stage-not-deployable')
        await stages.transition({ model, version: 1, to: 'production', by })
        await to('live')
        await models.create({ name: 'other', by })
        await versions.create({ model: 'other', by })
        await to('test', 'other')
        await to('test')
        const where = async (options = {}) =>
          (await deployments.list(options)).items.map((one) => `${one.environment} ${one.model}`)
        expect(await where()).toEqual(['live flight-delay', 'test flight-delay', 'test other'])
        expect(await where({ environment: 'live' })).toEqual(['live flight-delay'])
        expect(await where({ model: 'other' })).toEqual(['test other'])
        const first = await deployments.list({ limit: 2 })
        expect(await where({ limit: 2, cursor: first.nextCursor })).toEqual(['test other'])
        await models.rename({ name: model, newName: 'delay', by })
        expect((await deployments.get('delay', 'live')).shares).toEqual([{ version: 1, weight: 1 }])
      },
      { environments: [{ name: 'live', stages: ['production'] }, { name: 'test' }] },
    ))

  test('two processes deploy at once: one wins, the other is told, nothing is lost', () =>
    withWorld(makePlace, 2, async (world) => {
      const other = await world.other()
      const both = [world.registry, other.registry]
      const race = (expectedRevision: number) =>
        Promise.allSettled(
          Array.from({ length: 6 }, (_, i) =>
            both[i % 2]!.deployments.deploy({ ...at, version: 1 + (i % 2), expectedRevision }),
          ),
        )
      for (const revision of [0, 1, 2]) {
        const outcomes = await race(revision)
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        for (const one of outcomes) {
          if (one.status === 'rejected') expect(one.reason.code).toBe('store.revision-conflict')
        }
      }
      const { items } = await world.registry.deployments.history(model, environment)
      expect(items).toHaveLength(3)
      expect(await codeOf(world.registry.deployments.deploy(null as never))).toBe(
        'registry.invalid-deployment',
      )
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
