/** A query parameter as the text that PostgreSQL reads; bytes stay bytes. */
export function wireValue(value: unknown): string | Buffer | null {
  if (value === null || typeof value === 'string') return value
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
  return Array.isArray(value) ? arrayLiteral(value) : String(value)
}

/** A list of numbers, texts and nulls, as PostgreSQL writes arrays. */
function arrayLiteral(items: readonly unknown[]): string {
  return `{${items.map(element).join(',')}}`
}

function element(item: unknown): string {
  if (item === null) return 'NULL'
  if (Array.isArray(item)) return arrayLiteral(item)
  return typeof item === 'string' ? `"${item.replace(/[\\"]/g, '\\$&')}"` : String(item)
}
