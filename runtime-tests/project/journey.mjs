// One small use of every package, the same for every runtime and module system. Throws when a
// result is wrong.
export async function journey(packages) {
  const {
    core,
    schema,
    stats,
    statsWorkers,
    store: stores,
    blobs,
    contract,
    http,
    node,
    drift,
    driftWorkers,
    parquet,
    profile,
    sql,
    driftMultivariate,
    evaluate,
    statsMultivariate,
    abtest,
    design,
    guards,
    registryCore,
    importMlflow,
    mlflow,
    webhooks,
    lineage,
    governance,
    presets,
    report,
  } = packages
  const check = (what, holds) => {
    if (!holds) throw new Error(`wrong: ${what}`)
  }

  check('core digest', core.digestOf({ b: 1, a: 2 }) === core.digestOf({ a: 2, b: 1 }))
  check('core rng', core.createRng(42).uint32() === 1776835114)
  check(
    'core schema',
    schema.parseWith(schema.actorSchema, { type: 'human', id: 'a' }, { code: 'x', what: 'actor' })
      .id === 'a',
  )
  check('stats t', Math.abs(stats.studentT.sf(2, 5) - 0.05096973941492917) < 1e-15)
  const large = Float64Array.from({ length: 20_000 }, (_, i) => Math.sin(i) * (i % 7))
  const other = large.map((x) => x * 1.1)
  // The same digits whether WebAssembly or JavaScript made the passes, here or in a thread.
  const tested = stats.ksTwoSampleTest(large, other)
  check('stats kernels', Math.abs(tested.statistic - 0.0293) < 1e-12)
  const workers = statsWorkers.openWorkers({ threads: 2 })
  const [shift] = await workers.map('ksTwoSampleTest', [[large, other]])
  await workers.close()
  check('stats workers', JSON.stringify(shift) === JSON.stringify(tested))

  const before = {
    x: Array.from({ length: 200 }, (_, i) => i % 50),
    c: Array.from({ length: 200 }, (_, i) => (i % 3 ? 'a' : 'b')),
  }
  const after = { x: before.x.map((x) => x + 30), c: before.c }
  const drifted = drift.compare(JSON.parse(JSON.stringify(drift.fitReference(before))), after)
  const threads = driftWorkers.openDriftWorkers({ threads: 2 })
  const onThreads = await threads.compare(before, after)
  await threads.close()
  check('drift workers', JSON.stringify(onThreads) === JSON.stringify(drift.compare(before, after)))
  check('drift', drifted.columns[0].name === 'x' && drifted.columns[0].verdict === 'fail')

  const profiler = profile.createProfiler({ k: 16, precision: 5 })
  for (let i = 0; i < 2000; i++) profiler.add({ x: (i * 37) % 101, c: `t${i % 7}` })
  const bytes = profile.profileToBytes(profiler.profile())
  check(
    'profile bytes',
    core.sha256Digest(bytes) ===
      'sha256:ae31e4da43b4f9b5746d4c7a8bc57e2c57c839ca00fb8f2ff104b813b1f78f1d',
  )
  check('profile', profile.mergeProfiles(profile.profileFromBytes(bytes)).rowCount === 2000)
  const planned = design.requiredUnits(design.designForMeans({ sd: 1 }), { effect: 0.5 })
  check('design', planned.total === 128)
  check('guards', guards.checkExperiment({ assigned: [50, 0] }).verdict === 'fail')
  check('sql', sql.duckdbEngine({}).dialect === 'duckdb')
  check('parquet', typeof parquet.readParquet === 'function')
  const { matrixOf, symmetricEigen } = statsMultivariate
  check(
    'eigenvalues',
    Math.abs(
      symmetricEigen(
        matrixOf([
          [2, 1],
          [1, 2],
        ]),
      ).values[0] - 3,
    ) < 1e-12,
  )
  const joint = { x: before.x, y: before.x.map((x) => x + (x % 3)) }
  const crossed = { x: joint.x, y: joint.y.map((y) => 52 - y) }
  const components = JSON.parse(JSON.stringify(driftMultivariate.fitPca(joint)))
  check('pca', driftMultivariate.pcaDrift(components, crossed).verdict === 'fail')
  const expected = evaluate.expectedPerformance({ probabilities: [0.9, 0.2] })
  check('evaluate', Math.abs(expected.accuracy - 0.85) < 1e-12)

  const readout = abtest.compareArms({ successes: 500, n: 10000 }, { successes: 570, n: 10000 })
  check('abtest', readout.verdict === 'pass')
  check(
    'report',
    report.toHtml([drifted, readout]).includes('<svg') &&
      report.toMarkdown(drifted).startsWith('# Report'),
  )

  const store = await stores.openStore('sqlite::memory:')
  const by = { type: 'human', id: 'ada' }
  const registry = await registryCore.createRegistry({ store, blobs: blobs.memoryBlobs() })
  await registry.models.create({ name: 'm', by })
  const version = await registry.versions.create({ model: 'm', by })
  await registry.artifacts.put({ model: 'm', version: 1, path: 'model.json', content: '{}', by })
  check(
    'registry',
    version.semver === '1.0.0' &&
      (await registry.artifacts.manifest('m', 1)).artifacts.length === 1,
  )
  const door = mlflow.createMlflowHandler({ registry, auth: mlflow.openAccess(by) })
  const answer = await door(
    new Request('http://localhost/api/2.0/mlflow/experiments/get?experiment_id=0'),
  )
  check('mlflow', (await answer.json()).experiment.name === 'Default')
  const missing = importMlflow.importMlflow({ registry, database: 'no-such.db', by })
  check('import-mlflow', (await missing.catch(({ code }) => code)) === 'mlflow.no-database')

  const hooks = await webhooks.createWebhooks({
    store,
    keys: { current: 'k', keys: { k: new Uint8Array(32) } },
  })
  const hook = { url: 'https://[::ffff:127.0.0.1]/', actions: ['*'], by }
  const refused = await hooks.create(hook).catch((error) => error.code)
  const made = await hooks.create({ ...hook, url: 'https://hooks.example/in' })
  check(
    'webhooks',
    refused === 'registry.webhook-url' &&
      made.webhook.status === 'active' &&
      webhooks
        .webhookSignature(made.secret, { id: 'a', timestamp: '1', body: '{}' })
        .startsWith('v1,'),
  )
  const graph = await lineage.createLineage({ store })
  const event = lineage.runEvent(
    {
      eventType: 'COMPLETE',
      run: { runId: '01890a5d-ac96-774b-bcce-b302099a8057' },
      job: { namespace: 'n', name: 'j' },
      inputs: [{ namespace: 'n', name: 'd' }],
    },
    { producer: 'https://example.org/p', clock: core.systemClock },
  )
  check('lineage', (await graph.record(event)).status === 'accepted')
  const governed = await governance.createGovernance({ store, policy: presets.standardPolicy() })
  await governed.classifyUseCase({ useCase: 'u', answers: { audience: 'team' }, actor: by })
  check('audit', (await governed.audit.verify()).status === 'intact')
  await store.close()
  check('contract', typeof contract.storeContract === 'function')

  const service = http.createService({
    routes: [
      { method: 'GET', path: '/health', access: 'public', handle: () => http.json({ ok: true }) },
    ],
  })
  const server = await node.serve(service, { port: 0 })
  const response = await fetch(new URL('/health', server.url))
  check('http', response.status === 200 && (await response.json()).ok === true)
  await server.close()
}
