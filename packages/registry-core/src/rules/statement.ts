import { canonicalJson } from '@mlops/core'
import type { Artifact, ModelVersion } from '../model/model-version.ts'
import type { SignedStatement } from '../model/signature.ts'

/** What a version's signature speaks of. */
export function statementOf(
  version: ModelVersion,
  artifacts: readonly Artifact[],
): SignedStatement {
  return {
    type: 'mlops/model-version/v1',
    model: version.model,
    version: version.version,
    semver: version.semver,
    artifacts: artifacts.map(({ path, digest, size }) => ({ path, digest, size })),
    signature: version.signature ?? null,
    dependsOn: version.dependsOn,
  }
}

/**
 * The bytes that are signed: the statement's type, its length and its canonical JSON, so that no
 * other document has the same bytes.
 *
 * Source: DSSE, "Pre-Authentication Encoding"; RFC 8785.
 */
export function signedBytes(statement: SignedStatement): Uint8Array {
  const payload = Buffer.from(canonicalJson(statement), 'utf8')
  const { type } = statement
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.byteLength} `
  return Buffer.concat([Buffer.from(head, 'utf8'), payload])
}
