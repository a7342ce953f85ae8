import type { Call, MlflowRoute } from './call.ts'
import { items, listed, named, optionalText, text, texts } from './call.ts'
import { mlflowInvalid, mlflowMissing } from './errors.ts'
import type { Fields } from './fields.ts'
import { experimentJson } from './json.ts'
import { readPairs } from './names.ts'
import { nextToken, searchFields, searchOf } from './pages.ts'
import { completePlace } from './places.ts'
import { readView } from './views.ts'

const id = { experiment_id: { type: 'text', required: true } } as const satisfies Fields
const pageFields = searchFields(50_000)
const tagOptions = { field: 'tags', what: 'tag', length: 5000 }

async function search({ registry, input }: Call) {
  const found = await registry.experiments.search({
    view: readView(input['view_type']),
    ...searchOf(input, 1000),
  })
  return {
    experiments: found.items.map(experimentJson),
    ...nextToken(found),
  }
}

const searchRoute = {
  path: '/mlflow/experiments/search',
  base: 'api',
  access: named('experiment.read', 'experiment', '*'),
  fields: { ...pageFields, view_type: { type: 'enum' } },
  handle: search,
} as const

export const experimentRoutes: readonly MlflowRoute[] = [
  {
    method: 'POST',
    path: '/mlflow/experiments/create',
    base: 'api',
    access: named('experiment.create', 'experiment', 'name'),
    fields: {
      name: { type: 'text', required: true },
      artifact_location: { type: 'text' },
      tags: { type: 'items' },
    },
    async handle({ registry, input, by, artifactRoot, relativeTo }) {
      const given = optionalText(input, 'artifact_location')
      const place = given ? completePlace(given, relativeTo) : undefined
      const root = artifactRoot.replace(/\/+$/, '')
      const experiment = await registry.experiments.create({
        name: text(input, 'name'),
        artifactLocation: place || `${root}/{id}`,
        tags: readPairs(items(input, 'tags'), tagOptions),
        by,
      })
      return { experiment_id: experiment.id }
    },
  },
  {
    method: 'GET',
    path: '/mlflow/experiments/get',
    base: 'api',
    access: named('experiment.read', 'experiment', 'experiment_id'),
    fields: id,
    handle: async ({ registry, input }) => ({
      experiment: experimentJson(await registry.experiments.get(text(input, 'experiment_id'))),
    }),
  },
  {
    method: 'GET',
    path: '/mlflow/experiments/get-by-name',
    base: 'api',
    access: named('experiment.read', 'experiment', 'experiment_name'),
    fields: { experiment_name: { type: 'text', required: true } },
    async handle({ registry, input }) {
      const name = text(input, 'experiment_name')
      const experiment = await registry.experiments.findByName(name)
      if (!experiment) throw mlflowMissing(`Could not find experiment with name '${name}'`)
      return { experiment: experimentJson(experiment) }
    },
  },
  { method: 'POST', ...searchRoute },
  { method: 'GET', ...searchRoute },
  {
    method: 'POST',
    path: '/mlflow/experiments/delete',
    base: 'api',
    access: named('experiment.delete', 'experiment', 'experiment_id'),
    fields: id,
    async handle({ registry, input, by }) {
      await registry.experiments.remove({ id: text(input, 'experiment_id'), by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/experiments/restore',
    base: 'api',
    access: named('experiment.delete', 'experiment', 'experiment_id'),
    fields: id,
    async handle({ registry, input, by }) {
      await registry.experiments.restore({ id: text(input, 'experiment_id'), by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/experiments/update',
    base: 'api',
    access: named('experiment.write', 'experiment', 'experiment_id'),
    fields: { ...id, new_name: { type: 'text', required: true } },
    async handle({ registry, input, by }) {
      const name = text(input, 'new_name')
      await registry.experiments.change({ id: text(input, 'experiment_id'), name, by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/experiments/set-experiment-tag',
    base: 'api',
    access: named('experiment.write', 'experiment', 'experiment_id'),
    fields: { ...id, key: { type: 'text', required: true }, value: { type: 'text' } },
    async handle({ registry, input, by }) {
      const tag = { key: input['key'], value: input['value'] }
      const tags = readPairs([tag], tagOptions)
      await registry.experiments.change({ id: text(input, 'experiment_id'), tags, by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/experiments/delete-experiment-tag',
    base: 'api',
    access: named('experiment.write', 'experiment', 'experiment_id'),
    fields: { ...id, key: { type: 'text', required: true } },
    async handle({ registry, input, by }) {
      const withoutTags = [text(input, 'key')]
      await registry.experiments.change({ id: text(input, 'experiment_id'), withoutTags, by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/experiments/search-datasets',
    base: 'api',
    access: listed('experiment.read', 'experiment', 'experiment_ids'),
    fields: { experiment_ids: { type: 'texts' } },
    async handle({ registry, input }) {
      const ids = texts(input, 'experiment_ids')
      if (ids.length === 0) {
        throw mlflowInvalid('SearchDatasets request must specify at least one experiment_id.')
      }
      if (ids.length > 20) {
        throw mlflowInvalid('SearchDatasets request cannot specify more than 20 experiment_ids.')
      }
      const found = await registry.experiments.datasets(ids)
      return {
        dataset_summaries: found.map(({ experimentId, name, digest, context }) => ({
          experiment_id: experimentId,
          name,
          digest,
          ...(context !== '' && { context }),
        })),
      }
    },
  },
]
