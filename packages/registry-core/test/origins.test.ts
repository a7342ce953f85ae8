import { digestOf } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import { createRoleAccess, withAccess } from '../src/index.ts'
import type { RegistryTables } from '../src/sql/tables.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import type { World } from './world.ts'
import { by, codeOf, person, withWorld } from './world.ts'

const code = {
  commit: '4f1c2ab90d',
  repository: 'https://git.example/delays',
  branch: 'main',
  dirty: true,
  path: 'train.py',
}
const environment = {
  runtime: { name: 'cpython', version: '3.12.4' },
  os: 'Debian 12',
  packages: { numpy: '2.1.0', torch: '2.5.1' },
  hardware: { gpu: 'H100' },
  image: 'train@sha256:3f7c',
}
const seeds = { numpy: 7, torch: -11, split: '0x1f' }
const described = { environment: { ...environment, digest: digestOf(environment) } }

function suite(makePlace: () => Promise<Place>) {
  const within = (run: (world: World) => Promise<void>) => withWorld(makePlace, 0, run)
  const snapshots = ({ store }: World) =>
    store.tables<RegistryTables>().query.selectFrom('registry_environments').selectAll().execute()
  const events = async ({ registry }: World) =>
    (await registry.log.read({ action: 'run.described' })).items

  test('a run is described at its start, or later and bit by bit', () =>
    within(async (world) => {
      const { runs } = world.registry
      const first = await runs.start({ experiment: 'e', code, environment, seeds, by })
      expect(await runs.origin(first.id)).toEqual({ code, ...described, seeds })
      const { id: run } = await runs.start({ experiment: 'e', by })
      expect(await runs.origin(run)).toEqual({})
      await runs.describe({ run, seeds, by })
      expect(await runs.origin(run)).toEqual({ seeds })
      await runs.describe({ run, code, by: person('bo') })
      await runs.describe({ run, environment, code, by })
      expect(await runs.origin(run)).toEqual({ code, ...described, seeds })

      const [event, ...later] = await events(world)
      const { digest } = described.environment
      expect(event).toMatchObject({ actor: by, subject: { type: 'run', name: first.id } })
      expect(event?.data).toEqual({
        commit: code.commit,
        environment: digest,
        seeds: ['numpy', 'split', 'torch'],
      })
      expect(later.map(({ actor, data }) => [actor.id, data])).toEqual([
        ['ada', { seeds: ['numpy', 'split', 'torch'] }],
        ['bo', { commit: code.commit }],
        ['ada', { environment: digest }],
      ])
    }))

  test('a snapshot is kept once, whoever describes it and in whatever order', () =>
    within(async (world) => {
      const { registry, clock } = world
      const { registry: other } = await world.other()
      const turned = {
        ...environment,
        packages: { torch: '2.5.1', numpy: '2.1.0' },
      }
      const starts = [registry, other, registry, other].map((one, i) =>
        one.runs.start({ experiment: 'e', environment: i < 2 ? environment : turned, by }),
      )
      const runs = await Promise.all(starts)
      clock.advance(1000)
      await registry.runs.start({ experiment: 'e', environment, by })
      expect(await snapshots(world)).toMatchObject([
        { digest: digestOf(environment), kept_at: '2026-01-01T00:00:00.000Z' },
      ])
      for (const { id } of runs) expect(await registry.runs.origin(id)).toEqual(described)
    }))

  test('each part is written once: the same again is fine, another is refused, and nothing of it stays', () =>
    within(async (world) => {
      const { runs } = world.registry
      const { id: run } = await runs.start({ experiment: 'e', code, environment, by })
      await runs.describe({ run, code: { ...code }, environment: { ...environment }, by })
      for (const other of [
        { code: { commit: code.commit } },
        { environment: { ...environment, packages: {} } },
        { seeds, code: { ...code, dirty: false } },
      ]) {
        expect(await codeOf(runs.describe({ run, ...other, by }))).toBe('registry.origin-exists')
      }
      expect(await runs.origin(run)).toEqual({ code, ...described })
      expect(await events(world)).toHaveLength(1)
      expect(await snapshots(world)).toHaveLength(1)
      expect(
        await codeOf(runs.start({ id: run, experiment: 'e', code: { commit: 'x' }, by })),
      ).toBe('registry.run-exists')
      expect(await runs.origin(run)).toEqual({ code, ...described })
    }))

  test('of descriptions that contend, one holds', () =>
    within(async (world) => {
      const { registry: other } = await world.other()
      const { id: run } = await world.registry.runs.start({ experiment: 'e', by })
      const tries = [0, 1, 2, 3, 4, 5].map((seed) =>
        codeOf((seed % 2 ? other : world.registry).runs.describe({ run, seeds: { seed }, by })),
      )
      const codes = await Promise.all(tries)
      expect(codes.filter((one) => one === 'none')).toHaveLength(1)
      expect(codes.filter((one) => one === 'registry.origin-exists')).toHaveLength(5)
      expect(await world.registry.runs.origin(run)).toEqual({
        seeds: { seed: codes.indexOf('none') },
      })
      expect(await events(world)).toHaveLength(1)
    }))

  test('deleted and unknown runs are not described; what was is still told of a deleted one', () =>
    within(async ({ registry: { runs } }) => {
      const { id: run } = await runs.start({ experiment: 'e', code, by })
      await runs.remove({ run, by })
      expect(await codeOf(runs.describe({ run, seeds, by }))).toBe('registry.run-deleted')
      expect(await runs.origin(run)).toEqual({ code })
      expect(await codeOf(runs.describe({ run: 'none', seeds, by }))).toBe('registry.no-run')
      expect(await codeOf(runs.origin('none'))).toBe('registry.no-run')
    }))

  test('what is no description is refused by its code, at the start as well, up to the limits', () =>
    within(async (world) => {
      const { runs } = world.registry
      const { id: run } = await runs.start({ experiment: 'e', by })
      const many = (count: number, text = '1') =>
        Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, text]))
      for (const wrong of [
        { code: {} },
        { code: { commit: '' } },
        { code: { commit: 'a\nb' } },
        { code: { commit: 'c'.repeat(257) } },
        { code: { commit: '\ud800' } },
        { environment: { os: 'Debian' } },
        { environment: { packages: { numpy: 2 } } },
        { environment: { packages: many(20_001) } },
        // Many short ones, and too long together.
        { environment: { packages: many(5000, 'x'.repeat(250)) } },
        { environment: { packages: {}, runtime: { name: 'node' } } },
        { seeds: {} },
        { seeds: { a: 0.5 } },
        { seeds: { a: 2 ** 53 } },
        { seeds: { a: Number.NaN } },
        { seeds: many(1001) },
      ]) {
        const describing = runs.describe({ run, ...(wrong as object), by })
        expect(await codeOf(describing), JSON.stringify(wrong).slice(0, 80)).toBe(
          'registry.invalid-run',
        )
        const starting = runs.start({ experiment: 'e', ...(wrong as object), by })
        expect(await codeOf(starting)).toBe('registry.invalid-run')
      }
      expect(await codeOf(runs.describe({ run, by }))).toBe('registry.invalid-run')
      expect(await codeOf(runs.describe(null as never))).toBe('registry.invalid-run')
      expect(await runs.origin(run)).toEqual({})

      const most = { packages: many(20_000) }
      await runs.describe({ run, environment: most, code: { commit: 'v1.2.0 (tag)' }, by })
      expect((await runs.origin(run)).environment?.packages).toEqual(most.packages)
    }))

  test('the commit that MLflow’s client left in tags is told, until code is described', () =>
    within(async ({ registry: { runs } }) => {
      const tags = {
        'mlflow.source.git.commit': 'ab12cd3',
        'mlflow.source.git.repoURL': 'https://git.example/r',
        'mlflow.source.git.branch': 'dev',
        'mlflow.source.name': 'train.py',
      }
      const { id: run } = await runs.start({ experiment: 'e', tags, seeds, by })
      expect(await runs.origin(run)).toEqual({
        code: {
          commit: 'ab12cd3',
          repository: 'https://git.example/r',
          branch: 'dev',
          path: 'train.py',
          from: 'mlflow-tags',
        },
        seeds,
      })
      await runs.describe({ run, code, by })
      expect(await runs.origin(run)).toEqual({ code, seeds })
      // A script's name alone is no version.
      const named = { 'mlflow.source.name': 'train.py', 'mlflow.source.git.commit': '' }
      const { id } = await runs.start({ experiment: 'e', tags: named, by })
      expect(await runs.origin(id)).toEqual({})
    }))

  test('a comparison tells how code, environments and seeds differ, beside what it told before', () =>
    within(async ({ registry: { runs } }) => {
      const newer = {
        ...environment,
        runtime: { name: 'cpython', version: '3.13.0' },
        packages: { numpy: '2.2.0', torch: '2.5.1', scipy: '1.14' },
        hardware: { gpu: 'A100' },
      }
      const tags = { 'mlflow.source.git.commit': 'ab12cd3' }
      const ids: string[] = []
      for (const more of [
        { code, environment, seeds },
        { tags },
        { code, environment: newer, seeds: { ...seeds, numpy: 8 } },
      ]) {
        ids.push((await runs.start({ experiment: 'e', ...more, by })).id)
      }
      await runs.log({ run: ids[0]!, params: { lr: '0.1' }, by })
      const compared = await runs.compare(ids)
      expect(compared.params).toEqual([{ key: 'lr', values: ['0.1', null, null], differs: true }])
      expect(compared.code).toContainEqual({
        key: 'commit',
        values: ['4f1c2ab90d', 'ab12cd3', '4f1c2ab90d'],
        differs: true,
      })
      expect(compared.code.map(({ key }) => key)).not.toContain('from')
      expect(compared.environment).toEqual({
        digests: [digestOf(environment), null, digestOf(newer)],
        differs: true,
        platform: [
          { key: 'hardware.gpu', values: ['H100', null, 'A100'], differs: true },
          { key: 'runtime', values: ['cpython 3.12.4', null, 'cpython 3.13.0'], differs: true },
        ],
        packages: [
          { key: 'numpy', values: ['2.1.0', null, '2.2.0'], differs: true },
          { key: 'scipy', values: [null, null, '1.14'], differs: true },
        ],
      })
      expect(compared.seeds).toEqual([
        { key: 'numpy', values: [7, null, 8], differs: true },
        { key: 'split', values: ['0x1f', null, '0x1f'], differs: true },
        { key: 'torch', values: [-11, null, -11], differs: true },
      ])
      // A run that was not described differs in its digest, not in every package.
      expect((await runs.compare(ids.slice(0, 2))).environment).toMatchObject({
        differs: true,
        platform: [],
        packages: [],
      })
      expect((await runs.compare([ids[0]!, ids[0]!])).environment.differs).toBe(false)
    }))

  test('who may edit a run describes it, who may read it sees its origin', () =>
    within(async ({ registry, store }) => {
      const port = await createRoleAccess({ store, administrators: ['root'] })
      const { id: run, experimentId } = await registry.runs.start({ experiment: 'e', by })
      const scope = { type: 'experiment', name: experimentId } as const
      const grantee = { type: 'actor', id: 'eve' } as const
      const { runs } = withAccess(registry, { port, actor: person('eve'), store })
      const codes = async () => [
        await codeOf(runs.origin(run)),
        await codeOf(runs.describe({ run, seeds, by })),
      ]
      const denied = 'registry.access-denied'
      expect(await codes()).toEqual([denied, denied])
      await port.grant({ grantee, scope, role: 'read', by: person('root') })
      expect(await codes()).toEqual(['none', denied])
      await port.grant({ grantee, scope, role: 'edit', by: person('root') })
      expect(await codes()).toEqual(['none', 'none'])
      const { items } = await registry.log.read({ action: 'run.described' })
      expect(items.map(({ actor }) => actor.id)).toEqual(['eve'])
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
