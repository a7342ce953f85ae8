/** An instant to the minute: `2001-04-03 09:00 UTC`. Anything else is left as it is. */
export function readableTime(iso: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?Z$/.exec(iso)
  return match ? `${match[1]} ${match[2]} UTC` : iso
}

/** The beginning of a content address, enough to tell two apart by eye. */
export function shortDigest(digest: string): string {
  return `${digest.slice(0, 'sha256:'.length + 10)}…`
}
