export type {
  Artifact,
  CreateVersion,
  ModelVersion,
  UpdateVersion,
  VersionMetadata,
} from './model/model-version.ts'
export type { CreateModel, RegisteredModel, UpdateModel } from './model/registered-model.ts'
export type {
  DatasetInput,
  Experiment,
  LogRun,
  MetricPoint,
  Run,
  RunStatus,
  StartRun,
} from './model/run.ts'
export type {
  GateAnswer,
  Missing,
  Rollback,
  StageDecision,
  StageGate,
  StageOutcome,
  StageRequest,
  StageRules,
  Transition,
} from './model/stage.ts'
export { defaultStages } from './model/stage.ts'
export type { AliasCommand, Aliases } from './service/aliases.ts'
export type { Artifacts, Manifest, PutArtifact } from './service/artifacts.ts'
export type { EvidenceShelf } from './service/evidence.ts'
export type { Models } from './service/models.ts'
export type { Registry, RegistryOptions } from './service/registry.ts'
export { createRegistry } from './service/registry.ts'
export type { Runs } from './service/runs.ts'
export type { Stages } from './service/stages.ts'
export type { Versions } from './service/versions.ts'
