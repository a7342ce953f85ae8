import type { Summary, TableInput, Verdict } from '@mlops/core'
import { withDisplay } from '@mlops/core'
import type { ConventionName } from '@mlops/stats'
import type { ChunkBy } from './chunk.ts'
import { chunk } from './chunk.ts'
import { readCurrent, referenceOf } from './compare.ts'
import type { CompareOptions } from './compare-options.ts'
import { checkOptions } from './compare-options.ts'
import { judgeTable } from './judge-table.ts'
import type { DriftReference } from './reference.ts'
import type { ColumnDecision, ColumnDrift, DriftMethod, MultivariateMethod } from './report.ts'

export interface CompareChunksOptions extends CompareOptions {
  /** How the table is cut. */
  readonly chunk: ChunkBy
}

/** One column in one chunk. */
export interface DriftPoint {
  /** Place in `chunks`. */
  readonly chunk: number
  readonly status: ColumnDrift['status']
  readonly value: number | null
  readonly threshold: number | null
  readonly direction: ColumnDecision['direction'] | null
  /** Of a threshold learned with a lower limit. */
  readonly lower: number | null
  readonly effectSize: number | null
  readonly adjustedPValue: number | null
  /** `null` where the column could not be judged. */
  readonly drifted: boolean | null
}

/** Drift over time: every column's measure in every chunk, against its threshold. */
export interface DriftSeries {
  readonly kind: 'drift-series'
  readonly verdict: Verdict
  readonly sentence: string
  readonly chunks: readonly {
    readonly label: string
    readonly rows: number
    readonly verdict: Verdict
    readonly drifted: number
    readonly compared: number
    readonly sentence: string
  }[]
  readonly columns: readonly {
    readonly name: string
    readonly role?: string
    readonly method: DriftMethod | MultivariateMethod | null
    readonly convention?: ConventionName
    readonly points: readonly DriftPoint[]
    /** Chunks in which it drifted. */
    readonly alarms: number
  }[]
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
  { chunk: how, ...options }: CompareChunksOptions,
): DriftSeries {
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

/** The verdict of a series: the worst of its chunks. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  const order: readonly Verdict[] = ['fail', 'warn', 'inconclusive', 'pass']
  return order.find((verdict) => verdicts.includes(verdict)) ?? 'inconclusive'
}

function sentenceOf(chunks: DriftSeries['chunks'], columns: DriftSeries['columns']): string {
  const alarmed = chunks.filter(({ drifted }) => drifted > 0)
  const often = columns.filter(({ alarms }) => alarms > 0).sort((a, b) => b.alarms - a.alarms)[0]
  if (!often) return `No column drifted in any of ${chunks.length} chunks.`
  return `Something drifted in ${alarmed.length} of ${chunks.length} chunks, first in ${alarmed[0]!.label}; '${often.name.slice(0, 60)}' most often (${often.alarms} times).`
}

/** How a series prints. */
export function summarise({ verdict, sentence, chunks }: DriftSeries): Summary {
  return {
    title: `Drift over ${chunks.length} chunks`,
    verdict,
    lines: [sentence],
    table: {
      columns: ['chunk', 'rows', 'verdict', 'drifted'],
      rows: chunks.map((one) => [
        one.label,
        one.rows,
        one.verdict,
        `${one.drifted} of ${one.compared}`,
      ]),
    },
  }
}
