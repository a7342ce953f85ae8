import { invalid } from '@mlops/core'
import type { ArmRewards, BanditMemory, RewardsWork, RewardWindow } from './arm-rewards.ts'
import { rewardCounting } from './arm-rewards.ts'
import type { Bandit } from './bandit.ts'
import { defineBandit, uniformOverBest } from './define-bandit.ts'
import { requireNonNegative } from './require-option.ts'

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
 * Cost: O(K) a choice after an update, about 0.1 µs an arm: an index is found from the one before.
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
export function klUcb({
  c = 0,
  memory = 'all',
}: KlUcbOptions = {}): Bandit<ArmRewards, RewardWindow> {
  requireNonNegative('c', c)
  const name = 'kl-ucb'
  const counting = rewardCounting(name, memory)
  return defineBandit<ArmRewards, RewardWindow, IndexWork>({
    ...counting,
    name,
    options: { c, memory },
    rewards: [0, 1],
    load(arms, shared) {
      const blank = () => new Float64Array(arms.length)
      const indices = {
        mean: blank(),
        entropy: blank(),
        index: blank(),
        anchor: blank(),
        logs: new Float64Array(2 * arms.length),
      }
      return Object.assign(counting.load(arms, shared), indices)
    },
    decide(work, active, scores, probabilities) {
      const { n, sum } = work
      let total = 0
      for (let i = 0; i < active.length; i++) total += n[active[i]!]!
      const level = explorationLevel(total, c)
      for (let i = 0; i < active.length; i++) {
        const at = active[i]!
        scores[i] =
          n[at]! > 0
            ? indexOf(work, at, Math.min(1, Math.max(0, sum[at]! / n[at]!)), level / n[at]!)
            : Number.POSITIVE_INFINITY
      }
      uniformOverBest(scores, probabilities)
    },
  })
}

/** Rewards, and of each arm the last mean, its negative entropy and the last index: where the next search starts. */
interface IndexWork extends RewardsWork {
  readonly mean: Float64Array
  readonly entropy: Float64Array
  readonly index: Float64Array
  /** A point near the index, and the logarithms of it and of 1 minus it. */
  readonly anchor: Float64Array
  readonly logs: Float64Array
}

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
  { mean, n, t }: { readonly mean: number; readonly n: number; readonly t: number },
  { c = 0 }: { readonly c?: number } = {},
): number {
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
 * {@link upperBound} to 30 bits, from where it was before: one step of Halley's, which leaves the cube of its length.
 * Where that cannot tell which way to round, the index is found from scratch; so it depends on p and level alone,
 * not on the way there, and arms with the same rewards stay tied.
 */
function indexOf(work: IndexWork, arm: number, p: number, level: number): number {
  if (level === 0 || p === 1 || p === 0) return upperBound(p, level)
  const { mean, entropy, index, anchor, logs } = work
  if (mean[arm] !== p) {
    mean[arm] = p
    entropy[arm] = p * Math.log(p) + (1 - p) * Math.log1p(-p)
  }
  let q = index[arm]!
  for (let turn = 0; turn < 3 && q > p && q < 1; turn++) {
    const r = 1 - q
    const above = q - p
    let moved = q - anchor[arm]!
    if (!(Math.abs(moved) < 1e-3 * Math.min(q, r))) {
      anchor[arm] = q
      logs[2 * arm] = Math.log(q)
      logs[2 * arm + 1] = Math.log(r)
      moved = 0
    }
    const logQ = logs[2 * arm]! + nearLog(moved / anchor[arm]!)
    const logR = logs[2 * arm + 1]! + nearLog(-moved / (1 - anchor[arm]!))
    const gap = entropy[arm]! - p * logQ - (1 - p) * logR - level
    // Slope (q − p)/qr and bend p/q² + (1 − p)/r² of the divergence, times qr and its square.
    const bend = p * r * r + (1 - p) * q * q
    const step = (-2 * gap * above * q * r) / (2 * above * above - gap * bend)
    q += step
    // The length over which the divergence changes its shape.
    if (!(Math.abs(step) <= 5e-5 * Math.min(above, r, q))) continue
    // Closer to an end the rounding of q itself would show.
    if (!(above > 1e-4 && r > 1e-4)) break
    const near = thirtyBits(q, 1 - 1e-11)
    if (near !== thirtyBits(q, 1 + 1e-11)) break
    index[arm] = q
    return near
  }
  const found = upperBound(p, level)
  index[arm] = found
  return thirtyBits(found, 1)
}

/** ln(1 + x) for x within 0.0011 of 0, to rounding. */
function nearLog(x: number): number {
  return x * (1 - x * (1 / 2 - x * (1 / 3 - x * (1 / 4 - x * (1 / 5 - x / 6)))))
}

/** q times `factor`, or from ½ on 1 − (1 − q) times it, to 30 significant bits. Source: Veltkamp 1968. */
function thirtyBits(q: number, factor: number): number {
  const low = q < 0.5
  const x = (low ? q : 1 - q) * factor
  const c = x * 8388609
  const rounded = c - (c - x)
  return low ? rounded : 1 - rounded
}
