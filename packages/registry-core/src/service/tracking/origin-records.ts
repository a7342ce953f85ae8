import type { Actor, Digest } from '@mlops/core'
import { isoTime, sha256Digest } from '@mlops/core'
import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import type { RunCode, RunEnvironment, RunOrigin, RunSeeds } from '../../model/origin.ts'
import type { RunOriginRow } from '../../sql/origin-tables.ts'
import type { RegistryTables } from '../../sql/tables.ts'
import type { Db, RegistryContext } from '../context.ts'
import { inChunks, textsOf } from './keyed-texts.ts'

/** The parts of an origin, in their canonical texts. */
export interface OriginTexts {
  readonly code?: string
  readonly environment?: string
  readonly seeds?: string
}

/** A row of what is new of a run, and the snapshot that it refers to. */
export interface NewOrigin {
  readonly row: RunOriginRow
  readonly snapshot?: string
}

export function newOrigin(run: string, { code, environment, seeds }: OriginTexts): NewOrigin {
  const digest = environment === undefined ? null : sha256Digest(environment)
  return {
    row: { run, code: code ?? null, environment: digest, seeds: seeds ?? null },
    ...(environment !== undefined && { snapshot: environment }),
  }
}

/** What an event says of it. */
export function originFacts({ code, environment, seeds }: RunOriginRow): object {
  return {
    ...(code !== null && { commit: (JSON.parse(code) as RunCode).commit }),
    ...(environment !== null && { environment }),
    ...(seeds !== null && { seeds: Object.keys(JSON.parse(seeds) as RunSeeds) }),
  }
}

export function describedEvent(row: RunOriginRow, by: Actor) {
  return {
    actor: by,
    action: 'run.described',
    subject: { type: 'run', name: row.run },
    data: originFacts(row),
  }
}

/** Writes what is new; what a run has already stays. */
export async function insertOrigins(
  { clock }: RegistryContext,
  tx: Transaction<RegistryTables>,
  origins: readonly NewOrigin[],
): Promise<void> {
  if (origins.length === 0) return
  const snapshots = new Map(
    origins.flatMap(({ row, snapshot }) =>
      snapshot === undefined ? [] : [[row.environment!, snapshot] as const],
    ),
  )
  for (const [digest, document] of snapshots) {
    await sendLater(
      tx,
      tx
        .insertInto('registry_environments')
        .values({ digest, document, kept_at: isoTime(clock) })
        .onConflict((key) => key.doNothing()),
    )
  }
  await sendLater(
    tx,
    tx
      .insertInto('registry_run_origins')
      .values(origins.map(({ row }) => row))
      .onConflict((key) =>
        key.column('run').doUpdateSet(({ fn, ref }) => ({
          code: fn.coalesce(ref('registry_run_origins.code'), ref('excluded.code')),
          environment: fn.coalesce(
            ref('registry_run_origins.environment'),
            ref('excluded.environment'),
          ),
          seeds: fn.coalesce(ref('registry_run_origins.seeds'), ref('excluded.seeds')),
        })),
      ),
  )
}

export async function findOrigin(db: Db, run: string): Promise<RunOriginRow | undefined> {
  return db.selectFrom('registry_run_origins').selectAll().where('run', '=', run).executeTakeFirst()
}

/** Where runs came from, in their order: three queries, and each snapshot is read once. */
export async function originsOf(db: Db, runs: readonly string[]): Promise<RunOrigin[]> {
  const rows = await inChunks(runs, (some) =>
    db.selectFrom('registry_run_origins').selectAll().where('run', 'in', some).execute(),
  )
  const byRun = new Map(rows.map((row) => [row.run, row]))
  const snapshots = await snapshotsOf(
    db,
    rows.flatMap(({ environment }) => environment ?? []),
  )
  const untold = runs.filter((run) => (byRun.get(run)?.code ?? null) === null)
  const tags = await textsOf(db, 'registry_run_tags', 'run', untold)
  return runs.map((run) => {
    const { code = null, environment = null, seeds = null } = byRun.get(run) ?? {}
    const told = code === null ? codeFromTags(tags.get(run)) : (JSON.parse(code) as RunCode)
    return {
      ...(told && { code: told }),
      ...(environment !== null && {
        environment: { ...snapshots.get(environment)!, digest: environment as Digest },
      }),
      ...(seeds !== null && { seeds: JSON.parse(seeds) as RunSeeds }),
    }
  })
}

async function snapshotsOf(db: Db, digests: readonly string[]) {
  const rows = await inChunks([...new Set(digests)], (some) =>
    db.selectFrom('registry_environments').selectAll().where('digest', 'in', some).execute(),
  )
  return new Map(
    rows.map(({ digest, document }) => [digest, JSON.parse(document) as RunEnvironment]),
  )
}

/** What MLflow's client says of the code; without a commit there is no version to tell. */
function codeFromTags(tags: Readonly<Record<string, string>> = {}): RunOrigin['code'] {
  const tag = (name: string) => tags[`mlflow.source.${name}`] || undefined
  const commit = tag('git.commit')
  if (commit === undefined) return undefined
  const repository = tag('git.repoURL')
  const branch = tag('git.branch')
  const path = tag('name')
  return {
    commit,
    ...(repository !== undefined && { repository }),
    ...(branch !== undefined && { branch }),
    ...(path !== undefined && { path }),
    from: 'mlflow-tags',
  }
}
