import type { Rng } from '@mlops/core'
import { shuffle } from '@mlops/core'
import { normal, quantiles } from '@mlops/stats'
import type { Effect } from '../readout.ts'

/** A statistic of one arm's values. It must not keep or change the array it is given. */
export type ArmStatistic = (values: Float64Array) => number

export interface BootstrapPlan {
  readonly rng: Rng
  readonly resamples: number
  readonly kind: 'bca' | 'percentile'
  readonly confidence: number
}

/** What the resamples say of a difference of two statistics. */
export interface BootstrapDifference {
  readonly effect: Effect | null
  /** Two-sided and one-sided p-values: the level at which the interval would just hold 0. */
  readonly pValue: { readonly less: number; readonly greater: number } | null
  readonly fellBack: boolean
}

/** The values of one arm in the groups that are drawn together: one value each without clusters. */
export type Groups = readonly Float64Array[]

/**
 * Bootstrap of statistic(treatment) − statistic(control): groups of each arm are drawn with
 * replacement, apart from the other arm's.
 *
 * BCa shifts the percentiles by `z0 = Φ⁻¹(share below the estimate)` and the acceleration
 * `a = Σ_arms ΣU³/n³ / (6·(Σ_arms ΣU²/n²)^1.5)` of jackknife values U. Its p-value inverts that.
 * Cost: (resamples + 1000)·values.
 *
 * Source: Efron 1987; Efron & Tibshirani 1993, §14.3 and exercise 14.
 */
export function bootstrapDifference(
  control: Groups,
  treatment: Groups,
  statistic: ArmStatistic,
  { rng, resamples, kind, confidence }: BootstrapPlan,
): BootstrapDifference {
  const estimate = statistic(joined(treatment)) - statistic(joined(control))
  const drawn = new Float64Array(resamples)
  const draw = { control: drawer(control, rng), treatment: drawer(treatment, rng) }
  for (let b = 0; b < resamples; b++)
    drawn[b] = statistic(draw.treatment()) - statistic(draw.control())
  if (!Number.isFinite(estimate) || drawn.some((v) => !Number.isFinite(v)))
    return { effect: null, pValue: null, fellBack: false }
  const mean = drawn.reduce((sum, v) => sum + v, 0) / resamples
  const standardError = Math.sqrt(
    drawn.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (resamples - 1),
  )
  const correction =
    kind === 'bca' ? bcaCorrection(control, treatment, statistic, drawn, estimate, rng) : undefined
  const { level, z } = correction ?? { level: (p: number) => p, z: (value: number) => value }
  const tail = (1 - confidence) / 2
  const [lower, upper] = quantiles(drawn, [level(tail), level(1 - tail)]) as [number, number]
  // + 1, as if the estimate's own sample were one more resample: never p = 0.
  const below = drawn.reduce((sum, v) => sum + (v < 0 ? 1 : v === 0 ? 0.5 : 0), 0)
  const share = (below + 0.5) / (resamples + 1)
  const greater = Math.min(
    1 - 0.5 / (resamples + 1),
    Math.max(0.5 / (resamples + 1), normal.cdf(z(normal.quantile(share)))),
  )
  return {
    effect: {
      value: estimate,
      interval: { level: confidence, lower, upper },
      method: correction === undefined ? 'bootstrap-percentile' : 'bootstrap-bca',
      scale: 'difference',
      standardError: null,
      degreesOfFreedom: null,
    },
    pValue: standardError > 0 ? { greater, less: 1 - greater } : null,
    fellBack: kind === 'bca' && correction === undefined,
  }
}

function drawer(groups: Groups, rng: Rng): () => Float64Array {
  const largest = groups.reduce((most, group) => Math.max(most, group.length), 0)
  const buffer = new Float64Array(groups.length * largest)
  if (largest === 1) {
    const values = joined(groups)
    return () => {
      for (let i = 0; i < values.length; i++) buffer[i] = values[rng.int(values.length)]!
      return buffer
    }
  }
  return () => {
    let at = 0
    for (let g = 0; g < groups.length; g++) {
      const group = groups[rng.int(groups.length)]!
      buffer.set(group, at)
      at += group.length
    }
    return buffer.subarray(0, at)
  }
}

/** Maps nominal percentile levels to corrected ones, and back on the scale of z; undefined where it cannot. */
function bcaCorrection(
  control: Groups,
  treatment: Groups,
  statistic: ArmStatistic,
  drawn: Float64Array,
  estimate: number,
  rng: Rng,
): { level: (p: number) => number; z: (w: number) => number } | undefined {
  const below = drawn.reduce((sum, v) => sum + (v < estimate ? 1 : v === estimate ? 0.5 : 0), 0)
  const z0 = normal.quantile(below / drawn.length)
  const [c, t] = [jackknife(control, statistic, rng), jackknife(treatment, statistic, rng)]
  const squares = c.squares + t.squares
  if (!Number.isFinite(z0) || !(squares > 0)) return undefined
  const a = (t.cubes - c.cubes) / (6 * squares ** 1.5)
  return {
    level: (p) => {
      const w = z0 + normal.quantile(p)
      return normal.cdf(z0 + w / (1 - a * w))
    },
    z: (at) => {
      const w = at - z0
      return w / (1 + a * w) - z0
    },
  }
}

/** Beyond this many groups, random blocks of them are left out together: the acceleration stays consistent. */
const MOST_BLOCKS = 500

/** ΣU²/n² and ΣU³/n³ of the influence U = (n − 1)(mean − left out) of each block. */
function jackknife(
  groups: Groups,
  statistic: ArmStatistic,
  rng: Rng,
): { squares: number; cubes: number } {
  const blocks = Math.min(groups.length, MOST_BLOCKS)
  const order = Array.from(groups)
  if (blocks < groups.length) shuffle(order, rng)
  const left = Array.from({ length: blocks }, (_, block) =>
    statistic(joined(order.filter((__, j) => j % blocks !== block))),
  )
  const mean = left.reduce((sum, v) => sum + v, 0) / blocks
  let [squares, cubes] = [0, 0]
  for (const value of left) {
    const u = ((blocks - 1) * (mean - value)) / blocks
    squares += u ** 2
    cubes += u ** 3
  }
  return { squares, cubes }
}

function joined(groups: Groups): Float64Array {
  const all = new Float64Array(groups.reduce((n, group) => n + group.length, 0))
  let at = 0
  for (const group of groups) {
    all.set(group, at)
    at += group.length
  }
  return all
}
