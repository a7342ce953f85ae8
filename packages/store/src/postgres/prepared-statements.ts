/** Statements kept prepared on a connection, at most. */
const MOST = 100
/** Statements remembered as seen once, at most. */
const MOST_SEEN = 1000

/**
 * Which statements one connection has prepared, and under what names. A statement is prepared when it
 * comes for the second time, and the one that was not used for longest makes room.
 */
export class PreparedStatements {
  readonly #names = new Map<string, string>()
  readonly #seenOnce = new Set<string>()
  #given = 0

  /** The name under which a statement is prepared. */
  nameOf(text: string): string | undefined {
    const name = this.#names.get(text)
    if (name === undefined) return undefined
    this.#names.delete(text)
    this.#names.set(text, name)
    return name
  }

  /** A name to prepare it under, or undefined where it is not worth it yet. */
  freshName(text: string): string | undefined {
    if (this.#seenOnce.delete(text)) return `mlops_${++this.#given}`
    if (this.#seenOnce.size >= MOST_SEEN) this.#seenOnce.clear()
    this.#seenOnce.add(text)
    return undefined
  }

  /** It is prepared now. Returns the name of the one that has to go for it. */
  add(text: string, name: string): string | undefined {
    this.#names.set(text, name)
    if (this.#names.size <= MOST) return undefined
    const [oldest, gone] = this.#names.entries().next().value!
    this.#names.delete(oldest)
    return gone
  }

  /** Forgets them all, and returns their names. */
  clear(): readonly string[] {
    const names = [...this.#names.values()]
    this.#names.clear()
    return names
  }
}
