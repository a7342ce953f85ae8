/** What a detector says after a value. */
export type StreamVerdict = 'stable' | 'warning' | 'drift'

/** What can arrive on a stream. Missing means null, undefined or NaN. */
export type StreamValue = number | boolean | null | undefined

/** The last finding of a detector, as plain JSON. */
export interface DetectorReading {
  readonly kind: 'detector-reading'
  readonly detector: string
  readonly verdict: StreamVerdict
  /** The monitored quantity and the level at which it counts as drift; null while there is none yet. */
  readonly statistic: number | null
  readonly threshold: number | null
  /** Values used, over all resets, and values left out. */
  readonly seen: number
  readonly skipped: number
  /** How often the verdict was `drift`. */
  readonly detections: number
  /** What the detector holds for true at the moment: means, window widths, counts. */
  readonly estimates: Readonly<Record<string, number | null>>
}

/** The state of a detector as plain JSON; `body` is the detector's own part. */
export interface DetectorState<Body = unknown> {
  readonly kind: 'detector-state'
  readonly formatVersion: 1
  readonly detector: string
  /** The options it runs under. A state continues only under the same ones. */
  readonly options: Readonly<Record<string, unknown>>
  readonly seen: number
  readonly skipped: number
  readonly detections: number
  readonly verdict: StreamVerdict
  readonly statistic: number | null
  readonly threshold: number | null
  readonly body: Body
}

/** A detector at work: it owns a private mutable state, which `state()` copies out as JSON. */
export interface DetectorRun<Body = unknown> {
  /** Takes one value. After `drift` the next value starts afresh. */
  update(value: StreamValue): StreamVerdict
  reading(): DetectorReading
  state(): DetectorState<Body>
}

/** A change detector over a stream of values: a reducer over JSON state, and a fast run of it. */
export interface StreamDetector<Body = unknown> {
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
  /** The state before the first value. */
  start(): DetectorState<Body>
  /** One value: the state after it, and what it says. The given state stays as it was. */
  step(
    state: DetectorState<Body>,
    value: StreamValue,
  ): {
    readonly state: DetectorState<Body>
    readonly verdict: StreamVerdict
    readonly reading: DetectorReading
  }
  /** Starts, or continues from a state. */
  run(state?: DetectorState<Body>): DetectorRun<Body>
}

/** Options that every detector takes. */
export interface DetectorOptions {
  /**
   * What a value does that cannot be used (missing, infinite, beyond ±1e100, or not 0 or 1 where an
   * error is due): it is refused with an error, or skipped and counted. @default 'refuse'
   */
  readonly badValue?: 'refuse' | 'skip'
}
