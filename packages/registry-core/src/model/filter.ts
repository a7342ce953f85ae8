import { invalid } from '@mlops/core'

/** What a condition or an order speaks of. */
export type SearchEntity =
  | 'attribute'
  | 'metric'
  | 'param'
  | 'tag'
  | 'dataset'
  | 'metadata'
  | 'feedback'
  | 'expectation'

export type FilterOperator =
  | '='
  | '!='
  | '>'
  | '>='
  | '<'
  | '<='
  | 'LIKE'
  | 'ILIKE'
  | 'IN'
  | 'NOT IN'
  | 'IS NULL'
  | 'IS NOT NULL'

/** One condition: `metrics.acc > 0.5` is `{ entity: 'metric', key: 'acc', operator: '>', value: 0.5 }`. */
export interface Comparison {
  /** @default 'attribute' */
  readonly entity?: SearchEntity
  readonly key: string
  readonly operator: FilterOperator
  /** Absent for `IS NULL` and `IS NOT NULL`; a list for `IN` and `NOT IN`. */
  readonly value?: string | number | readonly string[]
}

/** All of these hold together. */
export type Filter = readonly Comparison[]

export interface SearchOrder {
  /** @default 'attribute' */
  readonly entity?: SearchEntity
  readonly key: string
  /** @default false */
  readonly descending?: boolean
}

export interface SearchRequest {
  /** The text form, `metrics.acc > 0.5 and params.lr = '0.1'`, or its conditions. @default everything */
  readonly filter?: string | Filter
  /** The text form, `metrics.acc DESC`, or its parts; several decide in turn. Missing values are last. */
  readonly orderBy?: readonly (string | SearchOrder)[]
  /** @default 100 */
  readonly limit?: number
  readonly cursor?: string
}

export type Lifecycle = 'active' | 'deleted'

/** @throws `invalid` `registry.invalid-search` */
export function assertView(view: unknown): asserts view is Lifecycle | 'all' {
  if (view === 'active' || view === 'deleted' || view === 'all') return
  throw invalid('registry.invalid-search', "view is 'active', 'deleted' or 'all'", {})
}

/** Which of the living and the deleted to look at. @default 'active' */
export interface LifecycleView {
  readonly view?: Lifecycle | 'all'
}
