/** The registry's tables, as the queries see them. Texts named in quotes hold JSON. */
export interface RegistryTables {
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
  registry_experiments: { name: string; tags: string; created_at: string }
  registry_runs: RunRow
  registry_params: { run: string; key: string; value: string }
  registry_run_tags: { run: string; key: string; value: string }
  registry_inputs: { run: string; name: string; digest: string; context: string }
  registry_metrics: MetricRow
  registry_latest_metrics: MetricRow
}

export interface ModelRow {
  name: string
  description: string
  tags: string
  last_version: number
  created_at: string
  created_by: string
  updated_at: string
  revision: number
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

export interface RunRow {
  id: string
  experiment: string
  name: string
  status: string
  parent: string | null
  started_at: string
  ended_at: string | null
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
