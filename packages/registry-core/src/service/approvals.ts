import type { Page, PageRequest } from '@mlops/core'
import { canonicalJson, givenOptions, isMlopsError, isoTime, pageLimit } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { expectRevision } from '@mlops/store'
import type { ExpressionBuilder, Transaction } from 'kysely'
import type {
  ApprovalCommand,
  ApprovalComment,
  ApprovalRequest,
  ApprovalStatus,
  CommitOutcome,
  Propose,
} from '../model/approval.ts'
import {
  approvalCommandSchema,
  approvalCommentSchema,
  approvalsListedSchema,
  proposeSchema,
} from '../model/approval.ts'
import {
  assertMayReview,
  assertOpenRequest,
  DEFAULT_EXPIRY_MS,
  denied,
  missingApprovals,
} from '../rules/approvals.ts'
import { assertTransition } from '../rules/stages.ts'
import type { RegistryTables } from '../sql/tables.ts'
import { commitRequest } from './approval-commit.ts'
import { assertAliasChange, assertRollback, closeEarlier } from './approval-proposal.ts'
import {
  addNote,
  assembleRequests,
  loadRequest,
  replacedBy,
  ruleFor,
  setStatus,
} from './approval-records.ts'
import { manifestOf } from './artifacts.ts'
import type { RegistryContext } from './context.ts'
import { loadVersion, record, versionSubject } from './context.ts'
import { cursorSeq, nextCursor } from './cursors.ts'
import type { StageMover } from './stages.ts'

export interface Approvals {
  /**
   * Asks for a stage or an alias for a version, or for a rollback to it, as the version is now.
   *
   * @throws `not-found` `registry.no-version`, `registry.no-alias`, `registry.no-deployment`; `conflict`
   *   `registry.same-stage`, `registry.rollback-elsewhere`, `registry.approval-open` when the same was proposed and is still open,
   *   `store.revision-conflict`; `invalid` `registry.invalid-approval`, `registry.unknown-stage`.
   */
  propose(command: Propose): Promise<ApprovalRequest>
  /**
   * Approves it. Once the rules have all that they ask for, its status is `approved`.
   *
   * @throws `denied` `registry.own-approval`, `registry.approver-not-human`,
   *   `registry.approver-role`, all three kept in the log; `conflict` `registry.already-reviewed`,
   *   `registry.approval-closed`, `store.revision-conflict`; `not-found` `registry.no-approval`.
   */
  approve(command: ApprovalCommand): Promise<ApprovalRequest>
  /** Rejects it, which closes it. @throws as `approve` */
  reject(command: ApprovalCommand): Promise<ApprovalRequest>
  /** Says something about it, in any state. */
  comment(command: ApprovalComment): Promise<ApprovalRequest>
  /** Takes it back. @throws `denied` `registry.not-proposer`; `conflict` as `approve` */
  withdraw(command: ApprovalCommand): Promise<ApprovalRequest>
  /**
   * Makes the approved change, once. For a stage the gate is asked; its refusal is an outcome, and
   * leaves the request approved.
   *
   * @throws `conflict` `registry.approval-missing`, `registry.approval-closed`, or
   *   `registry.approval-stale` when the version, its files or what it replaces is not what was
   *   proposed; `denied` `registry.alias-protected`; `internal` `registry.gate-failed`.
   */
  commit(command: ApprovalCommand): Promise<CommitOutcome>
  /** @throws `not-found` `registry.no-approval` */
  get(id: string): Promise<ApprovalRequest>
  /** Newest first. `status` is the written one: what ran out is listed as `expired` all the same. */
  list(
    options?: PageRequest & {
      readonly model?: string
      readonly version?: number
      readonly status?: ApprovalStatus
    },
  ): Promise<Page<ApprovalRequest>>
}

const told = { code: 'registry.invalid-approval', what: 'the request' }
const OPEN: readonly ApprovalStatus[] = ['proposed', 'approved']

export function createApprovals(context: RegistryContext, stageMover: StageMover): Approvals {
  const { db, clock, ids, stages, rules } = context

  async function load(tx: Transaction<RegistryTables>, command: ApprovalCommand) {
    const request = await loadRequest(context, tx, command.id)
    const { expectedRevision: expected } = command
    expectRevision(`request ${command.id}`, { expected, actual: request.revision })
    return request
  }

  const review = (kind: 'approved' | 'rejected') =>
    async function reviewed(command: ApprovalCommand): Promise<ApprovalRequest> {
      const wanted = parseWith(approvalCommandSchema, command, told)
      const { reason, by } = wanted
      try {
        return await db.transaction(async (tx) => {
          const request = await load(tx, wanted)
          assertOpenRequest(request, OPEN)
          const { createdBy: author } = await loadVersion(tx, request.model, request.version)
          const rule = ruleFor(rules, request)
          assertMayReview(request, rule, { by, author })
          const note = { kind, text: reason, by, at: isoTime(clock) }
          await addNote(tx, request, note)
          const complete = missingApprovals(rule, [...request.notes, note]).length === 0
          const status = kind === 'rejected' ? kind : complete ? 'approved' : 'proposed'
          await setStatus(tx, request, { status })
          const subject = versionSubject(request.model, request.version)
          const facts = { request: request.id, target: request.target, reason }
          await record(context, tx, by, `approval.${kind}`, subject, facts)
          return loadRequest(context, tx, request.id)
        })
      } catch (error) {
        if (isMlopsError(error) && error.kind === 'denied') await recordRefusal(wanted, error.code)
        throw error
      }
    }

  /** Who tried to review and may not: kept, because the attempt itself was rolled back. */
  async function recordRefusal({ id, by }: ApprovalCommand, code: string): Promise<void> {
    await db.transaction(async (tx) => {
      const { model, version } = await loadRequest(context, tx, id)
      const facts = { request: id, code }
      await record(context, tx, by, 'approval.refused', versionSubject(model, version), facts)
    })
  }

  return {
    async propose(command) {
      const {
        model,
        version: number,
        target,
        reason,
        expectedRevision,
        by,
      } = parseWith(proposeSchema, command, told)
      return db.transaction(async (tx) => {
        const version = await loadVersion(tx, model, number)
        const what = `version ${number} of ${model}`
        expectRevision(what, { expected: expectedRevision, actual: version.revision })
        if (target.kind === 'stage') assertTransition(stages, version, target.stage)
        else if (target.kind === 'rollback') {
          await assertRollback(tx, { model, version: number, environment: target.environment })
        } else await assertAliasChange(tx, { model, version: number, target })
        await closeEarlier(context, tx, version, canonicalJson(target), by)
        const subject = versionSubject(model, number)
        const id = ids.next()
        const { digest: manifest } = await manifestOf(tx, model, number)
        const facts = { request: id, target, reason, revision: version.revision, manifest }
        const { seq } = await record(context, tx, by, 'approval.proposed', subject, facts)
        const expiry = ruleFor(rules, { model, target }).expiresAfterMs ?? DEFAULT_EXPIRY_MS
        const row = {
          id,
          event_seq: seq,
          model,
          version: number,
          kind: target.kind,
          target: canonicalJson(target),
          status: 'proposed',
          reason,
          version_revision: version.revision,
          manifest,
          replaces: await replacedBy(tx, stages, { model, target }),
          proposed_by: canonicalJson(by),
          proposed_at: isoTime(clock),
          expires_at: new Date(clock.now() + expiry).toISOString(),
          decision: null,
          revision: 1,
        }
        await tx.insertInto('registry_approvals').values(row).execute()
        return loadRequest(context, tx, id)
      })
    },
    approve: review('approved'),
    reject: review('rejected'),
    async comment(command) {
      const { id, text, by } = parseWith(approvalCommentSchema, command, told)
      return db.transaction(async (tx) => {
        const request = await loadRequest(context, tx, id)
        await addNote(tx, request, { kind: 'comment', text, by, at: isoTime(clock) })
        await setStatus(tx, request, {})
        const subject = versionSubject(request.model, request.version)
        await record(context, tx, by, 'approval.commented', subject, { request: id, text })
        return loadRequest(context, tx, id)
      })
    },
    async withdraw(command) {
      const wanted = parseWith(approvalCommandSchema, command, told)
      const { id, reason, by } = wanted
      return db.transaction(async (tx) => {
        const request = await load(tx, wanted)
        if (request.proposedBy.id !== by.id) {
          throw denied(
            'registry.not-proposer',
            `request ${id} is ${request.proposedBy.id}'s to withdraw: reject it instead`,
            { id, actor: by.id },
          )
        }
        assertOpenRequest(request, OPEN)
        await setStatus(tx, request, { status: 'withdrawn' })
        const subject = versionSubject(request.model, request.version)
        await record(context, tx, by, 'approval.withdrawn', subject, { request: id, reason })
        return loadRequest(context, tx, id)
      })
    },
    commit: async (command) =>
      commitRequest(context, stageMover, parseWith(approvalCommandSchema, command, told)),
    get: async (id) =>
      loadRequest(context, db.query, parseWith(approvalCommandSchema.shape.id, id, told)),
    async list(options) {
      const { limit: wantedLimit, cursor, ...about } = givenOptions(options ?? {})
      const { model, version, status } = parseWith(approvalsListedSchema, about, told)
      const limit = pageLimit(wantedLimit)
      let select = db.query.selectFrom('registry_approvals').selectAll()
      if (model !== undefined) select = select.where('model', '=', model)
      if (version !== undefined) select = select.where('version', '=', version)
      if (status !== undefined) select = select.where(statusIs(status, isoTime(clock)))
      if (cursor !== undefined) select = select.where('event_seq', '<', cursorSeq(cursor))
      const rows = await select
        .orderBy('event_seq', 'desc')
        .limit(limit + 1)
        .execute()
      const items = await assembleRequests(context, db.query, rows.slice(0, limit))
      return { items, ...nextCursor(rows, limit, ({ event_seq }) => event_seq) }
    },
  }
}

function statusIs(status: ApprovalStatus, now: string) {
  return (on: ExpressionBuilder<RegistryTables, 'registry_approvals'>) => {
    if (status === 'expired') {
      return on.or([
        on('status', '=', 'expired'),
        on.and([on('status', 'in', OPEN), on('expires_at', '<=', now)]),
      ])
    }
    const written = on('status', '=', status)
    return OPEN.includes(status) ? on.and([written, on('expires_at', '>', now)]) : written
  }
}
