import type { Call, MlflowRoute } from './call.ts'
import { listed, named, optionalText, text, texts } from './call.ts'
import { mlflowInvalid } from './errors.ts'
import { datasetJson, parsed, readRecord, recordJson, tagsIn, USER_TAG } from './evaluation-json.ts'
import { jsonOf } from './fields.ts'
import { nextToken, pageOf } from './pages.ts'

const read = named('evaluation-dataset.read', 'evaluation-dataset', 'id')
const write = named('evaluation-dataset.write', 'evaluation-dataset', 'id')
const remove = named('evaluation-dataset.delete', 'evaluation-dataset', 'id')

async function create({ registry, input, by }: Call) {
  const tags = tagsIn(parsed(input, 'tags'), 'tags')
  const user = tags[USER_TAG]
  const dataset = await registry.evaluationDatasets.create({
    name: text(input, 'name'),
    experimentIds: texts(input, 'experiment_ids'),
    tags,
    ...(user !== undefined && { user: user.slice(0, 256) }),
    by,
  })
  return { dataset: datasetJson(dataset) }
}

async function search({ registry, input }: Call) {
  const experimentIds = texts(input, 'experiment_ids')
  const found = await registry.evaluationDatasets.search({
    ...(experimentIds.length > 0 && { experimentIds }),
    filter: optionalText(input, 'filter_string') ?? '',
    orderBy: texts(input, 'order_by'),
    ...pageOf(input, 1000),
  })
  return {
    datasets: found.items.map(datasetJson),
    ...nextToken(found),
  }
}

async function putRecords({ registry, input, params, by }: Call) {
  const records = parsed(input, 'records')
  if (!Array.isArray(records)) throw mlflowInvalid("The parameter 'records' must be a list.")
  const written = await registry.evaluationDatasets.putRecords({
    id: params['id']!,
    // What is no JSON value cannot come out of JSON.parse.
    records: records.map(readRecord) as never,
    by,
  })
  return { inserted_count: written.inserted, updated_count: written.updated }
}

async function listRecords({ registry, input, params }: Call) {
  const id = params['id']!
  const page = await registry.evaluationDatasets.records(id, {
    ...pageOf(input, 1000),
  })
  return {
    records: jsonOf(page.items.map((record) => recordJson(id, record))),
    ...nextToken(page),
  }
}

/** Adds to or removes from the experiments that are named. */
const moved =
  (change: 'addExperiments' | 'removeExperiments') =>
  async ({ registry, input, params, by }: Call) => {
    const dataset = await registry.evaluationDatasets.change({
      id: params['id']!,
      [change]: texts(input, 'experiment_ids'),
      by,
    })
    return { dataset: datasetJson(dataset) }
  }

const searchRoute = {
  path: '/mlflow/datasets/search',
  base: 'api-3',
  access: listed('evaluation-dataset.read', 'experiment', 'experiment_ids'),
  fields: {
    experiment_ids: { type: 'texts' },
    filter_string: { type: 'text' },
    max_results: { type: 'whole', max: 10_000 },
    order_by: { type: 'texts' },
    page_token: { type: 'text' },
  },
  handle: search,
} as const

const experimentIds = { experiment_ids: { type: 'texts' } } as const

export const evaluationDatasetRoutes: readonly MlflowRoute[] = [
  {
    method: 'POST',
    path: '/mlflow/datasets/create',
    base: 'api-3',
    access: listed('evaluation-dataset.create', 'experiment', 'experiment_ids'),
    fields: {
      name: { type: 'text', required: true },
      experiment_ids: { type: 'texts' },
      tags: { type: 'text' },
    },
    handle: create,
  },
  // Clients of different ages ask in either way.
  { method: 'POST', ...searchRoute },
  { method: 'GET', ...searchRoute },
  {
    method: 'GET',
    path: '/mlflow/datasets/:id',
    base: 'api-3',
    access: read,
    async handle({ registry, params }) {
      return { dataset: datasetJson(await registry.evaluationDatasets.get(params['id']!)) }
    },
  },
  {
    method: 'DELETE',
    path: '/mlflow/datasets/:id',
    base: 'api-3',
    access: remove,
    async handle({ registry, params, by }) {
      await registry.evaluationDatasets.remove({ id: params['id']!, by })
      return {}
    },
  },
  {
    method: 'PATCH',
    path: '/mlflow/datasets/:id/tags',
    base: 'api-3',
    access: write,
    fields: { tags: { type: 'text', required: true } },
    async handle({ registry, input, params, by }) {
      const tags = tagsIn(parsed(input, 'tags'), 'tags')
      const dataset = await registry.evaluationDatasets.change({ id: params['id']!, tags, by })
      return { dataset: datasetJson(dataset) }
    },
  },
  {
    method: 'DELETE',
    path: '/mlflow/datasets/:id/tags/:key',
    base: 'api-3',
    access: write,
    async handle({ registry, params, by }) {
      const withoutTags = [params['key']!]
      await registry.evaluationDatasets.change({ id: params['id']!, withoutTags, by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/datasets/:id/records',
    base: 'api-3',
    access: write,
    fields: { records: { type: 'text', required: true } },
    handle: putRecords,
  },
  {
    method: 'GET',
    path: '/mlflow/datasets/:id/records',
    base: 'api-3',
    access: read,
    fields: { max_results: { type: 'whole', max: 10_000 }, page_token: { type: 'text' } },
    handle: listRecords,
  },
  {
    method: 'DELETE',
    path: '/mlflow/datasets/:id/records',
    base: 'api-3',
    access: write,
    fields: { dataset_record_ids: { type: 'texts' } },
    async handle({ registry, input, params, by }) {
      const removed = await registry.evaluationDatasets.removeRecords({
        id: params['id']!,
        records: texts(input, 'dataset_record_ids'),
        by,
      })
      return { deleted_count: removed }
    },
  },
  {
    method: 'GET',
    path: '/mlflow/datasets/:id/experiment-ids',
    base: 'api-3',
    access: read,
    async handle({ registry, params }) {
      const { experimentIds } = await registry.evaluationDatasets.get(params['id']!)
      return { experiment_ids: experimentIds }
    },
  },
  {
    method: 'POST',
    path: '/mlflow/datasets/:id/add-experiments',
    base: 'api-3',
    access: {
      action: 'evaluation-dataset.write',
      resources: ({ input, params }) => [
        { type: 'evaluation-dataset', name: params['id']! },
        ...texts(input, 'experiment_ids').map((name) => ({ type: 'experiment', name })),
      ],
    },
    fields: experimentIds,
    handle: moved('addExperiments'),
  },
  {
    method: 'POST',
    path: '/mlflow/datasets/:id/remove-experiments',
    base: 'api-3',
    access: write,
    fields: experimentIds,
    handle: moved('removeExperiments'),
  },
]
