import type { SegmentReport } from '@mlops/drift'
import type { Section } from '../document.ts'

/** Where among the rows the change sits: the segments in which a column changed more than elsewhere. */
export function segmentsSection({
  sentence,
  segments,
  hypotheses,
  rows,
  warnings,
}: SegmentReport): Section {
  return {
    title: 'Segments that changed',
    blocks: [
      { type: 'paragraph', text: sentence },
      {
        type: 'facts',
        items: [
          ['Rows, reference', rows.reference],
          ['Rows, current', rows.current],
          ['Segments that could have been named', hypotheses],
        ],
      },
      ...(segments.length === 0
        ? []
        : [
            {
              type: 'grid',
              columns: [
                'Finding',
                'Column',
                'Change within',
                'Change overall',
                'p (adjusted)',
                'Rows now',
              ],
              rows: segments.map((one) => [
                one.sentence,
                one.column,
                one.effectSize,
                one.overall,
                one.adjustedPValue === 0 ? '< 1e-300' : one.adjustedPValue,
                one.current.rows,
              ]),
            } as const,
          ]),
      ...(warnings.length === 0
        ? []
        : [{ type: 'list', items: warnings.map(({ message }) => message) } as const]),
    ],
  }
}
