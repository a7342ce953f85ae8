import type { Actor } from '@mlops/core'
import { memoryBlobs } from '@mlops/store/blobs'
import { describe, expect, test } from 'vitest'
import type { RegistryOptions } from '../src/index.ts'
import { createRegistry } from '../src/index.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'

const by: Actor = { type: 'service', id: 'trainer' }

/** The names of what succeeded and the codes of what did not. */
async function outcomes(
  calls: readonly Promise<{ readonly id?: string; readonly version?: number }>[],
) {
  const settled = await Promise.allSettled(calls)
  return settled.map((one) =>
    one.status === 'fulfilled'
      ? (one.value.id ?? one.value.version)
      : (one.reason as { code: string }).code,
  )
}

function suite(makePlace: () => Promise<Place>) {
  async function open(options: Partial<RegistryOptions> = {}) {
    const place = await makePlace()
    const store = await place.open()
    const registry = await createRegistry({ store, blobs: memoryBlobs(), ...options })
    return {
      registry,
      async close() {
        expect((await registry.log.verify()).status).toBe('intact')
        await store.close()
        await place.remove()
      },
    }
  }

  test('runs that are started at the same time: each as if by itself, in the order of the calls', async () => {
    const { registry, close } = await open()
    await registry.runs.start({ experiment: 'old', id: 'known', by })
    const { id: deleted } = await registry.experiments.create({ name: 'deleted', by })
    await registry.experiments.remove({ id: deleted, by })
    const start = (command: object) => registry.runs.start({ by, ...command } as never)
    const results = await outcomes([
      start({ experiment: 'old', id: 'first' }),
      start({ experiment: 'new', id: 'a', tags: { k: 'a' } }),
      start({ experiment: 'new', id: 'b', tags: { k: 'b' }, parent: 'a' }),
      start({ experiment: 'new', id: 'a' }),
      start({ experiment: 'old', id: 'known' }),
      start({ experiment: 'deleted', id: 'c' }),
      start({ experimentId: '999', id: 'd' }),
      start({ experiment: 'never', id: 'e', parent: 'nobody' }),
      start({ experiment: 'new', id: 'f', parent: 'g' }),
      start({ experiment: 'new', id: 'g', name: 'named', startedAt: '2026-01-02T03:04:05Z' }),
    ])
    expect(results).toEqual([
      'first',
      'a',
      'b',
      'registry.run-exists',
      'registry.run-exists',
      'registry.experiment-deleted',
      'registry.no-experiment',
      'registry.no-run',
      'registry.no-run',
      'g',
    ])
    expect(await registry.experiments.findByName('never')).toBeUndefined()
    const { items } = await registry.runs.list({ experiment: 'new' })
    expect(items.map(({ id, parent, tags }) => [id, parent, tags])).toEqual([
      ['a', undefined, { k: 'a' }],
      ['b', 'a', { k: 'b' }],
      ['g', undefined, {}],
    ])
    expect(await registry.runs.get('g')).toMatchObject({
      name: 'named',
      startedAt: '2026-01-02T03:04:05.000Z',
    })
    const started = await registry.log.read({ action: 'run.started' })
    expect(started.items.map(({ subject }) => subject.name)).toEqual([
      'known',
      'first',
      'a',
      'b',
      'g',
    ])
    await close()
  })

  test('versions that are created at the same time: numbers without gaps, in the order of the calls', async () => {
    const { registry, close } = await open()
    await registry.models.create({ name: 'm', by })
    await registry.models.create({ name: 'n', by })
    await registry.runs.start({ experiment: 'e', id: 'run', by })
    const create = (command: object) => registry.versions.create({ by, ...command } as never)
    const source = {
      source: 's3://b/x',
      location: 's3://b/x',
      runId: '',
      runLink: '',
      loggedModel: '',
    }
    const results = await outcomes([
      create({ model: 'm' }),
      create({ model: 'm', bump: 'major', source }),
      create({ model: 'm', runId: 'nobody' }),
      create({ model: 'n' }),
      create({ model: 'nothing' }),
      create({ model: 'm', runId: 'run', bump: 'patch', description: 'third' }),
      create({ model: 'm', semver: '9.0.0' }),
      create({ model: 'm', semver: '9.0.0' }),
      create({ model: 'm', dependsOn: [{ model: 'n', version: 1 }] }),
      create({ model: 'm', dependsOn: [{ model: 'n', version: 7 }] }),
      create({ model: 'nothing' }),
    ])
    expect(results).toEqual([
      1,
      2,
      'registry.no-run',
      1,
      'registry.no-model',
      3,
      4,
      'registry.semver-exists',
      5,
      'registry.no-version',
      'registry.no-model',
    ])
    const { items } = await registry.versions.list('m')
    expect(items.map(({ version, semver }) => [version, semver])).toEqual([
      [5, '9.1.0'],
      [4, '9.0.0'],
      [3, '2.0.1'],
      [2, '2.0.0'],
      [1, '1.0.0'],
    ])
    expect(items[2]).toMatchObject({ runId: 'run', description: 'third' })
    expect(await registry.versions.sources([...items].reverse())).toEqual([
      undefined,
      source,
      undefined,
      undefined,
      undefined,
    ])
    await close()
  })

  test('aliases that are moved at the same time: each finds what those before it left', async () => {
    const { registry, close } = await open({
      protectedAliases: [{ alias: 'champion', approval: { approvals: 1 } }],
    })
    const { aliases } = registry
    for (const model of ['m', 'n']) {
      await registry.models.create({ name: model, by })
      for (let i = 0; i < 3; i++) await registry.versions.create({ model, by })
    }
    await aliases.move({ model: 'm', alias: 'old', version: 1, by })
    const move = (alias: string, version: number, rest: object = {}) =>
      aliases.move({ model: 'm', alias, version, by, ...rest })
    const settled = await Promise.allSettled([
      move('old', 2, { expectedVersion: 1 }),
      move('old', 3, { expectedVersion: 1 }),
      move('old', 3, { expectedVersion: 2 }),
      move('new', 3, { expectedVersion: null }),
      move('new', 2, { expectedVersion: null }),
      move('champion', 2),
      move('Z', 3),
      move('zz', 3),
      move('new', 9),
      aliases.move({ model: 'n', alias: 'new', version: 1, by }),
      aliases.move({ model: 'nothing', alias: 'new', version: 1, by }),
      move('new', 3),
      move('old', 1),
    ])
    expect(
      settled.map((one) =>
        one.status === 'fulfilled'
          ? [one.value.version, ...one.value.aliases]
          : (one.reason as { code: string }).code,
      ),
    ).toEqual([
      [2, 'old'],
      'registry.alias-moved',
      [3, 'old'],
      [3, 'new', 'old'],
      'registry.alias-moved',
      'registry.alias-protected',
      [3, 'Z', 'new', 'old'],
      [3, 'Z', 'new', 'old', 'zz'],
      'registry.no-version',
      [1, 'new'],
      'registry.no-version',
      [3, 'Z', 'new', 'old', 'zz'],
      [1, 'old'],
    ])
    const { items } = await registry.versions.list('m')
    expect(items.map(({ version, aliases }) => [version, ...aliases])).toEqual([
      [3, 'Z', 'new', 'zz'],
      [2],
      [1, 'old'],
    ])
    const moves = await registry.log.read({ action: 'alias.moved' })
    expect(
      moves.items
        .filter(({ subject }) => subject.name === 'm')
        .map(({ subject, data }) => [subject.version, data]),
    ).toEqual([
      ['1', { alias: 'old', from: null }],
      ['2', { alias: 'old', from: 1 }],
      ['3', { alias: 'old', from: 2 }],
      ['3', { alias: 'new', from: null }],
      ['3', { alias: 'Z', from: null }],
      ['3', { alias: 'zz', from: null }],
      ['1', { alias: 'old', from: 3 }],
    ])
    await close()
  })

  test('more than one transaction takes', async () => {
    const { registry, close } = await open()
    await registry.models.create({ name: 'm', by })
    const [runs, versions] = await Promise.all([
      outcomes(
        Array.from({ length: 230 }, (_, i) =>
          registry.runs.start({ experiment: 'e', id: `r${i}`, by }),
        ),
      ),
      outcomes(Array.from({ length: 120 }, () => registry.versions.create({ model: 'm', by }))),
    ])
    expect(runs).toEqual(Array.from({ length: 230 }, (_, i) => `r${i}`))
    expect(versions).toEqual(Array.from({ length: 120 }, (_, i) => i + 1))
    await close()
  })
}

describe('on SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('on PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
