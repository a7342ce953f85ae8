import type { PerformanceSeries } from '@mlops/evaluate'
import { series } from '../charts/series.ts'
import type { Block, Section } from '../document.ts'

/** Performance over time: estimated without labels with its band, realised in grey, limits dashed. */
export function performanceSection(result: PerformanceSeries): Section {
  const { verdict, sentence, chunks, metrics, warnings, method } = result
  return {
    title: `Performance, estimated (${method.toUpperCase()})`,
    verdict,
    blocks: [
      { type: 'paragraph', text: sentence },
      { type: 'list', items: warnings.map(({ message }) => message) },
      {
        type: 'grid',
        columns: ['Chunk', 'Rows', 'Labelled', 'Verdict'],
        rows: chunks.map(({ label, rows, labelled, verdict }) => [
          label,
          rows,
          labelled,
          { verdict },
        ]),
      },
      ...metrics.map(
        ({ name, limits, points, alarms }): Block => ({
          type: 'details',
          title: name,
          verdict: alarms > 0 ? 'fail' : 'pass',
          blocks: [
            {
              type: 'figure',
              svg: series(
                points.map(({ chunk, estimated, realised, band, alarm }) => ({
                  label: chunks[chunk]!.label,
                  value: estimated,
                  threshold: limits.upper,
                  lower: limits.lower,
                  alarm: alarm === true,
                  beside: realised,
                  band,
                })),
              ),
              caption: `${name}: estimate with its band, realised performance in grey, limits dashed; ${alarms} of ${points.length} chunks outside`,
            },
          ],
        }),
      ),
    ],
  }
}
