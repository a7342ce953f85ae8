import type { Summary } from '@mlops/core'
import { formatNumber } from '@mlops/core'
import type { TestResult } from '@mlops/stats'
import type { FamilyReadout, FamilyRow } from '../readout.ts'

/** What one comparison of a family says. */
export function rowInWords(
  { metric, arm, role, effect, adjustedPValue, verdict }: FamilyRow,
  alpha: number,
) {
  const what = `${metric.name} (${role}) under ${arm}`
  if (effect === null || adjustedPValue === null) return `${what}: no result`
  const p = `${role === 'success' ? 'adjusted p' : 'p'} = ${formatNumber(adjustedPValue)}`
  const said =
    role === 'success'
      ? { pass: 'better', fail: 'worse', inconclusive: 'no difference is shown', warn: '' }[verdict]
      : { pass: 'holds', fail: 'broken', inconclusive: 'not shown to hold', warn: '' }[verdict]
  return `${what}: ${said} (${formatNumber(effect.value)}, ${p}${role === 'success' ? `, alpha = ${alpha}` : ''})`
}

/** What the test of all arms at once says. */
export function omnibusInWords({ method, sizes, pValue }: TestResult, alpha: number): string {
  const what = `all ${sizes.length} arms at once (${method})`
  if (pValue === null) return `${what}: no result`
  return `${what}: ${pValue < alpha ? 'some differ' : 'no difference is shown'} (p = ${formatNumber(pValue)}, alpha = ${alpha}; which ones, the comparisons say)`
}

/** How a family prints. */
export function familySummary(readout: FamilyReadout): Summary {
  return {
    title: `${readout.rows.length} comparisons, adjusted by ${readout.multiplicity.method}`,
    verdict: readout.verdict,
    lines: [
      ...readout.adjustments,
      ...readout.warnings.map(({ message }) => `warning: ${message}`),
    ],
    table: {
      columns: ['metric', 'role', 'arm', 'effect', 'adjusted p', 'verdict'],
      rows: readout.rows.map((row) => [
        row.metric.name,
        row.role,
        row.arm,
        row.effect?.value ?? null,
        row.adjustedPValue,
        row.verdict,
      ]),
    },
  }
}
