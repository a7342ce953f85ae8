import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { invalid, MlopsError } from '@mlops/core'

/** Keys that secrets are encrypted with where they are kept. To rotate: add one, make it current. */
export interface WebhookKeys {
  /** The id of the key that new secrets are encrypted with. */
  readonly current: string
  /** 32 bytes each, by id. */
  readonly keys: Readonly<Record<string, Uint8Array>>
}

const CIPHER = 'aes-256-gcm'

/** @throws `invalid` `registry.invalid-webhook-key` */
export function assertKeys(given: WebhookKeys): void {
  const { current, keys } = given ?? {}
  const entries = Object.entries(keys ?? {})
  const fine =
    typeof current === 'string' &&
    Object.hasOwn(keys ?? {}, current) &&
    entries.every(
      ([id, key]) => /^[\w-]{1,64}$/.test(id) && key instanceof Uint8Array && key.byteLength === 32,
    )
  if (fine) return
  throw invalid(
    'registry.invalid-webhook-key',
    'webhook keys are { current, keys }: 32 random bytes for each id of letters, digits, _ or -',
    { current: current ?? null, ids: entries.map(([id]) => id) },
  )
}

/**
 * Encrypts a secret for one webhook: AES-256-GCM with a random nonce of 96 bits; the webhook's id is
 * authenticated, so that a secret cannot be moved to another.
 *
 * Source: NIST SP 800-38D.
 */
export function sealSecret(
  { current, keys }: WebhookKeys,
  webhook: string,
  secret: string,
): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv(CIPHER, keys[current]!, nonce)
  cipher.setAAD(Buffer.from(webhook, 'utf8'))
  const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `v1.${current}.${nonce.toString('base64url')}.${text.toString('base64url')}`
}

/** @throws `internal` `registry.webhook-secret` when the key is gone or the secret was changed. */
export function openSecret({ keys }: WebhookKeys, webhook: string, sealed: string): string {
  const [form, keyId = '', nonce = '', text = ''] = sealed.split('.')
  try {
    if (form !== 'v1' || !Object.hasOwn(keys, keyId)) throw new Error('unknown key')
    const bytes = Buffer.from(text, 'base64url')
    const decipher = createDecipheriv(CIPHER, keys[keyId]!, Buffer.from(nonce, 'base64url'), {
      authTagLength: 16,
    })
    decipher.setAAD(Buffer.from(webhook, 'utf8'))
    decipher.setAuthTag(bytes.subarray(-16))
    return decipher.update(bytes.subarray(0, -16), undefined, 'utf8') + decipher.final('utf8')
  } catch (cause) {
    throw new MlopsError({
      kind: 'internal',
      code: 'registry.webhook-secret',
      message: `the secret of webhook ${webhook} cannot be opened with key '${keyId}': give the key that it was made with, or set a new secret`,
      details: { webhook, keyId },
      cause,
    })
  }
}
