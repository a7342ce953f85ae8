import type { TableInput } from '@mlops/core'
import { givenOptions, withDisplay } from '@mlops/core'
import type { ChunkBy } from './chunk.ts'
import { chunk } from './chunk.ts'
import { readCurrent, referenceOf } from './compare.ts'
import type { CompareOptions } from './compare-options.ts'
import { checkOptions } from './compare-options.ts'
import type { DriftPoint, DriftSeries } from './drift-series.ts'
import { summarise, worst } from './drift-series.ts'
import { judgeTable } from './judge-table.ts'
import type { DriftReference } from './reference.ts'
import type { ColumnDrift } from './report.ts'

export interface CompareChunksOptions extends CompareOptions {
  /** How the table is cut. */
  readonly chunk: ChunkBy
}

/**
 * Compares a table with a reference chunk by chunk: the drift over time.
 *
 * Input: as {@link compare}, and how the table is cut.
 * Output: a series per column with value, threshold and alarm; columns with a role first, then those
 * with the most alarms. The verdict is the worst of the chunks.
 * Every chunk is a test of its own: p-values are adjusted over columns, not over chunks, so of many
 * chunks without drift a share of about `alpha` raises an alarm under a test.
 * Cost: one comparison.
 *
 * @throws as `compare` and `chunk`.
 * @example
 * ```ts
 * import { compareChunks, fitReference } from '@mlops/drift'
 *
 * const reference = fitReference({ x: Array.from({ length: 500 }, (_, i) => (i * 37) % 100) })
 * const later = { x: Array.from({ length: 300 }, (_, i) => ((i * 37) % 100) + (i < 200 ? 0 : 40)) }
 * const series = compareChunks(reference, later, { chunk: { by: 'size', size: 100 } })
 * console.log(series.columns[0]?.points.map(({ drifted }) => drifted)) // [ false, false, true ]
 * ```
 */
export function compareChunks(
  reference: DriftReference | TableInput,
  table: TableInput,
  given: CompareChunksOptions,
): DriftSeries {
  const { chunk: how, ...options } = givenOptions(given)
  checkOptions(options)
  const fitted = referenceOf(reference, options)
  const cut = chunk(readCurrent(fitted, table, options), how)
  const reports = cut.map((part) => judgeTable(fitted, part.table, options))
  const names = [...new Set(reports.flatMap(({ columns }) => columns.map(({ name }) => name)))]
  const columns = names
    .map((name) =>
      seriesOf(
        name,
        reports.map((report) => report.columns.find((column) => column.name === name)!),
      ),
    )
    .sort(
      (a, b) => Number(b.role !== undefined) - Number(a.role !== undefined) || b.alarms - a.alarms,
    )
  const chunks = reports.map(({ verdict, dataset, sentence, rows }, at) => ({
    label: cut[at]!.label,
    rows: rows.current,
    verdict,
    drifted: dataset.drifted,
    compared: dataset.compared,
    sentence,
  }))
  const series: DriftSeries = {
    kind: 'drift-series',
    verdict: worst(chunks.map(({ verdict }) => verdict)),
    sentence: sentenceOf(chunks, columns),
    chunks,
    columns,
  }
  return withDisplay(series, summarise)
}

function seriesOf(name: string, found: readonly ColumnDrift[]): DriftSeries['columns'][number] {
  const points = found.map(
    ({ status, decision, effectSize }, at): DriftPoint => ({
      chunk: at,
      status,
      value: decision?.value ?? null,
      threshold: decision?.threshold ?? null,
      direction: decision?.direction ?? null,
      lower: decision?.lower ?? null,
      effectSize: effectSize?.value ?? null,
      adjustedPValue: decision?.adjustedPValue ?? null,
      drifted: decision?.drifted ?? null,
    }),
  )
  const decision = found.find((column) => column.decision !== null)?.decision
  const role = found[0]?.role
  return {
    name,
    ...(role !== undefined && { role }),
    method: decision?.method ?? null,
    ...(decision?.convention && { convention: decision.convention }),
    points,
    alarms: points.filter(({ drifted }) => drifted).length,
  }
}

function sentenceOf(chunks: DriftSeries['chunks'], columns: DriftSeries['columns']): string {
  const alarmed = chunks.filter(({ drifted }) => drifted > 0)
  const often = columns.filter(({ alarms }) => alarms > 0).sort((a, b) => b.alarms - a.alarms)[0]
  if (!often) return `No column drifted in any of ${chunks.length} chunks.`
  return `Something drifted in ${alarmed.length} of ${chunks.length} chunks, first in ${alarmed[0]!.label}; '${often.name.slice(0, 60)}' most often (${often.alarms} times).`
}
