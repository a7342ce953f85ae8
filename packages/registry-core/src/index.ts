export type {
  ChangeExperiment,
  CreateExperiment,
  Experiment,
  ExperimentCommand,
} from './model/experiment.ts'
export type {
  Comparison,
  Filter,
  FilterOperator,
  Lifecycle,
  LifecycleView,
  SearchEntity,
  SearchOrder,
  SearchRequest,
} from './model/filter.ts'
export type {
  IntakeExperiment,
  IntakeLoggedModel,
  IntakeModel,
  IntakeRun,
} from './model/intake.ts'
export type {
  ChangeLoggedModel,
  CreateLoggedModel,
  LoggedModel,
  LoggedModelMetric,
  LoggedModelStatus,
} from './model/logged-model.ts'
export type {
  Artifact,
  CreateVersion,
  ModelVersion,
  RemoveVersion,
  TagVersion,
  UpdateVersion,
  VersionMetadata,
  VersionSource,
} from './model/model-version.ts'
export type {
  CreateModel,
  RegisteredModel,
  RemoveModel,
  RenameModel,
  TagModel,
  UpdateModel,
} from './model/registered-model.ts'
export type {
  DatasetInput,
  LogRun,
  MetricPoint,
  Run,
  RunCommand,
  RunModel,
  RunStatus,
  StartRun,
  UpdateRun,
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
export type { FileEntry, Files, TrackedFile } from './service/files.ts'
export type { Intake, IntakeStatus } from './service/intake.ts'
export type { Models } from './service/models.ts'
export type { Registry, RegistryOptions } from './service/registry.ts'
export { createRegistry } from './service/registry.ts'
export type { Stages } from './service/stages.ts'
export type { ExperimentDataset, Experiments } from './service/tracking/experiments.ts'
export type { LoggedModels, SearchLoggedModels } from './service/tracking/logged-models.ts'
export type { ComparedRow, RunComparison, SearchRuns } from './service/tracking/run-search.ts'
export { compareRuns } from './service/tracking/run-search.ts'
export type { Runs } from './service/tracking/runs.ts'
export type { CreateVersionOptions, Versions } from './service/versions.ts'
export type { DatasetRef } from './sql/searchables.ts'
