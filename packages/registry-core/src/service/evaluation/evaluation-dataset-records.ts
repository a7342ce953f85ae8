import type { Transaction } from 'kysely'
import { assertText } from '../../model/arguments.ts'
import type { EvaluationDataset, EvaluationSchema } from '../../model/evaluation-dataset.ts'
import type { EvaluationDatasetRow, RegistryTables } from '../../sql/tables.ts'
import type { Db } from '../context.ts'
import { notFound } from '../context.ts'
import { loadExperiment } from '../tracking/experiments.ts'
import { inChunks, textsOf } from '../tracking/keyed-texts.ts'

/** @throws `not-found` `registry.no-experiment` */
export async function addExperiments(
  tx: Transaction<RegistryTables>,
  dataset: string,
  experimentIds: readonly string[],
): Promise<void> {
  for (const id of new Set(experimentIds)) {
    const { id: experiment } = await loadExperiment(tx, id)
    await tx
      .insertInto('registry_evaluation_experiments')
      .values({ dataset, experiment })
      .onConflict((on) => on.doNothing())
      .execute()
  }
}

/** @throws `not-found` `registry.no-evaluation-dataset` */
export async function loadEvaluationDataset(db: Db, id: string): Promise<EvaluationDatasetRow> {
  assertText(id, 'evaluation dataset')
  const row = await db
    .selectFrom('registry_evaluation_datasets')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (row) return row
  throw notFound('registry.no-evaluation-dataset', `there is no evaluation dataset ${id}`, { id })
}

export const schemaOf = ({ schema }: EvaluationDatasetRow) =>
  schema === null ? undefined : (JSON.parse(schema) as EvaluationSchema)

export async function assembleEvaluationDatasets(
  db: Db,
  rows: readonly EvaluationDatasetRow[],
): Promise<EvaluationDataset[]> {
  const ids = rows.map(({ id }) => id)
  const tags = await textsOf(db, 'registry_evaluation_tags', 'dataset', ids)
  const places = await inChunks(ids, (some) =>
    db
      .selectFrom('registry_evaluation_experiments')
      .selectAll()
      .where('dataset', 'in', some)
      .orderBy('experiment')
      .execute(),
  )
  return rows.map((row) => {
    const schema = schemaOf(row)
    return {
      id: row.id,
      name: row.name,
      digest: row.digest,
      experimentIds: places
        .filter(({ dataset }) => dataset === row.id)
        .map(({ experiment }) => String(experiment)),
      tags: tags.get(row.id) ?? {},
      ...(schema && { schema }),
      records: row.records,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      createdBy: row.created_by,
      updatedBy: row.updated_by,
    }
  })
}
