import type { Summary } from '@mlops/core'
import { givenOptions, withDisplay } from '@mlops/core'
import type { KnownDrift, MatchAlarmsOptions } from './match-alarms.ts'
import { matchAlarms } from './match-alarms.ts'
import { requireCountOption, requireOption } from './require-option.ts'
import type { StreamDetector, StreamValue } from './stream-detector.ts'

/** How well alarms fit known drifts. `null` where a score is not defined. */
export interface DetectionScores {
  readonly alarms: number
  readonly noticed: number
  readonly missed: number
  readonly falseAlarms: number
  /** Noticed drifts over all drifts. */
  readonly recall: number | null
  /** Alarms inside a window over all alarms. */
  readonly precision: number | null
  /** Harmonic mean of precision and recall. */
  readonly f1: number | null
  /** Mean values from a drift to its first alarm, over the noticed ones. */
  readonly meanDelay: number | null
  /** False alarms per value of the stream. */
  readonly falseAlarmRate: number
  /** Mean values between false alarms; from the second false alarm on. */
  readonly meanTimeBetweenFalseAlarms: number | null
  /** `meanTimeBetweenFalseAlarms/meanDelay·recall`: larger is better. `null` also for a mean delay of 0. */
  readonly meanTimeRatio: number | null
}

/** Scores of a detector, beside those of two that know nothing. */
export interface DetectorEvaluation {
  readonly kind: 'detector-evaluation'
  readonly detector: string
  readonly values: number
  readonly drifts: number
  readonly maxDelay: number
  readonly maxLead: number
  readonly scores: DetectionScores
  readonly baselines: {
    /** Alarms at every value. Every drift is noticed at once. */
    readonly alwaysFire: DetectionScores
    /** Alarms every `maxDelay` values: notices every drift in time, and means nothing. */
    readonly clockwork: DetectionScores
    readonly neverFire: DetectionScores
  }
}

export interface EvaluateDetectionsOptions extends MatchAlarmsOptions {
  /** Values of the stream. */
  readonly length: number
  /** @default 'detections' */
  readonly name?: string
}

/**
 * Scores alarms against known drifts, and three baselines beside them.
 *
 * A detector that fires all the time has a perfect recall and no delay; one that fires like a clock
 * can beat honest detectors on F1 or the mean time ratio. A score that does not beat these says nothing.
 *
 * Input: indices of the alarms and the known drifts, in order; the stream's length.
 * Output: a {@link DetectorEvaluation}. Cost: O((length + alarms) · drifts).
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-alarm`, `drift.bad-known-drift`.
 * @example
 * ```ts
 * import { evaluateDetections } from '@mlops/drift/stream'
 *
 * const { scores, baselines } = evaluateDetections([110, 900], [100, 500], { length: 1000, maxDelay: 50 })
 * console.log(scores.recall, scores.precision, scores.meanDelay) // 0.5 0.5 10
 * console.log(baselines.alwaysFire.recall, baselines.alwaysFire.meanDelay) // 1 0
 * ```
 * Source: Bifet, "Classifier concept drift detection and the illusion of progress", ICAISC 2017 (mean
 * time ratio; detectors against a clock).
 * Differs from: river, whose undefined scores are NaN; ours are null.
 */
export function evaluateDetections(
  alarms: readonly number[],
  drifts: readonly KnownDrift[],
  options: EvaluateDetectionsOptions,
): DetectorEvaluation {
  const { length, maxDelay, maxLead = 0, name = 'detections' } = givenOptions(options)
  requireCountOption('length', length, 1)
  const last = alarms.at(-1) ?? 0
  requireOption('length', length, last < length, `exceed the last alarm (${last})`)
  const score = (some: readonly number[]) =>
    detectionScores(some, drifts, { length, maxDelay, maxLead })
  const every = (step: number) =>
    Array.from({ length: Math.floor(length / step) }, (_, i) => (i + 1) * step - 1)
  return withDisplay(
    {
      kind: 'detector-evaluation',
      detector: name,
      values: length,
      drifts: drifts.length,
      maxDelay,
      maxLead,
      scores: score(alarms),
      baselines: {
        alwaysFire: score(every(1)),
        clockwork: score(every(maxDelay)),
        neverFire: score([]),
      },
    },
    summarise,
  )
}

/**
 * Runs a detector over a stream with known drifts and scores it: see {@link evaluateDetections}.
 *
 * @throws those of `evaluateDetections` and of the detector's `update`.
 * @example
 * ```ts
 * import { cusum, evaluateDetector } from '@mlops/drift/stream'
 *
 * const stream = Array.from({ length: 400 }, (_, i) => (i < 200 ? 0 : 3) + (i % 2))
 * console.log(evaluateDetector(cusum(), stream, [200], { maxDelay: 100 }).scores.meanDelay) // 1
 * ```
 */
export function evaluateDetector(
  detector: StreamDetector,
  stream: Iterable<StreamValue>,
  drifts: readonly KnownDrift[],
  options: MatchAlarmsOptions,
): DetectorEvaluation {
  const run = detector.run()
  const alarms: number[] = []
  let length = 0
  let { detections } = run.reading()
  for (const value of stream) {
    // A skipped value repeats the last verdict; only a new detection is an alarm.
    if (run.update(value) === 'drift' && run.reading().detections > detections) {
      detections++
      alarms.push(length)
    }
    length++
  }
  return evaluateDetections(alarms, drifts, { ...options, length, name: detector.name })
}

function detectionScores(
  alarms: readonly number[],
  drifts: readonly KnownDrift[],
  { length, ...windows }: MatchAlarmsOptions & { readonly length: number },
): DetectionScores {
  const { noticed, falseAlarms, missed } = matchAlarms(alarms, drifts, windows)
  const hits = alarms.length - falseAlarms.length
  const recall = drifts.length === 0 ? null : noticed.length / drifts.length
  const precision = alarms.length === 0 ? null : hits / alarms.length
  const meanDelay =
    noticed.length === 0
      ? null
      : noticed.reduce((sum, { delay }) => sum + delay, 0) / noticed.length
  const gaps = falseAlarms.length - 1
  const between = gaps < 1 ? null : (falseAlarms[gaps]! - falseAlarms[0]!) / gaps
  return {
    alarms: alarms.length,
    noticed: noticed.length,
    missed: missed.length,
    falseAlarms: falseAlarms.length,
    recall,
    precision,
    f1:
      precision === null || recall === null
        ? null
        : precision + recall === 0
          ? 0
          : (2 * precision * recall) / (precision + recall),
    meanDelay,
    falseAlarmRate: falseAlarms.length / length,
    meanTimeBetweenFalseAlarms: between,
    meanTimeRatio:
      between === null || meanDelay === null || meanDelay === 0 || recall === null
        ? null
        : (between / meanDelay) * recall,
  }
}

function summarise({ detector, values, drifts, scores, baselines }: DetectorEvaluation): Summary {
  const row = (name: string, s: DetectionScores) => [
    name,
    s.noticed,
    s.missed,
    s.falseAlarms,
    s.meanDelay,
    s.f1,
    s.meanTimeRatio,
  ]
  return {
    title: `${detector} on ${values} values with ${drifts} known drifts`,
    table: {
      columns: ['', 'noticed', 'missed', 'false alarms', 'mean delay', 'F1', 'mean time ratio'],
      rows: [
        row(detector, scores),
        row('always fires', baselines.alwaysFire),
        row('fires like a clock', baselines.clockwork),
        row('never fires', baselines.neverFire),
      ],
    },
  }
}
