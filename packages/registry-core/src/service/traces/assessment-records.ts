import { canonicalJson, digestOf, isoTime } from '@mlops/core'
import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import { assertText } from '../../model/arguments.ts'
import type {
  Assessment,
  AssessmentError,
  AssessmentKind,
  AssessmentSource,
  ReadAssessment,
} from '../../model/assessment.ts'
import type { RegistryTables } from '../../sql/tables.ts'
import type { AssessmentRow } from '../../sql/trace-tables.ts'
import type { Db, RegistryContext } from '../context.ts'
import { notFound } from '../context.ts'
import { inChunks } from '../tracking/keyed-texts.ts'

type Tx = Transaction<RegistryTables>

/** @throws `not-found` `registry.no-assessment` */
export async function loadAssessment(db: Db, trace: string, id: string): Promise<AssessmentRow> {
  assertText(id, 'assessment')
  const row = await db
    .selectFrom('registry_assessments')
    .selectAll()
    .where('trace', '=', trace)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row) return row
  throw notFound('registry.no-assessment', `trace ${trace} has no assessment ${id}`, { trace, id })
}

export function assessmentRow(
  { clock }: RegistryContext,
  trace: string,
  id: string,
  given: ReadAssessment,
): AssessmentRow {
  const at = given.createdAt === undefined ? isoTime(clock) : instant(given.createdAt)
  return {
    trace,
    id,
    span: given.span ?? null,
    name: given.name,
    kind: given.kind,
    value: given.value,
    error: given.error === undefined ? null : canonicalJson(given.error),
    source_type: given.source.type,
    source_id: given.source.id,
    rationale: given.rationale ?? null,
    metadata: canonicalJson(given.metadata),
    overrides: given.overrides ?? null,
    valid: 1,
    created_at: at,
    updated_at: given.updatedAt === undefined ? at : instant(given.updatedAt),
  }
}

/** One spelling of an instant, so that texts sort by time. */
const instant = (text: string) => new Date(text).toISOString()

/** What comes with a trace. A trace that is told of again brings nothing twice. */
export async function addTraced(
  context: RegistryContext,
  tx: Tx,
  trace: string,
  assessments: readonly ReadAssessment[],
): Promise<void> {
  if (assessments.length === 0) return
  const known = await tx
    .selectFrom('registry_assessments')
    .select(['id', 'overrides'])
    .where('trace', '=', trace)
    .execute()
  const ids = new Set(known.map(({ id }) => id))
  const overridden = new Set([...known, ...assessments].map(({ overrides }) => overrides))
  const rows = assessments.flatMap((one) => {
    const id = one.id ?? `a-${digestOf(one).slice(-32)}`
    if (ids.has(id)) return []
    ids.add(id)
    return [{ ...assessmentRow(context, trace, id, one), valid: overridden.has(id) ? 0 : 1 }]
  })
  if (rows.length === 0) return
  await sendLater(tx, tx.insertInto('registry_assessments').values(rows))
  for (const { overrides } of rows) if (overrides !== null) await setValid(tx, trace, overrides, 0)
}

export async function setValid(tx: Tx, trace: string, id: string, valid: 0 | 1): Promise<void> {
  await sendLater(
    tx,
    tx
      .updateTable('registry_assessments')
      .set({ valid })
      .where('trace', '=', trace)
      .where('id', '=', id),
  )
}

/** Oldest first. */
export async function assessmentsOf(
  db: Db,
  traces: readonly string[],
): Promise<ReadonlyMap<string, readonly Assessment[]>> {
  const rows = await inChunks(traces, (some) =>
    db
      .selectFrom('registry_assessments')
      .selectAll()
      .where('trace', 'in', some)
      .orderBy('created_at')
      .orderBy('id')
      .execute(),
  )
  const assessments = new Map<string, Assessment[]>()
  for (const row of rows) {
    const of = assessments.get(row.trace)
    if (of) of.push(assessmentFromRow(row))
    else assessments.set(row.trace, [assessmentFromRow(row)])
  }
  return assessments
}

export function assessmentFromRow(row: AssessmentRow): Assessment {
  return {
    id: row.id,
    trace: row.trace,
    ...(row.span !== null && { span: row.span }),
    name: row.name,
    kind: row.kind as AssessmentKind,
    value: JSON.parse(row.value) as unknown,
    ...(row.error !== null && { error: JSON.parse(row.error) as AssessmentError }),
    source: { type: row.source_type as AssessmentSource['type'], id: row.source_id },
    ...(row.rationale !== null && { rationale: row.rationale }),
    metadata: JSON.parse(row.metadata) as Readonly<Record<string, string>>,
    ...(row.overrides !== null && { overrides: row.overrides }),
    valid: row.valid === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
