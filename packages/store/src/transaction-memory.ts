import type { Transaction } from 'kysely'

// biome-ignore lint/suspicious/noExplicitAny: the transaction of any package
type AnyTransaction = Transaction<any>

/**
 * What code remembers for the length of one transaction, which several jobs may share: values that only
 * this transaction can change, and what is left to do before its commit. The values are never changed,
 * only replaced, so that a job which is undone can be forgotten.
 */
export class TransactionMemory {
  #values: ReadonlyMap<unknown, unknown> = new Map()
  #endings: ReadonlyMap<unknown, () => Promise<void>> = new Map()

  get(key: unknown): unknown {
    return this.#values.get(key)
  }

  set(key: unknown, value: unknown): void {
    this.#values = new Map(this.#values).set(key, value)
  }

  /** Runs `work` before the commit, in place of what was to be run under this key. */
  atEnd(key: unknown, work: () => Promise<void>): void {
    this.#endings = new Map(this.#endings).set(key, work)
  }

  /** Returns what brings back the memory of now. */
  mark(): () => void {
    const values = this.#values
    const endings = this.#endings
    return () => {
      this.#values = values
      this.#endings = endings
    }
  }

  /** Does what is left to do. */
  async finish(): Promise<void> {
    for (const work of this.#endings.values()) await work()
    this.#endings = new Map()
  }
}

const memories = new WeakMap<AnyTransaction, TransactionMemory>()

/** Gives a transaction its memory. Who does so calls {@link TransactionMemory.finish} before the commit. */
export function openMemory(tx: AnyTransaction): TransactionMemory {
  const memory = new TransactionMemory()
  memories.set(tx, memory)
  return memory
}

/** The memory of a transaction that a store opened; others have none. */
export function memoryOf(tx: AnyTransaction): TransactionMemory | undefined {
  return memories.get(tx)
}
