import type { Clock, Logger } from '@mlops/core'

/** What every database takes. */
export interface OpenStoreOptions {
  /** @default systemClock */
  readonly clock?: Clock
  readonly logger?: Logger
  /** How long a writer waits for the others before it gives up with `store.busy`. @default 10000 */
  readonly busyTimeoutMs?: number
  /**
   * Whether a call inside a transaction that does not use its `tx` is told so (`store.nested`). Without
   * it such a call runs beside the transaction, and where it has to wait for it, waits for ever. Before Node
   * 24 it takes some 15 % of the processor time of a service that writes small things: a service whose
   * tests ran with it may do without. @default true
   */
  readonly detectNesting?: boolean
}
