import type { Actor, Clock, IdSource, Logger, SubjectRef } from '@mlops/core'
import { formatSubject, MlopsError } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import type { EventLog, Store } from '@mlops/store'
import type * as z from 'zod'
import type { Policy } from '../policy.ts'
import type { SubmittedRelease, UseCase } from '../records.ts'
import { records } from '../records.ts'

/** What every command of governance works with. */
export interface GovernanceContext {
  readonly store: Store
  readonly policy: Policy
  readonly log: EventLog
  readonly clock: Clock
  readonly ids: IdSource
  readonly logger: Logger
}

/** Parses a command. @throws `invalid` `governance.invalid-command` */
export function readCommand<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  what: string,
): z.output<Schema> {
  return parseWith(schema, input, { code: 'governance.invalid-command', what })
}

/** Records a refusal, in a transaction of its own because the refused one is rolled back, and throws it. */
export async function refuse(
  { store, log, logger }: GovernanceContext,
  {
    actor,
    action,
    subject,
    error,
  }: {
    readonly actor: Actor
    readonly action: string
    readonly subject: SubjectRef
    readonly error: MlopsError
  },
): Promise<never> {
  const data = { code: error.code, ...(error.details as object) }
  await store.transaction((tx) =>
    log.append(tx, { actor, action: `${action}.refused`, subject, data }),
  )
  logger.warn({ actor: actor.id, subject: formatSubject(subject), ...data }, `${action} refused`)
  throw error
}

type Db = Parameters<typeof records.release>[0]

/** @throws `not-found` `governance.release-not-found` */
export async function releaseOf(
  db: Db,
  subject: SubjectRef,
  digest: string,
): Promise<SubmittedRelease> {
  const release = await records.release(db, subject, digest)
  if (release) return release
  throw new MlopsError({
    kind: 'not-found',
    code: 'governance.release-not-found',
    message: `${formatSubject(subject)} with digest ${digest} was not submitted; call submitRelease first`,
    details: { subject, digest },
  })
}

/** @throws `not-found` `governance.use-case-not-found` */
export async function useCaseOf(db: Db, name: string): Promise<UseCase> {
  const found = await records.useCase(db, name)
  if (found) return found
  throw new MlopsError({
    kind: 'not-found',
    code: 'governance.use-case-not-found',
    message: `there is no use case '${name}'; call classifyUseCase first`,
    details: { useCase: name },
  })
}
