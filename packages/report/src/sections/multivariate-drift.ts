import { formatNumber } from '@mlops/core'
import type { MultivariateDrift } from '@mlops/drift/multivariate'
import type { Cell, Section } from '../document.ts'

/** All columns compared at once: the statistic with what it was held against, and who is to blame. */
export function multivariateSection(result: MultivariateDrift): Section {
  const { statistic, pValue, alpha, limits, interval, rows, dropped, imputed } = result
  const facts: (readonly [string, Cell])[] = [
    ['Method', result.method],
    ['Statistic', statistic],
    ...(limits
      ? [['Limits', `${shown(limits.lower)} to ${shown(limits.upper)}`] as const]
      : [['p', pValue] as const, ['Level', alpha] as const]),
    ...(interval
      ? [
          [
            `Interval, ${interval.of}`,
            `${formatNumber(interval.lower)} to ${formatNumber(interval.upper)}`,
          ] as const,
        ]
      : []),
    ['Rows', `${rows.reference} and ${rows.current}`],
    ['Rows dropped', `${dropped.reference} and ${dropped.current}`],
    ['Values imputed', `${imputed.reference} and ${imputed.current}`],
  ]
  return {
    title: 'Drift of all columns together',
    verdict: result.verdict,
    blocks: [
      { type: 'paragraph', text: result.sentence },
      { type: 'facts', items: facts },
      ...(result.contributions
        ? [
            {
              type: 'grid',
              columns: ['Column', 'Contribution'],
              rows: result.contributions.map(({ name, value }) => [name, value]),
            } as const,
          ]
        : []),
      ...(result.warnings.length > 0
        ? [{ type: 'list', items: result.warnings.map(({ message }) => message) } as const]
        : []),
    ],
  }
}

function shown(limit: number | null): string {
  return limit === null ? 'none' : formatNumber(limit)
}
