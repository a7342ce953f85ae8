import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'

/** A content address: `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`

/** The 32 bytes of SHA-256 over bytes, or over a text as UTF-8 (FIPS 180-4). */
export function sha256(data: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(data).digest())
}

/** {@link sha256} as a {@link Digest}. */
export function sha256Digest(data: string | Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`
}

/**
 * The content address of a JSON value: SHA-256 over its canonical JSON, so that the order of keys
 * and the runtime make no difference.
 *
 * @throws `invalid` `core.not-json`, see {@link canonicalJson}.
 * @example
 * ```ts
 * import { digestOf } from '@mlops/core'
 *
 * console.log(digestOf({ b: 1, a: 2 }) === digestOf({ a: 2, b: 1 })) // true
 * ```
 * Source: RFC 8785 (JSON Canonicalization Scheme), FIPS 180-4.
 */
export function digestOf(value: unknown): Digest {
  return sha256Digest(canonicalJson(value))
}

/** Whether `text` has the form of a {@link Digest}. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && /^sha256:[0-9a-f]{64}$/.test(text)
}
