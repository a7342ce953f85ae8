// An airline shows travellers how likely their flight is late. The champion, the model in use, was trained on the first
// week of 2001. Has the world changed? Is a challenger really better? Who says it may go live, on what evidence?
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readPlan, registerPlan, sampleSizeForPairs } from '@mlops/abtest'
import type { Actor, Verdict } from '@mlops/core'
import { createEvidence, createRng, digestOf, isMlopsError, manualClock, uuidV7 } from '@mlops/core'
import { compare, fitReference } from '@mlops/drift'
import { createGovernance, stageGate } from '@mlops/governance'
import { standardPolicy } from '@mlops/governance/presets'
import { createLineage, type Named, runEvent, subjectDataset } from '@mlops/lineage'
import { createRegistry } from '@mlops/registry-core'
import { auditSection, modelVersionSection, toHtml } from '@mlops/report'
import { createEventLog, openStore } from '@mlops/store'
import { openDiskBlobs } from '@mlops/store/blobs'
import { between, type Flight, flightRows, loadBirdStrikes, loadFlights } from './data.ts'
import { brierLosses, type LateModel, train } from './late-model.ts'

const out = process.env['DEMO_OUTPUT'] ?? fileURLToPath(new URL('../../../demo-output', import.meta.url))
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })

// Time and ids come from here, so every run writes the same records.
const clock = manualClock('2001-02-15T09:00:00Z')
const ids = uuidV7({ clock, rng: createRng('lifecycle') })
const now = (iso: string) => clock.advance(Date.parse(iso) - clock.now())
const say = (text: unknown) => console.log(text)
const step = (title: string) => say(`\n\n${title}\n`)

const ana: Actor = { type: 'human', id: 'ana', name: 'Ana, data scientist', roles: ['data-scientist'] }
const bea: Actor = { type: 'human', id: 'bea', name: 'Bea, business owner', roles: ['business-owner'] }
const rob: Actor = { type: 'human', id: 'rob', name: 'Rob, risk officer', roles: ['risk-officer'] }
const pipeline: Actor = { type: 'service', id: 'pipeline' }

step('1. Has the world changed since the champion was trained?')

const flights = loadFlights()
const firstWeek = between(flights, '2001/01/01', '2001/01/08')
const since = between(flights, '2001/01/08', '2001/02/15')
// For delays a shift of five points matters; for the other columns the default of ten is fine.
const drift = compare(flightRows(firstWeek), flightRows(since), { columns: { delay: { threshold: 0.05 } } })
say('Flights of 1-7 January (reference) against 8 January - 14 February:\n')
say(drift)
say('\nThe rush after the holidays is over and fewer flights are late. The champion does not know that.')

const strikesDrift = compare(...loadBirdStrikes())
say('\nA second data set, wildlife strikes before and since 1997, has many categories and missing speeds:\n')
say(strikesDrift)

step('2. Train a challenger, and plan how to compare the two before seeing a result')

function trainWithBar(name: string, data: readonly Flight[]): LateModel {
  const bar = (done: number) => `${name.padEnd(10)} ${'█'.repeat(done * 24).padEnd(24, '░')} ${data.length} flights`
  const model = train(data, (done) => process.stdout.isTTY && process.stdout.write(`${bar(done)}\r`))
  say(bar(1))
  return model
}
const allSoFar = [...firstWeek, ...since]
const champion = trainWithBar('champion', firstWeek)
const challenger = trainWithBar('challenger', allSoFar)

const { control, treatment } = sampleSizeForPairs({ effect: 0.004, sd: 0.1, power: 0.9 })
const plan = registerPlan(
  {
    name: 'champion-challenger',
    hypothesis: 'trained on six weeks instead of one, the forecasts have a lower Brier score',
    metric: { name: 'Brier score', better: 'lower' },
    unit: 'flight',
    design: 'paired',
    test: 'paired-t',
    sampleSize: { control, treatment },
    notBefore: '2001-04-01T00:00:00Z',
  },
  { clock },
)
say(`\nPlan registered: ${control} flights scored by both, read once, on 1 April (${plan.digest.slice(0, 19)}…).`)

// Both models score the same flights in shadow; only the champion's forecast is shown to anybody.
const shadow = (until: string) => {
  const scored = between(flights, '2001/02/15', until)
  return { control: brierLosses(champion, scored), treatment: brierLosses(challenger, scored) }
}
now('2001-03-01T09:00:00Z')
try {
  readPlan(plan, shadow('2001/03/01'), { clock })
} catch (error) {
  if (!isMlopsError(error) || error.code !== 'abtest.too-early') throw error
  say(`Two weeks later somebody wants to look. Refused: ${error.message}.\n`)
}
now('2001-04-01T09:00:00Z')
const readout = readPlan(plan, shadow('2001/04/01'), { clock })
say(readout)

step('3. Record where the models come from, and register them')

const database = join(out, 'mlops.db')
const store = await openStore(`sqlite:${database}`, { clock })
const governance = await createGovernance({ store, policy: standardPolicy(), clock, ids })
const lineage = await createLineage({ store, clock })

// The registry asks governance before a version may enter production.
const gate = stageGate({ governance, gates: { production: 'production' }, clock })
const registry = await createRegistry({ store, blobs: await openDiskBlobs(join(out, 'blobs')), clock, ids, gate })
const model = 'flight-delay'
await registry.models.create({ name: model, description: 'How likely is a flight late?', by: ana })
const source = { namespace: 'npm://vega-datasets', name: 'flights-20k.json' }

/** One training: the run with its data, the lineage, the version with its files and its card. */
async function register(name: string, trained: LateModel, data: readonly Flight[]) {
  clock.advance(60_000)
  const dataset = { type: 'dataset-version', name: `flights-for-${name}`, version: String(data.length) }
  const brier = brierLosses(trained, data).reduce((sum, loss) => sum + loss, 0) / data.length
  const run = await registry.runs.start({ experiment: model, name, by: ana })
  const inputs = [{ name: dataset.name, digest: digestOf(data), context: 'training' }]
  await registry.runs.log({ run: run.id, metrics: [{ key: 'train_brier', value: brier }], inputs, by: ana })
  await registry.runs.end({ run: run.id, by: ana })

  const { version, semver, card } = await registry.versions.create({
    model,
    runId: run.id,
    metadata: {
      trainedAt: new Date(clock.now()).toISOString(),
      datasetVersion: `${dataset.name}@${dataset.version}`,
      metrics: { train_brier: brier },
      intendedUse: 'Tell travellers how likely their flight is late. Not for staffing, connections or claims.',
    },
    card: { summary: 'Logistic regression on time, distance and airports', limits: 'Knows nothing of the weather' },
    by: ana,
  })
  for (const [path, content] of Object.entries({
    'model.json': trained,
    'reference.json': fitReference(flightRows(data)),
  })) {
    const mediaType = 'application/json'
    await registry.artifacts.put({ model, version, path, mediaType, content: JSON.stringify(content), by: ana })
  }
  const subject = { type: 'model-version', name: model, version: String(version) }
  const emitter = { producer: 'https://example.org/mlops/examples/lifecycle', clock }
  const told = async (job: string, runId: string, from: Named, to: Named) => {
    const what = { run: { runId }, job: { namespace: 'lifecycle', name: job }, inputs: [from], outputs: [to] }
    await lineage.record(runEvent({ eventType: 'COMPLETE', ...what }, emitter))
  }
  await told(`select-${dataset.name}`, ids.next(), source, subjectDataset(dataset))
  await told(`train-${name}`, run.id, subjectDataset(dataset), subjectDataset(subject))
  const { artifacts, digest } = await registry.artifacts.manifest(model, version)
  say(`${model} ${semver}: run '${run.name}', ${artifacts.length} files, manifest ${digest.slice(0, 19)}…`)
  return { version, semver, card, subject, dataset, digest }
}
type Release = Awaited<ReturnType<typeof register>>
const first = await register('champion', champion, firstWeek)
const second = await register('challenger', challenger, allSoFar)

step('4. May it go to production? Ask the gate')

const useCase = await governance.classifyUseCase({
  useCase: 'late-flight-forecast',
  answers: {
    ...{ regulations: ['none'], audience: 'public', availability: 'real-time', impact: ['reputation'] },
    ...{ cadence: 'monthly', lifetime: 'months', decay: 'seasonal', explainability: 'users' },
  },
  actor: bea,
})
say(`Risk tier of the use case: ${useCase.tier}.`)

const promote = ({ version }: Release, reason: string) =>
  registry.stages.transition({ model, version, to: 'production', reason, by: ana })
const submit = ({ subject, digest, dataset }: Release) =>
  governance.submitRelease({
    useCase: useCase.name,
    subject,
    digest,
    authors: ['ana'],
    relatedSubjects: [dataset],
    actor: ana,
  })
const sign = ({ subject, digest }: Release, role: string, actor: Actor) =>
  governance.signOff({ gate: 'production', subject, digest, role, actor })
/** Attaches evidence to a version; the gate finds it there. */
const show = ({ version, subject }: Release, kind: string, verdict: Verdict, result: unknown) => {
  const evidence = createEvidence({ kind, subject, verdict, result, producedBy: pipeline }, { clock })
  return registry.evidence.attach({ model, version, evidence, by: pipeline })
}
async function showCardAndLineage(release: Release) {
  const graph = await lineage.upstream({ kind: 'dataset', ...subjectDataset(release.subject) })
  const traced = graph.nodes.some(({ namespace, name }) => namespace === source.namespace && name === source.name)
  await show(release, 'model-card', release.card ? 'pass' : 'fail', release.card)
  await show(release, 'lineage-manifest', traced ? 'pass' : 'fail', graph)
  return graph
}

// The champion was the first model and had nothing to be compared with: that takes waivers, with a reason and a term.
await submit(first)
await showCardAndLineage(first)
await sign(first, 'business-owner', bea)
await sign(first, 'risk-officer', rob)
for (const measure of ['compared', 'inputs-stable']) {
  const { subject, digest } = first
  const reason = 'first model: nothing to compare with'
  await governance.waive({
    gate: 'production',
    subject,
    digest,
    measure,
    reason,
    until: '2001-06-01T00:00:00Z',
    actor: rob,
  })
}
const launched = await promote(first, 'first version')
say(`${model} ${first.semver}: ${launched.decision.outcome} on condition, two measures are waived by Rob until June.`)

now('2001-04-02T09:00:00Z')
await submit(second)
const refused = await promote(second, 'the better model')
if (refused.status !== 'refused') throw new Error('the gate let an unproven model through')
say(
  `${model} ${second.semver}: refused. Missing:\n${refused.missing.map(({ message }) => `  - ${message}`).join('\n')}`,
)

const inputDrift = compare(flightRows(allSoFar), flightRows(between(flights, '2001/02/15', '2001/04/01')), {
  ignore: ['delay'],
})
await show(second, 'ab-readout', readout.verdict, readout)
await show(second, 'drift-report', inputDrift.verdict, inputDrift)
const graph = await showCardAndLineage(second)
try {
  await sign(second, 'risk-officer', { ...ana, roles: ['risk-officer'] })
} catch (error) {
  if (!isMlopsError(error) || error.kind !== 'denied') throw error
  say(`Ana, who made it, tries to sign as a risk officer. Denied: ${error.message}.`)
}
await sign(second, 'business-owner', bea)
await sign(second, 'risk-officer', rob)
const granted = await promote(second, 'better by plan, signed off')
if (granted.status !== 'changed') throw new Error(granted.missing.map(({ message }) => message).join('; '))
say(`With the evidence attached, and signed by Bea and Rob: ${model} ${second.semver} is in ${granted.version.stage}.`)

now('2001-04-03T09:00:00Z')
const back = await registry.stages.rollback({ model, reason: 'drill: can we go back?', by: ana })
const again = await promote(second, 'the drill is over')
say(`Rolled back to ${back.version.semver}, and promoted ${second.semver} again: ${again.decision.outcome}.`)

step('5. Could anybody have tampered with the record?')

const verification = await governance.audit.verify()
const checkpoint = await governance.audit.checkpoint()
say(
  `Audit trail: ${verification.status}, ${verification.entries} entries, Merkle root ${checkpoint!.root.slice(0, 16)}…`,
)
const manifest = await registry.artifacts.manifest(model, second.version)
const [history, entries] = [await registry.history(model), await governance.audit.read()]
const report = toHtml(
  [
    { title: 'Drift of the flights', result: drift },
    { title: 'Drift of the wildlife strikes', result: strikesDrift },
    ...[readout, useCase.classification, again.decision.evidence!, inputDrift, graph],
    modelVersionSection({ version: granted.version, manifest, history: history.items }),
    auditSection({ verification, entries: entries.items }),
  ],
  { title: 'Late flights: from data to a production decision' },
)
await store.close()

const forgery = join(out, 'mlops-forged.db')
copyFileSync(database, forgery)
const bytes = readFileSync(forgery)
bytes[bytes.lastIndexOf('"decision":"approve"') + '"decision":"'.length] = 'A'.charCodeAt(0)
writeFileSync(forgery, bytes)
const forged = await openStore(`sqlite:${forgery}`, { clock })
const found = await createEventLog({ store: forged, name: 'governance', clock }).verify({ checkpoint: checkpoint! })
await forged.close()
if (found.status !== 'broken') throw new Error('the forgery was not found')
say(`One byte changed in a copy of the database: ${found.status}, ${found.message}.`)

step('6. Look at it')

writeFileSync(join(out, 'report.html'), report)
say(`report    ${join(out, 'report.html')}   (open it in a browser)
database  ${database}
files     ${join(out, 'blobs')}

Next: change the plan, the policy or the data in examples/lifecycle/src and run it again,
or build your own from the guides in docs/guides.`)
