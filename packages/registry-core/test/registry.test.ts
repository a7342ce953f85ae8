import type { Actor, Evidence, ManualClock } from '@mlops/core'
import { createEvidence, isMlopsError, manualClock } from '@mlops/core'
import type { Store } from '@mlops/store'
import { memoryBlobs } from '@mlops/store/blobs'
import { describe, expect, test } from 'vitest'
import type { GateAnswer, Registry, StageGate } from '../src/index.ts'
import { createRegistry } from '../src/index.ts'
import type { RegistryTables } from '../src/sql/tables.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'

const by: Actor = { type: 'human', id: 'ada' }
const model = 'flight-delay'

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (isMlopsError(error)) return error.code
    throw error
  }
  return 'none'
}

interface World {
  readonly registry: Registry
  readonly store: Store
  readonly place: Place
  readonly clock: ManualClock
}

function suite(makePlace: () => Promise<Place>) {
  const within = async (run: (world: World) => Promise<void>, gate?: StageGate) => {
    const place = await makePlace()
    const store = await place.open()
    try {
      const clock = manualClock('2026-01-01T00:00:00.000Z')
      const options = { store, blobs: memoryBlobs(), clock, ...(gate && { gate }) }
      await run({ registry: await createRegistry(options), store, place, clock })
    } finally {
      await store.close()
      await place.remove()
    }
  }
  const withVersions = (n: number, run: (world: World) => Promise<void>, gate?: StageGate) =>
    within(async (world) => {
      await world.registry.models.create({ name: model, by })
      for (let i = 0; i < n; i++) await world.registry.versions.create({ model, by })
      await run(world)
    }, gate)

  test('models: create, read, list by page, update', () =>
    within(async ({ registry, clock }) => {
      for (const name of ['c', 'a', 'b'])
        await registry.models.create({ name, by, tags: { team: 'x' } })
      expect(await codeOf(registry.models.create({ name: 'a', by }))).toBe('registry.model-exists')
      expect(await codeOf(registry.models.get('z'))).toBe('registry.no-model')
      expect(await registry.models.find('z')).toBeUndefined()
      const first = await registry.models.list({ limit: 2 })
      const second = await registry.models.list({ limit: 2, cursor: first.nextCursor! })
      expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(['a', 'b', 'c'])
      expect(second.nextCursor).toBeUndefined()

      clock.advance(1000)
      const changed = await registry.models.update({
        name: 'a',
        description: 'd',
        expectedRevision: 1,
        by,
      })
      expect(changed).toMatchObject({
        description: 'd',
        tags: { team: 'x' },
        revision: 2,
        createdAt: '2026-01-01T00:00:00.000Z',
        updatedAt: '2026-01-01T00:00:01.000Z',
      })
      const late = registry.models.update({ name: 'a', description: 'e', expectedRevision: 1, by })
      expect(await codeOf(late)).toBe('store.revision-conflict')
    }))

  test('the next semantic version follows the highest there ever was', () =>
    withVersions(0, async ({ registry, store }) => {
      const next = async (name: string, semver?: string) =>
        (await registry.versions.create({ model: name, ...(semver && { semver }), by })).semver
      expect(await next(model, '2.0.0')).toBe('2.0.0')
      expect(await next(model, '1.5.0')).toBe('1.5.0')
      expect(await next(model)).toBe('2.1.0')
      await registry.versions.remove({ model, version: 3, by })
      expect(await next(model)).toBe('2.2.0')
      await registry.models.rename({ name: model, newName: 'other', by })
      expect(await next('other')).toBe('2.3.0')
      await registry.models.remove({ name: 'other', by })
      await registry.models.create({ name: 'other', by })
      expect(await next('other')).toBe('2.4.0')
      // As a registry of an earlier release left it.
      await store
        .tables<RegistryTables>()
        .query.updateTable('registry_models')
        .set({ highest_semver: null })
        .where('name', '=', 'other')
        .execute()
      expect(await next('other', '0.1.0')).toBe('0.1.0')
      expect(await next('other')).toBe('2.5.0')
      expect(await codeOf(next('other', '2.1.0'))).toBe('registry.semver-exists')
    }))

  test('a run that starts is the run that get returns', () =>
    withVersions(0, async ({ registry }) => {
      const artifactLocation = 's3://bucket/{id}'
      const { id } = await registry.experiments.create({ name: 'placed', artifactLocation, by })
      const tags = { z: '1', a: '2', '😀': '3', '\uffee': '4' }
      const placed = await registry.runs.start({ experimentId: id, tags, by })
      expect(placed.artifactLocation).toBe(`s3://bucket/${id}`)
      const child = await registry.runs.start({ experiment: 'new', parent: placed.id, by })
      expect(child.artifactLocation).toBeUndefined()
      for (const run of [placed, child]) {
        const read = await registry.runs.get(run.id)
        expect(read).toEqual(run)
        expect(Object.keys(read.tags)).toEqual(Object.keys(run.tags))
      }
    }))

  test('versions: numbers, semantic versions, references', () =>
    withVersions(1, async ({ registry }) => {
      const run = await registry.runs.start({ experiment: 'e', by })
      await registry.models.create({ name: 'base', by })
      await registry.versions.create({ model: 'base', by })
      const content = {
        metadata: {
          trainedAt: '2025-12-31T00:00:00Z',
          datasetVersion: 'flights@2025-12',
          metrics: { mae: 11.5 },
          createdBy: 'bo',
          intendedUse: 'planning',
        },
        signature: {
          inputs: [{ name: 'distance', type: 'double', required: true }],
          outputs: [{ name: 'delay', type: 'double' }],
        },
        card: { overview: 'é', limits: ['snow'] },
        tags: { a: 'b' },
        dependsOn: [{ model: 'base', version: 1 }],
      }
      const made = await registry.versions.create({
        model,
        bump: 'patch',
        runId: run.id,
        ...content,
        by,
      })
      expect(made).toMatchObject({ version: 2, semver: '1.0.1', runId: run.id, ...content })
      expect(await registry.versions.get(model, 2)).toEqual(made)
      await registry.versions.create({ model, semver: '3.0.0-rc.1', by })
      const list = await registry.versions.list(model, { limit: 2 })
      expect(list.items.map(({ semver }) => semver)).toEqual(['3.0.0-rc.1', '1.0.1'])
      const rest = await registry.versions.list(model, { limit: 2, cursor: list.nextCursor! })
      expect(rest.items.map(({ version }) => version)).toEqual([1])

      const create = (extra: object) => codeOf(registry.versions.create({ model, by, ...extra }))
      expect(await create({ semver: '1.0.1' })).toBe('registry.semver-exists')
      expect(await create({ semver: '1.0' })).toBe('registry.invalid-semver')
      expect(await create({ runId: 'none' })).toBe('registry.no-run')
      expect(await create({ dependsOn: [{ model: 'base', version: 9 }] })).toBe(
        'registry.no-version',
      )
      expect(await create({ dependsOn: [{ model, version: 1 }] })).toBe('registry.own-dependency')
      expect(await create({ model: 'z' })).toBe('registry.no-model')
      expect(await create({ metadata: { metrics: { mae: Number.NaN } } })).toBe(
        'registry.invalid-version',
      )
      expect((await registry.models.get(model)).lastVersion).toBe(3)
    }))

  test('versions: metadata edits ask for the revision they were decided on', () =>
    withVersions(1, async ({ registry }) => {
      const edit = { model, version: 1, description: 'better', expectedRevision: 1, by }
      const changed = await registry.versions.update(edit)
      expect([changed.description, changed.revision]).toEqual(['better', 2])
      expect(await codeOf(registry.versions.update(edit))).toBe('store.revision-conflict')
      const untouched = await registry.versions.update({ model, version: 1, tags: { k: 'v' }, by })
      expect(untouched).toMatchObject({
        description: 'better',
        tags: { k: 'v' },
        stage: 'development',
      })
    }))

  test('artifacts: content-addressed, immutable, locked with the stage', () =>
    withVersions(1, async ({ registry }) => {
      const at = { model, version: 1, by }
      const put = (path: string, content: string, extra = {}) =>
        registry.artifacts.put({ ...at, path, content, ...extra })
      const weights = await put('model/weights.json', '[1,2]', { mediaType: 'application/json' })
      expect(await put('model/weights.json', '[1,2]')).toEqual(weights)
      expect(await codeOf(put('model/weights.json', '[3]'))).toBe('registry.artifact-exists')
      await put('card.md', '# card')
      const manifest = await registry.artifacts.manifest(model, 1)
      expect(manifest.artifacts.map(({ path }) => path)).toEqual(['card.md', 'model/weights.json'])
      expect(manifest.digest).toBe(
        'sha256:17264acefe54cd63bf9b0919bc9d0209196690a9a14c63505cfa8ebbb2bac8ff',
      )
      const { artifact, content } = await registry.artifacts.open(model, 1, 'model/weights.json')
      expect(artifact).toEqual(weights)
      expect(await new Response(content).text()).toBe('[1,2]')
      expect(await codeOf(registry.artifacts.open(model, 1, 'x'))).toBe('registry.no-artifact')
      expect(await codeOf(put('x', 'y', { expected: weights.digest }))).toBe('store.blob-mismatch')

      for (const path of [
        '../x',
        '/x',
        'a//b',
        'a/./b',
        'a\\b',
        'a#b',
        'a%2fb',
        'C:x',
        'a\nb',
        '',
        'a/..',
      ]) {
        expect(await codeOf(put(path, 'x'))).toBe('registry.invalid-artifact')
      }
      await registry.stages.transition({ model, version: 1, to: 'staging', by })
      expect(await codeOf(put('late', 'x'))).toBe('registry.version-locked')
    }))

  test('aliases: moved in one step, and only from where expected', () =>
    withVersions(2, async ({ registry }) => {
      const { aliases } = registry
      await aliases.move({ model, alias: 'champion', version: 1, expectedVersion: null, by })
      await aliases.move({ model, alias: 'champion', version: 2, expectedVersion: 1, by })
      expect((await aliases.resolve(model, 'champion')).version).toBe(2)
      expect((await registry.versions.get(model, 2)).aliases).toEqual(['champion'])
      expect((await registry.versions.get(model, 1)).aliases).toEqual([])
      const stale = { model, alias: 'champion', version: 1, expectedVersion: 1, by }
      expect(await codeOf(aliases.move(stale))).toBe('registry.alias-moved')
      expect(await codeOf(aliases.move({ ...stale, expectedVersion: null } as never))).toBe(
        'registry.alias-moved',
      )
      expect(await codeOf(aliases.move({ model, alias: 'x', version: 9, by }))).toBe(
        'registry.no-version',
      )
      for (const alias of ['latest', 'v3', 'a b', '', '1x']) {
        expect(await codeOf(aliases.move({ model, alias, version: 1, by }))).toBe(
          'registry.invalid-alias',
        )
      }
      await aliases.remove({ model, alias: 'champion', by })
      await aliases.remove({ model, alias: 'champion', by })
      expect(await codeOf(aliases.resolve(model, 'champion'))).toBe('registry.no-alias')
    }))

  test('stages: one production version, rollback, promotion again', () =>
    withVersions(3, async ({ registry }) => {
      const stageOf = async () =>
        (await registry.versions.list(model)).items.map(({ stage }) => stage).reverse()
      const promote = (version: number) =>
        registry.stages.transition({ model, version, to: 'production', reason: 'better', by })
      expect(await codeOf(registry.stages.rollback({ model, by }))).toBe(
        'registry.no-previous-production',
      )
      await promote(1)
      expect(await codeOf(registry.stages.rollback({ model, by }))).toBe(
        'registry.no-previous-production',
      )
      expect(await promote(2)).toMatchObject({ status: 'changed', replaced: 1 })
      await promote(3)
      expect(await stageOf()).toEqual(['archived', 'archived', 'production'])
      expect(await registry.stages.rollback({ model, reason: 'errors', by })).toMatchObject({
        replaced: 3,
        version: { version: 2, stage: 'production' },
      })
      await registry.stages.rollback({ model, by })
      expect(await stageOf()).toEqual(['production', 'archived', 'archived'])
      expect(await codeOf(registry.stages.rollback({ model, by }))).toBe(
        'registry.no-previous-production',
      )
      await promote(3)
      expect(await stageOf()).toEqual(['archived', 'archived', 'production'])
      expect(await codeOf(promote(3))).toBe('registry.same-stage')
      const wrong = registry.stages.transition({ model, version: 1, to: 'live', by })
      expect(await codeOf(wrong)).toBe('registry.unknown-stage')
    }))

  const missing = [{ code: 'no-ab-readout', message: 'an A/B readout is missing' }]
  const needsReadout: StageGate = ({ to, evidence }) =>
    to !== 'production' ||
    evidence.some(({ kind, verdict }) => kind === 'ab-readout' && verdict === 'pass')
      ? { outcome: 'granted' }
      : { outcome: 'refused', missing }

  const readout = (clock: ManualClock, version = '1'): Evidence =>
    createEvidence(
      {
        kind: 'ab-readout',
        subject: { type: 'model-version', name: model, version },
        verdict: 'pass',
        result: { lift: 0.1 },
        producedBy: by,
      },
      { clock },
    )

  test('a gate refuses with the list of what is missing, and grants once it is there', () =>
    withVersions(
      1,
      async ({ registry, clock }) => {
        const promote = () =>
          registry.stages.transition({ model, version: 1, to: 'production', by })
        const refused = await promote()
        expect(refused).toMatchObject({ status: 'refused', missing })
        expect((await registry.versions.get(model, 1)).stage).toBe('development')

        const evidence = readout(clock)
        await registry.evidence.attach({ model, version: 1, evidence, by })
        await registry.evidence.attach({ model, version: 1, evidence, by })
        expect(await registry.evidence.list(model, 1)).toEqual([evidence])
        expect((await registry.versions.get(model, 1)).revision).toBe(2)
        expect(await promote()).toMatchObject({
          status: 'changed',
          version: { stage: 'production' },
        })
        const decisions = await registry.stages.decisions(model, 1)
        expect(decisions.map(({ outcome }) => outcome)).toEqual(['refused', 'granted'])
        expect(decisions[0]!.missing).toEqual(missing)
      },
      needsReadout,
    ))

  test('evidence that was changed or speaks of another version is refused', () =>
    withVersions(2, async ({ registry, clock }) => {
      const attach = (evidence: Evidence, version = 1) =>
        codeOf(registry.evidence.attach({ model, version, evidence, by }))
      const good = readout(clock)
      expect(await attach({ ...good, verdict: 'fail' })).toBe('registry.evidence-changed')
      expect(await attach({ ...good, verdict: 'maybe' } as never)).toBe('registry.invalid-evidence')
      expect(await attach(good, 2)).toBe('registry.evidence-elsewhere')
      expect(await attach(readout(clock, '1.0.0'))).toBe('none')
    }))

  test('a gate that fails or answers nonsense grants nothing', async () => {
    const gates: StageGate[] = [
      () => Promise.reject(new Error('down')),
      () => undefined as unknown as GateAnswer,
      () => true as unknown as GateAnswer,
      () => ({ outcome: 'yes' }) as unknown as GateAnswer,
      () => ({ outcome: 'refused' }) as unknown as GateAnswer,
    ]
    for (const gate of gates) {
      await withVersions(
        1,
        async ({ registry }) => {
          const asked = registry.stages.transition({ model, version: 1, to: 'staging', by })
          expect(await codeOf(asked)).toBe('registry.gate-failed')
          expect((await registry.versions.get(model, 1)).stage).toBe('development')
        },
        gate,
      )
    }
  })

  test('what changes while the gate thinks is judged again', async () => {
    let asked = 0
    let world: World | undefined
    const slow: StageGate = async ({ version }) => {
      asked += 1
      if (asked <= 2) {
        await world!.registry.versions.update({ model, version: 1, description: `${asked}`, by })
      }
      return version.description === '2'
        ? { outcome: 'granted' }
        : { outcome: 'refused', missing: [{ code: 'old', message: 'old' }] }
    }
    await withVersions(
      1,
      async (here) => {
        world = here
        const outcome = await here.registry.stages.transition({
          model,
          version: 1,
          to: 'production',
          by,
        })
        expect([outcome.status, asked]).toEqual(['changed', 3])
        expect(await here.registry.stages.decisions(model, 1)).toHaveLength(1)
      },
      slow,
    )
  })

  test('the history tells who did what, and is verified', () =>
    withVersions(2, async ({ registry }) => {
      await registry.aliases.move({ model, alias: 'champion', version: 1, by })
      await registry.stages.transition({ model, version: 1, to: 'production', reason: 'first', by })
      await registry.models.create({ name: 'other', by })
      const whole = await registry.history(model)
      expect(whole.items.map(({ action, subject }) => [action, subject.version])).toEqual([
        ['model.created', undefined],
        ['model-version.created', '1'],
        ['model-version.created', '2'],
        ['alias.moved', '1'],
        ['stage.changed', '1'],
      ])
      expect((await registry.history(model, { version: 2 })).items).toHaveLength(1)
      expect(whole.items.at(-1)).toMatchObject({
        actor: by,
        data: { from: 'development', to: 'production', reason: 'first' },
      })
      expect(await registry.verifyHistory()).toMatchObject({ status: 'intact', entries: 6 })
    }))

  test('runs: params once, every metric value survives, a batch is whole or nothing', () =>
    within(async ({ registry, clock }) => {
      const { runs } = registry
      await runs.createExperiment({ name: 'delays', by })
      expect(await codeOf(runs.createExperiment({ name: 'delays', by }))).toBe(
        'registry.experiment-exists',
      )
      const parent = await runs.start({ experiment: 'delays', name: 'sweep', by })
      const { id: run } = await runs.start({ experiment: 'delays', parent: parent.id, by })
      const values = [
        Number.NaN,
        Infinity,
        -Infinity,
        -0,
        5e-324,
        1.7976931348623157e308,
        0.1 + 0.2,
      ]
      const metrics = values.map((value, step) => ({ key: 'm', value, step }))
      const batch = {
        run,
        params: { lr: '0.1', empty: '' },
        metrics,
        tags: { a: '1' },
        inputs: [{ name: 'flights', digest: 'sha256:00' }],
        by,
      }
      await runs.log(batch)
      clock.advance(0)
      await runs.log(batch)
      expect((await runs.history(run, 'm')).map(({ value }) => value)).toEqual(values)
      expect(Object.is((await runs.history(run, 'm'))[3]!.value, -0)).toBe(true)
      await runs.log({ run, metrics: [{ key: 'm', value: 1, step: 3 }], tags: { a: '2' }, by })
      expect(await runs.get(run)).toMatchObject({
        params: { lr: '0.1', empty: '' },
        metrics: { m: 0.1 + 0.2 },
        tags: { a: '2' },
        inputs: [{ name: 'flights', digest: 'sha256:00', context: '' }],
        parent: parent.id,
        status: 'running',
      })

      const half = { run, metrics: [{ key: 'late', value: 1 }], params: { lr: '0.2' }, by }
      expect(await codeOf(runs.log(half))).toBe('registry.param-exists')
      const bad = {
        run,
        metrics: [{ key: 'late', value: 1 }],
        inputs: [{ name: '', digest: 'x' }],
        by,
      }
      expect(await codeOf(runs.log(bad))).toBe('registry.invalid-run')
      expect(await runs.history(run, 'late')).toEqual([])

      const ended = await runs.end({ run, by })
      expect([ended.status, ended.endedAt]).toEqual(['finished', '2026-01-01T00:00:00.000Z'])
      expect(await runs.end({ run, by })).toEqual(ended)
      expect(await codeOf(runs.end({ run, status: 'failed', by }))).toBe('registry.run-ended')
    }))

  test('runs: the best by a metric; NaN never wins', () =>
    within(async ({ registry: { runs } }) => {
      const ids: string[] = []
      for (const value of [2, Number.NaN, 1, Infinity, 3]) {
        const { id } = await runs.start({ experiment: 'e', by })
        await runs.log({ run: id, metrics: [{ key: 'mae', value }], by })
        ids.push(id)
      }
      const best = async (goal: 'max' | 'min') =>
        (await runs.best({ experiment: 'e', metric: 'mae', goal }))?.id
      expect(await best('min')).toBe(ids[2])
      expect(await best('max')).toBe(ids[3])
      expect(await runs.best({ experiment: 'e', metric: 'none', goal: 'max' })).toBeUndefined()
      const first = await runs.list({ experiment: 'e', limit: 3 })
      const rest = await runs.list({ experiment: 'e', limit: 3, cursor: first.nextCursor! })
      expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids)
    }))

  test('a thousand metrics in one call', () =>
    within(async ({ registry: { runs } }) => {
      const { id } = await runs.start({ experiment: 'e', by })
      const metrics = Array.from({ length: 2500 }, (_, step) => ({
        key: `k${step % 5}`,
        value: step,
        step,
      }))
      await runs.log({ run: id, metrics, by })
      expect(await runs.history(id, 'k0')).toHaveLength(500)
      expect((await runs.get(id)).metrics).toEqual({
        k0: 2495,
        k1: 2496,
        k2: 2497,
        k3: 2498,
        k4: 2499,
      })
    }))

  test('races between two processes: numbers stay gapless, one wins, one version is in production', () =>
    withVersions(0, async ({ registry, place }) => {
      const otherStore = await place.open()
      try {
        const other = await createRegistry({ store: otherStore, blobs: memoryBlobs() })
        const both = [registry, other]
        const made = await Promise.all(
          Array.from({ length: 24 }, (_, i) => both[i % 2]!.versions.create({ model, by })),
        )
        expect(made.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
          Array.from({ length: 24 }, (_, i) => i + 1),
        )
        expect(new Set(made.map(({ semver }) => semver)).size).toBe(24)

        const moves = await Promise.allSettled(
          Array.from({ length: 8 }, (_, i) =>
            both[i % 2]!.aliases.move({
              model,
              alias: 'champion',
              version: i + 1,
              expectedVersion: null,
              by,
            }),
          ),
        )
        expect(moves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        for (const one of moves) {
          if (one.status === 'rejected') expect(one.reason.code).toBe('registry.alias-moved')
        }

        await Promise.all(
          Array.from({ length: 8 }, (_, i) =>
            both[i % 2]!.stages.transition({ model, version: i + 1, to: 'production', by }),
          ),
        )
        const inProduction = await registry.versions.list(model, { stage: 'production' })
        const archived = await registry.versions.list(model, { stage: 'archived' })
        expect([inProduction.items.length, archived.items.length]).toEqual([1, 7])

        const twice = await Promise.allSettled(
          both.map((one) => one.stages.transition({ model, version: 9, to: 'staging', by })),
        )
        expect(twice.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
        expect((await registry.verifyHistory()).status).toBe('intact')
      } finally {
        await otherStore.close()
      }
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
