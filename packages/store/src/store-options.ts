import type { Clock, Logger } from '@mlops/core'

/** What every database takes. */
export interface OpenStoreOptions {
  /** @default systemClock */
  readonly clock?: Clock
  readonly logger?: Logger
  /** How long a writer waits for the others before it gives up with `store.busy`. @default 10000 */
  readonly busyTimeoutMs?: number
}
