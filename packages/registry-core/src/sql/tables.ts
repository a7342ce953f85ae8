import type { LifecycleTables } from './lifecycle-tables.ts'
import type { OriginTables } from './origin-tables.ts'
import type { StudyTables } from './study-tables.ts'
import type { TraceTables } from './trace-tables.ts'

/** The registry's tables, as the queries see them. Texts named in quotes hold JSON. */
export interface RegistryTables extends LifecycleTables, OriginTables, StudyTables, TraceTables {
  registry_models: ModelRow
  registry_versions: VersionRow
  registry_aliases: { model: string; alias: string; version: number; moved_at: string }
  registry_artifacts: ArtifactRow
  registry_evidence: {
    model: string
    version: number
    digest: string
    document: string
    attached_at: string
  }
  registry_decisions: DecisionRow
  registry_stage_changes: {
    /** The place of its event in the log: the order of the changes. */
    event_seq: number
    model: string
    version: number
    from_stage: string
    to_stage: string
    kind: string
  }
  registry_experiments: ExperimentRow
  registry_experiment_tags: { experiment: number; key: string; value: string }
  registry_runs: RunRow
  registry_params: { run: string; key: string; value: string }
  registry_run_tags: { run: string; key: string; value: string }
  registry_datasets: DatasetRow
  registry_inputs: { run: string; name: string; digest: string; context: string; tags: string }
  registry_metric_blocks: MetricBlockRow
  registry_latest_metrics: MetricRow
  registry_run_models: { run: string; model: string; direction: string; step: number }
  registry_logged_models: LoggedModelRow
  registry_logged_model_params: { model: string; key: string; value: string }
  registry_logged_model_tags: { model: string; key: string; value: string }
  registry_logged_model_metrics: LoggedModelMetricRow
  registry_evaluation_datasets: EvaluationDatasetRow
  registry_evaluation_tags: { dataset: string; key: string; value: string }
  registry_evaluation_experiments: { dataset: string; experiment: number }
  registry_evaluation_records: EvaluationRecordRow
  registry_files: { path: string; digest: string; size: number; added_at: string }
  registry_version_sources: VersionSourceRow
}

export interface ModelRow {
  name: string
  description: string
  tags: string
  last_version: number
  /** The highest semantic version that was ever given out; null: to be found out, or none. */
  highest_semver: string | null
  created_at: string
  created_by: string
  updated_at: string
  revision: number
  /** When it was removed; its number is never given out again. */
  deleted_at: string | null
}

export interface VersionRow {
  model: string
  version: number
  semver: string
  stage: string
  description: string
  tags: string
  metadata: string
  signature: string | null
  card: string | null
  run_id: string | null
  depends_on: string
  created_at: string
  created_by: string
  updated_at: string
  revision: number
  /** When it was removed; its number is never given out again. */
  deleted_at: string | null
}

export interface ArtifactRow {
  model: string
  version: number
  path: string
  digest: string
  size: number
  media_type: string
  added_at: string
}

export interface DecisionRow {
  id: string
  model: string
  version: number
  from_stage: string
  to_stage: string
  outcome: string
  missing: string
  evidence: string | null
  at: string
  by_actor: string
}

export interface ExperimentRow {
  id: number
  name: string
  artifact_location: string | null
  lifecycle: string
  created_at: string
  updated_at: string
}

export interface RunRow {
  id: string
  experiment: number
  name: string
  status: string
  parent: string | null
  user_id: string
  lifecycle: string
  started_at: string
  ended_at: string | null
}

export interface DatasetRow {
  experiment: number
  name: string
  digest: string
  source_type: string
  source: string
  schema: string
  profile: string
}

export interface LoggedModelRow {
  id: string
  experiment: number
  name: string
  model_type: string
  source_run: string | null
  status: string
  artifact_location: string
  lifecycle: string
  created_at: string
  updated_at: string
}

export interface LoggedModelMetricRow {
  model: string
  key: string
  step: number
  at: string
  value_text: string
  value: number | null
  run: string
  dataset_name: string
  dataset_digest: string
}

export interface EvaluationDatasetRow {
  id: string
  name: string
  digest: string
  schema: string | null
  records: number
  created_at: string
  updated_at: string
  created_by: string
  updated_by: string
}

export interface EvaluationRecordRow {
  id: string
  dataset: string
  /** Of its inputs: a dataset has them once. */
  input_digest: string
  /** Of the whole. */
  digest: string
  document: string
  created_at: string
  updated_at: string
  created_by: string
  updated_by: string
}

export interface VersionSourceRow {
  model: string
  version: number
  /** What the caller named: `runs:/…`, `models:/m-…`, a URI. */
  source: string
  /** Where the files are; the source, unless that named a logged model. */
  location: string
  run_id: string
  run_link: string
  logged_model: string
}

/** Points of a metric that came in together: see `metric-blocks.ts`. */
export interface MetricBlockRow {
  /** In order of writing. */
  id: number
  run: string
  key: string
  first_step: number
  first_at: string
  points: string
}

export interface MetricRow {
  run: string
  key: string
  step: number
  at: string
  /** The number as ECMAScript prints it: exact, and able to say NaN. */
  value_text: string
  /** For comparisons in the database; null for NaN. */
  value: number | null
}
