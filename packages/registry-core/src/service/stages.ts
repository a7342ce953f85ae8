import type { Actor, Evidence } from '@mlops/core'
import { isoTime, MlopsError } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { expectRevision, sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import type { ModelVersion } from '../model/model-version.ts'
import type {
  GateAnswer,
  Rollback,
  StageDecision,
  StageOutcome,
  StageRequest,
  Transition,
} from '../model/stage.ts'
import { isGateAnswer, rollbackSchema, transitionSchema } from '../model/stage.ts'
import type { StageChange } from '../rules/stages.ts'
import { assertTransition, previousProduction } from '../rules/stages.ts'
import { decisionFromRow, decisionToRow } from '../sql/rows.ts'
import type { RegistryTables } from '../sql/tables.ts'
import { manifestOf } from './artifacts.ts'
import type { Db, RegistryContext } from './context.ts'
import {
  conflict,
  loadVersion,
  record,
  touchModel,
  touchVersion,
  versionSubject,
} from './context.ts'
import { evidenceOf } from './evidence.ts'
import { loadModel } from './models.ts'
import { changesOf } from './stage-changes.ts'
import { unmetRequirements } from './stage-requirements.ts'

const MAX_ASKS = 5

export interface Stages {
  /**
   * Asks the gate, and moves the version if it is let through. A version that enters production
   * sends the one before it to the retired stage, in the same transaction. What the gate saw is what
   * is moved: if the version changed while the gate was thinking, it is asked again. A stage that
   * demands an approval or a signature is refused with what is missing, and the gate is not asked.
   *
   * @throws `invalid` `registry.unknown-stage`; `conflict` `registry.same-stage`,
   *   `store.revision-conflict` or `registry.version-unsettled`; `internal` `registry.gate-failed`.
   */
  transition(command: Transition): Promise<StageOutcome>
  /**
   * Puts the version back that was in production before the current one. The gate is not asked
   * again: the version was let through then.
   *
   * @throws `conflict` `registry.no-previous-production`
   */
  rollback(
    command: Rollback,
  ): Promise<{ readonly version: ModelVersion; readonly replaced: number }>
  /** Everything the gate answered for a version, oldest first. */
  decisions(model: string, version: number): Promise<readonly StageDecision[]>
}

/** Ties a stage change to the request that was approved for it. */
export interface ApprovedChange {
  /** @throws `conflict` when the request does not, or no longer, allow the change. */
  assertAllows(db: Db, version: ModelVersion): Promise<void>
  /** In the transaction of the change. */
  committed(tx: Transaction<RegistryTables>, decision: StageDecision): Promise<void>
}

export interface StageMover extends Stages {
  transition(command: Transition, approved?: ApprovedChange): Promise<StageOutcome>
}

export function createStages(context: RegistryContext): StageMover {
  const { db, clock, ids, stages } = context

  async function transition(command: Transition, approved?: ApprovedChange): Promise<StageOutcome> {
    const {
      model,
      version: number,
      to,
      reason,
      expectedRevision,
      by,
    } = parseWith(transitionSchema, command, {
      code: 'registry.invalid-transition',
      what: 'the stage change',
    })
    for (let ask = 1; ask <= MAX_ASKS; ask++) {
      const seen = await loadVersion(db.query, model, number)
      const what = `version ${number} of ${model}`
      expectRevision(what, { expected: expectedRevision, actual: seen.revision })
      await approved?.assertAllows(db.query, seen)
      assertTransition(stages, seen, to)
      const missing = await unmetRequirements(context, seen, { to, approved: !!approved })
      const answer: GateAnswer =
        missing.length > 0
          ? { outcome: 'refused', missing }
          : await askGate(context, { version: seen, from: seen.stage, to, reason, by })
      const outcome = await db.transaction((tx) =>
        settle(tx, { seen, to, reason, by, answer, approved }),
      )
      if (outcome) return outcome
    }
    throw conflict(
      'registry.version-unsettled',
      `version ${number} of ${model} kept changing while the gate decided: try again`,
      { model, version: number },
    )
  }

  /** Keeps the decision and acts on it; undefined when the version is no longer what was judged. */
  async function settle(
    tx: Transaction<RegistryTables>,
    input: {
      seen: ModelVersion
      to: string
      reason: string
      by: Actor
      answer: GateAnswer
      approved: ApprovedChange | undefined
    },
  ): Promise<StageOutcome | undefined> {
    const { seen, to, reason, by, answer, approved } = input
    const { model, version: number, stage: from } = seen
    if ((await loadVersion(tx, model, number)).revision !== seen.revision) return undefined
    await approved?.assertAllows(tx, seen)
    const at = isoTime(clock)
    const missing = answer.outcome === 'refused' ? answer.missing : []
    const decision: StageDecision = {
      id: ids.next(),
      model,
      version: number,
      from,
      to,
      outcome: answer.outcome,
      missing,
      ...(answer.evidence !== undefined && { evidence: answer.evidence }),
      at,
      by,
    }
    await sendLater(tx, tx.insertInto('registry_decisions').values(decisionToRow(decision)))
    const facts = { from, to, reason, decision: decision.id }
    if (answer.outcome === 'refused') {
      await record(context, tx, by, 'stage.refused', versionSubject(model, number), {
        ...facts,
        missing,
      })
      return { status: 'refused', missing, decision }
    }
    const replaced = to === stages.production ? await retireCurrent(tx, model, by) : undefined
    await move(tx, seen, { to, by, at, kind: 'transition', facts })
    await approved?.committed(tx, decision)
    const version = await loadVersion(tx, model, number)
    return { status: 'changed', version, ...(replaced !== undefined && { replaced }), decision }
  }

  async function rollback(command: Rollback) {
    const { model, reason, by } = parseWith(rollbackSchema, command, {
      code: 'registry.invalid-rollback',
      what: 'the rollback',
    })
    return db.transaction(async (tx) => {
      await loadModel(tx, model)
      const line = previousProduction(await changesOf(tx, model), stages)
      const current = line && (await loadVersion(tx, model, line.current))
      if (!line || current?.stage !== stages.production) {
        throw conflict(
          'registry.no-previous-production',
          `model ${model} has no earlier ${stages.production} version to go back to`,
          { model },
        )
      }
      const back = await loadVersion(tx, model, line.previous)
      await retireCurrent(tx, model, by)
      const facts = { from: back.stage, to: stages.production, reason, replaces: line.current }
      const at = isoTime(clock)
      await move(tx, back, { to: stages.production, by, at, kind: 'rollback', facts })
      return { version: await loadVersion(tx, model, back.version), replaced: line.current }
    })
  }

  async function retireCurrent(
    tx: Transaction<RegistryTables>,
    model: string,
    by: Actor,
  ): Promise<number | undefined> {
    const row = await tx
      .selectFrom('registry_versions')
      .select('version')
      .where('model', '=', model)
      .where('stage', '=', stages.production)
      .where('deleted_at', 'is', null)
      .executeTakeFirst()
    if (!row) return undefined
    const current = await loadVersion(tx, model, row.version)
    const facts = { from: current.stage, to: stages.retired }
    const at = isoTime(clock)
    await move(tx, current, { to: stages.retired, by, at, kind: 'replaced', facts })
    return current.version
  }

  async function move(
    tx: Transaction<RegistryTables>,
    version: ModelVersion,
    change: { to: string; by: Actor; at: string; kind: StageChange['kind']; facts: object },
  ): Promise<void> {
    const { to, by, at, kind, facts } = change
    await touchVersion(tx, version, at, { stage: to })
    await touchModel(tx, version.model, at)
    const subject = versionSubject(version.model, version.version)
    const { seq } = await record(context, tx, by, ACTIONS[kind], subject, facts)
    const row = { event_seq: seq, model: version.model, version: version.version }
    await sendLater(
      tx,
      tx
        .insertInto('registry_stage_changes')
        .values({ ...row, from_stage: version.stage, to_stage: to, kind }),
    )
  }

  return {
    transition,
    rollback,
    async decisions(model, version) {
      await loadVersion(db.query, model, version)
      const rows = await db.query
        .selectFrom('registry_decisions')
        .selectAll()
        .where('model', '=', model)
        .where('version', '=', version)
        .orderBy('id')
        .execute()
      return rows.map(decisionFromRow)
    },
  }
}

const ACTIONS = {
  transition: 'stage.changed',
  replaced: 'stage.replaced',
  rollback: 'stage.rolled-back',
} as const satisfies Record<StageChange['kind'], string>

/** Outside a transaction, because a gate may take its time and read from the same store. */
async function askGate(
  { gate, db, logger }: RegistryContext,
  request: Omit<StageRequest, 'evidence' | 'artifacts' | 'manifestDigest'>,
): Promise<GateAnswer> {
  if (!gate) return { outcome: 'granted' }
  const { model, version } = request.version
  const evidence: readonly Evidence[] = await evidenceOf(db.query, model, version)
  const { artifacts, digest } = await manifestOf(db.query, model, version)
  let answer: unknown
  try {
    answer = await gate({ ...request, evidence, artifacts, manifestDigest: digest })
  } catch (cause) {
    logger.error({ err: cause, model, version, to: request.to }, 'the stage gate failed')
    throw gateFailed(cause)
  }
  // A gate that answers anything else has not granted.
  if (!isGateAnswer(answer)) throw gateFailed(undefined)
  return answer
}

function gateFailed(cause: unknown) {
  return new MlopsError({
    kind: 'internal',
    code: 'registry.gate-failed',
    message: 'the stage gate gave no valid answer, so nothing was changed',
    cause,
  })
}
