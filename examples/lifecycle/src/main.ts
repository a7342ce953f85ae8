// From data to a governed production decision, on real flights: `npm run demo`.
//
// An airline shows travellers how likely their flight is late. The model in use, the champion, was
// trained on the first two weeks of 2001. Has the world changed since? Is a model trained on more
// weeks really better? And who says that it may go to production, on what evidence?
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readPlan, registerPlan, sampleSizeForPairs } from '@mlops/abtest'
import type { Actor, Evidence } from '@mlops/core'
import { createEvidence, createRng, digestOf, isMlopsError, manualClock, uuidV7 } from '@mlops/core'
import { compare, fitReference } from '@mlops/drift'
import { createGovernance } from '@mlops/governance'
import { standardPolicy } from '@mlops/governance/presets'
import { createLineage, runEvent, subjectDataset } from '@mlops/lineage'
import type { StageGate } from '@mlops/registry-core'
import { createRegistry } from '@mlops/registry-core'
import { auditSection, modelVersionSection, toHtml } from '@mlops/report'
import { createEventLog, openStore } from '@mlops/store'
import { openDiskBlobs } from '@mlops/store/blobs'
import { terminalNarrator } from './console.ts'
import type { Flight } from './data.ts'
import { between, flightRows, loadBirdStrikes, loadFlights } from './data.ts'
import type { LateModel } from './late-model.ts'
import { brierLosses, train } from './late-model.ts'

const out =
  process.env['DEMO_OUTPUT'] ?? fileURLToPath(new URL('../../../demo-output', import.meta.url))
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })

const { step, say, progress } = terminalNarrator(process.stdout)
// Everything below takes its time and ids from here, so every run writes the same records.
const clock = manualClock('2001-02-15T09:00:00Z')
const ids = uuidV7({ clock, rng: createRng('lifecycle') })
const at = (iso: string) => clock.advance(Date.parse(iso) - clock.now())

const ana: Actor = {
  type: 'human',
  id: 'ana',
  name: 'Ana, data scientist',
  roles: ['data-scientist'],
}
const bea: Actor = {
  type: 'human',
  id: 'bea',
  name: 'Bea, business owner',
  roles: ['business-owner'],
}
const rob: Actor = { type: 'human', id: 'rob', name: 'Rob, risk officer', roles: ['risk-officer'] }
const pipeline: Actor = { type: 'service', id: 'pipeline' }

// ---------------------------------------------------------------------------------------------
step('Has the world changed since the champion was trained?')

const flights = loadFlights()
const firstWeeks = between(flights, '2001/01/01', '2001/01/15')
const nextMonth = between(flights, '2001/01/15', '2001/02/15')
const drift = compare(flightRows(firstWeeks), flightRows(nextMonth))
say(`flights of 1-14 January (reference) against 15 January - 14 February:\n`)
console.log(drift)
say('\nThe rush after the holidays is over: fewer flights are late. The champion still expects it.')

const strikes = loadBirdStrikes()
const strikesDrift = compare(strikes.before1997, strikes.since1997)
say(
  '\nA second data set, wildlife strikes before and from 1997 on, has categories and missing values:\n',
)
console.log(strikesDrift)

// ---------------------------------------------------------------------------------------------
step('Train a challenger, and plan how to compare the two before seeing a result')

const both = [...firstWeeks, ...nextMonth]
const champion = progress(`champion, ${firstWeeks.length} flights`, (share) =>
  train(firstWeeks, share),
)
const challenger = progress(`challenger, ${both.length} flights`, (share) => train(both, share))

const pairs = sampleSizeForPairs({ effect: 0.004, sd: 0.1, power: 0.9 })
const plan = registerPlan(
  {
    name: 'champion-challenger',
    hypothesis: 'trained on six weeks instead of two, the forecasts have a lower Brier score',
    metric: { name: 'Brier score', better: 'lower' },
    unit: 'flight',
    design: 'paired',
    test: 'paired-t',
    sampleSize: { control: pairs.control, treatment: pairs.treatment },
    notBefore: '2001-04-01T00:00:00Z',
  },
  { clock },
)
say(
  `plan registered: ${plan.sampleSize.control} flights scored by both, read once, on 1 April (${plan.digest.slice(0, 19)}…)`,
)

/** Both models score the same flights in shadow; only the champion's forecast is shown to anybody. */
const shadow = (until: string) => {
  const scored = between(flights, '2001/02/15', until)
  return { control: brierLosses(champion, scored), treatment: brierLosses(challenger, scored) }
}
at('2001-03-01T09:00:00Z')
try {
  readPlan(plan, shadow('2001/03/01'), { clock })
} catch (error) {
  if (!isMlopsError(error) || error.code !== 'abtest.too-early') throw error
  say(`two weeks later, a curious look: refused.\n  ${error.message}`)
}
at('2001-04-01T09:00:00Z')
const heldOut = between(flights, '2001/02/15', '2001/04/01')
const readout = readPlan(plan, shadow('2001/04/01'), { clock })
say('')
console.log(readout)

// ---------------------------------------------------------------------------------------------
step('Record where the models come from, and register them')

const database = join(out, 'mlops.db')
const store = await openStore(`sqlite:${database}`, { clock })
const policy = standardPolicy()
const governance = await createGovernance({ store, policy, clock, ids })
const lineage = await createLineage({ store, clock })

/** The registry asks governance before a version may enter production. */
const gate: StageGate = async ({ version, to, manifestDigest, by }) => {
  if (to !== 'production') return { outcome: 'granted' }
  const subject = { type: 'model-version', name: version.model, version: String(version.version) }
  const decision = await governance.ask({
    gate: 'production',
    subject,
    digest: manifestDigest as `sha256:${string}`,
    actor: by,
  })
  const granted = decision.status === 'approved' || decision.status === 'conditional'
  const evidence = createEvidence(
    {
      kind: 'gate-decision',
      subject,
      verdict: decision.verdict,
      result: decision,
      producedBy: pipeline,
    },
    { clock },
  )
  const missing = decision.unmet.map((message) => ({ code: 'governance.unmet', message }))
  return granted ? { outcome: 'granted', evidence } : { outcome: 'refused', missing, evidence }
}
const registry = await createRegistry({
  store,
  blobs: await openDiskBlobs(join(out, 'blobs')),
  clock,
  ids,
  gate,
})
const model = 'flight-delay'
await registry.models.create({ name: model, description: 'How likely is a flight late?', by: ana })

const emitter = { producer: 'https://example.org/mlops/examples/lifecycle', clock }
const datasets = { source: { namespace: 'npm://vega-datasets', name: 'flights-20k.json' } }

/** One training run: recorded, its lineage told, its model registered with files and a card. */
async function register(
  name: string,
  trained: LateModel,
  data: readonly Flight[],
  trainedAt: string,
) {
  at(trainedAt)
  const subject = {
    type: 'dataset-version',
    name: `flights-for-${name}`,
    version: String(data.length),
  }
  const run = await registry.runs.start({ experiment: model, name, by: ana })
  const brier = brierLosses(trained, data).reduce((sum, loss) => sum + loss, 0) / data.length
  await registry.runs.log({
    run: run.id,
    params: { features: '14', ridge: '1' },
    metrics: [{ key: 'train_brier', value: brier }],
    inputs: [{ name: subject.name, digest: digestOf(data), context: 'training' }],
    by: ana,
  })
  await registry.runs.end({ run: run.id, by: ana })
  const version = await registry.versions.create({
    model,
    runId: run.id,
    metadata: {
      trainedAt,
      datasetVersion: `${subject.name}@${subject.version}`,
      metrics: { train_brier: brier },
      createdBy: 'Ana',
      intendedUse:
        'Tell travellers how likely their flight is more than 15 minutes late. Not for connections, staffing or claims.',
    },
    card: {
      summary: 'Logistic regression on time, distance and airports',
      limits: 'US domestic flights, winter 2001; knows nothing of the weather',
      ethics: 'no personal data',
    },
    by: ana,
  })
  const id = { type: 'model-version', name: model, version: String(version.version) }
  const files = { 'model.json': trained, 'drift-reference.json': fitReference(flightRows(data)) }
  for (const [path, content] of Object.entries(files)) {
    await registry.artifacts.put({
      model,
      version: version.version,
      path,
      mediaType: 'application/json',
      content: JSON.stringify(content),
      by: ana,
    })
  }
  const prepare = { namespace: 'lifecycle', name: `select-flights-for-${name}` }
  for (const eventType of ['START', 'COMPLETE'] as const) {
    await lineage.record(
      runEvent(
        {
          eventType,
          run: { runId: ids.next() },
          job: prepare,
          inputs: [datasets.source],
          outputs: [subjectDataset(subject)],
        },
        emitter,
      ),
    )
    await lineage.record(
      runEvent(
        {
          eventType,
          run: { runId: run.id },
          job: { namespace: 'lifecycle', name: `train-${name}` },
          inputs: [subjectDataset(subject)],
          outputs: [subjectDataset(id)],
        },
        emitter,
      ),
    )
  }
  const manifest = await registry.artifacts.manifest(model, version.version)
  say(
    `${model} ${version.semver}: run ${run.name}, ${manifest.artifacts.length} files, manifest ${manifest.digest.slice(0, 19)}…`,
  )
  return {
    version: version.version,
    subject: id,
    digest: manifest.digest,
    data: subject,
    semver: version.semver,
    card: version.card,
  }
}
const first = await register('champion', champion, firstWeeks, '2001-04-01T10:00:00.000Z')
const second = await register('challenger', challenger, both, '2001-04-01T10:05:00.000Z')

// ---------------------------------------------------------------------------------------------
step('May it go to production? Ask the gate')

const useCase = await governance.classifyUseCase({
  useCase: 'late-flight-forecast',
  answers: {
    regulations: ['none'],
    audience: 'public',
    availability: 'real-time',
    impact: ['reputation'],
    cadence: 'monthly',
    lifetime: 'months',
    decay: 'seasonal',
    explainability: 'users',
  },
  actor: bea,
})
say(`risk tier of the use case: ${useCase.tier}`)

type Registered = typeof first
const submit = ({ subject, digest, data }: Registered) =>
  governance.submitRelease({
    useCase: useCase.name,
    subject,
    digest,
    authors: ['ana'],
    relatedSubjects: [data],
    actor: ana,
  })
const promote = (release: Registered, reason: string) =>
  registry.stages.transition({ model, version: release.version, to: 'production', reason, by: ana })
const sign = (release: Registered, actor: Actor, role: string) =>
  governance.signOff({
    gate: 'production',
    subject: release.subject,
    digest: release.digest,
    role,
    actor,
  })

/** Evidence goes to the version it speaks of, and to governance, which decides on it. */
async function show(
  release: Registered,
  kind: string,
  verdict: Evidence['verdict'],
  result: unknown,
) {
  const evidence = createEvidence(
    { kind, subject: release.subject, verdict, result, producedBy: pipeline },
    { clock },
  )
  await registry.evidence.attach({ model, version: release.version, evidence, by: pipeline })
  await governance.attachEvidence({ evidence, actor: pipeline })
  return evidence
}
async function documentAndTrace(release: Registered) {
  await show(release, 'model-card', release.card ? 'pass' : 'fail', release.card)
  const graph = await lineage.upstream({ kind: 'dataset', ...subjectDataset(release.subject) })
  const traced = graph.nodes.some(({ namespace }) => namespace === datasets.source.namespace)
  await show(release, 'lineage-manifest', traced ? 'pass' : 'fail', graph)
  return graph
}

// The champion was the first model: there was nothing to compare it with, which takes a waiver.
await submit(first)
await documentAndTrace(first)
await sign(first, bea, 'business-owner')
await sign(first, rob, 'risk-officer')
for (const measure of ['compared', 'inputs-stable']) {
  await governance.waive({
    gate: 'production',
    subject: first.subject,
    digest: first.digest,
    measure,
    reason: 'first model: nothing to compare with',
    until: '2001-06-01T00:00:00Z',
    actor: rob,
  })
}
const launched = await promote(first, 'first version')
say(
  `${model} ${first.semver}: ${launched.status}, to ${launched.status === 'changed' ? launched.version.stage : 'nowhere'} (conditional: two measures waived by Rob)`,
)

at('2001-04-02T09:00:00Z')
await submit(second)
const refused = await promote(second, 'the better model')
if (refused.status !== 'refused') throw new Error('the gate let an unproven model through')
say(
  `${model} ${second.semver}: refused. Missing:\n${refused.missing.map(({ message }) => `  - ${message}`).join('\n')}`,
)

const inputs = compare(flightRows(both), flightRows(heldOut))
await show(second, 'ab-readout', readout.verdict, readout)
await show(second, 'drift-report', inputs.verdict, inputs)
const graph = await documentAndTrace(second)
try {
  await sign(second, { ...ana, roles: ['risk-officer'] }, 'risk-officer')
} catch (error) {
  if (!isMlopsError(error) || error.kind !== 'denied') throw error
  say(`Ana tries to sign off her own model: ${error.message}`)
}
await sign(second, bea, 'business-owner')
await sign(second, rob, 'risk-officer')
const granted = await promote(second, 'better by plan, signed off')
if (granted.status !== 'changed')
  throw new Error(`refused: ${granted.missing.map(({ message }) => message).join('; ')}`)
say(
  `evidence attached, Bea and Rob sign: ${model} ${second.semver} is in ${granted.version.stage}, version ${granted.replaced} retired`,
)

at('2001-04-03T09:00:00Z')
const back = await registry.stages.rollback({ model, reason: 'drill: can we go back?', by: ana })
say(`rolled back: ${model} ${back.version.semver} is in ${back.version.stage} again`)
const again = await promote(second, 'drill over')
say(`promoted again: ${again.status}`)
await registry.aliases.move({ model, alias: 'live', version: second.version, by: ana })

// ---------------------------------------------------------------------------------------------
step('Can anybody have tampered with the record?')

const verified = await governance.audit.verify()
const checkpoint = await governance.audit.checkpoint()
say(
  `audit trail: ${verified.status}, ${verified.entries} entries; checkpoint root ${checkpoint?.root.slice(0, 16)}…`,
)
const decision = (await registry.stages.decisions(model, second.version)).at(-1)
const report = toHtml(
  [
    drift,
    strikesDrift,
    readout,
    inputs,
    useCase.classification,
    decision!.evidence!,
    graph,
    modelVersionSection({
      version: await registry.versions.get(model, second.version),
      manifest: await registry.artifacts.manifest(model, second.version),
      history: (await registry.history(model)).items,
    }),
    auditSection({ verification: verified, entries: (await governance.audit.read()).items }),
  ],
  { title: 'Late flights: from data to a production decision' },
)
await store.close()

const forged = join(out, 'mlops-forged.db')
copyFileSync(database, forged)
const bytes = readFileSync(forged)
const target = bytes.lastIndexOf('"decision":"approve"')
bytes[target + '"decision":"'.length] = 'A'.charCodeAt(0)
writeFileSync(forged, bytes)
const forgedStore = await openStore(`sqlite:${forged}`, { clock })
const found = await createEventLog({ store: forgedStore, name: 'governance', clock }).verify({
  ...(checkpoint && { checkpoint }),
})
await forgedStore.close()
if (found.status !== 'broken') throw new Error('the forgery was not found')
say(
  `one byte changed in a copy of the database: ${found.status} at entry ${found.seq} (${found.problem}): ${found.message}`,
)

// ---------------------------------------------------------------------------------------------
step('Look at it')

writeFileSync(join(out, 'report.html'), report)
const shown = (path: string) => relative(process.cwd(), path) || path
say(`report    ${shown(join(out, 'report.html'))}   open it in a browser
database  ${shown(database)}
files     ${shown(join(out, 'blobs'))}

Next: read examples/lifecycle/src/main.ts, change the plan or the policy and run it again,
or start from docs/guides: drift, abtest, registry-core, lineage, governance.`)
