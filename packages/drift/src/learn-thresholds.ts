import type { ReadTableOptions, Table, TableInput } from '@mlops/core'
import { givenOptions, invalid, readTable } from '@mlops/core'
import type { ThresholdRule } from '@mlops/stats'
import { checkThresholdRule, thresholdLimits } from '@mlops/stats'
import type { ChunkBy } from './chunk.ts'
import { chunk } from './chunk.ts'
import type { RuleOptions } from './column-rules.ts'
import { checkRules, ruleOf } from './column-rules.ts'
import { compareTable } from './compare-column.ts'
import { distanceOf } from './finding.ts'
import type { FitReferenceOptions } from './fit-reference.ts'
import { fitColumns } from './fit-reference.ts'
import type { DriftReference, LearnedLimit } from './reference.ts'
import type { DriftMethod } from './report.ts'
import type { ColumnRule } from './rule.ts'
import { isDistance } from './rule.ts'

export interface LearnThresholdsOptions
  extends RuleOptions,
    Pick<FitReferenceOptions, 'bins' | 'binnings'>,
    Omit<ReadTableOptions, 'name'> {
  /** A number of chunks, or how else the reference is cut. @default 10 */
  readonly chunks?: number | ChunkBy
  /**
   * How a limit follows from the values over the chunks.
   * @default { kind: 'standard-deviation', multiplier: 3, lowerMultiplier: null }
   */
  readonly limits?: ThresholdRule
  /** Limits for single columns. */
  readonly columnLimits?: Readonly<Record<string, ThresholdRule>>
  readonly ignore?: readonly string[]
  /** Chunks with fewer present values of a column say nothing about it. @default 10 */
  readonly minCount?: number
}

/** Three standard deviations above the mean; a distance that is small is no alarm. */
const THREE_SIGMA: ThresholdRule = Object.freeze({
  kind: 'standard-deviation',
  multiplier: 3,
  lowerMultiplier: null,
})

/**
 * Learns from chunks of the reference how large a distance is while nothing drifts.
 *
 * `limit = mean + 3·sd` of the chunks' distances to the whole reference (ddof 0), or quantiles.
 *
 * Input: the reference table, in the order of time if limits should allow for its ups and downs; the
 * rules of the comparison to come. Columns whose rule is no distance are left out.
 * Output: a limit per column and distance, plain JSON: keep it as `learned` of the reference, and
 * compare with `threshold: 'learned'`. Limits hold for tables about as large as a chunk.
 * Cost: one comparison.
 *
 * @throws `invalid`: those of `compare` and `chunk`; `stats.bad-threshold-rule`;
 *   `drift.too-few-chunks` when fewer than two chunks have a value.
 * @example
 * ```ts
 * import { compare, fitReference, learnThresholds } from '@mlops/drift'
 *
 * const training = { load: Array.from({ length: 2000 }, (_, i) => (i * 7919) % 997) }
 * const rule = { method: 'psi', threshold: 'learned' } as const
 * const reference = fitReference(training, { learned: learnThresholds(training, { rule }) })
 *
 * const same = compare(reference, { load: training.load.slice(0, 200) }, { rule })
 * const other = compare(reference, { load: training.load.slice(0, 200).map((x) => x + 50) }, { rule })
 * console.log(same.verdict, other.verdict) // pass fail
 * ```
 * Source: NannyML's standard deviation threshold.
 */
export function learnThresholds(
  input: TableInput,
  options: LearnThresholdsOptions = {},
): LearnedLimit[] {
  const { limits = THREE_SIGMA, columnLimits = {}, types, missingKeys } = givenOptions(options)
  checkRules(options)
  for (const one of [limits, ...Object.values(columnLimits)]) checkThresholdRule(one)
  const reading = { ...(types && { types }), ...(missingKeys && { missingKeys }) }
  const table = readTable(input, { ...reading, name: 'reference' })
  const reference = fitColumns(table, {
    ...reading,
    ...(options.bins !== undefined && { bins: options.bins }),
    ...(options.binnings && { binnings: options.binnings }),
  })
  return learnFrom(reference, table, options)
}

/** As {@link learnThresholds}, with the reference already fitted on the table. */
export function learnFrom(
  reference: DriftReference,
  table: Table,
  options: LearnThresholdsOptions,
): LearnedLimit[] {
  const {
    chunks = 10,
    limits = THREE_SIGMA,
    columnLimits = {},
    ignore = [],
    minCount = 10,
  } = options
  const cut = chunk(table, typeof chunks === 'number' ? { by: 'count', count: chunks } : chunks)
  const found = new Map<string, { rule: ColumnRule; values: (number | null)[] }>()
  cut.forEach(({ table: part }, at) => {
    for (const comparison of compareTable(reference, part, { ignore, minCount })) {
      if (comparison.status !== 'compared' || comparison.sides === null) continue
      const { name } = comparison
      const before = reference.columns.find((one) => one.name === name)!
      const { rule } = ruleOf(comparison, before.count, options)
      if (!isDistance(rule.method ?? 'test-and-effect')) continue
      let one = found.get(name)
      if (!one) {
        one = { rule, values: new Array<number | null>(cut.length).fill(null) }
        found.set(name, one)
      }
      one.values[at] = distanceOf(comparison.sides, rule.method!, rule)
    }
  })
  return [...found].map(([column, { rule, values }]) => {
    const { method, convention } = rule as { method: DriftMethod } & ColumnRule
    const own = Object.hasOwn(columnLimits, column) ? columnLimits[column]! : limits
    const known = values.filter((value) => value !== null)
    if (known.length < 2 && own.kind !== 'constant') {
      throw invalid(
        'drift.too-few-chunks',
        `column '${column}': ${known.length} of ${values.length} chunks have a '${method}'; at least 2 are needed. Cut fewer, larger chunks, or give a constant limit`,
        { column, method, chunks: values.length, known: known.length },
      )
    }
    return {
      column,
      method,
      ...(convention && { convention }),
      ...thresholdLimits(known, own),
      values,
      rule: own,
    }
  })
}
