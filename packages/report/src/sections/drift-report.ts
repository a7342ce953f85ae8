import { formatNumber } from '@mlops/core'
import type { ColumnDrift, Distribution, DriftReport, PartDrift } from '@mlops/drift'
import { bars } from '../charts/bars.ts'
import { histogram } from '../charts/histogram.ts'
import type { Block, Cell, Section } from '../document.ts'

/** Unfolded without being asked for: the drifted columns, up to this many. */
const DRAWN_COLUMNS = 60
/** Of a column with parts so many are drawn, and one where there are many columns. */
const DRAWN_PARTS = 3
const MANY_COLUMNS = 20

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
          'Share of change',
          'Effect',
          'p (adjusted)',
          'PSI',
          'JS',
          'W1 / sd',
          'Missing',
        ],
        rows: columns.map(overviewRow),
      },
      ...columns
        .slice(0, DRAWN_COLUMNS)
        .map((column) => columnBlock(column, columns.length > MANY_COLUMNS ? 1 : DRAWN_PARTS)),
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
    pValue(column.decision?.adjustedPValue ?? null),
    distances?.psi ?? null,
    distances?.jensenShannon ?? null,
    distances?.wassersteinNormed ?? null,
    column.current ? share(column.current.missingShare) : null,
  ]
}

function columnBlock(column: ColumnDrift, drawnParts: number): Block {
  const { name, role, sentence, reasons, warnings, distribution, reference, current, type } = column
  const blocks: Block[] = [{ type: 'paragraph', text: sentence }]
  if (reasons.length > 0) blocks.push({ type: 'list', items: reasons })
  if (distribution) blocks.push(drawing(name, type, distribution))
  if (column.parts) blocks.push(...partBlocks(name, column.parts, drawnParts))
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

/** All parts in a table, and the distributions of those that moved most. */
function partBlocks(column: string, parts: readonly PartDrift[], most: number): Block[] {
  const ranked = [...parts].sort((a, b) => b.effectSize.value - a.effectSize.value)
  const drawn = ranked.slice(0, most)
  return [
    {
      type: 'grid',
      columns: ['Part', 'Effect', 'p (adjusted)', 'PSI'],
      rows: ranked.map(({ name, effectSize, adjustedPValue, distances }) => [
        name,
        effectSize.value,
        pValue(adjustedPValue),
        distances.psi,
      ]),
    },
    ...drawn.flatMap(({ name, type, distribution }) =>
      distribution ? [drawing(`${column}, ${name}`, type, distribution)] : [],
    ),
  ]
}

/** A p-value too small for a double is not zero. */
function pValue(value: number | null): Cell {
  return value === 0 ? '< 1e-300' : value
}

function instant(value: number | null, key: string): string | number | null {
  // Beyond the range of Date a time is only a number.
  const plain = value === null || key === 'n' || key === 'sd' || Math.abs(value) > 8.64e15
  return plain ? value : new Date(value).toISOString()
}

function share(value: number): string {
  return `${(value * 100).toFixed(1)} %`
}
