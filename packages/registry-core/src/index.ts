export type { RoleAccess } from './access/role-access.ts'
export { createRoleAccess } from './access/role-access.ts'
export { withAccess } from './access/with-access.ts'
export type {
  AccessPort,
  Grant,
  GrantAccess,
  GrantScope,
  Permission,
  RevokeAccess,
} from './model/access.ts'
export type {
  ApprovalCommand,
  ApprovalComment,
  ApprovalNote,
  ApprovalRequest,
  ApprovalRule,
  ApprovalStatus,
  ApprovalTarget,
  CommitOutcome,
  Propose,
  StageApprovals,
} from './model/approval.ts'
export type {
  Assessment,
  AssessmentCommand,
  AssessmentError,
  AssessmentKind,
  AssessmentSource,
  ChangeAssessment,
  CreateAssessment,
  TracedAssessment,
} from './model/assessment.ts'
export type {
  Deployment,
  DeploymentAction,
  DeploymentChange,
  DeploymentCommand,
  DeployVersion,
  EnvironmentRule,
  Serving,
  SetCanary,
  Share,
  SplitTraffic,
} from './model/deployment.ts'
export type {
  ChangeEvaluationDataset,
  CreateEvaluationDataset,
  EvaluationDataset,
  EvaluationRecord,
  EvaluationSchema,
  FieldType,
  PutEvaluationRecords,
  RemoveEvaluationRecords,
  WriteEvaluationRecord,
} from './model/evaluation-dataset.ts'
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
  DescribeRun,
  RunCode,
  RunEnvironment,
  RunOrigin,
  RunSeeds,
} from './model/origin.ts'
export type { ProtectedAlias } from './model/protected-alias.ts'
export type {
  CreateModel,
  RegisteredModel,
  RemoveModel,
  RenameModel,
  TagModel,
  UpdateModel,
} from './model/registered-model.ts'
export type {
  ApplyRetention,
  Hold,
  PlaceHold,
  RestoreVersion,
  RetentionItem,
  RetentionPlan,
  RetentionPolicy,
  Sweep,
  SweepReport,
  Tombstone,
  Use,
} from './model/retention.ts'
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
  SignatureFinding,
  SignedStatement,
  SigningKey,
  SigningRules,
  SignVersion,
  TrustedKey,
  TrustedKeys,
  VersionSignature,
} from './model/signature.ts'
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
export type {
  CloseStudy,
  CreateStudy,
  EndTrial,
  Objective,
  SearchDimension,
  SearchSpace,
  StartTrial,
  Study,
  StudyBudget,
  Trial,
  TrialStatus,
} from './model/study.ts'
export type {
  ChangeTrace,
  LinkTraces,
  LogTrace,
  RemoveTraces,
  Trace,
  TraceState,
} from './model/trace.ts'
export type { RunNaming } from './rules/run-naming.ts'
export type { AliasCommand } from './service/alias-records.ts'
export type { Aliases } from './service/aliases.ts'
export type { Approvals } from './service/approvals.ts'
export type { Artifacts, Manifest, PutArtifact } from './service/artifacts.ts'
export type { Deployments } from './service/deployments.ts'
export { ed25519Key, trustedKeys } from './service/ed25519-keys.ts'
export type {
  EvaluationDatasets,
  SearchEvaluationDatasets,
} from './service/evaluation/evaluation-datasets.ts'
export type { RecordsWritten } from './service/evaluation/evaluation-records.ts'
export type { EvidenceShelf } from './service/evidence.ts'
export type { FileEntry, Files, TrackedFile } from './service/files.ts'
export type { Intake, IntakeStatus } from './service/intake.ts'
export type { Models } from './service/models.ts'
export type { Registry, RegistryOptions } from './service/registry.ts'
export { createRegistry } from './service/registry.ts'
export type { Retention } from './service/retention.ts'
export type { Signatures } from './service/signatures.ts'
export type { Stages } from './service/stages.ts'
export type { Studies } from './service/studies/studies.ts'
export type { Assessments } from './service/traces/assessments.ts'
export type { SearchTraces, Traces } from './service/traces/traces.ts'
export type { ExperimentDataset, Experiments } from './service/tracking/experiments.ts'
export type { LoggedModels, SearchLoggedModels } from './service/tracking/logged-models.ts'
export type { OriginComparison } from './service/tracking/origin-comparison.ts'
export type {
  BestRun,
  ComparedRow,
  ListRuns,
  RunComparison,
  SearchRuns,
} from './service/tracking/run-search.ts'
export { compareRuns } from './service/tracking/run-search.ts'
export type { Runs } from './service/tracking/runs.ts'
export type { CreateVersionOptions } from './service/version-creation.ts'
export type { Versions } from './service/versions.ts'
export type { DatasetRef } from './sql/searchables.ts'
