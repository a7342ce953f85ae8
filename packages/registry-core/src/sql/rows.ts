import type { Actor, Digest, Evidence } from '@mlops/core'
import { canonicalJson } from '@mlops/core'
import type { Artifact, ModelVersion } from '../model/model-version.ts'
import type { RegisteredModel } from '../model/registered-model.ts'
import type { MetricPoint } from '../model/run.ts'
import type { Missing, StageDecision } from '../model/stage.ts'
import type { ArtifactRow, DecisionRow, MetricRow, ModelRow, VersionRow } from './tables.ts'

export function modelFromRow(row: ModelRow): RegisteredModel {
  return {
    name: row.name,
    description: row.description,
    tags: JSON.parse(row.tags) as Record<string, string>,
    lastVersion: row.last_version,
    createdAt: row.created_at,
    createdBy: JSON.parse(row.created_by) as Actor,
    updatedAt: row.updated_at,
    revision: row.revision,
  }
}

export function versionFromRow(row: VersionRow, aliases: readonly string[]): ModelVersion {
  const parsed = JSON.parse as (text: string) => never
  return {
    model: row.model,
    version: row.version,
    semver: row.semver,
    stage: row.stage,
    aliases,
    description: row.description,
    tags: parsed(row.tags),
    metadata: parsed(row.metadata),
    ...(row.signature !== null && { signature: parsed(row.signature) }),
    ...(row.card !== null && { card: parsed(row.card) }),
    ...(row.run_id !== null && { runId: row.run_id }),
    dependsOn: parsed(row.depends_on),
    createdAt: row.created_at,
    createdBy: parsed(row.created_by),
    updatedAt: row.updated_at,
    revision: row.revision,
  }
}

export function versionToRow(version: ModelVersion): VersionRow {
  return {
    model: version.model,
    version: version.version,
    semver: version.semver,
    stage: version.stage,
    description: version.description,
    tags: canonicalJson(version.tags),
    metadata: canonicalJson(version.metadata),
    signature: version.signature === undefined ? null : canonicalJson(version.signature),
    card: version.card === undefined ? null : canonicalJson(version.card),
    run_id: version.runId ?? null,
    depends_on: canonicalJson(version.dependsOn),
    created_at: version.createdAt,
    created_by: canonicalJson(version.createdBy),
    updated_at: version.updatedAt,
    revision: version.revision,
    deleted_at: null,
  }
}

export function artifactFromRow(row: ArtifactRow): Artifact {
  return {
    path: row.path,
    digest: row.digest as Digest,
    size: row.size,
    mediaType: row.media_type,
    addedAt: row.added_at,
  }
}

export function decisionFromRow(row: DecisionRow): StageDecision {
  return {
    id: row.id,
    model: row.model,
    version: row.version,
    from: row.from_stage,
    to: row.to_stage,
    outcome: row.outcome as StageDecision['outcome'],
    missing: JSON.parse(row.missing) as Missing[],
    ...(row.evidence !== null && { evidence: JSON.parse(row.evidence) as Evidence }),
    at: row.at,
    by: JSON.parse(row.by_actor) as Actor,
  }
}

export function decisionToRow(decision: StageDecision): DecisionRow {
  return {
    id: decision.id,
    model: decision.model,
    version: decision.version,
    from_stage: decision.from,
    to_stage: decision.to,
    outcome: decision.outcome,
    missing: canonicalJson(decision.missing),
    evidence: decision.evidence === undefined ? null : canonicalJson(decision.evidence),
    at: decision.at,
    by_actor: canonicalJson(decision.by),
  }
}

export function metricToRow(run: string, { key, value, step, at }: MetricPoint): MetricRow {
  const text = Object.is(value, -0) ? '-0' : String(value)
  return { run, key, step, at, value_text: text, value: Number.isNaN(value) ? null : value }
}
