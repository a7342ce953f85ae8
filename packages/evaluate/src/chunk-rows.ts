import { invalid } from '@mlops/core'

/** How rows are cut into chunks. */
export type ChunkRowsBy =
  /** So many chunks of equal size, give or take a row. */
  | { readonly by: 'count'; readonly count: number }
  /** Chunks of so many rows; the last holds the rest. */
  | { readonly by: 'size'; readonly size: number }
  /** Rows with the same label, such as their month; chunks in order of first appearance. */
  | { readonly by: 'label'; readonly labels: ArrayLike<string> }

/** Some rows, and what they are called. */
export interface RowChunk {
  readonly label: string
  readonly rows: readonly number[]
}

/** @throws `invalid` `evaluate.bad-option` for a count or size out of range, or labels that do not fit. */
export function chunkRows(count: number, how: ChunkRowsBy): RowChunk[] {
  switch (how?.by) {
    case 'count':
    case 'size': {
      const chunks = how.by === 'count' ? how.count : Math.ceil(count / how.size)
      const given = how.by === 'count' ? how.count : how.size
      if (!Number.isInteger(given) || given < 1 || chunks > count)
        throw invalid(
          'evaluate.bad-option',
          `the ${how.by} of chunks must be an integer >= 1 that ${count} rows allow, got ${given}`,
          { [how.by]: given },
        )
      const start = (k: number) =>
        how.by === 'count' ? Math.floor((k * count) / chunks) : Math.min(k * how.size, count)
      return Array.from({ length: chunks }, (_, k) => ({
        label: `${start(k)}–${start(k + 1) - 1}`,
        rows: Array.from({ length: start(k + 1) - start(k) }, (_, i) => start(k) + i),
      }))
    }
    case 'label': {
      if (how.labels?.length !== count)
        throw invalid(
          'evaluate.bad-option',
          `there are ${count} rows and ${how.labels?.length} labels of chunks; each row needs one`,
          { rows: count },
        )
      const found = new Map<string, number[]>()
      for (let row = 0; row < count; row++) {
        const label = String(how.labels[row])
        const rows = found.get(label)
        if (rows) rows.push(row)
        else found.set(label, [row])
      }
      return [...found].map(([label, rows]) => ({ label, rows }))
    }
    default:
      throw invalid(
        'evaluate.bad-option',
        `rows are cut by 'count', 'size' or 'label', not by '${String((how as ChunkRowsBy | undefined)?.by)}'`,
        {},
      )
  }
}
