import { formatNumber } from '@mlops/core'
import type { ColumnDrift, Distribution, DriftReport, PartDrift } from '@mlops/drift'
import { bars } from '../charts/bars.ts'
import { histogram } from '../charts/histogram.ts'
import type { Block, Cell, Section } from '../document.ts'

/** Unfolded without being asked for: the drifted columns, up to this many. */
const DRAWN_COLUMNS = 60

/** A drift report: the verdict, all columns at a glance, then each column with its two distributions. */
export function driftSection(report: DriftReport): Section {
  const { dataset, rows, columns } = report
  return {
    title: 'Data drift',
    verdict: report.verdict,
    blocks: [
      { type: 'paragraph', text: report.sentence },
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
          ...(report.preset ? [['Rules of', report.preset] as const] : []),
        ],
      },
      {
        type: 'grid',
        columns: [
          'Column',
          'Type',
          'Verdict',
          'Share of all change',
          'Effect',
          'p (adjusted)',
          'PSI',
          'JS',
          'Wasserstein / sd',
          'Missing',
        ],
        rows: columns.map(overviewRow),
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

function overviewRow(column: ColumnDrift): Cell[] {
  const { name, role, type, verdict, status, contribution, effectSize, distances } = column
  return [
    role === undefined ? name : `${name} (${role})`,
    type,
    { verdict, text: status === 'compared' ? verdict : status },
    contribution === null ? null : share(contribution),
    effectSize?.value ?? null,
    column.decision?.adjustedPValue ?? null,
    distances?.psi ?? null,
    distances?.jensenShannon ?? null,
    distances?.wassersteinNormed ?? null,
    column.current ? share(column.current.missingShare) : null,
  ]
}

function columnBlock(column: ColumnDrift): Block {
  const { name, role, sentence, reasons, warnings, distribution, reference, current, type } = column
  const blocks: Block[] = [{ type: 'paragraph', text: sentence }]
  if (reasons.length > 0) blocks.push({ type: 'list', items: reasons })
  if (distribution) blocks.push(drawing(name, type, distribution))
  for (const part of column.parts ?? []) blocks.push(...partBlocks(name, part))
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
  const title = role === undefined ? name : `${name} (${role})`
  return { type: 'details', title, verdict: column.verdict, blocks }
}

function drawing(name: string, type: string, distribution: Distribution): Block {
  const { edges } = distribution
  const format =
    type === 'datetime' ? (edge: number) => new Date(edge).toISOString().slice(0, 10) : formatNumber
  return {
    type: 'figure',
    svg: edges ? histogram({ ...distribution, edges, format }) : bars(distribution),
    caption: edges
      ? `${name}: shares of the values; the outer bars hold everything beyond`
      : `${name}: shares of the rows by category`,
  }
}

function partBlocks(
  column: string,
  { name, type, distribution, effectSize, adjustedPValue }: PartDrift,
): Block[] {
  const p = adjustedPValue === null ? 'no p-value' : `p ${formatNumber(adjustedPValue)}`
  const finding = `${name}: ${effectSize.name} ${formatNumber(effectSize.value)}, ${p}`
  return distribution
    ? [{ type: 'paragraph', text: finding }, drawing(`${column}, ${name}`, type, distribution)]
    : [{ type: 'paragraph', text: finding }]
}

function instant(value: number | null, key: string): string | number | null {
  return value === null || key === 'n' || key === 'sd' ? value : new Date(value).toISOString()
}

function share(value: number): string {
  return `${(value * 100).toFixed(1)} %`
}
