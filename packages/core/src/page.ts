import { canonicalJson } from './canonical-json.ts'
import { invalid, MlopsError } from './errors.ts'

/** Which part of a list is wanted. */
export interface PageRequest {
  /** How many items at most. */
  readonly limit?: number
  /** `nextCursor` of the page before; without it the first page. */
  readonly cursor?: string
}

/** A part of a list, and how to get the next. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** Absent on the last page. Opaque: pass it back unchanged. */
  readonly nextCursor?: string
}

/** Packs a keyset position into an opaque, URL-safe text. */
export function encodeCursor(position: unknown): string {
  return Buffer.from(canonicalJson(position), 'utf8').toString('base64url')
}

/**
 * Unpacks a cursor made by {@link encodeCursor}. The caller checks the position's own shape.
 *
 * @throws `invalid` `core.invalid-cursor` for anything else.
 */
export function decodeCursor(cursor: string): unknown {
  try {
    if (!/^[A-Za-z0-9_-]+$/.test(cursor)) throw new SyntaxError('not base64url')
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch (cause) {
    throw new MlopsError({
      kind: 'invalid',
      code: 'core.invalid-cursor',
      message: 'the cursor is not one that this service gave out; start again without one',
      cause,
    })
  }
}

/**
 * The page size to use: the default when absent, refused when not an integer from 1 to `max`.
 *
 * @throws `invalid` `core.invalid-limit`
 */
export function pageLimit(
  limit: number | undefined,
  { fallback = 100, max = 1000 }: { readonly fallback?: number; readonly max?: number } = {},
): number {
  if (limit === undefined) return fallback
  if (!Number.isInteger(limit) || limit < 1 || limit > max) {
    throw invalid(
      'core.invalid-limit',
      `limit must be an integer from 1 to ${max}, got ${typeof limit === 'number' ? limit : `a value of type ${typeof limit}`}`,
      {
        limit,
        max,
      },
    )
  }
  return limit
}
