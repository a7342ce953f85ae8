import type { Rng, RngState } from '@mlops/core'
import { createRng, givenOptions } from '@mlops/core'
import { ksFiniteSample, ksTwoSample } from '@mlops/stats'
import { defineDetector } from './define-detector.ts'
import type { RecentValues } from './recent-values.ts'
import { pushRecent, recentAt, recentList, recentValues } from './recent-values.ts'
import { requireCountOption, requireLevel, requireOption } from './require-option.ts'
import type { DetectorOptions, StreamDetector } from './stream-detector.ts'

/** Draws `size` different places out of `[0, population)`. */
export type DrawPlaces = (rng: Rng, population: number, size: number) => ArrayLike<number>

export interface KswinOptions extends DetectorOptions {
  /** Level of each test. @default 0.005 */
  readonly alpha?: number
  /** @default 100 */
  readonly windowSize?: number
  /** The last values, and as many drawn from the values before them. @default 30 */
  readonly statSize?: number
  /** KS distances up to this are never a drift. @default 0.1 */
  readonly minDistance?: number
  /** Where the draws come from; its state becomes part of the detector's. @default 'kswin' */
  readonly seed?: number | string | RngState
  /** How places are drawn. @default without replacement, each set equally likely */
  readonly draw?: DrawPlaces
}

export interface KswinBody {
  readonly recent: readonly number[]
  readonly rng: RngState
}

interface Work {
  readonly recent: RecentValues
  readonly rng: Rng
}

/**
 * KSWIN: a two-sample Kolmogorov-Smirnov test of the last values against a random draw of the
 * window's older ones.
 *
 * Drift where `p <= alpha` and `D > minDistance`; p is exact.
 *
 * Input: numbers. Output: `stable` or `drift`, none before the window is full; no warnings. The
 * statistic is D, the threshold the least D that would alarm. A test is made at each value, so over a long
 * stream false alarms are certain: see `@mlops/drift/anytime`.
 * Cost: O(statSize · log statSize) a value; memory of the window.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { kswin } from '@mlops/drift/stream'
 *
 * const run = kswin({ seed: 42 }).run()
 * const verdicts = Array.from({ length: 300 }, (_, i) => run.update(i < 200 ? i % 10 : 5 + (i % 10)))
 * console.log(verdicts.indexOf('drift') >= 200) // true
 * ```
 * Source: Raab, Heusinger & Schleif, "Reactive soft prototype computing for concept drift streams",
 * Neurocomputing 416 (2020).
 * Differs from: river, which starts the same random numbers again after each drift; ours go on.
 */
export function kswin(options: KswinOptions = {}): StreamDetector<KswinBody> {
  const {
    alpha = 0.005,
    windowSize = 100,
    statSize = 30,
    minDistance = 0.1,
    seed = 'kswin',
    draw = drawPlaces,
    badValue = 'refuse',
  } = givenOptions(options)
  requireLevel('alpha', alpha)
  requireCountOption('statSize', statSize, 1)
  requireCountOption('windowSize', windowSize, 2)
  const fits = windowSize >= 2 * statSize
  requireOption('windowSize', windowSize, fits, `be at least twice statSize (${statSize})`)
  requireOption('minDistance', minDistance, minDistance >= 0 && minDistance < 1, 'lie in [0, 1)')
  const start = createRng(seed).state()
  const older = windowSize - statSize
  const critical = leastAlarm(alpha, statSize, minDistance)
  const drawn = new Float64Array(statSize)
  const last = new Float64Array(statSize)

  return defineDetector<KswinBody, Work>({
    name: 'kswin',
    values: 'number',
    options: { alpha, windowSize, statSize, minDistance },
    badValue,
    fresh: (previous) => ({
      recent: recentValues(windowSize),
      rng: previous === undefined ? createRng(start) : previous.rng,
    }),
    advance({ recent, rng }, x, signal) {
      pushRecent(recent, x)
      if (recent.count < windowSize) return 'stable'
      const places = draw(rng, older, statSize)
      for (let i = 0; i < statSize; i++) {
        drawn[i] = recentAt(recent, places[i]!)
        last[i] = recentAt(recent, older + i)
      }
      const steps = stepsApart(drawn.sort(), last.sort())
      signal.statistic = steps / statSize
      signal.threshold = critical > statSize ? Number.NaN : critical / statSize
      return steps >= critical ? 'drift' : 'stable'
    },
    save: ({ recent, rng }) => ({ recent: recentList(recent), rng: rng.state() }),
    load: ({ recent, rng }) => ({ recent: recentValues(windowSize, recent), rng: createRng(rng) }),
    shape: { recent: 'numbers', rng: 'any' },
    fault: ({ recent, rng }) =>
      recent.length > windowSize
        ? 'its window is too long'
        : isRngState(rng)
          ? undefined
          : 'its random numbers have no state',
    estimates: ({ recent }) => ({ window: recent.count }),
  })
}

/** The least number of steps of D = steps/n that is an alarm; n + 1 if none is. */
function leastAlarm(alpha: number, n: number, minDistance: number): number {
  for (let steps = 1; steps <= n; steps++) {
    if (steps / n <= minDistance) continue
    // Beyond 10 000 values the distribution without steps is as good, and much cheaper.
    const p =
      n <= 10_000
        ? ksTwoSample.sf(steps / n, n, n)
        : ksFiniteSample.sf(steps / n, Math.round(n / 2))
    if (p <= alpha) return steps
  }
  return n + 1
}

/** n·D of two sorted samples of n values each. */
function stepsApart(a: Float64Array, b: Float64Array): number {
  const n = a.length
  let most = 0
  for (let i = 0, j = 0; i < n && j < n; ) {
    const x = Math.min(a[i]!, b[j]!)
    while (i < n && a[i]! <= x) i++
    while (j < n && b[j]! <= x) j++
    most = Math.max(most, Math.abs(i - j))
  }
  return most
}

/** Different places, each set equally likely: the first steps of a Fisher-Yates shuffle. */
function drawPlaces(rng: Rng, population: number, size: number): Int32Array {
  const places = Int32Array.from({ length: population }, (_, i) => i)
  for (let i = 0; i < size; i++) {
    const j = i + rng.int(population - i)
    const held = places[i]!
    places[i] = places[j]!
    places[j] = held
  }
  return places
}

function isRngState(state: RngState): boolean {
  try {
    createRng(state)
    return typeof state === 'object'
  } catch {
    return false
  }
}
