import type { PageRequest } from '@mlops/core'
import { invalid, pageLimit } from '@mlops/core'

/**
 * The page that a query string asks for: `?limit=50&cursor=…`.
 *
 * @throws `invalid` `core.invalid-limit`, or `http.repeated-parameter` when one is given twice.
 * @example
 * ```ts
 * import { readPage } from '@mlops/http'
 *
 * console.log(readPage(new URLSearchParams('limit=5'))) // { limit: 5 }
 * ```
 */
export function readPage(
  query: URLSearchParams,
  limits: { fallback?: number; max?: number } = {},
): PageRequest {
  const limit = single(query, 'limit')
  const cursor = single(query, 'cursor')
  const wanted =
    limit === undefined ? undefined : /^\d{1,9}$/.test(limit) ? Number(limit) : Number.NaN
  return {
    limit: pageLimit(wanted, limits),
    ...(cursor !== undefined && { cursor }),
  }
}

function single(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name)
  if (values.length > 1) {
    throw invalid(
      'http.repeated-parameter',
      `the query parameter ${name} is given more than once`,
      {
        name,
      },
    )
  }
  return values[0]
}
