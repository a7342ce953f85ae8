import type { ReadTableOptions, Summary, Table, TableInput } from '@mlops/core'
import { invalid, readTable, withDisplay } from '@mlops/core'
import type { ColumnComparison } from './column-outline.ts'
import { notCompared } from './column-outline.ts'
import { compareWithReference } from './compare-column.ts'
import type { Adjustment, ColumnRule, Finding } from './decision.ts'
import { checkRule, countTests, DEFAULT_EFFECT, decide } from './decision.ts'
import { percent, reassurance } from './explain.ts'
import type { FitReferenceOptions } from './fit-reference.ts'
import { fitColumns } from './fit-reference.ts'
import type { DriftReference } from './reference.ts'
import { checkReference } from './reference.ts'
import type {
  ColumnDecision,
  ColumnDrift,
  Distances,
  DriftReport,
  EstimateBounds,
} from './report.ts'
import {
  byDrift,
  columnVerdict,
  overall,
  overallReasons,
  REMARKABLE,
  schemaWarnings,
} from './verdict.ts'

export interface CompareOptions
  extends Pick<FitReferenceOptions, 'bins' | 'binnings'>,
    Omit<ReadTableOptions, 'name'> {
  /** Level of the tests, for all columns together. @default 0.05 */
  readonly alpha?: number
  /** How p-values are adjusted for the number of columns. @default 'benjamini-hochberg' */
  readonly adjustment?: Adjustment
  /** How every column is judged that `columns` does not name. @default { method: 'test-and-effect' } */
  readonly rule?: ColumnRule
  /** How single columns are judged. */
  readonly columns?: Readonly<Record<string, ColumnRule>>
  /** Columns that are left out: identifiers, for example. */
  readonly ignore?: readonly string[]
  /** From this share of drifted columns on the verdict is `fail`; below it, `warn`. @default 0.5 */
  readonly failShare?: number
  /** Fewer present values on a side are not compared. @default 10 */
  readonly minCount?: number
}

/**
 * Compares a table with a reference, column by column and as a whole.
 *
 * A column counts as drifted when the difference is both real (KS test of numbers, chi-square test
 * of categories, p-values adjusted over the columns) and large enough to matter (KS distance or
 * total variation of at least 0.1): with a million rows everything is significant, with fifty every
 * distance is noise. Any single distance or a bare p-value can be chosen instead, per column.
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
 *   `drift.unknown-method`, `drift.invalid-option`, `drift.unknown-column`.
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
  const { columns: rules = {}, ignore = [], types, missingKeys, minCount = 10 } = options
  checkOptions(options)
  const reading = { ...(types && { types }), ...(missingKeys && { missingKeys }) }
  const fitted = referenceOf(reference, options)
  const table = readTable(current, {
    ...reading,
    types: { ...fitted.types, ...types },
    name: 'current',
  })
  refuseUnknown([...Object.keys(rules), ...ignore], fitted, table)

  const comparisons = compareAll(fitted, table, { ignore, minCount })
  return concludeReport(
    comparisons,
    { reference: fitted.rowCount, current: table.rowCount },
    options,
  )
}

/** The report that compared columns come to. Where figures are bounds, both ends are judged. */
export function concludeReport(
  comparisons: readonly ColumnComparison[],
  rows: DriftReport['rows'],
  {
    alpha = 0.05,
    adjustment = 'benjamini-hochberg',
    rule = {},
    columns: rules = {},
    failShare = 0.5,
  }: CompareOptions,
): DriftReport {
  const judged = comparisons.flatMap((comparison) =>
    comparison.status === 'compared'
      ? [
          {
            comparison,
            finding: findingOf(
              comparison,
              Object.hasOwn(rules, comparison.name) ? rules[comparison.name]! : rule,
            ),
          },
        ]
      : [],
  )
  const findings = judged.map(({ finding }) => finding)
  const decisions = judgeEnds(findings, { alpha, adjustment })
  const decisionOf = new Map(judged.map(({ comparison }, at) => [comparison, decisions[at]!]))
  const columns = comparisons
    .map((comparison) => columnOf(comparison, decisionOf.get(comparison) ?? null))
    .sort(byDrift)

  const compared = decisions.length
  const drifted = decisions.filter((decision) => decision.drifted).length
  const share = compared === 0 ? null : drifted / compared
  const report: DriftReport = {
    kind: 'drift-report',
    verdict: overall(columns, share, failShare),
    reasons: overallReasons(columns, compared, drifted),
    rows,
    dataset: {
      compared,
      drifted,
      share,
      failShare,
      multiplicity: { method: adjustment, alpha, tests: countTests(findings) },
    },
    columns,
    warnings: schemaWarnings(columns),
  }
  return withDisplay(report, summarise)
}

/**
 * Judges what is known for certain; where the other end of the bounds would be judged otherwise, the
 * column stays undecided. Both passes adjust over all columns, which never gains from larger p-values.
 */
function judgeEnds(
  findings: readonly Finding[],
  options: { readonly alpha: number; readonly adjustment: Adjustment },
): ColumnDecision[] {
  const certain = decide(findings, options)
  if (findings.every(({ possible }) => possible === undefined)) return certain
  const possible = decide(
    findings.map((finding) => ({ ...finding, ...finding.possible })),
    options,
  )
  return certain.map((decision, at) =>
    decision.drifted === possible[at]!.drifted ? decision : { ...decision, undecided: true },
  )
}

/** Confirms that the options of a comparison can be followed. */
export function checkOptions({
  alpha = 0.05,
  failShare = 0.5,
  minCount = 10,
  rule = {},
  columns = {},
}: CompareOptions): void {
  const bounds: [string, number, boolean, string][] = [
    ['alpha', alpha, alpha > 0 && alpha < 1, 'lie strictly between 0 and 1'],
    ['failShare', failShare, failShare > 0 && failShare <= 1, 'be > 0 and <= 1'],
    ['minCount', minCount, Number.isInteger(minCount) && minCount >= 1, 'be an integer >= 1'],
  ]
  for (const [name, value, fine, must] of bounds) {
    if (!fine)
      throw invalid('drift.invalid-option', `${name} must ${must}, got ${value}`, { [name]: value })
  }
  checkRule('*', rule)
  for (const [name, one] of Object.entries(columns)) checkRule(name, one)
}

function referenceOf(
  reference: DriftReference | TableInput,
  { bins, binnings, types, missingKeys }: CompareOptions,
): DriftReference {
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
  return fitColumns(reference as TableInput, {
    ...(bins !== undefined && { bins }),
    ...(binnings && { binnings }),
    ...(types && { types }),
    ...(missingKeys && { missingKeys }),
  })
}

function refuseUnknown(named: readonly string[], reference: DriftReference, table: Table): void {
  refuseUnlisted(
    named,
    new Set([...table.columns.keys(), ...reference.columns.map((column) => column.name)]),
  )
}

/** Refuses names of columns that neither side has. */
export function refuseUnlisted(named: readonly string[], known: ReadonlySet<string>): void {
  for (const name of named) {
    if (known.has(name)) continue
    throw invalid(
      'drift.unknown-column',
      `options name a column '${name}' that neither table has`,
      { column: name },
    )
  }
}

function compareAll(
  reference: DriftReference,
  table: Table,
  { ignore, minCount }: { readonly ignore: readonly string[]; readonly minCount: number },
): ColumnComparison[] {
  const known = reference.columns.filter((column) => !ignore.includes(column.name))
  const fresh = [...table.columns].filter(
    ([name]) => !ignore.includes(name) && !reference.columns.some((column) => column.name === name),
  )
  return [
    ...known.map((before) => compareWithReference(before, table, minCount)),
    ...fresh.map(([name, { type }]) =>
      notCompared({ name, type, status: 'new-column' }, 'the reference has no such column'),
    ),
  ]
}

function findingOf(comparison: ColumnComparison, rule: ColumnRule): Finding {
  const { bounds, test, effect, distances } = comparison
  if (!bounds) {
    return {
      rule,
      pValue: test!.pValue,
      effectSize: effect!.value,
      distances: distances!,
    }
  }
  return {
    rule,
    pValue: bounds.pValue?.[1] ?? null,
    effectSize: bounds.effectSize[0],
    distances: { ...distances!, ...endsOf(bounds, 0) },
    possible: {
      pValue: bounds.pValue?.[0] ?? null,
      effectSize: bounds.effectSize[1],
      distances: { ...distances!, ...endsOf(bounds, 1) },
    },
  }
}

function endsOf({ distances }: EstimateBounds, end: 0 | 1): Partial<Distances> {
  return Object.fromEntries(
    Object.entries(distances).map(([name, interval]) => [name, interval?.[end] ?? null]),
  )
}

function columnOf(
  { effect, ...comparison }: ColumnComparison,
  decision: ColumnDecision | null,
): ColumnDrift {
  const threshold = decision?.method === 'test-and-effect' ? decision.threshold : DEFAULT_EFFECT
  const remarks = comparison.warnings.filter((warning) => REMARKABLE.has(warning.code)).length
  return {
    ...comparison,
    effectSize: effect && { ...effect, threshold },
    decision,
    verdict: columnVerdict(comparison, decision),
    reasons: [
      ...comparison.reasons.slice(0, remarks),
      ...reassurance(decision),
      ...comparison.reasons.slice(remarks),
    ],
  }
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
