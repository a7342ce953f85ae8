import type { CategoricalColumn, NumericColumn, Table } from '@mlops/core'
import { formatNumber } from '@mlops/core'
import { quantileBinning } from '@mlops/stats'
import { quoted } from './changes.ts'

/** A simple predicate on one column. */
export type SegmentCondition =
  | { readonly column: string; readonly is: 'category'; readonly category: string }
  | {
      readonly column: string
      readonly is: 'interval'
      /** From this value on; `null`: no lower end. */
      readonly from: number | null
      /** Below this value; `null`: no upper end. */
      readonly below: number | null
    }
  | { readonly column: string; readonly is: 'missing' }

/** Both sides of a column as small numbers, with what they mean. */
export interface CodedColumn {
  readonly name: string
  readonly reference: Uint16Array
  readonly current: Uint16Array
  /** One per code; `undefined` for a pool that is no predicate. */
  readonly conditions: readonly (SegmentCondition | undefined)[]
  /** One per code, for sentences. */
  readonly labels: readonly string[]
  /** Inner edges of a numeric column's codes. */
  readonly edges?: readonly number[]
}

/** Numbers in quantile bins of the reference, categories with the rare ones pooled, missing values apart. */
export function codeColumn(
  name: string,
  sides: readonly [Table, Table],
  { bins, categories }: { readonly bins: number; readonly categories: number },
): CodedColumn | undefined {
  const [before, after] = sides.map((table) => table.columns.get(name))
  if (!before || !after || before.type !== after.type) return undefined
  if (before.type === 'numeric' && after.type === 'numeric')
    return codeNumbers(name, before, after, bins)
  const isCategory = before.type === 'categorical' || before.type === 'boolean'
  return isCategory
    ? codeCategories(name, before as CategoricalColumn, after as CategoricalColumn, categories)
    : undefined
}

/** The predicate in words. */
export function conditionText(condition: SegmentCondition): string {
  const name = quoted(condition.column)
  if (condition.is === 'missing') return `${name} is missing`
  if (condition.is === 'category') return `${name} is ${quoted(condition.category)}`
  const { from, below } = condition
  if (from === null) return `${name} is below ${formatNumber(below!)}`
  if (below === null) return `${name} is ${formatNumber(from)} or more`
  return `${name} is from ${formatNumber(from)} to ${formatNumber(below)}`
}

function codeNumbers(
  name: string,
  before: NumericColumn,
  after: NumericColumn,
  bins: number,
): CodedColumn | undefined {
  const finite = before.values.filter(Number.isFinite)
  if (finite.length === 0) return undefined
  const { innerEdges, range } = quantileBinning(finite, { bins })
  // A constant is told from what lies above and below it.
  const edges = innerEdges.length === 0 ? constantEdges(range![0]) : innerEdges
  const missing = edges.length + 1
  const codes = ({ values }: NumericColumn) =>
    Uint16Array.from(values, (x) => (Number.isNaN(x) ? missing : binOf(x, edges)))
  const conditions = Array.from(
    { length: missing },
    (_, at): SegmentCondition => ({
      column: name,
      is: 'interval',
      from: at === 0 ? null : edges[at - 1]!,
      below: at === edges.length ? null : edges[at]!,
    }),
  )
  return {
    name,
    reference: codes(before),
    current: codes(after),
    conditions: [...conditions, { column: name, is: 'missing' }],
    labels: [...conditions, { column: name, is: 'missing' } as const].map(conditionText),
    edges,
  }
}

function constantEdges(value: number): number[] {
  const above = value + Math.max(Math.abs(value) * Number.EPSILON, Number.MIN_VALUE)
  return Number.isFinite(above) ? [value, above] : [value]
}

/** How many edges lie at or below x. */
function binOf(x: number, edges: readonly number[]): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (edges[middle]! <= x) low = middle + 1
    else high = middle
  }
  return low
}

function codeCategories(
  name: string,
  before: CategoricalColumn,
  after: CategoricalColumn,
  most: number,
): CodedColumn {
  const counts = new Map<string, number>()
  for (const { codes, categories } of [before, after]) {
    for (const code of codes) {
      if (code < 0) continue
      const category = categories[code]!
      counts.set(category, (counts.get(category) ?? 0) + 1)
    }
  }
  const kept = [...counts]
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([category]) => category)
  const codeOf = new Map(kept.map((category, code) => [category, code]))
  const [other, missing] = [kept.length, kept.length + 1]
  const codes = ({ codes: own, categories }: CategoricalColumn) => {
    const translated = categories.map((category) => codeOf.get(category) ?? other)
    return Uint16Array.from(own, (code) => (code < 0 ? missing : translated[code]!))
  }
  const conditions = [
    ...kept.map((category): SegmentCondition => ({ column: name, is: 'category', category })),
    undefined,
    { column: name, is: 'missing' } as const,
  ]
  return {
    name,
    reference: codes(before),
    current: codes(after),
    conditions,
    labels: [...kept.map(quoted), '(others)', '(missing)'],
  }
}
