import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@mlops/core'
import { givenOptions, systemClock } from '@mlops/core'
import { assertFunction, assertPorts, assertText } from '../model/arguments.ts'

export const ID_HEADER = 'X-MLflow-Delivery-Id'
export const TIMESTAMP_HEADER = 'X-MLflow-Timestamp'
export const SIGNATURE_HEADER = 'X-MLflow-Signature'

/**
 * The signature of a delivery, in the form of MLflow's webhooks, so that receivers written for those
 * check it as it is: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`.
 *
 * @throws `invalid` `registry.invalid-argument`, `core.invalid-options`
 */
export function webhookSignature(
  secret: string,
  signed: { readonly id: string; readonly timestamp: string; readonly body: string },
): string {
  assertText(secret, 'secret')
  const { id, timestamp, body } = givenOptions(signed)
  for (const text of [id, timestamp, body]) assertText(text, 'each of id, timestamp and body')
  const mac = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
  return `v1,${mac}`
}

/**
 * What a receiver finds when it checks a delivery: the body exactly as it came, before any parsing.
 * Only `valid` may be acted on, and each delivery id once, as a delivery may come twice.
 *
 * @throws `invalid` `registry.invalid-argument`, `core.invalid-options`
 * @example
 * ```ts
 * import { verifyWebhook } from '@mlops/registry-core/webhooks'
 *
 * const headers = new Headers()
 * console.log(verifyWebhook({ headers, body: '{}', secret: 'a shared secret' })) // 'unsigned'
 * ```
 */
export function verifyWebhook(options: {
  readonly headers: Pick<Headers, 'get'>
  readonly body: string
  readonly secret: string
  /** @default systemClock */
  readonly clock?: Clock
  /** How far its time may be from now. @default 5 minutes */
  readonly toleranceMs?: number
}): 'valid' | 'unsigned' | 'forged' | 'outdated' {
  const {
    headers,
    body,
    secret,
    clock = systemClock,
    toleranceMs = 5 * 60 * 1000,
  } = givenOptions(options)
  assertFunction(headers?.get, 'headers.get')
  assertPorts({ clock }, 'registry.invalid-argument')
  const id = headers.get(ID_HEADER)
  const timestamp = headers.get(TIMESTAMP_HEADER)
  const signature = headers.get(SIGNATURE_HEADER)
  if (!id || !timestamp || !signature) return 'unsigned'
  const expected = Buffer.from(webhookSignature(secret, { id, timestamp, body }))
  const given = Buffer.from(signature)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'forged'
  const distance = Math.abs(clock.now() - Number(timestamp) * 1000)
  return distance <= toleranceMs ? 'valid' : 'outdated'
}
