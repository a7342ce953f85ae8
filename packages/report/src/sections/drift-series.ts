import type { DriftSeries } from '@mlops/drift'
import { series } from '../charts/series.ts'
import type { Block, Section } from '../document.ts'

/** Columns with a drawing of their own; the table holds all. */
const DRAWN_COLUMNS = 30

/** Drift over time: the verdict of each chunk, and each column's measure against its threshold. */
export function seriesSection({ verdict, sentence, chunks, columns }: DriftSeries): Section {
  return {
    title: 'Drift over time',
    verdict,
    blocks: [
      { type: 'paragraph', text: sentence },
      {
        type: 'grid',
        columns: ['Chunk', 'Rows', 'Verdict', 'Columns drifted'],
        rows: chunks.map(({ label, rows, verdict, drifted, compared }) => [
          label,
          rows,
          { verdict },
          `${drifted} of ${compared}`,
        ]),
      },
      ...columns.slice(0, DRAWN_COLUMNS).map((column): Block => {
        const { name, role, method, alarms, points } = column
        const measured = points.some(({ value }) => value !== null)
        return {
          type: 'details',
          title: role === undefined ? name : `${name} (${role})`,
          verdict: alarms > 0 ? 'fail' : measured ? 'pass' : 'inconclusive',
          blocks: measured
            ? [
                {
                  type: 'figure',
                  svg: series(
                    points.map(({ chunk, value, threshold, lower, drifted }) => ({
                      label: chunks[chunk]!.label,
                      value,
                      threshold,
                      lower,
                      alarm: drifted === true,
                    })),
                  ),
                  caption: `${name}: ${method ?? 'no measure'} per chunk, the threshold dashed; drifted in ${alarms} of ${points.length}`,
                },
              ]
            : [{ type: 'paragraph', text: 'Could not be compared in any chunk.' }],
        }
      }),
      ...(columns.length > DRAWN_COLUMNS
        ? [
            {
              type: 'paragraph',
              text: `${columns.length - DRAWN_COLUMNS} more columns, with fewer alarms, are not drawn.`,
            } as const,
          ]
        : []),
    ],
  }
}
