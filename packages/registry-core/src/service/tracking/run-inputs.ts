import { canonicalJson } from '@mlops/core'
import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import type { DatasetInput, RunModel } from '../../model/run.ts'
import { keyIn } from '../../sql/key-in.ts'
import type { InputCells } from '../../sql/run-parts.ts'
import type { DatasetRow, RegistryTables, RunRow } from '../../sql/tables.ts'
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

/** The inputs of runs, by their place in the list. */
export async function inputsOf(
  db: Db,
  rows: readonly RunRow[],
  cells: readonly InputCells[],
): Promise<ReadonlyMap<number, DatasetInput[]>> {
  const datasets = await datasetsOf(db, rows, cells)
  const inputs = new Map<number, DatasetInput[]>()
  for (const [place, name, digest, context, tags] of cells) {
    const { source_type, source, schema, profile } = datasets.get(
      keyOf(rows[place]!.experiment, name, digest),
    )!
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
    const before = inputs.get(place)
    if (before) before.push(input)
    else inputs.set(place, [input])
  }
  return inputs
}

/** Each of them once, however many runs have it: a profile may be long. */
async function datasetsOf(
  db: Db,
  rows: readonly RunRow[],
  cells: readonly InputCells[],
): Promise<ReadonlyMap<string, DatasetRow>> {
  const wanted = new Map(
    cells.map(([place, name, digest]) => {
      const { experiment } = rows[place]!
      return [keyOf(experiment, name, digest), { experiment, name, digest }] as const
    }),
  )
  const found = await inChunks([...wanted.values()], (some) =>
    db
      .selectFrom('registry_datasets')
      .selectAll()
      .where(
        keyIn(
          ['experiment', 'name', 'digest'],
          some.map(({ experiment, name, digest }) => [experiment, name, digest]),
        ),
      )
      .execute(),
  )
  return new Map(
    found.map((dataset) => [keyOf(dataset.experiment, dataset.name, dataset.digest), dataset]),
  )
}

function keyOf(experiment: number, name: string, digest: string): string {
  return JSON.stringify([experiment, name, digest])
}
