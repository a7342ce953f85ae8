import { decodeCursor, invalid } from '@mlops/core'

/** The place in the event log that a cursor of this package holds. */
export function cursorSeq(cursor: string): number {
  const position = decodeCursor(cursor)
  if (Number.isSafeInteger(position)) return position as number
  throw invalid('core.invalid-cursor', 'the cursor is not one that this list gave out', {})
}
