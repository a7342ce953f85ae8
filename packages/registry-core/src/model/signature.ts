import type { Digest } from '@mlops/core'
import { actorSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { nameSchema, versionNumberSchema } from './names.ts'

/** Signs bytes with Ed25519; the key may stay in a vault. */
export interface SigningKey {
  readonly keyId: string
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/** A public key that signatures are checked with. */
export interface TrustedKey {
  readonly keyId: string
  /** SubjectPublicKeyInfo as PEM, or a JWK of type OKP and curve Ed25519. */
  readonly publicKey: string | Readonly<Record<string, unknown>>
  /** Signatures made before count; ISO 8601. Set it when the key is replaced. */
  readonly retiredAt?: string
  /** Nothing that it signed counts any more. */
  readonly revoked?: boolean
}

/** Where public keys come from. Asked at every check, so that a revoked key counts for nothing. */
export interface TrustedKeys {
  find(keyId: string): TrustedKey | undefined | Promise<TrustedKey | undefined>
}

/** Which stages demand a signature, and whose counts. */
export interface SigningRules {
  readonly keys: TrustedKeys
  /** Stages into which only signed versions go. */
  readonly requiredFor: readonly string[]
  /** How many different keys must have signed. @default 1 */
  readonly signatures?: number
}

/** What is signed: everything that says what the version is. */
export interface SignedStatement {
  readonly type: 'mlops/model-version/v1'
  readonly model: string
  readonly version: number
  readonly semver: string
  readonly artifacts: readonly {
    readonly path: string
    readonly digest: Digest
    readonly size: number
  }[]
  /** Inputs and outputs; null where the version has none. */
  readonly signature: unknown
  readonly dependsOn: readonly { readonly model: string; readonly version: number }[]
}

export interface VersionSignature {
  readonly keyId: string
  readonly statement: SignedStatement
  /** Base64. */
  readonly signature: string
  readonly signedAt: string
}

/** What a check of one signature found. Only `valid` counts. */
export interface SignatureFinding {
  readonly keyId: string
  readonly status: 'valid' | 'changed' | 'forged' | 'unknown-key' | 'revoked-key' | 'retired-key'
  readonly signedAt: string
}

export const signVersionSchema = z.object({
  model: nameSchema,
  version: versionNumberSchema,
  by: actorSchema,
})
export type SignVersion = Readonly<z.input<typeof signVersionSchema>> & {
  readonly key: SigningKey
}
