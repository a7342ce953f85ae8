import { formatNumber } from '@mlops/core'
import type { MonitorReport } from '@mlops/drift/anytime'
import type { Section } from '../document.ts'

/** A monitor's standing: the promise it keeps, and the evidence against each column. */
export function monitorSection({
  verdict,
  reasons,
  rows,
  batches,
  alpha,
  columns,
}: MonitorReport): Section {
  return {
    title: 'Drift monitor',
    verdict,
    blocks: [
      { type: 'list', items: reasons },
      {
        type: 'facts',
        items: [
          ['Rows observed', rows],
          ['Batches', batches],
          ['Chance of any false alarm, ever', alpha],
        ],
      },
      {
        type: 'grid',
        columns: ['Column', 'Type', 'Verdict', 'p (at all times)', 'Watched share', 'Missing'],
        rows: columns.map(({ name, type, alarmAt, pValue, share, missing }) => [
          name,
          type,
          alarmAt === null
            ? { verdict: 'pass' }
            : { verdict: 'fail', text: `drift after ${alarmAt} rows` },
          pValue,
          shareText(share),
          missing,
        ]),
      },
    ],
  }
}

function shareText({ of, reference, interval }: MonitorReport['columns'][number]['share']): string {
  const what = typeof of === 'number' ? `up to ${formatNumber(of)}` : `'${of}'`
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`
  return `${what}: ${percent(reference)}, since then ${percent(interval.lower)} to ${percent(interval.upper)}`
}
