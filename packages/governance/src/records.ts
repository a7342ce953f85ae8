import type { Evidence, SubjectRef } from '@mlops/core'
import { formatSubject } from '@mlops/core'
import type { AnyTransaction, Store } from '@mlops/store'
import type { Kysely, Transaction } from 'kysely'
import type { RiskClassification } from './classify.ts'
import type { Delegation, SignOff } from './sign-off.ts'
import type { GovernanceTables } from './tables.ts'
import type { Waiver } from './waiver.ts'

type Db = Kysely<GovernanceTables> | Transaction<GovernanceTables>

/** A use case and its standing classification. */
export interface UseCase {
  readonly name: string
  /** Counts the classifications; 1 is the first. */
  readonly revision: number
  readonly tier: string
  readonly classification: RiskClassification
  readonly classifiedAt: string
}

/** A release that was put forward. */
export interface SubmittedRelease {
  readonly useCase: string
  readonly authors: readonly string[]
  readonly relatedSubjects: readonly SubjectRef[]
  readonly submittedAt: string
}

/** All SQL of governance. A subject's key is its printed form. */
export const records = {
  on: (tx: AnyTransaction): Db => tx as Transaction<GovernanceTables>,
  outside: (store: Store): Db => store.tables<GovernanceTables>().query,

  async useCase(db: Db, name: string): Promise<UseCase | undefined> {
    const row = await db
      .selectFrom('governance_use_cases')
      .selectAll()
      .where('name', '=', name)
      .executeTakeFirst()
    return (
      row && {
        name: row.name,
        revision: row.revision,
        tier: row.tier,
        classification: JSON.parse(row.classification),
        classifiedAt: row.classified_at,
      }
    )
  },

  async saveUseCase(
    db: Db,
    { name, revision, tier, classification, classifiedAt }: UseCase,
  ): Promise<void> {
    const values = {
      revision,
      tier,
      classification: JSON.stringify(classification),
      classified_at: classifiedAt,
    }
    await db
      .insertInto('governance_use_cases')
      .values({ name, ...values })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
      .execute()
  },

  async release(
    db: Db,
    subject: SubjectRef,
    digest: string,
  ): Promise<SubmittedRelease | undefined> {
    const row = await db
      .selectFrom('governance_releases')
      .selectAll()
      .where('subject', '=', formatSubject(subject))
      .where('digest', '=', digest)
      .executeTakeFirst()
    return (
      row && {
        useCase: row.use_case,
        authors: JSON.parse(row.authors),
        relatedSubjects: JSON.parse(row.related_subjects),
        submittedAt: row.submitted_at,
      }
    )
  },

  async saveRelease(
    db: Db,
    subject: SubjectRef,
    digest: string,
    release: SubmittedRelease,
  ): Promise<void> {
    await db
      .insertInto('governance_releases')
      .values({
        subject: formatSubject(subject),
        digest,
        use_case: release.useCase,
        authors: JSON.stringify(release.authors),
        related_subjects: JSON.stringify(release.relatedSubjects),
        submitted_at: release.submittedAt,
      })
      .execute()
  },

  /** @returns false when it was there already. */
  async saveEvidence(db: Db, evidence: Evidence): Promise<boolean> {
    const done = await db
      .insertInto('governance_evidence')
      .values({
        digest: evidence.digest,
        subject: formatSubject(evidence.subject),
        kind: evidence.kind,
        produced_at: evidence.producedAt,
        document: JSON.stringify(evidence),
      })
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .executeTakeFirst()
    return (done.numInsertedOrUpdatedRows ?? 0n) > 0n
  },

  async evidenceOf(db: Db, subjects: readonly SubjectRef[]): Promise<Evidence[]> {
    const rows = await db
      .selectFrom('governance_evidence')
      .select('document')
      .where('subject', 'in', subjects.map(formatSubject))
      .orderBy('produced_at')
      .orderBy('digest')
      .execute()
    return rows.map((row) => JSON.parse(row.document))
  },

  saveSignOff: (db: Db, id: string, subject: SubjectRef, signOff: SignOff): Promise<void> =>
    saveWord(db, 'governance_sign_offs', { id, subject, digest: signOff.digest, word: signOff }),

  signOffsOf: (db: Db, gate: string, subject: SubjectRef, digest: string): Promise<SignOff[]> =>
    wordsOf(db, 'governance_sign_offs', { gate, subject, digest }),

  saveWaiver: (
    db: Db,
    id: string,
    subject: SubjectRef,
    digest: string,
    waiver: Waiver,
  ): Promise<void> => saveWord(db, 'governance_waivers', { id, subject, digest, word: waiver }),

  waiversOf: (db: Db, gate: string, subject: SubjectRef, digest: string): Promise<Waiver[]> =>
    wordsOf(db, 'governance_waivers', { gate, subject, digest }),

  async saveDelegation(db: Db, id: string, delegation: Delegation): Promise<void> {
    await db
      .insertInto('governance_delegations')
      .values({ id, role: delegation.role, document: JSON.stringify(delegation) })
      .execute()
  },

  async delegationsOf(db: Db, roles: readonly string[]): Promise<Delegation[]> {
    if (roles.length === 0) return []
    const rows = await db
      .selectFrom('governance_delegations')
      .select('document')
      .where('role', 'in', roles)
      .orderBy('id')
      .execute()
    return rows.map((row) => JSON.parse(row.document))
  },
}

/** Sign-offs and waivers are kept alike: a person's word on one release at one gate. */
type WordTable = 'governance_sign_offs' | 'governance_waivers'

async function saveWord(
  db: Db,
  table: WordTable,
  {
    id,
    subject,
    digest,
    word,
  }: {
    readonly id: string
    readonly subject: SubjectRef
    readonly digest: string
    readonly word: SignOff | Waiver
  },
): Promise<void> {
  const { gate, at } = word
  const document = JSON.stringify(word)
  await db
    .insertInto(table)
    .values({ id, subject: formatSubject(subject), digest, gate, at, document })
    .execute()
}

async function wordsOf<Word extends SignOff | Waiver>(
  db: Db,
  table: WordTable,
  {
    gate,
    subject,
    digest,
  }: { readonly gate: string; readonly subject: SubjectRef; readonly digest: string },
): Promise<Word[]> {
  const rows = await db
    .selectFrom(table)
    .select('document')
    .where('subject', '=', formatSubject(subject))
    .where('digest', '=', digest)
    .where('gate', '=', gate)
    .orderBy('at')
    .orderBy('id')
    .execute()
  return rows.map((row) => JSON.parse(row.document) as Word)
}
