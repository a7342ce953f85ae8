import { givenOptions } from '@mlops/core'
import { defineDetector } from './define-detector.ts'
import { requireCountOption, requireOption, requirePositive } from './require-option.ts'
import type { DetectorOptions, StreamDetector } from './stream-detector.ts'

/** Probability that a run ends at its next value, given how many values it has. */
export type Hazard = number | ((runLength: number) => number)

export interface BocdOptions extends DetectorOptions {
  /** Verdicts begin with this many values. @default 30 */
  readonly minSamples?: number
  /** A constant (runs are geometric), or a function of the run length. @default 0.01 */
  readonly hazard?: Hazard
  /** Prior of a run's mean. @default 0 */
  readonly priorMean?: number
  /** @default 1 */
  readonly priorVariance?: number
  /** Variance of the values around their run's mean, which must be known. @default 1 */
  readonly dataVariance?: number
  /** Run lengths kept: the longest, and the most probable of the others. @default 1000 */
  readonly maxRuns?: number
}

/** The run lengths that are kept, the shortest first, with what is known of each. */
export interface BocdBody {
  readonly n: number
  readonly lengths: readonly number[]
  /** Logarithms of their posterior probabilities. */
  readonly logProbabilities: readonly number[]
  readonly means: readonly number[]
  readonly precisions: readonly number[]
}

interface Work {
  n: number
  lengths: number[]
  logProbabilities: number[]
  means: number[]
  precisions: number[]
}

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI)

/**
 * BOCD: Bayesian online change-point detection with Gaussian values of unknown mean.
 *
 * The posterior of the run length r is carried along:
 * `P(r + 1) ∝ P(r)·π(x | r)·(1 − H(r))`, `P(0) ∝ sum P(r)·π(x | r)·H(r)`, π normal with the posterior mean
 * of the run and variance `1/precision + dataVariance`. Drift where the most probable run is not the
 * longest.
 *
 * Input: numbers. Output: `stable` or `drift`; no warnings. The statistic is the posterior probability
 * that a change has happened (the longest run is over). Estimates: the most probable run length, the mean of
 * the next value. Cost: O(maxRuns) a value and in memory.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { bocd } from '@mlops/drift/stream'
 *
 * const run = bocd({ dataVariance: 0.5 }).run()
 * const verdicts = Array.from({ length: 120 }, (_, i) => run.update((i < 60 ? 0 : 4) + (i % 2)))
 * console.log(verdicts.indexOf('drift')) // 60
 * ```
 * Source: Adams & MacKay, "Bayesian online changepoint detection", arXiv:0710.3742 (2007).
 * Differs from: Frouros, which keeps every run length and so slows down without end.
 */
export function bocd(options: BocdOptions = {}): StreamDetector<BocdBody> {
  const {
    minSamples = 30,
    hazard = 0.01,
    priorMean = 0,
    priorVariance = 1,
    dataVariance = 1,
    maxRuns = 1000,
    badValue = 'refuse',
  } = givenOptions(options)
  requireCountOption('minSamples', minSamples, 1)
  if (typeof hazard !== 'function')
    requireOption('hazard', hazard, hazard > 0 && hazard < 1, 'lie in (0, 1), or be a function')
  requireOption('priorMean', priorMean, Number.isFinite(priorMean), 'be a finite number')
  requirePositive('priorVariance', priorVariance)
  requirePositive('dataVariance', dataVariance)
  requireCountOption('maxRuns', maxRuns, 2)
  const hazardOf = typeof hazard === 'function' ? hazard : () => hazard
  const priorPrecision = 1 / priorVariance
  const dataPrecision = 1 / dataVariance

  function hazardAt(length: number): number {
    const h = hazardOf(length)
    requireOption(`hazard(${length})`, h, h >= 0 && h < 1, 'lie in [0, 1)')
    return h
  }

  function advanceRuns(work: Work, x: number): void {
    const { lengths, logProbabilities, means, precisions } = work
    const grown: number[] = []
    const ended: number[] = []
    for (let i = 0; i < lengths.length; i++) {
      const variance = 1 / precisions[i]! + dataVariance
      const gap = x - means[i]!
      const fit = -HALF_LOG_2PI - 0.5 * Math.log(variance) - (gap * gap) / (2 * variance)
      const joint = logProbabilities[i]! + fit
      const h = hazardAt(lengths[i]!)
      grown.push(joint + Math.log1p(-h))
      ended.push(joint + Math.log(h))
    }
    const joints = [logSum(ended), ...grown]
    const evidence = logSum(joints)
    work.logProbabilities = joints.map((value) => Math.max(value - evidence, LEAST))
    work.means = [
      priorMean,
      ...means.map((m, i) => {
        const precision = precisions[i]!
        return (m * precision + x * dataPrecision) / (precision + dataPrecision)
      }),
    ]
    work.precisions = [priorPrecision, ...precisions.map((precision) => precision + dataPrecision)]
    work.lengths = [0, ...lengths.map((length) => length + 1)]
    if (work.lengths.length > maxRuns) dropLeast(work)
  }

  return defineDetector<BocdBody, Work>({
    name: 'bocd',
    values: 'number',
    options: {
      minSamples,
      hazard: typeof hazard === 'function' ? 'function' : hazard,
      priorMean,
      priorVariance,
      dataVariance,
      maxRuns,
    },
    badValue,
    fresh: () => ({
      n: 0,
      lengths: [0],
      logProbabilities: [0],
      means: [priorMean],
      precisions: [priorPrecision],
    }),
    advance(work, x, signal) {
      advanceRuns(work, x)
      work.n++
      const { lengths, logProbabilities } = work
      const longest = lengths.length - 1
      signal.statistic = -Math.expm1(Math.min(0, logProbabilities[longest]!))
      if (work.n < minSamples) return 'stable'
      return mostProbable(logProbabilities) === longest ? 'stable' : 'drift'
    },
    save: (work) => structuredCopy(work),
    load: (body) => structuredCopy(body),
    shape: {
      n: 'count',
      lengths: 'counts',
      logProbabilities: 'numbers',
      means: 'numbers',
      precisions: 'numbers',
    },
    fault: ({ lengths, logProbabilities, means, precisions }) =>
      lengths.length >= 1 &&
      lengths.length <= maxRuns &&
      [logProbabilities, means, precisions].every((list) => list.length === lengths.length) &&
      precisions.every((precision) => precision > 0)
        ? undefined
        : 'its lists do not agree',
    estimates: ({ lengths, logProbabilities, means }) => ({
      runLength: lengths[mostProbable(logProbabilities)]!,
      mean: means.reduce((sum, m, i) => sum + m * Math.exp(logProbabilities[i]!), 0),
    }),
  })
}

// An impossible run (hazard 0, or a value out of all reach) must stay a number in JSON.
const LEAST = -1e300

function logSum(logs: readonly number[]): number {
  const top = logs.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  if (top === Number.NEGATIVE_INFINITY) return LEAST
  return top + Math.log(logs.reduce((sum, value) => sum + Math.exp(value - top), 0))
}

/** The first place of the largest value. */
function mostProbable(logProbabilities: readonly number[]): number {
  let at = 0
  for (let i = 1; i < logProbabilities.length; i++)
    if (logProbabilities[i]! > logProbabilities[at]!) at = i
  return at
}

/** Takes out the least probable run, never the newest or the longest. */
function dropLeast({ lengths, logProbabilities, means, precisions }: Work): void {
  let at = 1
  for (let i = 2; i < lengths.length - 1; i++)
    if (logProbabilities[i]! < logProbabilities[at]!) at = i
  for (const list of [lengths, logProbabilities, means, precisions]) list.splice(at, 1)
}

function structuredCopy(body: BocdBody): Work {
  return {
    n: body.n,
    lengths: [...body.lengths],
    logProbabilities: [...body.logProbabilities],
    means: [...body.means],
    precisions: [...body.precisions],
  }
}
