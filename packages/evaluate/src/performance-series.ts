import type { Summary, Verdict, Warning } from '@mlops/core'
import { withDisplay } from '@mlops/core'
import type { ThresholdLimits } from '@mlops/stats'

/** One metric in one chunk. */
export interface PerformancePoint {
  /** Place in `chunks`. */
  readonly chunk: number
  /** Without labels; `null` where it is undefined. */
  readonly estimated: number | null
  readonly samplingError: number | null
  /** Estimate ± 3 sampling errors, cut to the range of the metric. */
  readonly band: { readonly lower: number; readonly upper: number } | null
  /** From the labels that are there; `null` without any, or where it is undefined. */
  readonly realised: number | null
  /** Whether the estimate lies outside the limits; `null` where there is none. */
  readonly alarm: boolean | null
}

/** Estimated performance over time, realised performance beside it. */
export interface PerformanceSeries {
  readonly kind: 'performance-series'
  readonly method: 'cbpe' | 'dle'
  readonly verdict: Verdict
  readonly sentence: string
  readonly chunks: readonly {
    readonly label: string
    /** Rows that were used. */
    readonly rows: number
    /** Rows left out for a missing score, prediction or feature. */
    readonly dropped: number
    /** Rows whose label is known. */
    readonly labelled: number
    readonly verdict: Verdict
  }[]
  readonly metrics: readonly {
    readonly name: string
    /** Learned from the realised performance over chunks of the reference. */
    readonly limits: ThresholdLimits
    readonly points: readonly PerformancePoint[]
    readonly alarms: number
  }[]
  readonly warnings: readonly Warning[]
}

/** What every estimate rests on. */
export const ASSUMPTION: Warning = Object.freeze({
  code: 'evaluate.assumes-no-concept-shift',
  message:
    'estimates hold while labels depend on the inputs as they did in the reference: they see a change of the inputs, not of that relation',
})

/** A metric in a chunk before it is judged. */
export interface MetricEstimate {
  readonly estimated: number | null
  readonly samplingError: number | null
  readonly realised: number | null
}

/** Puts estimates into a series: bands, alarms, verdicts. */
export function seriesOf(
  method: PerformanceSeries['method'],
  chunks: readonly {
    readonly label: string
    readonly rows: number
    readonly dropped: number
    readonly labelled: number
    readonly estimates: readonly MetricEstimate[]
  }[],
  metrics: readonly {
    readonly name: string
    readonly limits: ThresholdLimits
    /** Of the metric; `null`: none. */
    readonly most: number | null
  }[],
): PerformanceSeries {
  const lines = metrics.map(({ name, limits, most }, k) => {
    const points = chunks.map(({ estimates }, chunk): PerformancePoint => {
      const { estimated, samplingError, realised } = estimates[k]!
      const reach = samplingError === null ? null : 3 * samplingError
      return {
        chunk,
        estimated,
        samplingError,
        band:
          estimated === null || reach === null
            ? null
            : {
                lower: Math.max(0, estimated - reach),
                upper: Math.min(most ?? Number.POSITIVE_INFINITY, estimated + reach),
              },
        realised,
        alarm: estimated === null ? null : outside(estimated, limits),
      }
    })
    return { name, limits, points, alarms: points.filter(({ alarm }) => alarm).length }
  })
  const judgedChunks = chunks.map(({ label, rows, dropped, labelled }, at) => {
    const alarms = lines.map(({ points }) => points[at]!.alarm)
    const verdict: Verdict = alarms.includes(true)
      ? 'fail'
      : alarms.every((alarm) => alarm === null)
        ? 'inconclusive'
        : 'pass'
    return { label, rows, dropped, labelled, verdict }
  })
  const worst = (['fail', 'inconclusive', 'pass'] as const).find((verdict) =>
    judgedChunks.some((one) => one.verdict === verdict),
  )
  const failed = judgedChunks.filter(({ verdict }) => verdict === 'fail')
  const often = [...lines].sort((a, b) => b.alarms - a.alarms)[0]
  const series: PerformanceSeries = {
    kind: 'performance-series',
    method,
    verdict: worst ?? 'inconclusive',
    sentence:
      failed.length > 0
        ? `The estimated performance left its usual range in ${failed.length} of ${chunks.length} chunks, first in ${failed[0]!.label}; ${often!.name} most often (${often!.alarms} times).`
        : `The estimated performance stays in its usual range in all of ${chunks.length} chunks that could be judged.`,
    chunks: judgedChunks,
    metrics: lines,
    warnings: [ASSUMPTION],
  }
  return withDisplay(series, summarise)
}

function outside(value: number, { lower, upper }: ThresholdLimits): boolean {
  return (lower !== null && value < lower) || (upper !== null && value > upper)
}

function summarise({
  method,
  verdict,
  sentence,
  chunks,
  metrics,
  warnings,
}: PerformanceSeries): Summary {
  return {
    title: `Performance estimated without labels (${method.toUpperCase()}) over ${chunks.length} chunks`,
    verdict,
    lines: [sentence, ...warnings.map(({ message }) => message)],
    table: {
      columns: ['chunk', 'rows', 'verdict', ...metrics.flatMap(({ name }) => [name, 'realised'])],
      rows: chunks.map(({ label, rows, verdict }, at) => [
        label,
        rows,
        verdict,
        ...metrics.flatMap(({ points }) => [points[at]!.estimated, points[at]!.realised]),
      ]),
    },
  }
}
