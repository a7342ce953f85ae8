import type { RegisteredModel } from '../model/registered-model.ts'
import type { Call, MlflowRoute } from './call.ts'
import { items, named, optionalText, text, texts } from './call.ts'
import { mlflowInvalid } from './errors.ts'
import { modelJson, versionJson } from './json.ts'
import { readPairs, readVersion } from './names.ts'
import { nextToken, searchFields, searchOf } from './pages.ts'
import { readStage, stageName } from './stages.ts'

const name = { name: { type: 'text', required: true } } as const
const key = { type: 'text', required: true } as const
const tagOptions = { field: 'tags', what: 'tag', length: 100_000 }
const read = named('model.read', 'model', 'name')
const write = named('model.write', 'model', 'name')

/** Models as the protocol shows them, with the newest version of every stage. */
async function shown(call: Call, models: readonly RegisteredModel[]) {
  const { registry } = call
  const names = models.map((model) => model.name)
  const latest = await registry.versions.latest(names)
  const sources = await registry.versions.sources(latest)
  const aliases = await registry.aliases.list(names)
  return models.map((model) =>
    modelJson(
      model,
      latest.flatMap((version, i) =>
        version.model === model.name
          ? [versionJson(version, sources[i], stageName(call, version.stage))]
          : [],
      ),
      aliases.filter((alias) => alias.model === model.name),
    ),
  )
}

async function one(call: Call, model: RegisteredModel) {
  return { registered_model: (await shown(call, [model]))[0]! }
}

async function latestVersions(call: Call) {
  const { registry, input } = call
  await registry.models.get(text(input, 'name'))
  const stages = texts(input, 'stages').map((stage) => readStage(call, stage))
  const latest = (await registry.versions.latest([text(input, 'name')])).filter(
    ({ stage }) => stages.length === 0 || stages.includes(stage),
  )
  const sources = await registry.versions.sources(latest)
  return {
    model_versions: latest.map((version, i) =>
      versionJson(version, sources[i], stageName(call, version.stage)),
    ),
  }
}

const latestRoute = {
  path: '/mlflow/registered-models/get-latest-versions',
  base: 'api',
  access: read,
  fields: { ...name, stages: { type: 'texts' } },
  handle: latestVersions,
} as const

async function byAlias(call: Call) {
  const { registry, input } = call
  const [model, alias] = [text(input, 'name'), text(input, 'alias')]
  const version =
    alias === 'latest' ? await newest(call, model) : await registry.aliases.resolve(model, alias)
  const [source] = await registry.versions.sources([version])
  return { model_version: versionJson(version, source, stageName(call, version.stage)) }
}

async function newest({ registry }: Call, model: string) {
  await registry.models.get(model)
  const version = (await registry.versions.list(model, { limit: 1 })).items[0]
  if (version) return version
  throw mlflowInvalid(`Registered model alias latest not found: ${model} has no versions.`)
}

export const registeredModelRoutes: readonly MlflowRoute[] = [
  {
    method: 'POST',
    path: '/mlflow/registered-models/create',
    base: 'api',
    access: named('model.create', 'model', 'name'),
    fields: { ...name, tags: { type: 'items' }, description: { type: 'text' } },
    async handle(call) {
      const { registry, input, by } = call
      const model = await registry.models.create({
        name: text(input, 'name'),
        description: optionalText(input, 'description') ?? '',
        tags: readPairs(items(input, 'tags'), tagOptions),
        by,
      })
      return one(call, model)
    },
  },
  {
    method: 'GET',
    path: '/mlflow/registered-models/get',
    base: 'api',
    access: read,
    fields: name,
    handle: async (call) => one(call, await call.registry.models.get(text(call.input, 'name'))),
  },
  {
    method: 'POST',
    path: '/mlflow/registered-models/rename',
    base: 'api',
    access: write,
    fields: { ...name, new_name: { type: 'text', required: true } },
    async handle(call) {
      const { registry, input, by } = call
      const newName = text(input, 'new_name')
      return one(call, await registry.models.rename({ name: text(input, 'name'), newName, by }))
    },
  },
  {
    method: 'PATCH',
    path: '/mlflow/registered-models/update',
    base: 'api',
    access: write,
    fields: { ...name, description: { type: 'text' } },
    async handle(call) {
      const { registry, input, by } = call
      const description = optionalText(input, 'description') ?? ''
      return one(call, await registry.models.update({ name: text(input, 'name'), description, by }))
    },
  },
  {
    method: 'DELETE',
    path: '/mlflow/registered-models/delete',
    base: 'api',
    access: named('model.delete', 'model', 'name'),
    fields: name,
    async handle({ registry, input, by }) {
      await registry.models.remove({ name: text(input, 'name'), by })
      return {}
    },
  },
  {
    method: 'GET',
    path: '/mlflow/registered-models/search',
    base: 'api',
    access: named('model.read', 'model', '*'),
    fields: {
      ...searchFields(1000),
    },
    async handle(call) {
      const { registry, input } = call
      const found = await registry.models.search({
        ...searchOf(input, 100),
      })
      return {
        registered_models: await shown(call, found.items),
        ...nextToken(found),
      }
    },
  },
  { method: 'POST', ...latestRoute },
  { method: 'GET', ...latestRoute },
  {
    method: 'POST',
    path: '/mlflow/registered-models/set-tag',
    base: 'api',
    access: write,
    fields: { ...name, key, value: { type: 'text' } },
    async handle({ registry, input, by }) {
      const set = readPairs([{ key: input['key'], value: input['value'] }], tagOptions)
      await registry.models.tag({ name: text(input, 'name'), set, by })
      return {}
    },
  },
  {
    method: 'DELETE',
    path: '/mlflow/registered-models/delete-tag',
    base: 'api',
    access: write,
    fields: { ...name, key },
    async handle({ registry, input, by }) {
      await registry.models.tag({ name: text(input, 'name'), unset: [text(input, 'key')], by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/registered-models/alias',
    base: 'api',
    access: named('model.alias', 'model', 'name'),
    fields: { ...name, alias: key, version: key },
    async handle({ registry, input, by }) {
      const version = readVersion(text(input, 'version'))
      await registry.aliases.move({
        model: text(input, 'name'),
        alias: text(input, 'alias'),
        version,
        by,
      })
      return {}
    },
  },
  {
    method: 'DELETE',
    path: '/mlflow/registered-models/alias',
    base: 'api',
    access: named('model.alias', 'model', 'name'),
    fields: { ...name, alias: key },
    async handle({ registry, input, by }) {
      await registry.models.get(text(input, 'name'))
      await registry.aliases.remove({ model: text(input, 'name'), alias: text(input, 'alias'), by })
      return {}
    },
  },
  {
    method: 'GET',
    path: '/mlflow/registered-models/alias',
    base: 'api',
    access: read,
    fields: { ...name, alias: key },
    handle: byAlias,
  },
]
