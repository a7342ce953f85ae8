import type { ReadTableOptions, Summary, Table, TableInput } from '@mlops/core'
import { invalid, readTable, withDisplay } from '@mlops/core'
import type { ColumnComparison } from './column-outline.ts'
import type { RuleOptions } from './column-rules.ts'
import { checkRules, ruleOf } from './column-rules.ts'
import { compareTable } from './compare-column.ts'
import type { Adjustment } from './decision.ts'
import { countTests, DEFAULT_EFFECT, decideBounds } from './decision.ts'
import { excessBits } from './distances.ts'
import { percent, reassurance, undefinedValue } from './explain.ts'
import type { Measured } from './finding.ts'
import { measure } from './finding.ts'
import type { FitReferenceOptions } from './fit-reference.ts'
import { fitColumns } from './fit-reference.ts'
import { learnFrom } from './learn-thresholds.ts'
import { presets } from './presets.ts'
import type { DriftReference } from './reference.ts'
import { checkReference } from './reference.ts'
import type { ColumnDecision, ColumnDrift, DriftReport } from './report.ts'
import { columnSentence, reportSentence } from './sentence.ts'
import {
  byDrift,
  columnVerdict,
  overall,
  overallReasons,
  REMARKABLE,
  schemaWarnings,
} from './verdict.ts'

export interface CompareOptions
  extends RuleOptions,
    Pick<FitReferenceOptions, 'bins' | 'binnings'>,
    Omit<ReadTableOptions, 'name'> {
  /** Level of the tests, for all columns together. @default 0.05 */
  readonly alpha?: number
  /** How p-values are adjusted for the number of columns. @default 'benjamini-hochberg', 'none' under a preset */
  readonly adjustment?: Adjustment
  /** What columns are to the model, by role: `{ prediction: 'score', target: 'churned' }`. */
  readonly roles?: Readonly<Record<string, string>>
  /** Columns that are left out: identifiers, for example. */
  readonly ignore?: readonly string[]
  /** From this share of drifted columns on the verdict is `fail`; below it, `warn`. @default 0.5 */
  readonly failShare?: number
  /** From this number of drifted columns on the verdict is `fail` too. */
  readonly failCount?: number
  /** Fewer present values on a side are not compared. @default 10 */
  readonly minCount?: number
}

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
  return displayed(compareRead(fitted, readCurrent(fitted, current, options), options))
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

/** As {@link compare}, of a fitted reference and a table that was read. */
export function compareRead(
  fitted: DriftReference,
  table: Table,
  options: CompareOptions,
): DriftReport {
  refuseUnknown(
    options,
    new Set([...table.columns.keys(), ...fitted.columns.map(({ name }) => name)]),
  )
  return reportOf(judgeTable(fitted, table, options), { fitted, table }, options)
}

/** Compares and measures each column by itself. Plain values: this part can run anywhere. */
export function judgeTable(
  fitted: DriftReference,
  table: Table,
  options: CompareOptions,
): JudgedColumn[] {
  const { ignore = [], minCount = 10 } = options
  const counts = new Map(fitted.columns.map(({ name, count }) => [name, count]))
  return compareTable(fitted, table, { ignore, minCount }).map((comparison) =>
    judge(comparison, counts.get(comparison.name) ?? 0, options),
  )
}

/** The report on columns that were judged: what looks at all of them together. */
export function reportOf(
  judged: readonly JudgedColumn[],
  {
    fitted,
    table,
  }: {
    readonly fitted: { readonly rowCount: number; readonly learned?: DriftReference['learned'] }
    readonly table: Pick<Table, 'rowCount'>
  },
  options: CompareOptions,
): DriftReport {
  const { preset, roles = {}, alpha = 0.05 } = options
  const tool = preset === undefined ? undefined : presets[preset]
  const adjustment = options.adjustment ?? tool?.adjustment ?? 'benjamini-hochberg'
  const failShare = options.failShare ?? tool?.failShare ?? 0.5
  const failCount = options.failCount ?? tool?.failCount
  const measured = judged.filter((one) => one.measured !== null)
  const findings = measured.map((one) => one.measured!.finding)
  const { learned = [] } = fitted
  const decisions = decideBounds(findings, { alpha, adjustment, learned })
  const decisionOf = new Map(measured.map((one, at) => [one, decisions[at]!]))
  const bits = judged.map(({ comparison }) =>
    comparison.status === 'compared' ? bitsOf(comparison) : null,
  )
  const allBits = bits.reduce<number>((sum, one) => sum + (one ?? 0), 0)
  const roleOf = new Map(Object.entries(roles).map(([role, column]) => [column, role]))
  const columns = judged
    .map((one, at) =>
      columnOf(one, {
        decision: decisionOf.get(one) ?? null,
        contribution: contributionOf(bits[at]!, allBits),
        role: roleOf.get(one.comparison.name),
      }),
    )
    .sort(byDrift)

  const compared = decisions.length
  const drifted = decisions.filter((decision) => decision.drifted).length
  const share = compared === 0 ? null : drifted / compared
  const verdict = overall(columns, { share, drifted, failShare, failCount })
  return {
    kind: 'drift-report',
    verdict,
    reasons: overallReasons(columns, compared, drifted),
    sentence: reportSentence(columns, { verdict, compared, drifted }),
    ...(preset && { preset }),
    rows: { reference: fitted.rowCount, current: table.rowCount },
    dataset: {
      compared,
      drifted,
      share,
      failShare,
      ...(failCount !== undefined && { failCount }),
      multiplicity: { method: adjustment, alpha, tests: countTests(findings) },
    },
    columns,
    warnings: schemaWarnings(columns),
  }
}

/** A column that was compared and measured by its rule, before all are judged together. */
export interface JudgedColumn {
  readonly comparison: Omit<ColumnComparison, 'sides'>
  readonly measured: Measured | null
}

/** Measures a column by its rule. */
export function judge(
  { sides, ...comparison }: ColumnComparison,
  referenceCount: number,
  options: RuleOptions,
): JudgedColumn {
  if (comparison.status !== 'compared') return { comparison, measured: null }
  const { rule, warnings } = ruleOf({ ...comparison, sides }, referenceCount, options)
  return {
    comparison:
      warnings.length === 0
        ? comparison
        : { ...comparison, warnings: [...comparison.warnings, ...warnings] },
    measured: measure({ ...comparison, sides }, rule),
  }
}

/** What a column tells apart, in bits; of parts the largest, since they look at the same rows. */
function bitsOf({
  distances,
  parts,
}: Pick<ColumnComparison, 'distances' | 'parts'>): number | null {
  if (parts) return Math.max(...parts.map((part) => excessBits(part.distances)))
  return distances && excessBits(distances)
}

function contributionOf(bits: number | null, all: number): number | null {
  if (bits === null) return null
  return all === 0 ? 0 : bits / all
}

/** Refuses options that no comparison could follow. */
export function checkOptions(options: CompareOptions): void {
  const { alpha = 0.05, failShare = 0.5, failCount = 1, minCount = 10, roles = {} } = options
  const integer = (value: number) => Number.isInteger(value) && value >= 1
  const bounds: [string, number, boolean, string][] = [
    ['alpha', alpha, alpha > 0 && alpha < 1, 'lie strictly between 0 and 1'],
    ['failShare', failShare, failShare > 0 && failShare <= 1, 'be > 0 and <= 1'],
    ['failCount', failCount, integer(failCount), 'be an integer >= 1'],
    ['minCount', minCount, integer(minCount), 'be an integer >= 1'],
  ]
  for (const [name, value, fine, must] of bounds) {
    if (!fine)
      throw invalid('drift.invalid-option', `${name} must ${must}, got ${value}`, { [name]: value })
  }
  checkRules(options)
  const taken = new Set<string>()
  for (const [role, column] of Object.entries(roles)) {
    if (!taken.has(column)) taken.add(column)
    else
      throw invalid(
        'drift.invalid-option',
        `roles: column '${column}' has two roles, '${role}' is the second; a column has one`,
        { column, role },
      )
  }
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

/** Refuses options that name a column which neither side has. */
export function refuseUnknown(
  { columns = {}, ignore = [], roles = {} }: CompareOptions,
  known: ReadonlySet<string>,
): void {
  for (const name of [...Object.keys(columns), ...ignore, ...Object.values(roles)]) {
    if (known.has(name)) continue
    throw invalid(
      'drift.unknown-column',
      `options name a column '${name}' that neither table has`,
      { column: name },
    )
  }
}

function columnOf(
  { comparison: { effect: _, ...comparison }, measured }: JudgedColumn,
  {
    decision,
    contribution,
    role,
  }: {
    readonly decision: ColumnDecision | null
    readonly contribution: number | null
    readonly role: string | undefined
  },
): ColumnDrift {
  const threshold = decision?.method === 'test-and-effect' ? decision.threshold : DEFAULT_EFFECT
  const remarks = comparison.warnings.filter((warning) => REMARKABLE.has(warning.code)).length
  const effectSize = measured && { ...measured.effect, threshold }
  const column = {
    ...comparison,
    ...(role !== undefined && { role }),
    ...(measured?.test && { test: measured.test }),
    effectSize,
    decision,
    contribution,
    verdict: columnVerdict({ ...comparison, effectSize }, decision),
    reasons: [
      ...comparison.reasons.slice(0, remarks),
      ...reassurance(decision),
      ...undefinedValue(decision, measured?.test ?? null),
      ...comparison.reasons.slice(remarks),
    ],
  }
  return { ...column, sentence: columnSentence(column) }
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
