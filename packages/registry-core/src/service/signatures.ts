import { createPublicKey, verify } from 'node:crypto'
import {
  canonicalJson,
  givenOptions,
  invalid,
  isMlopsError,
  isoTime,
  MlopsError,
} from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { assertFunction } from '../model/arguments.ts'
import type { ModelVersion } from '../model/model-version.ts'
import type {
  SignatureFinding,
  SignedStatement,
  SignVersion,
  TrustedKey,
  TrustedKeys,
  VersionSignature,
} from '../model/signature.ts'
import { signVersionSchema } from '../model/signature.ts'
import { signedBytes, statementOf } from '../rules/statement.ts'
import { manifestOf } from './artifacts.ts'
import type { Db, RegistryContext } from './context.ts'
import { conflict, loadVersion, record, versionSubject } from './context.ts'

export interface Signatures {
  /**
   * Signs a version: its number, files with digests, inputs and outputs, and dependencies. The same
   * key again replaces its signature. Files that come later void it.
   *
   * @throws `not-found` `registry.no-version`; `invalid` `registry.invalid-signature` for a key that
   *   gives no Ed25519 signature; `internal` `registry.signing-failed`; `conflict`
   *   `registry.version-unsettled` when the version changed while the key signed.
   */
  sign(command: SignVersion): Promise<VersionSignature>
  list(model: string, version: number): Promise<readonly VersionSignature[]>
  /** Checks every signature against what the version is now, with the given or the rules' keys. */
  verify(
    model: string,
    version: number,
    options?: { readonly keys?: TrustedKeys },
  ): Promise<readonly SignatureFinding[]>
}

const LENGTH = 64

export function createSignatures(context: RegistryContext): Signatures {
  const { db, clock, rules } = context

  return {
    async sign(wanted) {
      const { key, ...command } = wanted ?? {}
      const {
        model,
        version: number,
        by,
      } = parseWith(signVersionSchema, command, {
        code: 'registry.invalid-signature',
        what: 'the command to sign',
      })
      if (typeof key?.keyId !== 'string' || key.keyId === '' || typeof key.sign !== 'function') {
        throw invalid(
          'registry.invalid-signature',
          'the key must have a keyId and a function sign',
          {},
        )
      }
      const statement = await currentStatement(db.query, model, number)
      const signature = await signWith(key.sign.bind(key), statement, key.keyId)
      const row = {
        key_id: key.keyId,
        statement: canonicalJson(statement),
        signature: Buffer.from(signature).toString('base64'),
        signed_at: isoTime(clock),
        signed_by: canonicalJson(by),
      }
      await db.transaction(async (tx) => {
        if (canonicalJson(await currentStatement(tx, model, number)) !== row.statement) {
          throw conflict(
            'registry.version-unsettled',
            `version ${number} of ${model} changed while it was signed: sign it again`,
            { model, version: number },
          )
        }
        await tx
          .insertInto('registry_version_signatures')
          .values({ model, version: number, ...row })
          .onConflict((on) => on.columns(['model', 'version', 'key_id']).doUpdateSet(row))
          .execute()
        await record(context, tx, by, 'model-version.signed', versionSubject(model, number), {
          keyId: key.keyId,
          signature: row.signature,
        })
      })
      return { keyId: key.keyId, statement, signature: row.signature, signedAt: row.signed_at }
    },
    async list(model, version) {
      await loadVersion(db.query, model, version)
      return signaturesOf(db.query, model, version)
    },
    async verify(model, version, options = {}) {
      const keys = givenOptions(options).keys ?? rules.signing?.keys
      if (!keys) {
        throw invalid(
          'registry.no-keys',
          'there are no trusted keys: give some to verify, or `signing` to createRegistry',
          {},
        )
      }
      assertFunction(givenOptions(keys, 'registry.no-keys').find, 'keys.find')
      return verifySignatures(db.query, await loadVersion(db.query, model, version), keys)
    },
  }
}

export async function verifySignatures(
  db: Db,
  version: ModelVersion,
  keys: TrustedKeys,
): Promise<SignatureFinding[]> {
  const { artifacts } = await manifestOf(db, version.model, version.version)
  const current = canonicalJson(statementOf(version, artifacts))
  const findings: SignatureFinding[] = []
  for (const one of await signaturesOf(db, version.model, version.version)) {
    const { keyId, signedAt } = one
    const status = judge(one, current, await keys.find(keyId))
    findings.push({ keyId, status, signedAt })
  }
  return findings
}

function judge(
  { statement, signature, signedAt }: VersionSignature,
  current: string,
  key: TrustedKey | undefined,
): SignatureFinding['status'] {
  if (!key) return 'unknown-key'
  if (key.revoked) return 'revoked-key'
  if (key.retiredAt !== undefined && !(Date.parse(signedAt) < Date.parse(key.retiredAt))) {
    return 'retired-key'
  }
  const bytes = Buffer.from(signature, 'base64')
  if (!verify(null, signedBytes(statement), publicKeyOf(key), bytes)) return 'forged'
  return canonicalJson(statement) === current ? 'valid' : 'changed'
}

function publicKeyOf({ keyId, publicKey }: TrustedKey) {
  try {
    const key =
      typeof publicKey === 'string'
        ? createPublicKey(publicKey)
        : createPublicKey({ key: { ...publicKey }, format: 'jwk' })
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Told below, without a word of the key.
  }
  throw invalid('registry.invalid-key', `the trusted key ${keyId} is no Ed25519 public key`, {
    keyId,
  })
}

async function signWith(
  sign: (message: Uint8Array) => Uint8Array | Promise<Uint8Array>,
  statement: SignedStatement,
  keyId: string,
): Promise<Uint8Array> {
  let signature: unknown
  try {
    signature = await sign(signedBytes(statement))
  } catch (cause) {
    if (isMlopsError(cause)) throw cause
    throw new MlopsError({
      kind: 'internal',
      code: 'registry.signing-failed',
      message: `the key ${keyId} could not sign`,
      details: { keyId },
      cause,
    })
  }
  if (signature instanceof Uint8Array && signature.byteLength === LENGTH) return signature
  throw invalid(
    'registry.invalid-signature',
    `the key ${keyId} gave no Ed25519 signature of ${LENGTH} bytes`,
    { keyId },
  )
}

async function currentStatement(db: Db, model: string, number: number): Promise<SignedStatement> {
  const version = await loadVersion(db, model, number)
  return statementOf(version, (await manifestOf(db, model, number)).artifacts)
}

async function signaturesOf(db: Db, model: string, version: number): Promise<VersionSignature[]> {
  const rows = await db
    .selectFrom('registry_version_signatures')
    .selectAll()
    .where('model', '=', model)
    .where('version', '=', version)
    .orderBy('signed_at')
    .orderBy('key_id')
    .execute()
  return rows.map(({ key_id, statement, signature, signed_at }) => ({
    keyId: key_id,
    statement: JSON.parse(statement) as SignedStatement,
    signature,
    signedAt: signed_at,
  }))
}
