import type { RewardCounts } from './arm-rewards.ts'

/**
 * A bound on the divergence `KL(then‖now) + KL(now‖then)` of an arm's posteriors after two sets of rewards; 0 where
 * they are the same, infinite where nothing can be said cheaply.
 */
export type PosteriorDivergence = (then: RewardCounts, now: RewardCounts, arm: number) => number

/**
 * Of beta posteriors: `Δa·Δψ(a) + Δb·Δψ(b) − Δ(a + b)·Δψ(a + b)`, ψ bounded by `1/t < ψ′(t) < 1/(t − ½)`.
 * Source: the divergence of an exponential family; the bounds: Qi 2010, "Bounds for the ratio of two gamma functions".
 */
export function betaDivergence([successes, failures]: readonly [
  number,
  number,
]): PosteriorDivergence {
  return (then, now, arm) => {
    const a = successes + Math.max(0, then.sum[arm]!)
    const b = failures + Math.max(0, then.n[arm]! - then.sum[arm]!)
    const c = successes + Math.max(0, now.sum[arm]!)
    const d = failures + Math.max(0, now.n[arm]! - now.sum[arm]!)
    return Math.max(0, digammaGap(a, c) + digammaGap(b, d) - logGap(a + b, c + d))
  }
}

/** The location, its weight in rewards, and the law of the precision, Gamma(shape, rate). */
export interface GaussianPosterior {
  readonly location: number
  readonly count: number
  readonly shape: number
  readonly rate: number
}

/**
 * Of normal posteriors; with unknown noise those of mean and precision together, which is no less than that of the
 * means alone.
 */
export function gaussianDivergence(
  posteriorOf: (rewards: RewardCounts, arm: number) => GaussianPosterior,
  noise: 'known' | 'unknown',
): PosteriorDivergence {
  return (then, now, arm) => {
    const p = posteriorOf(then, arm)
    const q = posteriorOf(now, arm)
    const wider = (p.count - q.count) ** 2 / (2 * p.count * q.count)
    const [x, y] = [p.shape / p.rate, q.shape / q.rate]
    const shift = 0.5 * (p.location - q.location) ** 2 * (q.count * x + p.count * y)
    if (noise === 'known') return wider + shift
    const scale =
      digammaGap(p.shape, q.shape) -
      (q.shape - p.shape) * Math.log(q.rate / p.rate) -
      (q.rate - p.rate) * (y - x)
    return wider + shift + Math.max(0, scale)
  }
}

/** At least (y − x)·(ψ(y) − ψ(x)). */
function digammaGap(x: number, y: number): number {
  if (x === y) return 0
  const least = Math.min(x, y) - 0.5
  return least > 0
    ? Math.abs(y - x) * Math.log1p(Math.abs(y - x) / least)
    : Number.POSITIVE_INFINITY
}

/** (y − x)·ln(y/x), at most (y − x)·(ψ(y) − ψ(x)). */
function logGap(x: number, y: number): number {
  return Math.abs(y - x) * Math.log1p(Math.abs(y - x) / Math.min(x, y))
}
