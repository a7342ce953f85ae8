import type { Clock, IdSource, Logger, Rng } from '@mlops/core'
import type { EventLog, Store } from '@mlops/store'
import type { RegistryTables } from '../sql/tables.ts'
import type { ResolveHost, WebhookReach } from './guarded-post.ts'
import type { WebhookKeys } from './secret-box.ts'

/** What the parts of the webhooks share. */
export interface DispatchContext {
  readonly db: Store<RegistryTables>
  readonly log: EventLog
  readonly clock: Clock
  readonly ids: IdSource
  readonly rng: Rng
  readonly keys: WebhookKeys
  readonly reach: WebhookReach
  readonly resolve: ResolveHost
  readonly timeoutMs: number
  readonly maxAttempts: number
  readonly maxBodyBytes: number
  readonly ca: string | undefined
  readonly logger: Logger
}
