import { MlopsError } from '@mlops/core'

/**
 * Refuses a change that was decided on an older state than the current one. Call it inside the
 * transaction that makes the change. Without an expectation anything goes.
 *
 * @throws `conflict` `store.revision-conflict` with both revisions.
 * @example
 * ```ts
 * import { expectRevision } from '@mlops/store'
 *
 * expectRevision('model flight-delay', { expected: 3, actual: 3 })
 * ```
 */
export function expectRevision(
  what: string,
  { expected, actual }: { readonly expected: number | undefined; readonly actual: number },
): void {
  if (expected === undefined || expected === actual) return
  throw new MlopsError({
    kind: 'conflict',
    code: 'store.revision-conflict',
    message: `${what} is at revision ${actual}, not ${expected}: someone changed it; read it again and decide anew`,
    details: { what, expected, actual },
  })
}
