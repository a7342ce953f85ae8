import { invalid } from '@mlops/core'
import { given } from '../given.ts'
import { requireNonNegative } from '../require-option.ts'
import type { ArmRewards, BanditMemory, RewardsWork, RewardWindow } from './arm-rewards.ts'
import { rewardCounting } from './arm-rewards.ts'
import { uniformOverBest } from './arm-shares.ts'
import type { Bandit } from './bandit.ts'
import { defineBandit } from './define-bandit.ts'

export interface KlUcbOptions {
  /** Weight of ln ln t; the theorem has 3, practice 0. @default 0 */
  readonly c?: number
  /** @default 'all' */
  readonly memory?: BanditMemory
}

/**
 * KL-UCB: the arm with the largest upper confidence bound by the Kullback-Leibler divergence of
 * Bernoulli laws; its regret meets the lower bound of Lai and Robbins for 0/1 rewards.
 *
 * `score` is {@link klUcbIndex} to 30 bits, t being the rewards over the active arms. Arms never tried go first.
 *
 * Input: rewards in [0, 1]. Output: choices with propensity 1 over the number of ties.
 * Cost: O(K) a choice after an update, about 0.03 µs an arm: an index is found from the one before.
 *
 * @throws those of {@link epsilonGreedy}.
 * @example
 * ```ts
 * import { klUcb } from '@mlops/abtest/bandits'
 *
 * const bandit = klUcb()
 * const state = bandit.update(bandit.start(['a', 'b']), [{ arm: 'a', reward: 1 }, { arm: 'b', reward: 0 }])
 * console.log(bandit.probabilities(state).scores.map((s) => s?.toFixed(3))) // [ '1.000', '0.500' ]
 * ```
 * Source: Garivier & Cappé 2011.
 */
export function klUcb(options: KlUcbOptions = {}): Bandit<ArmRewards, RewardWindow> {
  const { c = 0, memory = 'all' } = given(options)
  requireNonNegative('c', c)
  const name = 'kl-ucb'
  const counting = rewardCounting(name, memory)
  return defineBandit<ArmRewards, RewardWindow, IndexWork>({
    ...counting,
    name,
    options: { c, memory },
    rewards: [0, 1],
    load: (arms, shared) =>
      Object.assign(counting.load(arms, shared), { series: new Float64Array(CELLS * arms.length) }),
    decide(work, active, scores, probabilities) {
      const { n, sum, series } = work
      let total = 0
      for (let i = 0; i < active.length; i++) total += n[active[i]!]!
      const level = explorationLevel(total, c)
      for (let i = 0; i < active.length; i++) {
        const at = active[i]!
        scores[i] =
          n[at]! > 0
            ? indexOf(series, CELLS * at, n[at]!, sum[at]!, level)
            : Number.POSITIVE_INFINITY
      }
      uniformOverBest(scores, probabilities)
    },
  })
}

interface IndexWork extends RewardsWork {
  /**
   * For each arm: rewards and their sum, a level, how far from it the series holds, and the index at it with its
   * first three derivatives by the level, over their factorials.
   */
  readonly series: Float64Array
}

const CELLS = 8

/**
 * The index of KL-UCB: the largest q with `n·kl(mean, q) <= ln t + c·ln ln t`.
 *
 * Input: a mean in [0, 1] of n > 0 rewards, t >= 1 rewards over all arms. Output: from `mean` to 1.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { klUcbIndex } from '@mlops/abtest/bandits'
 *
 * console.log(klUcbIndex({ mean: 0.3, n: 10, t: 100 }).toFixed(6)) // 0.756023
 * ```
 * Source: Garivier & Cappé 2011, eq. 1.
 */
export function klUcbIndex(
  rewards: { readonly mean: number; readonly n: number; readonly t: number },
  options: { readonly c?: number } = {},
): number {
  const { mean, n, t } = given(rewards)
  const { c = 0 } = given(options)
  if (!(mean >= 0 && mean <= 1 && n > 0 && t >= 1 && c >= 0)) {
    throw invalid(
      'abtest.invalid-option',
      `klUcbIndex needs a mean within [0, 1], n > 0, t >= 1 and c >= 0, got ${mean}, ${n}, ${t}, ${c}`,
      { mean: String(mean), n: String(n), t: String(t), c: String(c) },
    )
  }
  return upperBound(mean, explorationLevel(t, c) / n)
}

function explorationLevel(t: number, c: number): number {
  const log = Math.max(0, Math.log(t))
  return c === 0 ? log : log + c * Math.max(0, Math.log(log))
}

/** The q in [p, 1] with kl(p, q) = level. */
function upperBound(p: number, level: number): number {
  if (level === 0 || p === 1) return p
  if (p === 0) return -Math.expm1(-level)
  const entropy = p * Math.log(p) + (1 - p) * Math.log1p(-p)
  // Two bounds from above: Pinsker's, and kl(p, q) >= (q − p)²/2q. The divergence is convex in q, so
  // Newton's steps from there come down to the root and never pass it, unless they start beyond 1.
  let low = p
  let high = Math.min(1, p + Math.sqrt(level / 2), p + level + Math.sqrt(level * (level + 2 * p)))
  let q = high < 1 ? high : (1 + p) / 2
  for (let turn = 0; turn < 100; turn++) {
    const gap = entropy - p * Math.log(q) - (1 - p) * Math.log1p(-q) - level
    if (gap > 0) high = q
    else low = q
    const next = q - (gap * q * (1 - q)) / (q - p)
    // The error is about the square of the last step. At the root itself rounding may point past a bound.
    if (Math.abs(next - q) <= 1e-10 * q * (1 - q)) return Math.max(p, next)
    q = next > low && next < high ? next : (low + high) / 2
  }
  return q
}

/**
 * {@link upperBound} to 30 bits, by the series around the last index found. Where that cannot tell which way to
 * round, the index is found from scratch; so it depends on the rewards and the level alone, not on the way there,
 * and arms with the same rewards stay tied.
 */
function indexOf(series: Float64Array, at: number, n: number, sum: number, level: number): number {
  const known = series[at] === n && series[at + 1] === sum && reaches(series, at, level)
  if (known || moveSeries(series, at, n, sum, level)) {
    const q = seriesAt(series, at, level)
    const near = thirtyBits(q, 1 - 1e-11)
    if (near === thirtyBits(q, 1 + 1e-11)) return near
  }
  const p = Math.min(1, Math.max(0, sum / n))
  const found = upperBound(p, level / n)
  if (!known && found > p && found < 1) expand(series, at, p, n, found)
  return thirtyBits(found, 1)
}

/** Expands around the index of the rewards before, or once more from there; tells whether that reaches the level. */
function moveSeries(
  series: Float64Array,
  at: number,
  n: number,
  sum: number,
  level: number,
): boolean {
  series[at] = n
  series[at + 1] = sum
  const p = sum / n
  let q = series[at + 4]!
  for (let turn = 0; turn < 2 && q > p && q < 1; turn++) {
    expand(series, at, p, n, q)
    if (reaches(series, at, level)) return true
    q = seriesAt(series, at, level)
  }
  return false
}

function reaches(series: Float64Array, at: number, level: number): boolean {
  return Math.abs(level - series[at + 2]!) <= series[at + 3]!
}

function seriesAt(series: Float64Array, at: number, level: number): number {
  const d = level - series[at + 2]!
  return series[at + 4]! + d * (series[at + 5]! + d * (series[at + 6]! + d * series[at + 7]!))
}

/** The series around q. */
function expand(series: Float64Array, at: number, p: number, n: number, q: number): void {
  const r = 1 - q
  // Derivatives of the divergence by the index, and with them of the index by n times the divergence.
  const inverse = (q * r) / (q - p)
  const second = p / (q * q) + (1 - p) / (r * r)
  const third = 2 * ((1 - p) / (r * r * r) - p / (q * q * q))
  const turned = second * inverse * inverse
  const step = inverse / n
  series[at + 2] = n * (p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / r))
  // The fourth term is then below the rounding that matters. At an end that of q itself shows: no series there.
  series[at + 3] = q - p > 1e-4 && r > 1e-4 ? (3e-4 * Math.min(q - p, q, r)) / step : Number.NaN
  series[at + 4] = q
  series[at + 5] = step
  series[at + 6] = (-turned * step) / (2 * n)
  series[at + 7] =
    ((3 * turned * turned - third * inverse * inverse * inverse) * step) / (6 * n * n)
}

/** q times `factor`, or from ½ on 1 − (1 − q) times it, to 30 significant bits. Source: Veltkamp 1968. */
function thirtyBits(q: number, factor: number): number {
  const low = q < 0.5
  const x = (low ? q : 1 - q) * factor
  const c = x * 8388609
  const rounded = c - (c - x)
  return low ? rounded : 1 - rounded
}
