import { canonicalJson, digestOf } from '@mlops/core'
import type { Transaction } from 'kysely'
import type {
  EvaluationRecord,
  EvaluationSchema,
  FieldType,
  WriteEvaluationRecord,
} from '../../model/evaluation-dataset.ts'
import type { EvaluationRecordRow, RegistryTables } from '../../sql/tables.ts'
import type { Db } from '../context.ts'
import { inChunks } from '../tracking/keyed-texts.ts'

/** Rows per statement: under the parameter limits of both databases. */
const BATCH = 500

type Document = Pick<EvaluationRecord, 'inputs' | 'outputs' | 'expectations' | 'tags' | 'source'>

export interface RecordsWritten {
  readonly inserted: number
  readonly updated: number
}

/** Inserts records, or merges them into those that have the same inputs. */
export async function writeRecords(
  tx: Transaction<RegistryTables>,
  dataset: string,
  records: readonly WriteEvaluationRecord[],
  { at, newId }: { readonly at: string; readonly newId: () => string },
): Promise<RecordsWritten> {
  const keys = records.map(({ inputs }) => digestOf(inputs))
  const known = await inChunks([...new Set(keys)], (some) =>
    tx
      .selectFrom('registry_evaluation_records')
      .selectAll()
      .where('dataset', '=', dataset)
      .where('input_digest', 'in', some)
      .execute(),
  )
  const rows = new Map(known.map((row) => [row.input_digest, row]))
  let inserted = 0
  for (const [i, record] of records.entries()) {
    const key = keys[i]!
    const before = rows.get(key)
    if (!before) inserted++
    const document = merge(before && (JSON.parse(before.document) as Document), record)
    const text = canonicalJson(document)
    const user = record.user ?? ''
    rows.set(key, {
      id: before?.id ?? newId(),
      dataset,
      input_digest: key,
      digest: digestOf(document),
      document: text,
      created_at: before?.created_at ?? at,
      updated_at: at,
      created_by: before?.created_by ?? user,
      updated_by: user === '' ? (before?.updated_by ?? '') : user,
    })
  }
  const written = [...rows.values()]
  for (let i = 0; i < written.length; i += BATCH) {
    await tx
      .insertInto('registry_evaluation_records')
      .values(written.slice(i, i + BATCH))
      .onConflict((on) =>
        on.column('id').doUpdateSet(({ ref }) => ({
          digest: ref('excluded.digest'),
          document: ref('excluded.document'),
          updated_at: ref('excluded.updated_at'),
          updated_by: ref('excluded.updated_by'),
        })),
      )
      .execute()
  }
  return { inserted, updated: records.length - inserted }
}

/** New outputs replace the old ones; expectations and tags are added to; the first source stays. */
function merge(before: Document | undefined, record: WriteEvaluationRecord): Document {
  const outputs = 'outputs' in record ? record.outputs : before?.outputs
  const expectations =
    record.expectations || before?.expectations
      ? { ...before?.expectations, ...record.expectations }
      : undefined
  const source =
    before?.source ??
    (record.source && { type: record.source.type, data: record.source.data ?? {} })
  return {
    inputs: record.inputs,
    ...(outputs !== undefined && outputs !== null && { outputs }),
    ...(expectations && { expectations }),
    tags: { ...before?.tags, ...record.tags },
    ...(source && { source }),
  }
}

/** How many records a dataset has, and the digest over theirs. */
export async function contentOf(
  db: Db,
  dataset: string,
): Promise<{ readonly records: number; readonly digest: string }> {
  const rows = await db
    .selectFrom('registry_evaluation_records')
    .select('digest')
    .where('dataset', '=', dataset)
    .execute()
  // In one order on both databases, and whatever order the records came in.
  const digests = rows.map(({ digest }) => digest).sort()
  return { records: rows.length, digest: digestOf(digests) }
}

/** The schema with the fields that are new in these records. */
export function schemaWith(
  known: EvaluationSchema | undefined,
  records: readonly WriteEvaluationRecord[],
): EvaluationSchema | undefined {
  if (records.length === 0) return known
  const inputs = new Map(Object.entries(known?.inputs ?? {}))
  const expectations = new Map(Object.entries(known?.expectations ?? {}))
  let outputs = known?.outputs ?? {}
  for (const record of records) {
    learn(inputs, record.inputs)
    learn(expectations, record.expectations ?? {})
    const { outputs: given } = record
    if (given === undefined || given === null) continue
    if (isObject(given) && typeof outputs === 'object') {
      const fields = new Map(Object.entries(outputs))
      learn(fields, given)
      outputs = Object.fromEntries(fields)
    } else if (typeof outputs === 'object' && Object.keys(outputs).length === 0) {
      outputs = typeOf(given)
    }
  }
  return {
    inputs: Object.fromEntries(inputs),
    outputs,
    expectations: Object.fromEntries(expectations),
  }
}

function learn(fields: Map<string, FieldType>, values: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(values)) {
    if (!fields.has(key)) fields.set(key, typeOf(value))
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function typeOf(value: unknown): FieldType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float'
  return typeof value as 'boolean' | 'string' | 'object'
}

export function recordFromRow(row: EvaluationRecordRow): EvaluationRecord {
  return {
    id: row.id,
    ...(JSON.parse(row.document) as Document),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    createdBy: row.created_by,
    updatedBy: row.updated_by,
  }
}
