import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMlopsError } from '@mlops/core'
import { openStore } from '@mlops/store'
import { memoryBlobs } from '@mlops/store/blobs'
import { openEngine } from '@mlops/store/sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Registry } from '../service/registry.ts'
import { createRegistry } from '../service/registry.ts'
import type { MlflowImportOptions } from './index.ts'
import { importMlflow } from './index.ts'

// Written by MLflow 3.11.1 itself: interop/mlflow/write_history.py --small.
const fixtures = fileURLToPath(new URL('./__fixtures__/', import.meta.url))
const database = join(fixtures, 'mlflow-3.11.1.db')
const artifacts = [{ uri: 'mlflow-artifacts:/', directory: join(fixtures, 'artifacts') }]
const by = { type: 'human', id: 'ada' } as const

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mlops-import-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function within(run: (registry: Registry) => Promise<void>): Promise<void> {
  const store = await openStore('sqlite::memory:')
  try {
    await run(await createRegistry({ store, blobs: memoryBlobs() }))
  } finally {
    await store.close()
  }
}

/** The database after statements of SQL. */
async function changed(name: string, ...statements: string[]): Promise<string> {
  const path = join(directory, `${name}.db`)
  await copyFile(database, path)
  const open = await openEngine(path)
  for (const statement of statements) open.exec(statement)
  open.close()
  return path
}

const run = (registry: Registry, more: Partial<MlflowImportOptions> = {}) =>
  importMlflow({ registry, database, artifacts, by, ...more })

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (isMlopsError(error) ? error.code : String(error)),
  )

describe('a database that MLflow wrote', () => {
  test('comes over with everything in it', () =>
    within(async (registry) => {
      const report = await run(registry)
      expect(report.leftOut).toEqual([])
      const came = Object.entries(report.counts).map(([kind, { found, added }]) => [
        kind,
        found,
        added,
      ])
      expect(Object.fromEntries(came.map(([kind, ...counts]) => [kind, counts]))).toEqual({
        experiments: [3, 3],
        runs: [5, 5],
        metricPoints: [61, 61],
        loggedModels: [1, 1],
        models: [2, 2],
        versions: [4, 4],
        aliases: [2, 2],
        files: [9, 9],
      })
      const experiment = (await registry.experiments.findByName('flights'))!
      expect([experiment.id, experiment.artifactLocation, experiment.tags['team']]).toEqual([
        '1',
        'mlflow-artifacts:/1',
        'é',
      ])
      const { items } = await registry.runs.search({
        experimentIds: ['1'],
        filter: "run_name = 'first'",
      })
      const [first] = items
      expect(first).toMatchObject({
        status: 'finished',
        params: { lr: '0.1', kind: 'x', empty: '', depth: '3' },
        user: 'ada',
      })
      expect(first!.metrics).toMatchObject({
        loss: 0.02,
        acc: 0.5,
        nan: Number.NaN,
        inf: Number.POSITIVE_INFINITY,
        minus: Number.NEGATIVE_INFINITY,
        tiny: 5e-324,
        neg: -1.5,
      })
      expect(first!.tags['nested/tag']).toBe('v')
      expect(first!.inputs).toMatchObject([{ name: 'train', context: 'training' }])
      expect(first!.modelOutputs).toMatchObject([{ step: 2 }])
      const history = await registry.runs.history(first!.id, 'loss')
      expect(history).toHaveLength(51)
      expect(history.filter(({ step }) => step === 3).map(({ value }) => value)).toEqual([0.25, 9])
      const child = await registry.runs.search({
        experimentIds: ['1'],
        filter: "run_name = 'child'",
      })
      expect(child.items[0]!.parent).toBe(first!.id)

      const { content } = await registry.files.open(`1/${first!.id}/artifacts/all/sub/b b.bin`)
      const bytes = new Uint8Array(await new Response(content).arrayBuffer())
      expect([bytes.length, bytes[255]]).toEqual([256, 255])

      const logged = await registry.loggedModels.get(first!.modelOutputs[0]!.model)
      expect(logged).toMatchObject({
        name: 'net',
        type: 'torch',
        status: 'ready',
        params: { w: '1' },
        tags: { lt: 't' },
        metrics: [{ key: 'quality', value: 0.75, step: 2, dataset: { name: 'train' } }],
      })
      expect(await registry.files.list(`1/models/${logged.id}/artifacts`)).toHaveLength(2)
    }))

  test('keeps what was deleted, as deleted', () =>
    within(async (registry) => {
      await run(registry)
      const deleted = await registry.runs.search({ experimentIds: ['1', '2'], view: 'deleted' })
      expect(deleted.items).toHaveLength(2)
      expect((await registry.experiments.get('2')).lifecycle).toBe('deleted')
      // What went with the experiment comes back with it.
      await registry.experiments.restore({ id: '2', by })
      expect((await registry.runs.search({ experimentIds: ['2'] })).items).toHaveLength(1)
      expect((await registry.runs.search({ experimentIds: ['1'] })).items).toHaveLength(3)
    }))

  test('has its models, stages, aliases, and the numbers that were used', () =>
    within(async (registry) => {
      await run(registry)
      const { items } = await registry.versions.list('net')
      expect(items.map(({ version, stage }) => [version, stage])).toEqual([
        [4, 'development'],
        [3, 'production'],
        [1, 'archived'],
      ])
      expect(items[1]).toMatchObject({ aliases: ['champion'], tags: { from: 'mlfl' } })
      const [source] = await registry.versions.sources([items[1]!])
      expect(source!.location).toMatch(/^mlflow-artifacts:\/1\/[0-9a-f]{32}\/artifacts\/all$/)
      expect((await registry.models.get('net')).description).toBe('délai')
      const next = await registry.versions.create({ model: 'net', by })
      expect([next.version, next.semver]).toEqual([5, '1.4.0'])
      expect(await registry.verifyHistory()).toMatchObject({ status: 'intact' })
    }))

  test('running it twice adds nothing', () =>
    within(async (registry) => {
      const first = await run(registry)
      const head = await registry.log.head()
      const second = await run(registry)
      expect(await registry.log.head()).toEqual(head)
      for (const [kind, { found, added, present, leftOut }] of Object.entries(second.counts)) {
        const before = first.counts[kind as keyof typeof first.counts]
        // Files of what is there already are not looked at again.
        const expected = kind === 'files' ? [0, 0, 0, 0] : [before.found, 0, before.found, 0]
        expect([kind, found, added, present, leftOut]).toEqual([kind, ...expected])
      }
    }))

  test('a dry run tells the same and writes nothing', () =>
    within(async (registry) => {
      const head = await registry.log.head()
      const dry = await run(registry, { dryRun: true })
      expect(await registry.log.head()).toEqual(head)
      expect(await registry.experiments.findByName('flights')).toBeUndefined()
      const real = await run(registry)
      expect({ ...dry, status: 'imported' }).toEqual(real)
    }))

  test('an import that is cut off goes on where it stopped', async () => {
    const blobs = memoryBlobs()
    let left = 4
    const failing: typeof blobs = {
      ...blobs,
      async put(...args) {
        if (left-- <= 0) throw new Error('the disk is gone')
        return blobs.put(...args)
      },
    }
    const store = await openStore('sqlite::memory:')
    const broken = await createRegistry({ store, blobs: failing })
    await expect(run(broken)).rejects.toThrow('the disk is gone')
    const { items } = await broken.runs.search({ experimentIds: ['1'], view: 'all' })
    // No run without its files.
    for (const { id, name } of items) {
      const files = await broken.files.list(`1/${id}/artifacts/all`)
      expect([name, files.length]).toEqual([name, name === 'first' || name === 'gone' ? 2 : 0])
    }
    left = Number.POSITIVE_INFINITY
    const report = await run(broken)
    expect(report.counts.runs.leftOut + report.counts.files.leftOut).toBe(0)
    expect(report.counts.files.present).toBeGreaterThan(0)
    const all = await broken.runs.search({ experimentIds: ['1', '2'], view: 'all' })
    expect(all.items).toHaveLength(5)
    await store.close()
  })
})

describe('what stands in the way', () => {
  test('one bad entity is left out with the reason, the others come in', async () => {
    const bad = await changed(
      'bad',
      "update runs set status = 'FINISHED', user_id = replace(hex(zeroblob(300)), '00', 'x') where name = 'child'",
      "update metrics set timestamp = -5 where key = 'acc'",
      "insert into registered_model_aliases (alias, version, name, workspace) values ('9lives', 1, 'net', 'default')",
    )
    await within(async (registry) => {
      const { counts, leftOut } = await run(registry, { database: bad })
      expect(leftOut.map(({ kind, code }) => [kind, code])).toEqual(
        expect.arrayContaining([
          ['runs', 'registry.invalid-intake'],
          ['metricPoints', 'mlflow.invalid-time'],
          ['aliases', 'registry.invalid-alias'],
        ]),
      )
      expect([counts.runs.added, counts.runs.leftOut, counts.metricPoints.leftOut]).toEqual([
        4, 1, 1,
      ])
      expect(await registry.aliases.list(['net'])).toHaveLength(2)
    })
  })

  test('several versions in Production: the newest stays there', async () => {
    const two = await changed(
      'two',
      "update model_versions set current_stage = 'Production' where version = 1",
    )
    await within(async (registry) => {
      const { leftOut } = await run(registry, { database: two })
      expect(leftOut).toMatchObject([
        { kind: 'versions', id: 'net/1', code: 'mlflow.one-production' },
      ])
      const { items } = await registry.versions.list('net', { stage: 'production' })
      expect(items.map(({ version }) => version)).toEqual([3])
    })
  })

  test('a taken experiment id: another one, and the files and sources follow', () =>
    within(async (registry) => {
      await registry.experiments.create({
        name: 'ours',
        artifactLocation: 'mlflow-artifacts:/{id}',
        by,
      })
      await run(registry)
      const flights = (await registry.experiments.findByName('flights'))!
      expect([flights.id, flights.artifactLocation]).toEqual(['2', 'mlflow-artifacts:/2'])
      const version = await registry.versions.get('net', 3)
      const [source] = await registry.versions.sources([version])
      const path = source!.location.replace('mlflow-artifacts:/', '')
      expect(path).toMatch(/^2\//)
      expect(await registry.files.find(`${path}/a.txt`)).toMatchObject({ size: 10 })
    }))

  test('files on a disk: those below a named directory move in, others stay, links lead nowhere', async () => {
    const root = join(directory, 'mlruns')
    await cp(join(fixtures, 'artifacts'), root, { recursive: true })
    await mkdir(join(directory, 'secret'), { recursive: true })
    await writeFile(join(directory, 'secret', 'key'), 'secret')
    const local = await changed(
      'local',
      "update experiments set artifact_location = replace(artifact_location, 'mlflow-artifacts:', 'file:///home/ada/mlruns')",
      "update runs set artifact_uri = replace(artifact_uri, 'mlflow-artifacts:', 'file:///home/ada/mlruns')",
      "update runs set artifact_uri = 'file:///home/ada/mlruns/../../../etc' where name = 'failed'",
    )
    await within(async (registry) => {
      const { counts, leftOut } = await run(registry, { database: local, artifacts: [] })
      expect(counts.files.found).toBe(0)
      expect(leftOut[0]).toMatchObject({ kind: 'files', code: 'mlflow.files-elsewhere' })
      const kept = await registry.experiments.get('1')
      expect(kept.artifactLocation).toBe('file:///home/ada/mlruns/1')
    })
    await within(async (registry) => {
      const probe = await run(registry, {
        database: local,
        artifacts: [{ uri: 'file:///home/ada/mlruns', directory: root }],
        dryRun: true,
      })
      const gone = probe.leftOut.map(({ id }) => id)
      expect(gone.some((id) => id.includes('etc'))).toBe(true)
      const id = await (async () => {
        const open = await openEngine(local)
        const [row] = open.prepare("select run_uuid from runs where name = 'first'").all()
        open.close()
        return (row as { run_uuid: string }).run_uuid
      })()
      await symlink(join(directory, 'secret'), join(root, '1', id, 'artifacts', 'out'))
      await symlink(join(root, '1'), join(root, '1', id, 'artifacts', 'loop'))
      const { leftOut } = await run(registry, {
        database: local,
        artifacts: [{ uri: 'file:///home/ada/mlruns', directory: root }],
      })
      expect(leftOut.filter(({ code }) => code === 'mlflow.file-outside')).toHaveLength(2)
      expect(await registry.files.find(`1/${id}/artifacts/out/key`)).toBeUndefined()
      expect(await registry.files.find(`1/${id}/artifacts/all/a.txt`)).toMatchObject({ size: 10 })
      expect((await registry.experiments.get('1')).artifactLocation).toBe('mlflow-artifacts:/1')
    })
  })

  test('another file under the same path stays, and is told', () =>
    within(async (registry) => {
      const open = await openEngine(join(await changed('same')))
      const [row] = open.prepare("select run_uuid from runs where name = 'first'").all()
      open.close()
      const path = `1/${(row as { run_uuid: string }).run_uuid}/artifacts/all/a.txt`
      await registry.files.put({ path, content: 'mine', by })
      const { leftOut } = await run(registry)
      expect(leftOut).toMatchObject([{ kind: 'files', id: path, code: 'mlflow.file-differs' }])
      expect(await registry.files.find(path)).toMatchObject({ size: 4 })
    }))

  test('what is no database of MLflow is refused, and left as it was', () =>
    within(async (registry) => {
      const text = join(directory, 'text.db')
      await writeFile(text, 'no database at all, but long enough to be looked at as one, is it not')
      const empty = join(directory, 'empty.db')
      await writeFile(empty, '')
      expect(await codeOf(run(registry, { database: join(directory, 'none.db') }))).toBe(
        'mlflow.no-database',
      )
      expect(await codeOf(run(registry, { database: text }))).toBe('mlflow.invalid-database')
      expect(await codeOf(run(registry, { database: empty }))).toBe('mlflow.invalid-database')
      expect(await readFile(text, 'utf8')).toContain('no database')
      const odd = { uri: 's3://bucket', directory: '.' }
      expect(await codeOf(run(registry, { artifacts: [odd] }))).toBe('mlflow.invalid-import')
      for (const options of [null, {}, { registry }, { registry, database, by: null }]) {
        expect(await codeOf(importMlflow(options as never))).toBe('mlflow.invalid-import')
      }
    }))

  test('the database is not changed', () =>
    within(async (registry) => {
      const before = await readFile(database)
      await run(registry)
      expect(Buffer.compare(before, await readFile(database))).toBe(0)
    }))

  test('an older database without logged models, aliases and workspaces comes over as far as it goes', async () => {
    const old = await changed(
      'old',
      ...[
        'logged_model_metrics',
        'logged_model_params',
        'logged_model_tags',
        'logged_models',
        'inputs',
        'input_tags',
        'registered_model_aliases',
      ].map((table) => `drop table ${table}`),
    )
    await within(async (registry) => {
      const { counts } = await run(registry, { database: old })
      expect([counts.runs.added, counts.versions.added, counts.aliases.found]).toEqual([5, 4, 0])
    })
  })
})
