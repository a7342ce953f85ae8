import type { Summary, Verdict } from '@mlops/core'
import type { ConventionName } from '@mlops/stats'
import type { ColumnDecision, ColumnDrift, DriftMethod, MultivariateMethod } from './report.ts'

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

/** The verdict of a series: the worst of its chunks. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  const order: readonly Verdict[] = ['fail', 'warn', 'inconclusive', 'pass']
  return order.find((verdict) => verdicts.includes(verdict)) ?? 'inconclusive'
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
