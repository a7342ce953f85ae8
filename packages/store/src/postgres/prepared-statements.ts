/** Statements kept prepared on a connection, at most. */
const MOST = 100
/** Statements remembered as seen once, at most. */
const MOST_SEEN = 1000

/** A column of what a statement answers. */
export interface Column {
  readonly name: string
  readonly parse: (text: string) => unknown
}

interface Prepared {
  readonly name: string
  columns?: readonly Column[]
}

/**
 * Which statements one connection has prepared, and under what names. A statement is prepared when it
 * comes for the second time, and the one that was not used for longest makes room.
 */
export class PreparedStatements {
  readonly #statements = new Map<string, Prepared>()
  readonly #seenOnce = new Set<string>()
  #given = 0

  /** The name under which a statement is prepared, and its columns, once they are known. */
  find(text: string): Readonly<Prepared> | undefined {
    const statement = this.#statements.get(text)
    if (statement === undefined) return undefined
    this.#statements.delete(text)
    this.#statements.set(text, statement)
    return statement
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
    this.#statements.set(text, { name })
    if (this.#statements.size <= MOST) return undefined
    const [oldest, { name: gone }] = this.#statements.entries().next().value!
    this.#statements.delete(oldest)
    return gone
  }

  /** What a prepared statement answers stays the same: PostgreSQL refuses to run it otherwise. */
  describe(text: string, columns: readonly Column[]): void {
    const statement = this.#statements.get(text)
    if (statement) statement.columns = columns
  }

  /** Forgets them all, and returns their names. */
  clear(): readonly string[] {
    const names = [...this.#statements.values()].map(({ name }) => name)
    this.#statements.clear()
    return names
  }
}
