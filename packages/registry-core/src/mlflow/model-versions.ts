import type { ModelVersion } from '../model/model-version.ts'
import type { Call, MlflowRoute } from './call.ts'
import { items, named, optionalText, text } from './call.ts'
import { mlflowInvalid } from './errors.ts'
import { versionJson } from './json.ts'
import { VERSIONS_TAG, versionsTag } from './logged-models.ts'
import { readPairs, readVersion } from './names.ts'
import { nextToken, searchFields, searchOf } from './pages.ts'
import { resolveSource } from './places.ts'
import { moveTo, readStage, stageName } from './stages.ts'

const key = { type: 'text', required: true } as const
const one = { name: key, version: key } as const
const tagOptions = { field: 'tags', what: 'tag', length: 100_000 }
const read = named('model.read', 'model', 'name')
const write = named('model.write', 'model', 'name')

const which = ({ input }: Call) =>
  [text(input, 'name'), readVersion(text(input, 'version'))] as const

async function shown(call: Call, version: ModelVersion) {
  const [source] = await call.registry.versions.sources([version])
  return { model_version: versionJson(version, source, stageName(call, version.stage)) }
}

async function create(call: Call) {
  const { registry, input, by } = call
  const [source, modelId] = [text(input, 'source'), optionalText(input, 'model_id') ?? '']
  const runId = optionalText(input, 'run_id') ?? ''
  const from = await resolveSource(registry, { source, runId, modelId }).catch(async (error) => {
    // That there is no such model is said first.
    await registry.models.get(text(input, 'name'))
    throw error
  })
  const kept = {
    source,
    location: from.location,
    runId: from.runId,
    runLink: optionalText(input, 'run_link') ?? '',
    loggedModel: modelId,
  }
  const version = await registry.versions.create(
    {
      model: text(input, 'name'),
      description: optionalText(input, 'description') ?? '',
      tags: readPairs(items(input, 'tags'), tagOptions),
      source: kept,
      by,
    },
    {
      tagLoggedModel: (tags, { model: name, version }) => ({
        [VERSIONS_TAG]: versionsTag(tags[VERSIONS_TAG], [{ name, version }]),
      }),
    },
  )
  return { model_version: versionJson(version, kept, stageName(call, version.stage)) }
}

async function transition(call: Call) {
  const { registry, input } = call
  const to = readStage(call, text(input, 'stage'))
  const archive = input['archive_existing_versions'] === true
  const { retired } = registry.stageRules
  if (archive && (to === retired || to === registry.stageRules.initial)) {
    throw mlflowInvalid(
      `Model version transition cannot archive existing model versions because '${stageName(call, to)}' is not an Active stage. Valid stages are Staging, Production`,
    )
  }
  const [name, number] = which(call)
  await moveTo(call, await registry.versions.get(name, number), to)
  if (archive) {
    for (const other of await inStage(call, name, to)) {
      if (other.version !== number) await moveTo(call, other, retired)
    }
  }
  return shown(call, await registry.versions.get(name, number))
}

async function inStage({ registry }: Call, model: string, stage: string): Promise<ModelVersion[]> {
  const versions: ModelVersion[] = []
  let cursor: string | undefined
  do {
    const page = await registry.versions.list(model, {
      stage,
      limit: 1000,
      ...(cursor !== undefined && { cursor }),
    })
    versions.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return versions
}

async function search(call: Call) {
  const { registry, input } = call
  const found = await registry.versions.search({
    ...searchOf(input, 10_000),
  })
  const sources = await registry.versions.sources(found.items)
  return {
    model_versions: found.items.map((version, i) =>
      versionJson(version, sources[i], stageName(call, version.stage)),
    ),
    ...nextToken(found),
  }
}

export const modelVersionRoutes: readonly MlflowRoute[] = [
  {
    method: 'POST',
    path: '/mlflow/model-versions/create',
    base: 'api',
    access: named('model-version.create', 'model', 'name'),
    fields: {
      name: key,
      source: key,
      run_id: { type: 'text' },
      tags: { type: 'items' },
      run_link: { type: 'text' },
      description: { type: 'text' },
      model_id: { type: 'text' },
    },
    handle: create,
  },
  {
    method: 'GET',
    path: '/mlflow/model-versions/get',
    base: 'api',
    access: read,
    fields: one,
    handle: async (call) => shown(call, await call.registry.versions.get(...which(call))),
  },
  {
    method: 'PATCH',
    path: '/mlflow/model-versions/update',
    base: 'api',
    access: write,
    fields: { ...one, description: { type: 'text' } },
    async handle(call) {
      const [model, version] = which(call)
      const description = optionalText(call.input, 'description') ?? ''
      const { registry, by } = call
      return shown(call, await registry.versions.update({ model, version, description, by }))
    },
  },
  {
    method: 'POST',
    path: '/mlflow/model-versions/transition-stage',
    base: 'api',
    access: named('model.stage', 'model', 'name'),
    fields: { ...one, stage: key, archive_existing_versions: { type: 'flag' } },
    handle: transition,
  },
  {
    method: 'DELETE',
    path: '/mlflow/model-versions/delete',
    base: 'api',
    access: named('model.delete', 'model', 'name'),
    fields: one,
    async handle(call) {
      const [model, version] = which(call)
      await call.registry.versions.remove({ model, version, by: call.by })
      return {}
    },
  },
  {
    method: 'GET',
    path: '/mlflow/model-versions/search',
    base: 'api',
    access: named('model.read', 'model', '*'),
    fields: {
      ...searchFields(200_000),
    },
    handle: search,
  },
  {
    method: 'GET',
    path: '/mlflow/model-versions/get-download-uri',
    base: 'api',
    access: read,
    fields: one,
    async handle(call) {
      const version = await call.registry.versions.get(...which(call))
      const [source] = await call.registry.versions.sources([version])
      return { artifact_uri: source?.location ?? '' }
    },
  },
  {
    method: 'POST',
    path: '/mlflow/model-versions/set-tag',
    base: 'api',
    access: write,
    fields: { ...one, key, value: { type: 'text' } },
    async handle(call) {
      const [model, version] = which(call)
      const { key: name, value } = call.input
      const set = readPairs([{ key: name, value }], tagOptions)
      await call.registry.versions.tag({ model, version, set, by: call.by })
      return {}
    },
  },
  {
    method: 'DELETE',
    path: '/mlflow/model-versions/delete-tag',
    base: 'api',
    access: write,
    fields: { ...one, key },
    async handle(call) {
      const [model, version] = which(call)
      const unset = [text(call.input, 'key')]
      await call.registry.versions.tag({ model, version, unset, by: call.by })
      return {}
    },
  },
]
