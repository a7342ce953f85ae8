import type { Actor, Evidence } from '@mlops/core'
import {
  canonicalJson,
  formatSubject,
  givenOptions,
  invalid,
  isoTime,
  verifyEvidence,
} from '@mlops/core'
import { actorSchema, evidenceSchema, parseWith } from '@mlops/core/schema'
import type { Db, RegistryContext } from './context.ts'
import { loadVersion, record, touchVersion, versionSubject } from './context.ts'

export interface EvidenceShelf {
  /**
   * Attaches evidence to a version. It may speak of the version itself or of anything else that
   * bears on it (a dataset, a run). The same document again changes nothing.
   *
   * @throws `invalid` `registry.invalid-evidence`, `registry.evidence-changed` when its digest is
   *   not the one of its content, `registry.evidence-elsewhere` when it speaks of another version.
   */
  attach(command: {
    readonly model: string
    readonly version: number
    readonly evidence: Evidence
    readonly by: Actor
  }): Promise<void>
  /** In the order in which they were attached. */
  list(model: string, version: number): Promise<readonly Evidence[]>
}

export function createEvidenceShelf(context: RegistryContext): EvidenceShelf {
  const { db, clock } = context

  return {
    async attach(command) {
      const told = { code: 'registry.invalid-evidence', what: 'the evidence' }
      const { model, version: number, evidence, by } = givenOptions(command, told.code)
      parseWith(evidenceSchema, evidence, told)
      parseWith(actorSchema, by, told)
      if (!verifyEvidence(evidence)) {
        throw invalid(
          'registry.evidence-changed',
          'the evidence was changed after it was made: its digest is not the one of its content',
          { digest: evidence.digest },
        )
      }
      await db.transaction(async (tx) => {
        const version = await loadVersion(tx, model, number)
        assertAbout(evidence, { model, version: String(number), semver: version.semver })
        const at = isoTime(clock)
        const row = {
          model,
          version: number,
          digest: evidence.digest,
          document: canonicalJson(evidence),
          attached_at: at,
        }
        const { numInsertedOrUpdatedRows } = await tx
          .insertInto('registry_evidence')
          .values(row)
          .onConflict((key) => key.columns(['model', 'version', 'digest']).doNothing())
          .executeTakeFirstOrThrow()
        if (numInsertedOrUpdatedRows === 0n) return
        await touchVersion(tx, version, at)
        const { kind, verdict, digest } = evidence
        const subject = versionSubject(model, number)
        await record(context, tx, by, 'evidence.attached', subject, { kind, verdict, digest })
      })
    },
    async list(model, version) {
      await loadVersion(db.query, model, version)
      return evidenceOf(db.query, model, version)
    },
  }
}

export async function evidenceOf(db: Db, model: string, version: number): Promise<Evidence[]> {
  const rows = await db
    .selectFrom('registry_evidence')
    .select('document')
    .where('model', '=', model)
    .where('version', '=', version)
    .orderBy('attached_at')
    .orderBy('digest')
    .execute()
  return rows.map(({ document }) => JSON.parse(document) as Evidence)
}

function assertAbout(
  { subject }: Evidence,
  { model, version, semver }: { model: string; version: string; semver: string },
): void {
  if (subject.type !== 'model-version') return
  if (subject.name === model && (subject.version === version || subject.version === semver)) return
  throw invalid(
    'registry.evidence-elsewhere',
    `the evidence speaks of ${formatSubject(subject)}, not of version ${version} (${semver}) of ${model}`,
    { subject },
  )
}
