/** What a client asks of a file of `size` bytes: all, one range, or one that is not there. */
export type WantedBytes =
  | { readonly kind: 'whole' }
  | { readonly kind: 'range'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' }

/**
 * Reads a `Range` header; `end` is exclusive. Several ranges, other units and nonsense mean the
 * whole, as the standard allows. Source: RFC 9110, section 14.
 */
export function wantedBytes(header: string | null, size: number): WantedBytes {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (!found || (found[1] === '' && found[2] === '')) return { kind: 'whole' }
  const [from, to] = [found[1]!, found[2]!]
  if (from === '') {
    const last = Number(to)
    if (last === 0 || size === 0) return { kind: 'unsatisfiable' }
    return { kind: 'range', start: Math.max(0, size - last), end: size }
  }
  const [start, end] = [Number(from), to === '' ? size : Math.min(size, Number(to) + 1)]
  if (to !== '' && Number(to) < start) return { kind: 'whole' }
  return start < size ? { kind: 'range', start, end } : { kind: 'unsatisfiable' }
}
