import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Rng } from '@mlops/core'
import type { KnownDrift, StreamDetector } from '@mlops/drift/stream'
import {
  adwin,
  bocd,
  cusum,
  cusumRunningMean,
  ddm,
  eddm,
  emptyPrequentialError,
  evaluateDetections,
  ewma,
  fhddm,
  geometricMovingAverage,
  hddmA,
  hddmW,
  kswin,
  matchAlarms,
  pageHinkley,
  prequentialError,
  slidingKs,
  slidingMean,
  wstd,
} from '@mlops/drift/stream'
import type { Method, RawCase } from './case.ts'

/** The streaming methods of drift.json, given its shared streams and the folder of traced samplers. */
export function streamMethods(
  datasets: Readonly<Record<string, readonly number[]>>,
  folder: string,
): Readonly<Record<string, Method>> {
  const valuesOf = (given: unknown): readonly number[] => {
    if (Array.isArray(given)) return given
    const { dataset, generator } = given as { dataset?: string; generator?: string }
    return dataset === undefined ? generated(generator!) : datasets[dataset]!
  }
  const streamOf = ({ input }: RawCase): readonly number[] =>
    'stream' in input ? valuesOf(input['stream']) : generated(input['generator'])
  const found = (raw: RawCase, detector: StreamDetector) => detections(detector, streamOf(raw))
  const by =
    (make: (params: RawCase['params']) => StreamDetector): Method =>
    (raw) =>
      found(raw, make(raw.params))

  const adwinOf = (p: RawCase['params'], cuts: 'all' | 'without-last-bucket') =>
    adwin({
      delta: p['delta'],
      clock: p['clock'],
      maxBuckets: p['max_buckets'],
      minWindowLength: p['min_window_length'],
      gracePeriod: p['grace_period'],
      cuts,
    })
  const hddmAOf = (p: RawCase['params'], bound: 'ln(2/confidence)' | 'ln(1/confidence)') =>
    hddmA({
      driftConfidence: p['drift_confidence'],
      warningConfidence: p['warning_confidence'],
      direction: p['two_sided'] ? 'both' : 'up',
      minSamples: p['min_instances'],
      bound,
    })
  const alarmsOf = ({ input }: RawCase) => ({
    alarms: input['alarms'] as number[],
    drifts: input['drifts'] as KnownDrift[],
  })
  const windowsOf = ({ params }: RawCase) => ({
    maxDelay: params['delta_max'] as number,
    maxLead: (params['delta_pre'] ?? 0) as number,
  })
  const scored = (raw: RawCase) => {
    const { alarms, drifts } = alarmsOf(raw)
    const { maxDelay, maxLead } = windowsOf(raw)
    const length = raw.params['n_samples'] ?? (alarms.at(-1) ?? 0) + 1
    return evaluateDetections(alarms, drifts, { length, maxDelay, maxLead }).scores
  }
  // river's undefined scores are NaN, and its ratio is infinite without delay; ours are null.
  const orNaN = (value: number | null) => value ?? 'NaN'
  const ratio = ({
    meanTimeRatio,
    meanDelay,
    meanTimeBetweenFalseAlarms,
  }: ReturnType<typeof scored>) =>
    meanDelay === 0 && meanTimeBetweenFalseAlarms !== null
      ? Number.POSITIVE_INFINITY
      : orNaN(meanTimeRatio)

  return {
    adwin: by((p) => adwinOf(p, 'all')),
    adwin_skip_last_bucket: by((p) => adwinOf(p, 'without-last-bucket')),
    adwin_statistics: (raw) => {
      const run = adwinOf(raw.params, 'all').run()
      for (const x of streamOf(raw)) run.update(x)
      const { width, total, squares } = run.state().body
      return { width, total, variance_sum_sq: squares }
    },
    bocd_gaussian_unknown_mean: by((p) =>
      bocd({
        hazard: p['hazard'],
        priorMean: p['prior_mean'],
        priorVariance: p['prior_var'],
        dataVariance: p['data_var'],
        minSamples: p['min_instances'],
      }),
    ),
    cusum: by((p) =>
      cusum({
        minSamples: p['min_instances'],
        slack: p['slack'],
        threshold: p['threshold'],
        direction: p['mode'],
      }),
    ),
    cusum_running_mean: by((p) =>
      cusumRunningMean({
        minSamples: p['min_instances'],
        delta: p['delta'],
        threshold: p['lambda_'],
      }),
    ),
    ddm: by((p) =>
      ddm({
        // Frouros begins with that many values, river behind them.
        warmUp: p['warm_start'] ?? behind(p['min_instances']),
        warningThreshold: p['warning_threshold'] ?? p['warning'],
        driftThreshold: p['drift_threshold'] ?? p['drift'],
      }),
    ),
    eddm: by((p) =>
      eddm({
        warmUp: p['warm_start'] ?? behind(p['min_num_misclassified']),
        alpha: p['alpha'],
        beta: p['beta'],
        ddof: p['variance_ddof'],
      }),
    ),
    ewma: by((p) =>
      ewma({
        alpha: p['alpha'],
        threshold: p['threshold'],
        minSamples: p['min_instances'],
        direction: p['mode'],
      }),
    ),
    fhddm: by((p) =>
      fhddm({
        windowSize: p['sliding_window_size'],
        confidence: p['confidence_level'],
        shortWindowSize: p['short_window_size'] ?? undefined,
      }),
    ),
    geometric_moving_average: by((p) =>
      geometricMovingAverage({
        alpha: p['alpha'],
        threshold: p['lambda_'],
        minSamples: p['min_instances'],
      }),
    ),
    hddm_a: by((p) => hddmAOf(p, 'ln(2/confidence)')),
    hddm_a_ln1: by((p) => hddmAOf(p, 'ln(1/confidence)')),
    hddm_w: by((p) =>
      hddmW({
        driftConfidence: p['drift_confidence'],
        warningConfidence: p['warning_confidence'],
        lambda: p['lambda'],
        direction: p['two_sided'] ? 'both' : 'up',
      }),
    ),
    kswin: (raw) => {
      const { input, params } = raw
      const file: string | undefined = input['sampler_trace_file']
      const traced: number[][] | undefined =
        file && JSON.parse(readFileSync(join(folder, file), 'utf8')).indices
      let at = 0
      const detector = kswin({
        alpha: params['alpha'],
        windowSize: params['window_size'],
        statSize: params['stat_size'],
        minDistance: params['statistic_floor'],
        ...(traced && { draw: (_: Rng) => traced[Math.min(at++, traced.length - 1)]! }),
      })
      return found(raw, detector)
    },
    page_hinkley: by((p) => pageHinkleyOf(p, 'running-extremum')),
    page_hinkley_cusum_legacy: by((p) => pageHinkleyOf(p, 'reset-at-zero')),
    page_hinkley_no_min: by((p) => pageHinkleyOf(p, 'no-minimum')),
    wstd: by((p) =>
      wstd({
        recentSize: p['recent_window_size'],
        olderSize: p['older_window_size'],
        minSamples: p['min_instances'],
        alphaWarning: p['alpha_warning'],
        alphaDrift: p['alpha_drift'],
      }),
    ),
    drift_evaluation_match: (raw) => {
      const { alarms, drifts } = alarmsOf(raw)
      const { noticed, falseAlarms } = matchAlarms(alarms, drifts, windowsOf(raw))
      return {
        hits: Object.fromEntries(noticed.map(({ drift, alarms: own }) => [drift, own])),
        false_alarms: falseAlarms,
      }
    },
    drift_evaluation_report: (raw) => {
      const s = scored(raw)
      const hits = s.alarms - s.falseAlarms
      return {
        n_samples: raw.params['n_samples'],
        n_drifts: s.noticed + s.missed,
        n_alarms: s.alarms,
        precision: orNaN(s.precision),
        recall: hits + s.missed === 0 ? 'NaN' : hits / (hits + s.missed),
        episode_recall: orNaN(s.recall),
        f1: orNaN(s.f1),
        missed_detection_rate: s.recall === null ? 'NaN' : 1 - s.recall,
        detection_delay: orNaN(s.meanDelay),
        normalized_detection_time:
          s.meanDelay === null ? 'NaN' : s.meanDelay / raw.params['delta_max'],
        false_alarm_rate: s.falseAlarmRate * (raw.params['unit'] ?? 1),
        mean_time_between_false_alarms: orNaN(s.meanTimeBetweenFalseAlarms),
        mean_time_ratio: ratio(s),
      }
    },
    mean_time_between_false_alarms: (raw) => orNaN(scored(raw).meanTimeBetweenFalseAlarms),
    mean_time_ratio: (raw) => ratio(scored(raw)),
    incremental_ks_sliding: ({ input, params }) => {
      const ks = slidingKs(valuesOf(input['reference']), { windowSize: params['window_size'] })
      for (const x of valuesOf(input['stream'])) ks.update(x)
      const test = ks.test()
      return { statistic: test?.statistic, p_value: test?.pValue }
    },
    prequential_error: ({ input, params }) => {
      const fading = { fadingFactor: params['fading_factor'] }
      let step = { state: emptyPrequentialError, value: Number.NaN }
      for (const e of valuesOf(input['errors'])) step = prequentialError(step.state, e, fading)
      return step.value
    },
    sliding_window_mean: ({ input, params }) => {
      const mean = slidingMean({ size: params['size'] })
      return valuesOf(input['values']).map((x) => mean.update(x))
    },
  }
}

/** A first value with a verdict, as the number of values before it. */
function behind(first: number | undefined): number | undefined {
  return first === undefined ? undefined : first - 1
}

function pageHinkleyOf(
  p: RawCase['params'],
  form: 'running-extremum' | 'no-minimum' | 'reset-at-zero',
) {
  return pageHinkley({
    minSamples: p['min_instances'],
    delta: p['delta'],
    threshold: p['threshold'] ?? p['lambda_'],
    alpha: p['alpha'],
    direction: p['mode'],
    form,
  })
}

/** Indices of the drifts, and of the first warning before each of them and behind the last. */
function detections(detector: StreamDetector, stream: readonly number[]) {
  const run = detector.run()
  const drift_at: number[] = []
  const warning_at: number[] = []
  let warned = false
  stream.forEach((x, at) => {
    const verdict = run.update(x)
    if (verdict === 'warning' && !warned) {
      warning_at.push(at)
      warned = true
    } else if (verdict === 'drift') {
      drift_at.push(at)
      warned = false
    }
  })
  return {
    drift_at,
    warning_at,
    first_drift_at: drift_at[0] ?? null,
    first_warning_at: warning_at[0] ?? null,
  }
}

/** Streams told in words: `1.0 x 5000`, `0.0 x 200 ++ 100.0 x 200`, `i % 7 for i in 0..199`. */
function generated(text: string): number[] {
  return text.split('++').flatMap((part) => {
    const repeated = /^\s*(\S+)\s+x\s+(\d+)\s*$/.exec(part)
    if (repeated) return new Array<number>(Number(repeated[2])).fill(Number(repeated[1]))
    const cycle = /^\s*i % (\d+) for i in (\d+)\.\.(\d+)\s*$/.exec(part)
    if (!cycle) throw new Error(`unknown generator '${part}'`)
    const [modulus, from, to] = cycle.slice(1).map(Number) as [number, number, number]
    return Array.from({ length: to - from + 1 }, (_, i) => (from + i) % modulus)
  })
}
