import { decodeCursor, encodeCursor, invalid } from '@mlops/core'

/** The place in the event log that a cursor of this package holds. */
export function cursorSeq(cursor: string): number {
  const position = decodeCursor(cursor)
  if (Number.isSafeInteger(position)) return position as number
  throw invalid('core.invalid-cursor', 'the cursor is not one that this list gave out', {})
}

/** The cursor of a page whose rows were asked for with one more than its limit. */
export function nextCursor<Row>(
  rows: readonly Row[],
  limit: number,
  positionOf: (last: Row) => unknown,
): { readonly nextCursor?: string } {
  return rows.length > limit ? { nextCursor: encodeCursor(positionOf(rows[limit - 1]!)) } : {}
}
