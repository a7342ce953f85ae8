import { optionalText, texts } from './call.ts'
import type { Fields, Input } from './fields.ts'

/** The fields of a search. */
export const searchFields = (max: number) =>
  ({
    filter: { type: 'text' },
    max_results: { type: 'whole', max },
    order_by: { type: 'texts' },
    page_token: { type: 'text' },
  }) as const satisfies Fields

/** Which page is asked for, and how large. */
export function pageOf(input: Input, fallback: number) {
  const cursor = optionalText(input, 'page_token')
  return {
    limit: (input['max_results'] as number | undefined) ?? fallback,
    ...(cursor && { cursor }),
  }
}

/** A search as the registry takes it. */
export function searchOf(input: Input, fallback: number) {
  return {
    filter: optionalText(input, 'filter') ?? '',
    orderBy: texts(input, 'order_by'),
    ...pageOf(input, fallback),
  }
}

/** Where the next page begins, if there is one. */
export function nextToken({ nextCursor }: { readonly nextCursor?: string }) {
  return nextCursor === undefined ? {} : { next_page_token: nextCursor }
}
