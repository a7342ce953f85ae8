const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})?$/

/** Whether the text is a date and time of RFC 3339, offset included. */
export function isInstant(text: string): boolean {
  const match = RFC3339.exec(text)
  return match?.[4] !== undefined && !Number.isNaN(Date.parse(isoOf(match)))
}

/**
 * The instant in UTC with nine decimals: sorts as text, and keeps what a millisecond clock would
 * lose. A time without offset counts as UTC. Undefined for anything that is no time.
 *
 * @example
 * ```ts
 * import { sortableInstant } from '@mlops/lineage'
 *
 * console.log(sortableInstant('2026-01-01T02:00:00.1234+02:00')) // '2026-01-01T00:00:00.123400000Z'
 * ```
 */
export function sortableInstant(text: string): string | undefined {
  const match = RFC3339.exec(text)
  if (!match) return undefined
  const ms = Date.parse(isoOf(match))
  if (Number.isNaN(ms)) return undefined
  const fraction = (match[3] ?? '').slice(0, 9).padEnd(9, '0')
  return `${new Date(ms).toISOString().slice(0, 19)}.${fraction}Z`
}

/** To the second: the fraction is kept apart. */
function isoOf([, date, time, , offset = 'Z']: RegExpExecArray): string {
  return `${date}T${time}${offset.toUpperCase()}`
}
