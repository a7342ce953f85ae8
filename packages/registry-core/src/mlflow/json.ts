import type { Experiment } from '../model/experiment.ts'
import type { LoggedModel } from '../model/logged-model.ts'
import type { ModelVersion, VersionSource } from '../model/model-version.ts'
import type { RegisteredModel } from '../model/registered-model.ts'
import type { MetricPoint, Run } from '../model/run.ts'

let lastDay = { text: '1970-01-01T', ms: 0 }

/**
 * Milliseconds since 1970, as the protocol has times. Only the day of the usual form, 2026-01-01T00:00:00.000Z, is
 * parsed, and not again while it is the same: a page of runs has thousands of times.
 */
export function ms(iso: string): number {
  if (iso.length !== 24 || !iso.endsWith('Z')) return Date.parse(iso)
  if (!iso.startsWith(lastDay.text)) {
    lastDay = { text: iso.slice(0, 11), ms: Date.parse(iso.slice(0, 10)) }
  }
  const two = (at: number) => 10 * iso.charCodeAt(at) + iso.charCodeAt(at + 1) - 528
  const seconds = 3600 * two(11) + 60 * two(14) + two(17)
  return lastDay.ms + 1000 * seconds + 10 * two(20) + iso.charCodeAt(22) - 48
}

/** JSON has no NaN: the protocol writes such numbers as texts. */
export const number = (value: number): number | string =>
  Number.isFinite(value) ? value : String(value)

export const pairs = (texts: Readonly<Record<string, string>>) =>
  Object.entries(texts).map(([key, value]) => ({ key, value }))

export const experimentPlace = ({ id, artifactLocation }: Experiment): string =>
  artifactLocation ?? `mlflow-artifacts:/${id}`

/** Where the files of a run go. */
export const runPlace = ({ id, experimentId, artifactLocation }: Run): string =>
  `${artifactLocation ?? `mlflow-artifacts:/${experimentId}`}/${id}/artifacts`

export function experimentJson(experiment: Experiment) {
  return {
    experiment_id: experiment.id,
    name: experiment.name,
    artifact_location: experimentPlace(experiment),
    lifecycle_stage: experiment.lifecycle,
    last_update_time: ms(experiment.updatedAt),
    creation_time: ms(experiment.createdAt),
    tags: pairs(experiment.tags),
  }
}

export function metricJson({ key, value, step, at }: MetricPoint) {
  return { key, value: number(value), timestamp: ms(at), step }
}

export function runInfoJson(run: Run) {
  return {
    run_id: run.id,
    run_uuid: run.id,
    run_name: run.name,
    experiment_id: run.experimentId,
    user_id: run.user,
    status: run.status.toUpperCase(),
    start_time: ms(run.startedAt),
    ...(run.endedAt !== undefined && { end_time: ms(run.endedAt) }),
    artifact_uri: runPlace(run),
    lifecycle_stage: run.lifecycle,
  }
}

/** The context of a dataset travels as a tag. */
export const CONTEXT_TAG = 'mlflow.data.context'

export function inputsJson({ inputs, modelInputs }: Pick<Run, 'inputs' | 'modelInputs'>) {
  return {
    dataset_inputs: inputs.map(
      ({ name, digest, context, sourceType, source, schema, profile, tags }) => ({
        tags: [
          ...pairs(tags ?? {}),
          ...(context === '' ? [] : [{ key: CONTEXT_TAG, value: context }]),
        ],
        dataset: {
          name,
          digest,
          source_type: sourceType ?? '',
          source: source ?? '',
          ...(schema !== undefined && { schema }),
          ...(profile !== undefined && { profile }),
        },
      }),
    ),
    model_inputs: modelInputs.map(({ model }) => ({ model_id: model })),
  }
}

export function outputsJson({ modelOutputs }: Pick<Run, 'modelOutputs'>) {
  return { model_outputs: modelOutputs.map(({ model, step }) => ({ model_id: model, step })) }
}

export function runJson(run: Run) {
  return {
    info: runInfoJson(run),
    data: {
      metrics: run.latest.map(metricJson),
      params: pairs(run.params),
      tags: pairs(run.tags),
    },
    inputs: inputsJson(run),
    outputs: outputsJson(run),
  }
}

const LOGGED_STATUS = {
  pending: 'LOGGED_MODEL_PENDING',
  ready: 'LOGGED_MODEL_READY',
  failed: 'LOGGED_MODEL_UPLOAD_FAILED',
} as const

export function loggedModelJson(model: LoggedModel) {
  return {
    info: {
      model_id: model.id,
      experiment_id: model.experimentId,
      name: model.name,
      creation_timestamp_ms: ms(model.createdAt),
      last_updated_timestamp_ms: ms(model.updatedAt),
      artifact_uri: model.artifactLocation,
      status: LOGGED_STATUS[model.status],
      ...(model.type !== '' && { model_type: model.type }),
      ...(model.sourceRun !== undefined && { source_run_id: model.sourceRun }),
      tags: pairs(model.tags),
    },
    data: {
      params: pairs(model.params),
      metrics: model.metrics.map(({ key, value, step, at, run, dataset }) => ({
        key,
        value: number(value),
        timestamp: ms(at),
        step,
        model_id: model.id,
        run_id: run,
        ...(dataset && { dataset_name: dataset.name, dataset_digest: dataset.digest }),
      })),
    },
  }
}

export function versionJson(
  version: ModelVersion,
  source: VersionSource | undefined,
  stage: string,
) {
  return {
    name: version.model,
    version: String(version.version),
    creation_timestamp: ms(version.createdAt),
    last_updated_timestamp: ms(version.updatedAt),
    current_stage: stage,
    description: version.description,
    source: source?.source ?? '',
    run_id: source?.runId || version.runId || '',
    status: 'READY',
    tags: pairs(version.tags),
    aliases: version.aliases,
    ...(source?.runLink && { run_link: source.runLink }),
    ...(source?.loggedModel && { model_id: source.loggedModel }),
  }
}

export function modelJson(
  model: RegisteredModel,
  latest: readonly ReturnType<typeof versionJson>[],
  aliases: readonly { readonly alias: string; readonly version: number }[],
) {
  return {
    name: model.name,
    creation_timestamp: ms(model.createdAt),
    last_updated_timestamp: ms(model.updatedAt),
    description: model.description,
    latest_versions: latest,
    tags: pairs(model.tags),
    aliases: aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
  }
}
