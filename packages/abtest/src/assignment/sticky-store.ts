import { invalid } from '@mlops/core'

/** What is stored of a unit: the arms it was given, by `<experiment>__<version>`. */
export interface StickyDocument {
  readonly attribute: string
  readonly value: string
  readonly assignments: Readonly<Record<string, string>>
}

/**
 * Where assignments are kept, so that a unit keeps its arm when weights, coverage or targeting change.
 * Synchronous or not. `stickyStoreContract` of `@mlops/abtest/assignment-contract` is the suite of an
 * adapter.
 */
export interface StickyStore<Mode extends 'sync' | 'async' = 'sync' | 'async'> {
  /** The document of a unit; undefined when nothing is stored. */
  find(attribute: string, value: string): InMode<Mode, StickyDocument | undefined>
  /**
   * Stores an arm unless one is there already, in one atomic step, and returns the arm that stands:
   * of two writers at once both get the first one's.
   */
  putIfAbsent(attribute: string, value: string, entry: string, arm: string): InMode<Mode, string>
}

/** A value, or a promise of it. */
export type InMode<Mode, Value> = Mode extends 'sync'
  ? Value
  : Mode extends 'async'
    ? Promise<Value>
    : Value | Promise<Value>

/** A {@link StickyStore} in memory, with all its documents at hand. */
export interface MemoryStickyStore extends StickyStore<'sync'> {
  documents(): StickyDocument[]
}

/**
 * A store of assignments in memory: for tests, for one process, and as a model for adapters.
 *
 * @example
 * ```ts
 * import { memoryStickyStore } from '@mlops/abtest/assignment'
 *
 * const store = memoryStickyStore()
 * console.log(store.putIfAbsent('id', 'u1', 'checkout__0', 'a')) // a
 * console.log(store.putIfAbsent('id', 'u1', 'checkout__0', 'b')) // a
 * ```
 */
export function memoryStickyStore(documents: readonly StickyDocument[] = []): MemoryStickyStore {
  if (!Array.isArray(documents) || !documents.every((document) => isDocument(document)))
    throw invalid(
      'abtest.invalid-option',
      'documents must be a list of { attribute, value, assignments }',
      {},
    )
  const stored = new Map(documents.map((document) => [keyOf(document), frozen(document)]))
  return {
    find: (attribute, value) => stored.get(keyOf({ attribute, value })),
    putIfAbsent(attribute, value, entry, arm) {
      const key = keyOf({ attribute, value })
      const { assignments = {} } = stored.get(key) ?? {}
      if (Object.hasOwn(assignments, entry)) return assignments[entry]!
      const extended = Object.fromEntries([...Object.entries(assignments), [entry, arm]])
      stored.set(key, frozen({ attribute, value, assignments: extended }))
      return arm
    },
    documents: () => [...stored.values()],
  }
}

function isDocument(document: StickyDocument | null | undefined): boolean {
  const { attribute, value, assignments } = document ?? {}
  return typeof attribute === 'string' && typeof value === 'string' && assignments instanceof Object
}

function keyOf({ attribute, value }: { attribute: string; value: string }): string {
  return JSON.stringify([attribute, value])
}

function frozen({ attribute, value, assignments }: StickyDocument): StickyDocument {
  const own = Object.fromEntries(Object.entries(assignments))
  return Object.freeze({ attribute, value, assignments: Object.freeze(own) })
}
