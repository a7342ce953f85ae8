import { canonicalJson } from '@mlops/core'
import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import type { DatasetInput, RunModel } from '../../model/run.ts'
import { oneOf } from '../../sql/one-of.ts'
import type { RegistryTables } from '../../sql/tables.ts'
import type { Db } from '../context.ts'
import { inChunks } from './keyed-texts.ts'

const BATCH = 500

/** Datasets are kept once per experiment; a run refers to them. */
export async function writeInputs(
  tx: Transaction<RegistryTables>,
  { run, experiment }: { run: string; experiment: number },
  inputs: readonly DatasetInput[],
): Promise<void> {
  for (let i = 0; i < inputs.length; i += BATCH) {
    const some = inputs.slice(i, i + BATCH)
    await sendLater(
      tx,
      tx
        .insertInto('registry_datasets')
        .values(
          some.map(({ name, digest, sourceType, source, schema, profile }) => ({
            experiment,
            name,
            digest,
            source_type: sourceType ?? '',
            source: source ?? '',
            schema: schema ?? '',
            profile: profile ?? '',
          })),
        )
        .onConflict((key) => key.doNothing()),
    )
    await sendLater(
      tx,
      tx
        .insertInto('registry_inputs')
        .values(
          some.map(({ name, digest, context, tags = {} }) => ({
            run,
            name,
            digest,
            context,
            tags: canonicalJson(tags),
          })),
        )
        .onConflict((key) => key.doNothing()),
    )
  }
}

export async function writeRunModels(
  tx: Transaction<RegistryTables>,
  run: string,
  direction: 'input' | 'output',
  models: readonly RunModel[],
): Promise<void> {
  if (models.length === 0) return
  await sendLater(
    tx,
    tx
      .insertInto('registry_run_models')
      .values(models.map(({ model, step }) => ({ run, model, direction, step })))
      .onConflict((key) => key.doNothing()),
  )
}

export async function inputsOf(
  db: Db,
  runs: readonly string[],
  dialect?: 'sqlite' | 'postgres',
): Promise<ReadonlyMap<string, DatasetInput[]>> {
  const rows = await inChunks(runs, (some) =>
    db
      .selectFrom('registry_inputs as i')
      .innerJoin('registry_runs as r', 'r.id', 'i.run')
      .innerJoin('registry_datasets as d', (on) =>
        on
          .onRef('d.experiment', '=', 'r.experiment')
          .onRef('d.name', '=', 'i.name')
          .onRef('d.digest', '=', 'i.digest'),
      )
      .select([
        'i.run',
        'i.name',
        'i.digest',
        'i.context',
        'i.tags',
        'd.source_type',
        'd.source',
        'd.schema',
        'd.profile',
      ])
      .where(oneOf(dialect, sql.ref('i.run'), some))
      .orderBy('i.name')
      .orderBy('i.digest')
      .orderBy('i.context')
      .execute(),
  )
  const inputs = new Map<string, DatasetInput[]>()
  for (const { run, name, digest, context, tags, source_type, source, schema, profile } of rows) {
    const parsed = JSON.parse(tags) as Record<string, string>
    const input: DatasetInput = {
      name,
      digest,
      context,
      ...(source_type !== '' && { sourceType: source_type }),
      ...(source !== '' && { source }),
      ...(schema !== '' && { schema }),
      ...(profile !== '' && { profile }),
      ...(Object.keys(parsed).length > 0 && { tags: parsed }),
    }
    inputs.set(run, [...(inputs.get(run) ?? []), input])
  }
  return inputs
}

export async function runModelsOf(
  db: Db,
  runs: readonly string[],
  dialect?: 'sqlite' | 'postgres',
): Promise<ReadonlyMap<string, { inputs: RunModel[]; outputs: RunModel[] }>> {
  const rows = await inChunks(runs, (some) =>
    db
      .selectFrom('registry_run_models')
      .selectAll()
      .where(oneOf(dialect, sql.ref('run'), some))
      .orderBy('step')
      .orderBy('model')
      .execute(),
  )
  const models = new Map<string, { inputs: RunModel[]; outputs: RunModel[] }>()
  for (const { run, model, direction, step } of rows) {
    const of = models.get(run) ?? { inputs: [], outputs: [] }
    of[direction === 'input' ? 'inputs' : 'outputs'].push({ model, step })
    models.set(run, of)
  }
  return models
}
