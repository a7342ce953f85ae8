import type { SubjectRef } from '@mlops/core'
import type { Permission } from '../model/access.ts'
import type { Registry } from '../service/registry.ts'

/** The parts of a registry whose methods are guarded one by one. */
export type GuardedPart = Exclude<
  keyof Registry,
  'log' | 'stageRules' | 'history' | 'verifyHistory'
>

// biome-ignore lint/suspicious/noExplicitAny: one rule serves methods of all signatures
type Arguments = readonly any[]

/** What a method asks for. */
export interface MethodRule {
  readonly permission: Permission
  /** Changes something: its `by` becomes the actor, and a refusal is kept in the log. */
  readonly changes: boolean
  /** Everything that the permission must be held on. */
  readonly subjects: (
    args: Arguments,
    registry: Registry,
  ) => readonly SubjectRef[] | Promise<readonly SubjectRef[]>
  /** For pages over everything: what an item is about. Items that may not be read are left out. */
  // biome-ignore lint/suspicious/noExplicitAny: items of all lists
  readonly item?: (item: any) => SubjectRef | readonly SubjectRef[]
}

/** One rule for every method there is: a method without one does not compile. */
type AccessRules = {
  readonly [Part in GuardedPart]: { readonly [Name in keyof Registry[Part]]: MethodRule }
}

export const WHOLE: SubjectRef = { type: 'registry', name: 'registry' }
/** What is neither text nor number names nothing, and the method refuses it. */
export const nameOf = (name: unknown) =>
  typeof name === 'string' || typeof name === 'number' ? String(name) : typeof name
const ofModel = (name: unknown): SubjectRef => ({ type: 'model', name: nameOf(name) })
const ofExperiment = (id: unknown): SubjectRef => ({ type: 'experiment', name: nameOf(id) })
const ofRun = (id: unknown): SubjectRef => ({ type: 'run', name: nameOf(id) })
const ofLogged = (id: unknown): SubjectRef => ({ type: 'logged-model', name: nameOf(id) })
const ofTrace = (id: unknown): SubjectRef => ({ type: 'trace', name: nameOf(id) })
const ofStudy = (id: unknown): SubjectRef => ({ type: 'study', name: nameOf(id) })
const ofFile = (path: unknown): SubjectRef => ({ type: 'file', name: nameOf(path) })

const look = (permission: Permission, subjects: MethodRule['subjects']): MethodRule => ({
  permission,
  changes: false,
  subjects,
})
const change = (permission: Permission, subjects: MethodRule['subjects']): MethodRule => ({
  permission,
  changes: true,
  subjects,
})
const pages = (item: NonNullable<MethodRule['item']>): MethodRule => ({
  permission: 'read',
  changes: false,
  subjects: () => [],
  item,
})

const whole = () => [WHOLE]
/** The model is the first argument, or named in the command. */
const first = ([model]: Arguments) => [ofModel(model)]
const inCommand = ([command]: Arguments) => [ofModel(command?.model)]
const named = ([command]: Arguments) => [ofModel(command?.name)]
const runInCommand = ([command]: Arguments) => [ofRun(command?.run)]
const traceInCommand = ([command]: Arguments) => [ofTrace(command?.trace)]
const studyInCommand = ([command]: Arguments) => [ofStudy(command?.study)]
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** A request's model; what does not exist is nobody's but who may see the whole. */
async function ofRequest([command]: Arguments, { approvals }: Registry) {
  const id = typeof command === 'string' ? command : command?.id
  const found = await approvals.get(id).catch(() => undefined)
  return [found ? ofModel(found.model) : WHOLE]
}

async function ofExperimentNamed(name: unknown, { experiments }: Registry) {
  const found =
    typeof name === 'string' ? await experiments.findByName(name).catch(() => undefined) : undefined
  return [found ? ofExperiment(found.id) : WHOLE]
}

/** A dataset is reached through all of its experiments; without one, through the whole. */
const ofExperiments = ({ experimentIds }: { readonly experimentIds: readonly string[] }) =>
  experimentIds.length === 0 ? [WHOLE] : experimentIds.map(ofExperiment)

async function ofEvaluation(id: unknown, { evaluationDatasets }: Registry) {
  const found =
    typeof id === 'string' ? await evaluationDatasets.get(id).catch(() => undefined) : undefined
  return found ? ofExperiments(found) : [WHOLE]
}
const evaluationInCommand: MethodRule['subjects'] = ([command], registry) =>
  ofEvaluation(command?.id, registry)

export const accessRules: AccessRules = {
  models: {
    create: change('edit', named),
    get: look('read', first),
    find: look('read', first),
    list: pages(({ name }) => ofModel(name)),
    update: change('edit', named),
    tag: change('edit', named),
    rename: change('manage', ([command]) => [ofModel(command?.name), ofModel(command?.newName)]),
    remove: change('manage', named),
    search: pages(({ name }) => ofModel(name)),
  },
  versions: {
    // On request it writes tags of the logged model that it comes from.
    create: change('edit', ([command, options]) => [
      ofModel(command?.model),
      ...(options?.tagLoggedModel ? [ofLogged(command?.source?.loggedModel)] : []),
    ]),
    get: look('read', first),
    find: look('read', first),
    list: look('read', first),
    update: change('edit', inCommand),
    tag: change('edit', inCommand),
    remove: change('manage', inCommand),
    search: pages(({ model }) => ofModel(model)),
    // Every model that is named, not only the first.
    sources: look('read', ([versions]) =>
      list(versions).map((one) => ofModel((one as { model?: unknown } | null)?.model)),
    ),
    latest: look('read', ([models]) => list(models).map(ofModel)),
  },
  artifacts: {
    put: change('edit', inCommand),
    manifest: look('read', first),
    open: look('use', first),
  },
  aliases: {
    move: change('manage', inCommand),
    remove: change('manage', inCommand),
    resolve: look('read', first),
    list: look('read', ([models]) => list(models).map(ofModel)),
  },
  stages: {
    transition: change('manage', inCommand),
    rollback: change('manage', inCommand),
    decisions: look('read', first),
  },
  evidence: { attach: change('edit', inCommand), list: look('read', first) },
  approvals: {
    propose: change('edit', inCommand),
    approve: change('manage', ofRequest),
    reject: change('manage', ofRequest),
    comment: change('edit', ofRequest),
    withdraw: change('edit', ofRequest),
    commit: change('manage', ofRequest),
    get: look('read', ofRequest),
    list: pages(({ model }) => ofModel(model)),
  },
  signatures: {
    sign: change('edit', inCommand),
    list: look('read', first),
    verify: look('read', first),
  },
  deployments: {
    deploy: change('manage', inCommand),
    canary: change('manage', inCommand),
    promoteCanary: change('manage', inCommand),
    split: change('manage', inCommand),
    standBy: change('manage', inCommand),
    switchOver: change('manage', inCommand),
    abort: change('manage', inCommand),
    markGood: change('manage', inCommand),
    rollback: change('manage', inCommand),
    retire: change('manage', inCommand),
    get: look('read', first),
    find: look('read', first),
    list: pages(({ model }) => ofModel(model)),
    history: look('read', first),
  },
  retention: {
    plan: look('manage', whole),
    apply: change('manage', whole),
    sweep: change('manage', whole),
    restore: change('manage', inCommand),
    tombstones: look('read', first),
    hold: change('manage', inCommand),
    release: change('manage', whole),
    holds: look('read', first),
  },
  experiments: {
    create: change('edit', whole),
    get: look('read', ([id]) => [ofExperiment(id)]),
    findByName: look('read', ([name], registry) => ofExperimentNamed(name, registry)),
    change: change('edit', ([command]) => [ofExperiment(command?.id)]),
    remove: change('manage', ([command]) => [ofExperiment(command?.id)]),
    restore: change('manage', ([command]) => [ofExperiment(command?.id)]),
    search: pages(({ id }) => ofExperiment(id)),
    ensureDefault: change('manage', whole),
    datasets: look('read', ([ids]) => list(ids).map(ofExperiment)),
  },
  runs: {
    createExperiment: change('edit', whole),
    start: change('edit', async ([command], registry) => [
      ...(command?.experimentId === undefined
        ? await ofExperimentNamed(command?.experiment, registry)
        : [ofExperiment(command.experimentId)]),
      ...(command?.parent === undefined ? [] : [ofRun(command.parent)]),
    ]),
    // Points and outputs are written to logged models as well, perhaps of other experiments.
    log: change('edit', ([command]) => [
      ofRun(command?.run),
      ...list(command?.metrics).flatMap((point) => {
        const { model } = (point ?? {}) as { model?: unknown }
        return model === undefined ? [] : [ofLogged(model)]
      }),
      ...[...list(command?.modelInputs), ...list(command?.modelOutputs)].map((one) =>
        ofLogged((one as { model?: unknown } | null)?.model),
      ),
    ]),
    end: change('edit', runInCommand),
    update: change('edit', runInCommand),
    remove: change('manage', runInCommand),
    restore: change('manage', runInCommand),
    deleteTag: change('edit', runInCommand),
    retag: change('edit', runInCommand),
    get: look('read', ([run]) => [ofRun(run)]),
    list: look('read', ([options], registry) => ofExperimentNamed(options?.experiment, registry)),
    search: look('read', ([request]) => list(request?.experimentIds).map(ofExperiment)),
    history: look('read', ([run]) => [ofRun(run)]),
    historyPage: look('read', ([run]) => [ofRun(run)]),
    best: look('read', ([options], registry) => ofExperimentNamed(options?.experiment, registry)),
    compare: look('read', ([runs]) => list(runs).map(ofRun)),
    describe: change('edit', runInCommand),
    origin: look('read', ([run]) => [ofRun(run)]),
  },
  studies: {
    create: change('edit', ([command]) => [ofExperiment(command?.experimentId)]),
    // The values of a run that is a trial's are shown with it.
    startTrial: change('edit', ([command]) => [
      ofStudy(command?.study),
      ...(command?.run === undefined ? [] : [ofRun(command.run)]),
    ]),
    endTrial: change('edit', studyInCommand),
    close: change('edit', studyInCommand),
    get: look('read', ([study]) => [ofStudy(study)]),
    list: look('read', ([request]) => [ofExperiment(request?.experimentId)]),
    trials: look('read', studyInCommand),
    best: look('read', ([study]) => [ofStudy(study)]),
  },
  // What is taken in names its own ids, times and authors: for those who manage the whole.
  intake: {
    experiment: change('manage', whole),
    run: change('manage', whole),
    loggedModel: change('manage', whole),
    model: change('manage', whole),
  },
  loggedModels: {
    create: change('edit', ([command]) => [ofExperiment(command?.experimentId)]),
    get: look('read', ([id]) => [ofLogged(id)]),
    change: change('edit', ([command]) => [ofLogged(command?.id)]),
    remove: change('manage', ([command]) => [ofLogged(command?.id)]),
    search: look('read', ([request]) => list(request?.experimentIds).map(ofExperiment)),
  },
  traces: {
    log: change('edit', ([command]) => [ofExperiment(command?.experimentId)]),
    get: look('read', ([id]) => [ofTrace(id)]),
    change: change('edit', ([command]) => [ofTrace(command?.id)]),
    link: change('edit', ([command]) => [
      ofRun(command?.run),
      ...list(command?.traces).map(ofTrace),
    ]),
    remove: change('manage', ([command]) => [ofExperiment(command?.experimentId)]),
    search: look('read', ([request]) => list(request?.experimentIds).map(ofExperiment)),
  },
  assessments: {
    create: change('edit', traceInCommand),
    get: look('read', ([trace]) => [ofTrace(trace)]),
    change: change('edit', traceInCommand),
    remove: change('edit', traceInCommand),
  },
  evaluationDatasets: {
    create: change('edit', ([command]) => list(command?.experimentIds).map(ofExperiment)),
    get: look('read', ([id], registry) => ofEvaluation(id, registry)),
    change: change('edit', async ([command], registry) => [
      ...(await ofEvaluation(command?.id, registry)),
      ...list(command?.addExperiments).map(ofExperiment),
    ]),
    remove: change('manage', evaluationInCommand),
    search: pages(ofExperiments),
    putRecords: change('edit', evaluationInCommand),
    records: look('read', ([id], registry) => ofEvaluation(id, registry)),
    removeRecords: change('edit', evaluationInCommand),
  },
  files: {
    put: change('edit', ([command]) => [ofFile(command?.path)]),
    find: look('read', ([path]) => [ofFile(path)]),
    open: look('use', ([path]) => [ofFile(path)]),
    list: look('read', ([directory]) => [ofFile(directory)]),
    remove: change('manage', ([command]) => [ofFile(command?.path)]),
  },
}
