import type { Clock, IdSource, Logger, Page, PageRequest } from '@mlops/core'
import { givenOptions, invalid, silentLogger, systemClock, uuidV7 } from '@mlops/core'
import type { ChainVerification, Checkpoint, EventLog, LogEntry, Store } from '@mlops/store'
import { createEventLog } from '@mlops/store'
import type { BlobStore } from '@mlops/store/blobs'
import type { StageApprovals } from '../model/approval.ts'
import { assertPorts, assertText, assertVersion } from '../model/arguments.ts'
import type { EnvironmentRule } from '../model/deployment.ts'
import type { ProtectedAlias } from '../model/protected-alias.ts'
import type { SigningRules } from '../model/signature.ts'
import type { StageGate, StageRules } from '../model/stage.ts'
import { defaultStages } from '../model/stage.ts'
import { assertGoverningRules } from '../rules/governing-rules.ts'
import type { RunNaming } from '../rules/run-naming.ts'
import { assertStages } from '../rules/stages.ts'
import { registryMigrations } from '../sql/migrations.ts'
import { createRowEstimates } from '../sql/row-estimates.ts'
import type { RegistryTables } from '../sql/tables.ts'
import type { Aliases } from './aliases.ts'
import { createAliases } from './aliases.ts'
import type { Approvals } from './approvals.ts'
import { createApprovals } from './approvals.ts'
import type { Artifacts } from './artifacts.ts'
import { createArtifacts } from './artifacts.ts'
import type { RegistryContext } from './context.ts'
import type { Deployments } from './deployments.ts'
import { createDeployments } from './deployments.ts'
import type { EvaluationDatasets } from './evaluation/evaluation-datasets.ts'
import { createEvaluationDatasets } from './evaluation/evaluation-datasets.ts'
import type { EvidenceShelf } from './evidence.ts'
import { createEvidenceShelf } from './evidence.ts'
import type { Files } from './files.ts'
import { createFiles } from './files.ts'
import type { Intake } from './intake.ts'
import { createIntake } from './intake.ts'
import type { Models } from './models.ts'
import { createModels } from './models.ts'
import type { Retention } from './retention.ts'
import { createRetention } from './retention.ts'
import { withRunNaming } from './run-naming.ts'
import type { Signatures } from './signatures.ts'
import { createSignatures } from './signatures.ts'
import type { Stages } from './stages.ts'
import { createStages } from './stages.ts'
import type { Studies } from './studies/studies.ts'
import { createStudies } from './studies/studies.ts'
import type { Assessments } from './traces/assessments.ts'
import { createAssessments } from './traces/assessments.ts'
import type { Traces } from './traces/traces.ts'
import { createTraces } from './traces/traces.ts'
import type { Experiments } from './tracking/experiments.ts'
import { createExperiments } from './tracking/experiments.ts'
import type { LoggedModels } from './tracking/logged-models.ts'
import { createLoggedModels } from './tracking/logged-models.ts'
import type { Runs } from './tracking/runs.ts'
import { createRuns } from './tracking/runs.ts'
import type { Versions } from './versions.ts'
import { createVersions } from './versions.ts'

export interface RegistryOptions {
  readonly store: Store
  readonly blobs: BlobStore
  /** @default systemClock */
  readonly clock?: Clock
  /** @default uuidV7() */
  readonly ids?: IdSource
  /** Asked before every stage change. @default every change is granted */
  readonly gate?: StageGate
  /** @default development, staging, production, archived */
  readonly stages?: StageRules
  /** Stages that demand an approved request, and by what rule. @default none */
  readonly approvals?: StageApprovals
  /** Aliases that not everybody may move. @default none */
  readonly protectedAliases?: readonly ProtectedAlias[]
  /** Where versions may be deployed, and from which stages. @default anywhere */
  readonly environments?: readonly EnvironmentRule[]
  /** Stages that demand signatures, and whose count. @default none */
  readonly signing?: SigningRules
  /** How runs are named. @default as their callers like */
  readonly runNaming?: RunNaming
  readonly logger?: Logger
}

/** The model registry. Every change is recorded in the log `registry` of its store. */
export interface Registry {
  readonly models: Models
  readonly versions: Versions
  readonly artifacts: Artifacts
  readonly aliases: Aliases
  readonly stages: Stages
  readonly evidence: EvidenceShelf
  readonly approvals: Approvals
  readonly signatures: Signatures
  readonly deployments: Deployments
  readonly retention: Retention
  readonly experiments: Experiments
  readonly runs: Runs
  readonly studies: Studies
  readonly loggedModels: LoggedModels
  readonly traces: Traces
  readonly assessments: Assessments
  readonly evaluationDatasets: EvaluationDatasets
  readonly files: Files
  /** Takes in what another registry kept, for imports. */
  readonly intake: Intake
  /** The stages that versions pass. */
  readonly stageRules: StageRules
  /** What happened to a model and its versions, or to one version: who, when, what, why. */
  history(
    model: string,
    options?: PageRequest & { readonly version?: number },
  ): Promise<Page<LogEntry>>
  /** Whether the recorded history is as it was written. */
  verifyHistory(options?: { readonly checkpoint?: Checkpoint }): Promise<ChainVerification>
  /** The log itself: for checkpoints and for readers of the whole. */
  readonly log: EventLog
}

/**
 * Opens the registry in a store, and brings its tables up to date.
 *
 * @throws `invalid` `registry.invalid-options`, `registry.invalid-stages`, `registry.invalid-rules`,
 *   `registry.invalid-run-naming`; as `store.migrate`.
 * @example
 * ```ts
 * import { createRegistry } from '@mlops/registry-core'
 * import { openStore } from '@mlops/store'
 * import { memoryBlobs } from '@mlops/store/blobs'
 *
 * const store = await openStore('sqlite::memory:')
 * const registry = await createRegistry({ store, blobs: memoryBlobs() })
 * const by = { type: 'human', id: 'ada' } as const
 * await registry.models.create({ name: 'flight-delay', by })
 * const { version, semver, stage } = await registry.versions.create({ model: 'flight-delay', by })
 * console.log(version, semver, stage) // 1 1.0.0 development
 * await store.close()
 * ```
 */
export async function createRegistry(options: RegistryOptions): Promise<Registry> {
  const {
    store,
    blobs,
    clock = systemClock,
    ids = uuidV7({ clock }),
    gate,
    stages = defaultStages,
    approvals = {},
    protectedAliases = [],
    environments,
    signing,
    runNaming,
    logger = silentLogger,
  } = givenOptions(options, 'registry.invalid-options')
  if (typeof store?.migrate !== 'function' || typeof blobs?.put !== 'function') {
    throw invalid(
      'registry.invalid-options',
      'a registry needs { store, blobs }: what openStore and memoryBlobs or openDiskBlobs give',
    )
  }
  assertPorts({ clock, ids }, 'registry.invalid-options')
  assertStages(stages)
  const rules = { approvals, protectedAliases, environments, signing }
  assertGoverningRules(rules, stages)
  await store.migrate('registry', registryMigrations)
  const log = createEventLog({ store, name: 'registry', clock })
  const context: RegistryContext = {
    db: store.tables<RegistryTables>(),
    log,
    blobs,
    clock,
    ids,
    gate,
    stages,
    rules,
    estimates: createRowEstimates(clock),
    logger,
  }
  const stageMover = createStages(context)
  const runs = createRuns(context)
  return {
    models: createModels(context),
    versions: createVersions(context),
    artifacts: createArtifacts(context),
    aliases: createAliases(context),
    stages: withoutApproved(stageMover),
    evidence: createEvidenceShelf(context),
    approvals: createApprovals(context, stageMover),
    signatures: createSignatures(context),
    deployments: createDeployments(context),
    retention: createRetention(context),
    experiments: createExperiments(context),
    runs: runNaming === undefined ? runs : withRunNaming(runs, { runNaming, clock }),
    studies: createStudies(context),
    loggedModels: createLoggedModels(context),
    traces: createTraces(context),
    assessments: createAssessments(context),
    evaluationDatasets: createEvaluationDatasets(context),
    files: createFiles(context),
    intake: createIntake(context),
    stageRules: stages,
    async history(model, options = {}) {
      const { version, ...page } = givenOptions(options)
      assertText(model, 'model')
      if (version !== undefined) assertVersion(version)
      return log.read({
        ...page,
        subject:
          version === undefined
            ? [
                { type: 'model', name: model },
                { type: 'model-version', name: model },
              ]
            : { type: 'model-version', name: model, version: String(version) },
      })
    },
    verifyHistory: (options) => log.verify(options),
    log,
  }
}

/** Nobody outside may say that a change was approved. */
function withoutApproved({ transition, rollback, decisions }: Stages): Stages {
  return { transition: (command) => transition(command), rollback, decisions }
}
