import type { Table } from '@mlops/core'
import type { ColumnComparison } from './column-outline.ts'
import type { CompareOptions } from './compare-options.ts'
import { countTests, DEFAULT_EFFECT, decideBounds } from './decision.ts'
import { excessBits } from './distances.ts'
import { reassurance, undefinedValue } from './explain.ts'
import type { JudgedColumn } from './judge-columns.ts'
import { judgeColumns, refuseUnknown } from './judge-columns.ts'
import { presets } from './presets.ts'
import type { DriftReference } from './reference.ts'
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

/** Compares and judges a table that was read with a fitted reference: all of the report but its display. */
export function judgeTable(
  fitted: DriftReference,
  table: Table,
  options: CompareOptions,
): DriftReport {
  refuseUnknown(
    options,
    new Set([...table.columns.keys(), ...fitted.columns.map(({ name }) => name)]),
  )
  return reportOf(judgeColumns(fitted, table, options), { fitted, table }, options)
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
    ...(measured?.bounds && { bounds: measured.bounds }),
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
