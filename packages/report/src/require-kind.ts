import { invalid } from '@mlops/core'

/** Refuses what is no result of one of the kinds that an output knows. */
export function requireKind(result: unknown, kinds: readonly string[], output: string): void {
  const kind = (result as { readonly kind?: unknown } | null | undefined)?.kind
  if (typeof kind === 'string' && kinds.includes(kind)) return
  throw invalid(
    'report.unknown-result',
    `${output} takes a result of kind ${kinds.join(' or ')}, got ${typeof kind === 'string' ? `'${kind}'` : String(result)}`,
    { known: kinds },
  )
}
