import { formatNumber } from '@mlops/core'
import type { ColumnDrift, DriftReport } from '@mlops/drift'
import { bars } from '../charts/bars.ts'
import { histogram } from '../charts/histogram.ts'
import type { Block, Section } from '../document.ts'

/** Unfolded without being asked for: the drifted columns, up to this many. */
const DRAWN_COLUMNS = 60

/** A drift report: the verdict, all columns at a glance, then each column with its two distributions. */
export function driftSection(report: DriftReport): Section {
  const { dataset, rows, columns } = report
  return {
    title: 'Data drift',
    verdict: report.verdict,
    blocks: [
      { type: 'list', items: report.reasons },
      {
        type: 'facts',
        items: [
          ['Rows, reference', rows.reference],
          ['Rows, current', rows.current],
          ['Columns drifted', `${dataset.drifted} of ${dataset.compared}`],
          [
            'Level',
            `${dataset.multiplicity.alpha}, ${dataset.multiplicity.method} over ${dataset.multiplicity.tests} tests`,
          ],
        ],
      },
      {
        type: 'grid',
        columns: [
          'Column',
          'Type',
          'Verdict',
          'Effect',
          'p (adjusted)',
          'PSI',
          'JS',
          'Wasserstein / sd',
          'Missing',
        ],
        rows: columns.map((column) => [
          column.name,
          column.type,
          {
            verdict: column.verdict,
            text: column.status === 'compared' ? column.verdict : column.status,
          },
          column.effectSize?.value ?? null,
          column.decision?.adjustedPValue ?? null,
          column.distances?.psi ?? null,
          column.distances?.jensenShannon ?? null,
          column.distances?.wassersteinNormed ?? null,
          column.current ? share(column.current.missingShare) : null,
        ]),
      },
      ...columns.slice(0, DRAWN_COLUMNS).map(columnBlock),
      ...(columns.length > DRAWN_COLUMNS
        ? [
            {
              type: 'paragraph',
              text: `${columns.length - DRAWN_COLUMNS} more columns are in the table above.`,
            } as const,
          ]
        : []),
    ],
  }
}

function columnBlock(column: ColumnDrift): Block {
  const { name, reasons, warnings, distribution, reference, current, type } = column
  const blocks: Block[] = []
  if (reasons.length > 0) blocks.push({ type: 'list', items: reasons })
  if (distribution) {
    const { edges } = distribution
    const format =
      type === 'datetime'
        ? (edge: number) => new Date(edge).toISOString().slice(0, 10)
        : formatNumber
    blocks.push({
      type: 'figure',
      svg: edges ? histogram({ ...distribution, edges, format }) : bars(distribution),
      caption: edges
        ? `${name}: shares of the values; the outer bars hold everything beyond`
        : `${name}: shares of the rows by category`,
    })
  }
  if (reference?.numbers && current?.numbers) {
    const [before, after] = [reference.numbers, current.numbers]
    const names = ['n', 'mean', 'sd', 'min', 'q25', 'median', 'q75', 'max'] as const
    const cells = (side: typeof before) =>
      names.map((key) => (type === 'datetime' ? instant(side[key], key) : side[key]))
    blocks.push({
      type: 'grid',
      columns: ['', ...names],
      rows: [
        ['reference', ...cells(before)],
        ['current', ...cells(after)],
      ],
    })
  }
  if (warnings.length > 0)
    blocks.push({ type: 'list', items: warnings.map((warning) => warning.message) })
  return { type: 'details', title: name, verdict: column.verdict, blocks }
}

function instant(value: number | null, key: string): string | number | null {
  // Beyond the range of Date a time is only a number.
  const plain = value === null || key === 'n' || key === 'sd' || Math.abs(value) > 8.64e15
  return plain ? value : new Date(value).toISOString()
}

function share(value: number): string {
  return `${(value * 100).toFixed(1)} %`
}
