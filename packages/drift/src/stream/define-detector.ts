import type { Summary } from '@mlops/core'
import { invalid, withDisplay } from '@mlops/core'
import type { FieldKind } from './detector-state.ts'
import { checkState } from './detector-state.ts'
import type {
  DetectorReading,
  DetectorRun,
  DetectorState,
  StreamDetector,
  StreamValue,
  StreamVerdict,
} from './stream-detector.ts'

/** Beyond this size squares and sums of squares could overflow. */
const LARGEST = 1e100

/** Where `advance` writes what it compared. NaN while there is nothing to compare. */
export interface Signal {
  statistic: number
  threshold: number
}

/**
 * A detector as its author writes it: a working state that `advance` changes in place, and its way
 * to JSON and back. `Work` may hold typed arrays; `Body` is plain JSON.
 */
export interface DetectorDefinition<Body extends object, Work> {
  readonly name: string
  /** `number`: finite numbers; `binary`: 0, 1, false or true. */
  readonly values: 'number' | 'binary'
  /** Numbers beyond are refused. @default [-1e100, 1e100] */
  readonly range?: readonly [least: number, most: number]
  /** The options in force, defaults filled in; plain JSON. */
  readonly options: Readonly<Record<string, unknown>>
  readonly badValue?: 'refuse' | 'skip'
  /** The working state before the first value, and after a drift. */
  fresh(previous?: Work): Work
  /** Takes a value: changes `work`, fills `signal`, returns the verdict. */
  advance(work: Work, value: number, signal: Signal): StreamVerdict
  save(work: Work): Body
  load(body: Body): Work
  readonly shape: Readonly<Record<keyof Body & string, FieldKind>>
  /** What else is wrong with a body; undefined when nothing is. */
  fault?(body: Body): string | undefined
  estimates(work: Work): Readonly<Record<string, number | null>>
}

/**
 * Makes a {@link StreamDetector} of a definition: checks values and states, counts, resets after a
 * drift, and derives the pure `step` from the fast `run`. The way to write a detector of one's own;
 * `detectorContract` of `@mlops/drift/stream-contract` is the suite it must pass.
 *
 * Cost: `update` is that of `advance`; `step` copies the state.
 *
 * @throws `invalid` from `update` and `step`: `drift.bad-value`; from `run` and `step`:
 *   `drift.not-a-detector-state`; `unsupported` `drift.unsupported-format`.
 * @example
 * ```ts
 * import { defineDetector } from '@mlops/drift/stream'
 *
 * const above = defineDetector<{ n: number }, { n: number }>({
 *   name: 'above-ten',
 *   values: 'number',
 *   options: {},
 *   fresh: () => ({ n: 0 }),
 *   advance(work, value, signal) {
 *     work.n++
 *     signal.statistic = value
 *     signal.threshold = 10
 *     return value > 10 ? 'drift' : 'stable'
 *   },
 *   save: (work) => ({ ...work }),
 *   load: (body) => ({ ...body }),
 *   shape: { n: 'count' },
 *   estimates: ({ n }) => ({ n }),
 * })
 * const run = above.run()
 * console.log(run.update(3), run.update(11)) // stable drift
 * ```
 */
export function defineDetector<Body extends object, Work>(
  definition: DetectorDefinition<Body, Work>,
): StreamDetector<Body> {
  const { name, options, badValue = 'refuse' } = definition
  const inForce = Object.freeze({ ...options, badValue })
  const outline = { ...definition, options: inForce, fault: definition.fault?.bind(definition) }

  function run(state?: DetectorState<Body>): DetectorRun<Body> {
    if (state !== undefined) {
      const { fault, ...rest } = outline
      checkState(state, { ...rest, ...(fault && { fault }) })
    }
    return resume({ ...definition, options: inForce, badValue }, state)
  }

  return Object.freeze({
    name,
    options: inForce,
    run,
    start: () => run().state(),
    step(state: DetectorState<Body>, value: StreamValue) {
      const one = run(state)
      const verdict = one.update(value)
      return { state: one.state(), verdict, reading: one.reading() }
    },
  })
}

function resume<Body extends object, Work>(
  definition: DetectorDefinition<Body, Work>,
  state?: DetectorState<Body>,
): DetectorRun<Body> {
  const { name, options, values, badValue, advance, fresh, save, estimates } = definition
  const [least, most] = definition.range ?? [-LARGEST, LARGEST]
  const signal: Signal = {
    statistic: state?.statistic ?? Number.NaN,
    threshold: state?.threshold ?? Number.NaN,
  }
  const binary = values === 'binary'
  let work = state === undefined ? fresh() : definition.load(state.body)
  let verdict: StreamVerdict = state?.verdict ?? 'stable'
  let seen = state?.seen ?? 0
  let skipped = state?.skipped ?? 0
  let detections = state?.detections ?? 0

  function update(value: StreamValue): StreamVerdict {
    let x = value as number
    // One comparison lets the usual value through; everything else is looked at closely.
    if (!(typeof x === 'number' && (binary ? x === 0 || x === 1 : x >= least && x <= most))) {
      if (binary && typeof value === 'boolean') x = value ? 1 : 0
      else if (badValue === 'skip') {
        skipped++
        return verdict
      } else throw refusal(name, value, binary, [least, most])
    }
    if (verdict === 'drift') {
      work = fresh(work)
      verdict = 'stable'
      signal.statistic = Number.NaN
      signal.threshold = Number.NaN
    }
    seen++
    verdict = advance(work, x, signal)
    if (verdict === 'drift') detections++
    return verdict
  }

  return {
    update,
    reading: () =>
      withDisplay(
        {
          kind: 'detector-reading',
          detector: name,
          verdict,
          statistic: numberOrNull(signal.statistic),
          threshold: numberOrNull(signal.threshold),
          seen,
          skipped,
          detections,
          estimates: estimates(work),
        },
        summarise,
      ),
    state: () => ({
      kind: 'detector-state',
      formatVersion: 1,
      detector: name,
      options: { ...options },
      seen,
      skipped,
      detections,
      verdict,
      statistic: numberOrNull(signal.statistic),
      threshold: numberOrNull(signal.threshold),
      body: save(work),
    }),
  }
}

function numberOrNull(x: number): number | null {
  return Number.isFinite(x) ? x : null
}

function refusal(
  name: string,
  value: StreamValue,
  binary: boolean,
  [least, most]: readonly [number, number],
) {
  const due = binary ? '0, 1, false or true' : `a number within [${least}, ${most}]`
  return invalid(
    'drift.bad-value',
    `${name} needs ${due}, got ${String(value)}; leave such values out, or set badValue: 'skip' to have them counted and skipped`,
    { value: String(value) },
  )
}

function summarise(reading: DetectorReading): Summary {
  const { detector, verdict, seen, skipped, detections, statistic, threshold, estimates } = reading
  return {
    title: `${detector} after ${seen} values: ${verdict}`,
    lines: [
      `${detections} ${detections === 1 ? 'drift' : 'drifts'} so far${skipped > 0 ? `, ${skipped} values skipped` : ''}`,
    ],
    table: {
      columns: ['quantity', 'value'],
      rows: [
        ['statistic', statistic],
        ['threshold', threshold],
        ...Object.entries(estimates).map(([key, value]) => [key, value] as const),
      ],
    },
  }
}
