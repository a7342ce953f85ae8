import { canonicalJson, isoTime } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { sendLater } from '@mlops/store'
import type {
  Assessment,
  AssessmentCommand,
  ChangeAssessment,
  CreateAssessment,
} from '../../model/assessment.ts'
import {
  assessmentCommandSchema,
  changeAssessmentSchema,
  createAssessmentSchema,
} from '../../model/assessment.ts'
import type { RegistryContext } from '../context.ts'
import { conflict, record } from '../context.ts'
import { assessmentFromRow, assessmentRow, loadAssessment, setValid } from './assessment-records.ts'
import { loadTrace } from './trace-records.ts'

/** Feedback on traces, and what was expected of them. */
export interface Assessments {
  /**
   * Adds one. The one that it overrides is kept, and not valid from then on.
   *
   * @throws `not-found` `registry.no-trace`, or `registry.no-assessment` (the overridden one);
   *   `invalid` `registry.invalid-assessment`.
   */
  create(command: CreateAssessment): Promise<Assessment>
  /** @throws `not-found` `registry.no-trace` or `registry.no-assessment` */
  get(trace: string, id: string): Promise<Assessment>
  /**
   * Changes what it says; who said it, and of what, stays.
   *
   * @throws `conflict` `registry.assessment-kind` for a value of the other kind; as `get`.
   */
  change(command: ChangeAssessment): Promise<Assessment>
  /**
   * Removes it; absent is no error. What it stood in for is valid again, unless another one stands
   * in for it, too.
   *
   * @throws `not-found` `registry.no-trace`
   */
  remove(command: AssessmentCommand): Promise<void>
}

const told = { code: 'registry.invalid-assessment', what: 'the assessment' }

export function createAssessments(context: RegistryContext): Assessments {
  const { db, clock, ids } = context
  const subject = (name: string) => ({ type: 'trace', name })

  return {
    async create(command) {
      const { trace, by, ...given } = parseWith(createAssessmentSchema, command, told)
      const id = `a-${ids.next().replaceAll('-', '')}`
      return db.transaction(async (tx) => {
        await loadTrace(tx, trace)
        const { overrides, name, kind } = given
        if (overrides !== undefined) {
          await loadAssessment(tx, trace, overrides)
          await setValid(tx, trace, overrides, 0)
        }
        const row = assessmentRow(context, trace, id, given)
        await sendLater(tx, tx.insertInto('registry_assessments').values(row))
        const facts = { id, name, kind, ...(overrides !== undefined && { overrides }) }
        await record(context, tx, by, 'assessment.created', subject(trace), facts)
        return assessmentFromRow(row)
      })
    },
    async get(trace, id) {
      await loadTrace(db.query, trace)
      return assessmentFromRow(await loadAssessment(db.query, trace, id))
    },
    async change(command) {
      const { trace, id, by, ...changes } = parseWith(changeAssessmentSchema, command, told)
      return db.transaction(async (tx) => {
        await loadTrace(tx, trace)
        const row = await loadAssessment(tx, trace, id)
        for (const kind of ['feedback', 'expectation'] as const) {
          if (changes[kind] === undefined || row.kind === kind) continue
          throw conflict(
            'registry.assessment-kind',
            `assessment ${id} is ${row.kind}, and stays so: its value is no ${kind}`,
            { trace, id, kind: row.kind },
          )
        }
        const { feedback, expectation, metadata } = changes
        const known = JSON.parse(row.metadata) as Readonly<Record<string, string>>
        const set = {
          name: changes.name ?? row.name,
          value: (feedback ?? expectation)?.value ?? row.value,
          error: feedback ? (feedback.error ? canonicalJson(feedback.error) : null) : row.error,
          rationale: changes.rationale ?? row.rationale,
          metadata: metadata ? canonicalJson({ ...known, ...metadata }) : row.metadata,
          updated_at: isoTime(clock),
        }
        await sendLater(
          tx,
          tx
            .updateTable('registry_assessments')
            .set(set)
            .where('trace', '=', trace)
            .where('id', '=', id),
        )
        const facts = { id, changed: Object.keys(changes) }
        await record(context, tx, by, 'assessment.changed', subject(trace), facts)
        return assessmentFromRow({ ...row, ...set })
      })
    },
    async remove(command) {
      const { trace, id, by } = parseWith(assessmentCommandSchema, command, told)
      await db.transaction(async (tx) => {
        await loadTrace(tx, trace)
        const row = await tx
          .deleteFrom('registry_assessments')
          .where('trace', '=', trace)
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst()
        if (!row) return
        if (row.overrides !== null) {
          const another = await tx
            .selectFrom('registry_assessments')
            .select('id')
            .where('trace', '=', trace)
            .where('overrides', '=', row.overrides)
            .limit(1)
            .executeTakeFirst()
          if (!another) await setValid(tx, trace, row.overrides, 1)
        }
        const facts = { id, name: row.name, kind: row.kind }
        await record(context, tx, by, 'assessment.removed', subject(trace), facts)
      })
    },
  }
}
