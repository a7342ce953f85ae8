import type { Verdict, Warning } from '@mlops/core'
import { percent } from './explain.ts'
import type { ColumnDecision, ColumnDrift } from './report.ts'

/** Warnings that make a column worth a look although it did not drift. */
export const REMARKABLE = new Set(['drift.missing-rate-changed'])

/** What a column's status, warnings and decision come to. */
export function columnVerdict(
  { status, warnings, effectSize }: Pick<ColumnDrift, 'status' | 'warnings' | 'effectSize'>,
  decision: ColumnDecision | null,
): Verdict {
  if (status === 'missing-column' || status === 'type-changed' || decision?.drifted) return 'fail'
  if (status === 'new-column' || warnings.some((warning) => REMARKABLE.has(warning.code)))
    return 'warn'
  if (status === 'insufficient-data' || decision?.undecided) return 'inconclusive'
  // A measure that is undefined says nothing, unless both sides are equal to the last value.
  return decision?.value === null && (effectSize?.value ?? 0) > 0 ? 'inconclusive' : 'pass'
}

const SEVERITY: Readonly<Record<Verdict, number>> = { fail: 3, warn: 2, inconclusive: 1, pass: 0 }

/** Order: columns with a role first, then the most severe, then by effect size. */
export function byDrift(a: ColumnDrift, b: ColumnDrift): number {
  const role = Number(b.role !== undefined) - Number(a.role !== undefined)
  if (role !== 0) return role
  const severity = SEVERITY[b.verdict] - SEVERITY[a.verdict]
  return severity || (b.effectSize?.value ?? -1) - (a.effectSize?.value ?? -1)
}

/** What all columns come to: see `compare` for the rule. */
export function overall(
  columns: readonly ColumnDrift[],
  {
    share,
    drifted,
    failShare,
    failCount = Number.POSITIVE_INFINITY,
  }: {
    readonly share: number | null
    readonly drifted: number
    readonly failShare: number
    readonly failCount: number | undefined
  },
): Verdict {
  const broken = columns.some(
    (column) => column.status === 'missing-column' || column.status === 'type-changed',
  )
  if (broken || drifted >= failCount || (share !== null && share >= failShare)) return 'fail'
  if (columns.some((column) => column.verdict === 'fail' || column.verdict === 'warn'))
    return 'warn'
  return share === null || columns.some((column) => column.verdict === 'inconclusive')
    ? 'inconclusive'
    : 'pass'
}

/** The share that drifted, and the worst columns with their first reason. */
export function overallReasons(
  columns: readonly ColumnDrift[],
  compared: number,
  drifted: number,
): string[] {
  const head =
    compared === 0
      ? 'no column could be compared'
      : drifted === 0
        ? `none of ${compared} columns drifted`
        : `${drifted} of ${compared} columns drifted (${percent(drifted / compared)})`
  const worst = columns.filter((column) => column.verdict !== 'pass').slice(0, 5)
  return [
    head,
    ...worst.map(
      ({ name, role, reasons }) => `${role ? `${role} ` : ''}${name}: ${reasons[0] ?? 'drifted'}`,
    ),
  ]
}

/** A warning for each column that could not be compared. */
export function schemaWarnings(columns: readonly ColumnDrift[]): Warning[] {
  return columns
    .filter(({ status }) => status !== 'compared' && status !== 'described')
    .map(({ name, status, reasons }) => ({
      code: `drift.${status}`,
      message: `${name}: ${reasons[0]}`,
    }))
}
