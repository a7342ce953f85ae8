import type { Table } from '@mlops/core'
import { invalid } from '@mlops/core'
import type { ColumnComparison } from './column-outline.ts'
import { ruleOf } from './column-rules.ts'
import { compareTable } from './compare-column.ts'
import type { CompareOptions } from './compare-options.ts'
import { countTests, DEFAULT_EFFECT, decide } from './decision.ts'
import { excessBits } from './distances.ts'
import { reassurance, undefinedValue } from './explain.ts'
import type { Measured } from './finding.ts'
import { measure } from './finding.ts'
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
  const { preset, roles = {}, ignore = [], columns: rules = {}, alpha = 0.05 } = options
  const { minCount = 10 } = options
  const tool = preset === undefined ? undefined : presets[preset]
  const adjustment = options.adjustment ?? tool?.adjustment ?? 'benjamini-hochberg'
  const failShare = options.failShare ?? tool?.failShare ?? 0.5
  const failCount = options.failCount ?? tool?.failCount
  refuseUnknown([...Object.keys(rules), ...ignore, ...Object.values(roles)], fitted, table)

  const comparisons = compareTable(fitted, table, { ignore, minCount })
  const judged = comparisons.map((comparison) => judge(comparison, fitted, options))
  const measured = judged.filter((one) => one.measured !== null)
  const findings = measured.map((one) => one.measured!.finding)
  const { learned = [] } = fitted
  const decisions = decide(findings, { alpha, adjustment, learned })
  const decisionOf = new Map(measured.map((one, at) => [one, decisions[at]!]))
  const bits = comparisons.map(bitsOf)
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

interface Judged {
  readonly comparison: ColumnComparison
  readonly measured: Measured | null
}

function judge(
  comparison: ColumnComparison,
  reference: DriftReference,
  options: CompareOptions,
): Judged {
  if (comparison.status !== 'compared') return { comparison, measured: null }
  const before = reference.columns.find(({ name }) => name === comparison.name)!
  const { rule, warnings } = ruleOf(comparison, before, options)
  return {
    comparison:
      warnings.length === 0
        ? comparison
        : { ...comparison, warnings: [...comparison.warnings, ...warnings] },
    measured: measure(comparison, rule),
  }
}

/** What a column tells apart, in bits; of parts the largest, since they look at the same rows. */
function bitsOf({ distances, parts }: ColumnComparison): number | null {
  if (parts) return Math.max(...parts.map((part) => excessBits(part.distances)))
  return distances && excessBits(distances)
}

function contributionOf(bits: number | null, all: number): number | null {
  if (bits === null) return null
  return all === 0 ? 0 : bits / all
}

function refuseUnknown(named: readonly string[], reference: DriftReference, table: Table): void {
  for (const name of named) {
    if (table.columns.has(name) || reference.columns.some((column) => column.name === name))
      continue
    throw invalid(
      'drift.unknown-column',
      `options name a column '${name}' that neither table has`,
      { column: name },
    )
  }
}

function columnOf(
  { comparison: { effect: _, sides: __, ...comparison }, measured }: Judged,
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
