import type { RawBuilder } from 'kysely'
import type { Comparison, SearchOrder } from '../model/filter.ts'
import type { SearchFields } from '../rules/search/search-fields.ts'

/** How a kind of thing is searched in SQL. */
export interface Searchable {
  readonly fields: SearchFields
  readonly from: RawBuilder<unknown>
  /** Columns that name one thing; they end every order, so that pages never overlap. */
  readonly key: readonly { readonly name: string; readonly descending?: boolean }[]
  /** Columns that are wanted of what is found, besides its key. */
  readonly columns?: readonly string[]
  readonly defaultOrder: readonly SearchOrder[]
  attribute(name: string): RawBuilder<unknown>
  /** The value of a tag, param or metric of the thing, or null. */
  valueOf(entity: 'tag' | 'param' | 'metric', name: string, column: string): RawBuilder<unknown>
  /** The same as a join, for orders: it is looked up once for all of its columns. */
  joined?(
    entity: 'tag' | 'param' | 'metric',
    name: string,
    alias: string,
  ): {
    readonly join: RawBuilder<unknown>
    readonly column: (name: string) => RawBuilder<unknown>
  }
  /**
   * The keys of what meets a condition, where an index can list them. Few of them are looked up one
   * by one; many are better met while walking in order.
   */
  listed?(comparison: Comparison): RawBuilder<unknown> | undefined
  /** Things that have a number for a metric, which an index gives in order of it. */
  rankedBy?(metric: string): {
    readonly from: RawBuilder<unknown>
    /** The same, so that each is looked up in the order of the index. */
    readonly walked: RawBuilder<unknown>
    readonly value: RawBuilder<unknown>
    /** What {@link listed} lists, as the index has it. */
    readonly id: RawBuilder<unknown>
    /** Those that have one, as a query. */
    readonly all: RawBuilder<unknown>
    /** The first things of the index, and what else is known of them. */
    first(descending: boolean, count: number): RawBuilder<unknown>
    /** A value of what the index names. */
    valueOf(entity: 'tag' | 'param' | 'metric', name: string, column: string): RawBuilder<unknown>
  }
  /** Where a condition is more than a comparison of `valueOf`. */
  condition?(comparison: Comparison): RawBuilder<unknown> | undefined
}
