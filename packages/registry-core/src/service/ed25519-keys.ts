import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { invalid } from '@mlops/core'
import type { SigningKey, TrustedKey, TrustedKeys } from '../model/signature.ts'

/**
 * A signing key from a private Ed25519 key at hand: PKCS #8 as PEM, or a JWK.
 *
 * @throws `invalid` `registry.invalid-key`
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto'
 * import { ed25519Key } from '@mlops/registry-core'
 *
 * const { privateKey } = generateKeyPairSync('ed25519')
 * const pem = privateKey.export({ format: 'pem', type: 'pkcs8' })
 * const key = ed25519Key({ keyId: 'release-2026', privateKey: String(pem) })
 * console.log((await key.sign(new Uint8Array(3))).length) // 64
 * ```
 * Source: RFC 8032 (Ed25519), RFC 8037 (as a JWK).
 */
export function ed25519Key(options: {
  readonly keyId: string
  readonly privateKey: string | Readonly<Record<string, unknown>>
}): SigningKey {
  const { keyId, privateKey } = options ?? {}
  const key = privateKeyOf(privateKey)
  if (typeof keyId !== 'string' || keyId === '' || key?.asymmetricKeyType !== 'ed25519') {
    throw invalid(
      'registry.invalid-key',
      'a signing key needs a keyId and an Ed25519 private key, as PEM (PKCS #8) or JWK',
      {},
    )
  }
  return { keyId, sign: (message) => new Uint8Array(sign(null, message, key)) }
}

/**
 * Trusted keys from a list. To rotate: add the new key, and set `retiredAt` on the old one.
 *
 * @throws `invalid` `registry.invalid-key` for a key that is none, or two of one id.
 */
export function trustedKeys(list: readonly TrustedKey[]): TrustedKeys {
  if (!Array.isArray(list)) throw invalid('registry.invalid-key', 'the keys must be a list', {})
  const byId = new Map<string, TrustedKey>()
  for (const key of list as readonly TrustedKey[]) {
    const retired = key?.retiredAt === undefined || !Number.isNaN(Date.parse(key.retiredAt))
    if (!isPublicKey(key) || !retired || byId.has(key.keyId)) {
      throw invalid(
        'registry.invalid-key',
        'each trusted key needs a keyId of its own, an Ed25519 public key, and a time where it is retired',
        { keyId: key?.keyId ?? null },
      )
    }
    byId.set(key.keyId, key)
  }
  return { find: (keyId) => byId.get(keyId) }
}

function privateKeyOf(key: unknown) {
  try {
    return typeof key === 'string'
      ? createPrivateKey(key)
      : createPrivateKey({ key: { ...(key as object) }, format: 'jwk' })
  } catch {
    return undefined
  }
}

function isPublicKey(key: TrustedKey | null | undefined): key is TrustedKey {
  if (typeof key?.keyId !== 'string' || key.keyId === '') return false
  // A private key would give a public one, and lie about where it does not belong.
  if (typeof key.publicKey === 'string' && key.publicKey.includes('PRIVATE')) return false
  if (typeof key.publicKey === 'object' && key.publicKey !== null && 'd' in key.publicKey)
    return false
  try {
    const made =
      typeof key.publicKey === 'string'
        ? createPublicKey(key.publicKey)
        : createPublicKey({ key: { ...key.publicKey }, format: 'jwk' })
    return made.asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}
