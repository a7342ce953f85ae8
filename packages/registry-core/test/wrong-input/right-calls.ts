import { generateKeyPairSync } from 'node:crypto'
import { createEvidence } from '@mlops/core'
import type { Registry } from '../../src/index.ts'
import { ed25519Key, trustedKeys } from '../../src/index.ts'
import type { World } from '../world.ts'
import { by, model, person } from '../world.ts'

/** A call that a method takes. */
export interface RightCall {
  /** The arguments of the nth such call: what is named anew is named otherwise each time. */
  readonly args: (n: number) => readonly unknown[]
  /** What must be done once for it to be taken. */
  readonly before?: (registry: Registry) => Promise<unknown>
  /** What must be done for each. */
  readonly each?: (registry: Registry, n: number) => Promise<unknown>
}

const environment = 'eu'
const at = '2026-01-01T00:00:00.000Z'
const subject = { type: 'model-version', name: model, version: '1' }
const bo = person('bo')

/** A little of everything in the registry: what commands may name. */
async function furnish({ registry, clock }: World) {
  await registry.aliases.move({ model, alias: 'champion', version: 2, by })
  for (const version of [1, 2]) {
    await registry.stages.transition({ model, version, to: 'production', by })
    await registry.deployments.deploy({ model, environment, version, by })
    await registry.deployments.markGood({ model, environment, version, by })
  }
  const evidence = createEvidence(
    { kind: 'check', subject, verdict: 'pass', result: { auc: 0.9 }, producedBy: by },
    { clock },
  )
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const key = ed25519Key({ keyId: 'k', privateKey: pem })
  const spki = String(publicKey.export({ format: 'pem', type: 'spki' }))
  const keys = trustedKeys([{ keyId: 'k', publicKey: spki }])
  await registry.signatures.sign({ model, version: 1, key, by })
  const { id: run } = await registry.runs.start({ experiment: 'flights', by })
  await registry.runs.log({ run, metrics: [{ key: 'm', value: 1 }], tags: { a: 'b' }, by })
  const { id: other, experimentId } = await registry.runs.start({ experiment: 'flights', by })
  const { id: study } = await registry.studies.create({
    experimentId,
    name: 'lr',
    strategy: 'grid',
    space: { lr: { type: 'float', low: 0, high: 1 } },
    objectives: [{ metric: 'm', goal: 'min' }],
    by,
  })
  await registry.studies.startTrial({ study, params: { lr: 0.5 }, by })
  const { id: logged } = await registry.loggedModels.create({ experimentId, name: 'l', by })
  await registry.loggedModels.change({ id: logged, tags: { a: 'b' }, by })
  const { id: trace } = await registry.traces.log({ id: 't', experimentId, by })
  await registry.traces.change({ id: trace, tags: { a: 'b' }, by })
  const said = { kind: 'feedback', name: 'f', value: 1, source: { type: 'human' } } as const
  const { id: assessment } = await registry.assessments.create({ trace, ...said, by })
  const { id: dataset } = await registry.evaluationDatasets.create({ name: 'd', by })
  await registry.evaluationDatasets.putRecords({ id: dataset, records: [{ inputs: { q: 1 } }], by })
  const [record] = (await registry.evaluationDatasets.records(dataset)).items
  await registry.files.put({ path: 'a/b', content: 'x', by })
  const { id: hold } = await registry.retention.hold({ model, version: 1, reason: 'law', by })
  const target = { kind: 'alias', alias: 'next' } as const
  const { id: request } = await registry.approvals.propose({ model, version: 3, target, by })
  const other3 = { kind: 'stage', stage: 'staging' } as const
  const { id: approved } = await registry.approvals.propose({
    model,
    version: 3,
    target: other3,
    by,
  })
  return {
    ...{ evidence, key, keys, run, other, experimentId, study, logged, trace, said, assessment },
    ...{ dataset, record: record!.id, hold, request, approved },
  }
}

/** For every method of the registry a call that is right, by `part.method`. */
export async function rightCalls(world: World): Promise<Readonly<Record<string, RightCall>>> {
  const known = await furnish(world)
  const { run, experimentId, study, logged, trace, assessment, dataset, request, said } = known
  const version = { model, version: 3, by }
  const deployment = { model, environment, reason: 'r', by }
  const page = { limit: 5 }
  const search = { filter: "tags.a = 'b'", orderBy: ['name'], limit: 5 }
  const policies = [
    { name: 'p', stages: ['archived'], olderThanMs: 1, since: 'created', keepLast: 1, models: '*' },
  ]
  const canary = (registry: Registry) =>
    registry.deployments.canary({ ...deployment, version: 3, weight: 0.1 })
  const standBy = (registry: Registry) =>
    registry.deployments.standBy({ ...deployment, version: 3 })
  const right = (...args: unknown[]): RightCall => ({ args: () => args })
  return {
    'models.create': {
      args: (n) => [{ name: `new${n}`, description: 'd', tags: { a: 'b' }, by }],
    },
    'models.get': right(model),
    'models.find': right(model),
    'models.list': right(page),
    'models.update': right({ name: model, description: 'd', tags: { a: 'b' }, by }),
    'models.tag': right({ name: model, set: { c: 'd' }, unset: ['a'], by }),
    'models.rename': {
      args: (n) => [{ name: `old${n}`, newName: `renamed${n}`, by }],
      each: ({ models }, n) => models.create({ name: `old${n}`, by }),
    },
    'models.remove': {
      args: () => [{ name: 'idle', by }],
      before: ({ models }) => models.create({ name: 'idle', by }),
    },
    'models.search': right(search),
    'versions.create': right(
      {
        model,
        bump: 'major',
        description: 'd',
        tags: { a: 'b' },
        metadata: { metrics: { mae: 1 }, trainedAt: at },
        signature: { inputs: [{ name: 'x', type: 'double' }], outputs: [] },
        card: { licence: 'MIT' },
        runId: run,
        dependsOn: [],
        source: { source: 's', location: 'l', loggedModel: logged },
        by,
      },
      { tagLoggedModel: () => ({ a: 'c' }) },
    ),
    'versions.get': right(model, 1),
    'versions.find': right(model, 1),
    'versions.list': right(model, { ...page, stage: 'development' }),
    'versions.update': right({ ...version, description: 'd', metadata: { metrics: { mae: 1 } } }),
    'versions.tag': right({ ...version, set: { c: 'd' }, unset: ['a'] }),
    'versions.remove': {
      args: () => [version],
      before: ({ approvals }) => approvals.withdraw({ id: request, by }),
    },
    'versions.search': right({ ...search, filter: 'version_number > 1' }),
    'versions.sources': right([{ model, version: 1 }]),
    'versions.latest': right([model]),
    'artifacts.put': right({ ...version, path: 'x/y', content: 'z', mediaType: 't', maxBytes: 9 }),
    'artifacts.manifest': right(model, 1),
    'artifacts.open': right(model, 1, 'w.json', { range: { start: 0, end: 1 } }),
    'aliases.move': right({ ...version, alias: 'champion', expectedVersion: 2 }),
    'aliases.remove': right({ model, alias: 'champion', expectedVersion: 2, by }),
    'aliases.resolve': right(model, 'champion'),
    'aliases.list': right([model]),
    'stages.transition': right({ ...version, to: 'staging', reason: 'r' }),
    'stages.rollback': right({ model, reason: 'r', by }),
    'stages.decisions': right(model, 1),
    'evidence.attach': right({ model, version: 1, evidence: known.evidence, by }),
    'evidence.list': right(model, 1),
    'approvals.propose': right({ ...version, target: { kind: 'stage', stage: 'archived' } }),
    'approvals.approve': right({ id: request, reason: 'r', by: bo }),
    'approvals.reject': right({ id: request, reason: 'r', by: bo }),
    'approvals.comment': right({ id: request, text: 't', by }),
    'approvals.withdraw': right({ id: request, reason: 'r', by }),
    'approvals.commit': {
      args: () => [{ id: known.approved, reason: 'r', by }],
      before: ({ approvals }) => approvals.approve({ id: known.approved, by: bo }),
    },
    'approvals.get': right(request),
    'approvals.list': right({ ...page, model, version: 3, status: 'proposed' }),
    'signatures.sign': right({ ...version, key: known.key }),
    'signatures.list': right(model, 1),
    'signatures.verify': right(model, 1, { keys: known.keys }),
    'deployments.deploy': right({ ...deployment, version: 3 }),
    'deployments.canary': right({ ...deployment, version: 3, weight: 0.1 }),
    'deployments.promoteCanary': { args: () => [deployment], before: canary },
    'deployments.split': right({ ...deployment, shares: [{ version: 1, weight: 1 }] }),
    'deployments.standBy': right({ ...deployment, version: 3 }),
    'deployments.switchOver': { args: () => [deployment], before: standBy },
    'deployments.abort': { args: () => [deployment], before: canary },
    'deployments.markGood': right({ ...deployment, version: 2 }),
    'deployments.rollback': right(deployment),
    'deployments.retire': right(deployment),
    'deployments.get': right(model, environment),
    'deployments.find': right(model, environment),
    'deployments.list': right({ ...page, model, environment }),
    'deployments.history': right(model, environment, page),
    'retention.plan': right(policies),
    'retention.apply': right({ policies, by }),
    'retention.sweep': right({ graceMs: 5, mode: 'dry-run', by }),
    'retention.restore': {
      args: () => [{ model, version: 4, by }],
      before: ({ versions }) => versions.remove({ model, version: 4, by }),
    },
    'retention.tombstones': right(model, page),
    'retention.hold': right({ ...version, reason: 'r', until: at }),
    'retention.release': right({ id: known.hold, by }),
    'retention.holds': right(model),
    'experiments.create': {
      args: (n) => [{ name: `n${n}`, artifactLocation: 'l', tags: { a: 'b' }, by }],
    },
    'experiments.get': right(experimentId),
    'experiments.findByName': right('flights'),
    'experiments.change': right({ id: experimentId, name: 'o', tags: { a: 'b' }, by }),
    'experiments.remove': right({ id: experimentId, by }),
    'experiments.restore': {
      args: () => [{ id: experimentId, by }],
      before: ({ experiments }) => experiments.remove({ id: experimentId, by }),
    },
    'experiments.search': right({ ...search, view: 'all' }),
    'experiments.ensureDefault': right({ artifactLocation: 'l', by }),
    'experiments.datasets': right([experimentId]),
    'runs.createExperiment': { args: (n) => [{ name: `n${n}`, tags: { a: 'b' }, by }] },
    'runs.start': right({
      ...{ experiment: 'flights', name: 'n', user: 'u', parent: run, startedAt: at },
      ...{ tags: { a: 'b' }, code: { commit: 'c' }, seeds: { numpy: 7 }, by },
      environment: { packages: { numpy: '2' }, hardware: { cores: '8' } },
    }),
    'runs.log': right({
      run,
      name: 'n',
      params: { a: 'b' },
      metrics: [
        { key: 'm', value: 2, step: 1, at, model: logged, dataset: { name: 'd', digest: 'e' } },
      ],
      tags: { c: 'd' },
      inputs: [{ name: 'd', digest: 'e', context: 'training', tags: { a: 'b' } }],
      modelInputs: [{ model: logged, step: 1 }],
      modelOutputs: [{ model: logged, step: 1 }],
      by,
    }),
    'runs.end': right({ run, status: 'failed', by }),
    'runs.update': right({ run, status: 'killed', endedAt: at, name: 'n', tags: { a: 'b' }, by }),
    'runs.retag': right({ run, by }, () => ({ a: 'c' })),
    'runs.remove': right({ run, by }),
    'runs.restore': {
      args: () => [{ run, by }],
      before: ({ runs }) => runs.remove({ run, by }),
    },
    'runs.deleteTag': right({ run, key: 'a', by }),
    'runs.get': right(run),
    'runs.list': right({ ...page, experiment: 'flights' }),
    'runs.search': right({
      ...{ experimentIds: [experimentId], view: 'all', limit: 5 },
      filter: [{ entity: 'metric', key: 'm', operator: '>', value: 0 }],
      orderBy: [{ entity: 'metric', key: 'm', descending: true }],
    }),
    'runs.history': right(run, 'm'),
    'runs.historyPage': right(run, 'm', page),
    'runs.best': right({ experiment: 'flights', metric: 'm', goal: 'max' }),
    'runs.compare': right([run, known.other]),
    'runs.describe': right({ run, code: { commit: 'c' }, seeds: { numpy: 7 }, by }),
    'runs.origin': right(run),
    'studies.create': {
      args: (n) => [
        {
          ...{ experimentId, name: `n${n}`, strategy: 's', budget: { trials: 2, ms: 5 }, by },
          space: { lr: { type: 'float', low: 0, high: 1, step: 0.5 } },
          objectives: [{ metric: 'm', goal: 'max' }],
          seed: 1,
        },
      ],
    },
    'studies.startTrial': right({ study, params: { lr: 0.25 }, run, by }),
    'studies.endTrial': right({ ...{ study, trial: 1, status: 'complete', by }, values: { m: 1 } }),
    'studies.close': right({ study, reason: 'r', by }),
    'studies.get': right(study),
    'studies.list': right({ ...page, experimentId }),
    'studies.trials': right({ ...page, study, status: 'running' }),
    'studies.best': right(study),
    'loggedModels.create': right({
      ...{ experimentId, name: 'n', type: 't', sourceRun: run, by },
      ...{ params: { a: 'b' }, tags: { a: 'b' } },
    }),
    'loggedModels.get': right(logged, { deleted: true }),
    'loggedModels.change': right({
      ...{ id: logged, status: 'ready', params: { a: 'b' }, tags: { c: 'd' }, by },
      withoutTags: ['a'],
    }),
    'loggedModels.remove': right({ id: logged, by }),
    'loggedModels.search': right({
      ...{ ...search, experimentIds: [experimentId] },
      datasets: [{ name: 'd', digest: 'e' }],
    }),
    'traces.log': {
      args: (n) => [
        {
          ...{ id: `u${n}`, experimentId, requestedAt: at, durationMs: 5, state: 'ok', run, by },
          ...{ requestPreview: 'q', metadata: { a: 'b' }, tags: { c: 'd' }, assessments: [said] },
        },
      ],
    },
    'traces.get': right(trace),
    'traces.change': right({ id: trace, tags: { c: 'd' }, withoutTags: ['a'], by }),
    'traces.link': right({ run, traces: [trace], by }),
    'traces.remove': right({ experimentId, traces: [trace], by }),
    'traces.search': right({ ...search, orderBy: ['timestamp'], experimentIds: [experimentId] }),
    'assessments.create': right({
      ...{ trace, ...said, rationale: 'r', metadata: { a: 'b' }, overrides: assessment, by },
    }),
    'assessments.get': right(trace, assessment),
    'assessments.change': right({
      ...{ trace, id: assessment, feedback: { value: 2 }, metadata: { a: 'b' }, by },
    }),
    'assessments.remove': right({ trace, id: assessment, by }),
    'evaluationDatasets.create': right({
      ...{ name: 'e', experimentIds: [experimentId], tags: { a: 'b' }, user: 'u', by },
    }),
    'evaluationDatasets.get': right(dataset),
    'evaluationDatasets.change': right({
      ...{ id: dataset, tags: { a: 'b' }, withoutTags: ['c'], by },
      ...{ addExperiments: [experimentId], removeExperiments: [experimentId] },
    }),
    'evaluationDatasets.remove': right({ id: dataset, by }),
    'evaluationDatasets.search': right({ ...search, experimentIds: [experimentId] }),
    'evaluationDatasets.putRecords': right({
      ...{ id: dataset, by },
      records: [
        {
          ...{ inputs: { q: 2 }, outputs: { a: 1 }, expectations: { a: 1 }, tags: { a: 'b' } },
          ...{ source: { type: 'code', data: { f: 'g' } }, user: 'u' },
        },
      ],
    }),
    'evaluationDatasets.records': right(dataset, page),
    'evaluationDatasets.removeRecords': right({ id: dataset, records: [known.record], by }),
    'files.put': right({ path: 'c/d', content: 'x', maxBytes: 9, by }),
    'files.find': right('a/b'),
    'files.open': right('a/b', { range: { start: 0, end: 1 } }),
    'files.list': right('a'),
    'files.remove': right({ path: 'a/b', by }),
    'intake.experiment': {
      args: (n) => [
        {
          ...{ id: '77', name: `i${n}`, lifecycle: 'active', artifactLocation: 'l' },
          ...{ tags: { a: 'b' }, createdAt: at, updatedAt: at, by },
        },
      ],
    },
    'intake.run': {
      args: (n) => [
        {
          ...{
            id: `r${n}`,
            experimentId,
            name: 'n',
            status: 'finished',
            startedAt: at,
            endedAt: at,
          },
          ...{ params: { a: 'b' }, tags: { a: 'b' }, inputs: [{ name: 'd', digest: 'e' }], by },
        },
        () => [{ key: 'm', value: 1, step: 0, at }],
      ],
    },
    'intake.loggedModel': {
      args: (n) => [
        {
          ...{ id: `m-${n}`, experimentId, name: 'n', status: 'ready', artifactLocation: 'l', by },
          ...{ params: { a: 'b' }, tags: { a: 'b' }, createdAt: at, updatedAt: at },
          metrics: [{ key: 'm', value: 1, at, run }],
        },
      ],
    },
    'intake.model': {
      args: (n) => [
        {
          ...{ name: `taken${n}`, tags: { a: 'b' }, createdAt: at, updatedAt: at, by },
          versions: [{ version: 1, stage: 'archived', tags: {}, createdAt: at, updatedAt: at }],
          aliases: [{ alias: 'x', version: 1 }],
        },
      ],
    },
    history: right(model, { ...page, version: 1 }),
    verifyHistory: right({}),
    'log.read': right({ ...page, subject, action: 'a', actorId: 'a', from: at, until: at }),
    'log.append': right({ actor: by, action: 'a', subject, data: { a: 1 } }),
    'log.expectAppend': right(),
    'log.head': right(),
    'log.verify': right({}),
  }
}
