import type { Summary, Table, TableInput } from '@mlops/core'
import { invalid, readTable, withDisplay } from '@mlops/core'
import type { CompareOptions } from './compare-options.ts'
import { checkOptions } from './compare-options.ts'
import { percent } from './explain.ts'
import { fitColumns } from './fit-reference.ts'
import { judgeTable } from './judge-table.ts'
import { learnFrom } from './learn-thresholds.ts'
import type { DriftReference } from './reference.ts'
import { checkReference } from './reference.ts'
import type { DriftReport } from './report.ts'

/**
 * Compares a table with a reference, column by column and as a whole.
 *
 * A column counts as drifted when the difference is both real (KS test of numbers, chi-square test
 * of categories, p-values adjusted over the columns) and large enough to matter (KS distance or
 * total variation of at least 0.1): with a million rows everything is significant, with fifty every
 * distance is noise. Any single distance or test can be chosen instead, per column, or another tool's
 * rules as a whole (`preset`). Times are judged by their spread over clock and calendar, texts and
 * embeddings by parts: lengths, words, directions.
 *
 * Verdict: `fail` when at least `failShare` of the columns drifted, or a column vanished or changed
 * its type; `warn` when any drifted, is new, or misses values at another rate; `inconclusive` when a
 * column could not be compared; else `pass`.
 *
 * Input: the reference as a table or as made by {@link fitReference}; the current table in any
 * shape. Missing values are counted and left out; a category that is new or gone is a category.
 * Cost: O(rows · columns).
 *
 * @throws `invalid`: those of `readTable`, `drift.not-a-reference`, `drift.unsupported-format`,
 *   `drift.unknown-method`, `drift.method-not-applicable`, `drift.unknown-preset`,
 *   `drift.no-learned-threshold`, `drift.invalid-option`, `drift.unknown-column`.
 * @example
 * ```ts
 * import { compare } from '@mlops/drift'
 *
 * const before = { plan: [...Array(60).fill('free'), ...Array(40).fill('paid')] }
 * const after = { plan: [...Array(30).fill('free'), ...Array(70).fill('paid')] }
 * const report = compare(before, after)
 * console.log(report.verdict, report.columns[0]?.reasons[0]) // fail 'free' fell from 60.0 % to 30.0 %
 * ```
 */
export function compare(
  reference: DriftReference | TableInput,
  current: TableInput,
  options: CompareOptions = {},
): DriftReport {
  checkOptions(options)
  const fitted = referenceOf(reference, options)
  return displayed(judgeTable(fitted, readCurrent(fitted, current, options), options))
}

/** A report that prints itself. */
export function displayed(report: DriftReport): DriftReport {
  return withDisplay(report, summarise)
}

/** A current table, read as the reference was. */
export function readCurrent(
  reference: Pick<DriftReference, 'types'>,
  current: TableInput,
  { types, missingKeys }: Pick<CompareOptions, 'types' | 'missingKeys'>,
): Table {
  return readTable(current, {
    ...(missingKeys && { missingKeys }),
    types: { ...reference.types, ...types },
    name: 'current',
  })
}

/** The reference as given or, of a table, fitted; with limits learned where a rule asks for them. */
export function referenceOf(
  reference: DriftReference | TableInput,
  options: CompareOptions,
): DriftReference {
  const { bins, binnings, types, missingKeys } = options
  if ((reference as DriftReference)?.kind === 'drift-reference') {
    checkReference(reference as DriftReference)
    if (bins !== undefined || binnings) {
      throw invalid(
        'drift.invalid-option',
        'bins and binnings were fixed when the reference was fitted; give them to fitReference()',
        { ...(bins !== undefined && { bins }) },
      )
    }
    return reference as DriftReference
  }
  const reading = { ...(types && { types }), ...(missingKeys && { missingKeys }) }
  const table = readTable(reference as TableInput, { ...reading, name: 'reference' })
  const fitted = fitColumns(table, {
    ...(bins !== undefined && { bins }),
    ...(binnings && { binnings }),
    ...reading,
  })
  return asksForLearned(options)
    ? { ...fitted, learned: learnFrom(fitted, table, options) }
    : fitted
}

function asksForLearned({ rule, rules = {}, columns = {}, preset }: CompareOptions): boolean {
  if (preset === 'nannyml') return true
  return [rule, ...Object.values(rules), ...Object.values(columns)].some(
    (one) => one?.threshold === 'learned',
  )
}

function summarise(report: DriftReport): Summary {
  return {
    title: `Drift of ${report.rows.current} rows against ${report.rows.reference}`,
    verdict: report.verdict,
    lines: report.reasons,
    table: {
      columns: ['column', 'type', 'verdict', 'effect', 'p (adjusted)', 'psi', 'missing'],
      rows: report.columns.map(
        ({ name, type, verdict, status, effectSize, decision, distances, current }) => [
          name,
          type,
          status === 'compared' ? verdict : `${verdict} (${status})`,
          effectSize?.value ?? null,
          decision?.adjustedPValue ?? null,
          distances?.psi ?? null,
          current ? percent(current.missingShare) : null,
        ],
      ),
    },
  }
}
