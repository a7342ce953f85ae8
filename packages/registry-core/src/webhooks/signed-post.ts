import { isMlopsError } from '@mlops/core'
import type { WebhookRow } from '../sql/lifecycle-tables.ts'
import type { DispatchContext } from './dispatch-context.ts'
import { guardedPost } from './guarded-post.ts'
import { openSecret } from './secret-box.ts'
import {
  ID_HEADER,
  SIGNATURE_HEADER,
  TIMESTAMP_HEADER,
  webhookSignature,
} from './webhook-signature.ts'

/** What came of a post: the receiver's status, and the code of an error when it was not taken. */
export interface Sent {
  readonly status?: number
  readonly error?: string
}

/** Posts a body to a webhook's receiver, signed. Failures are told, not thrown. */
export async function signedPost(
  { keys, reach, resolve, timeoutMs, clock, ca }: DispatchContext,
  webhook: Pick<WebhookRow, 'id' | 'url' | 'secret'>,
  { id, body, withinMs = timeoutMs }: { id: string; body: string; withinMs?: number },
): Promise<Sent> {
  try {
    const secret = openSecret(keys, webhook.id, webhook.secret)
    const timestamp = String(Math.floor(clock.now() / 1000))
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'mlops-registry-webhooks',
      [ID_HEADER]: id,
      [TIMESTAMP_HEADER]: timestamp,
      [SIGNATURE_HEADER]: webhookSignature(secret, { id, timestamp, body }),
    }
    const post = { url: webhook.url, headers, body, reach, resolve, timeoutMs: withinMs }
    const { status } = await guardedPost({ ...post, ...(ca !== undefined && { ca }) })
    return status >= 200 && status < 300 ? { status } : { status, error: 'registry.webhook-status' }
  } catch (error) {
    return failed(error)
  }
}

/** A failure as what is kept of it. */
export function failed(error: unknown): Sent {
  return { error: isMlopsError(error) ? error.code : 'registry.webhook-failed' }
}
