import type { CheckedLog } from './logged-data.ts'

/** How the value of a policy is estimated from the log of another one. */
export type PolicyEstimator =
  | 'ips'
  | 'snips'
  | 'clipped-ips'
  | 'dm'
  | 'dr'
  | 'sndr'
  | 'switch-dr'
  | 'dr-os'

/** What an estimator did: `value = offset + Σ w·e / Σ u` for what each row adds. */
export interface Terms {
  /** Added as it is, averaged over the rows. */
  readonly plain: Float64Array
  /** Weighted errors, over the mean of `scale` (self-normalised) where there is one. */
  readonly weighted: Float64Array | undefined
  readonly scale: Float64Array | undefined
  /** Rows whose weight was changed. */
  readonly changed: number
}

interface Limits {
  readonly clip: number
  readonly tau: number
  readonly lambda: number
}

/** What each row adds to an estimate. */
export function termsOf(estimator: PolicyEstimator, log: CheckedLog, limits: Limits): Terms {
  const { n, reward, weight, fitted, direct } = log
  const { clip, tau, lambda } = limits
  const plain = new Float64Array(n)
  const none = { plain, weighted: undefined, scale: undefined, changed: 0 }
  let changed = 0
  switch (estimator) {
    case 'ips':
      for (let i = 0; i < n; i++) plain[i] = weight[i]! * reward[i]!
      return none
    case 'clipped-ips':
      for (let i = 0; i < n; i++) {
        if (weight[i]! > clip) changed++
        plain[i] = Math.min(weight[i]!, clip) * reward[i]!
      }
      return { ...none, changed }
    case 'snips': {
      const weighted = weight.map((w, i) => w * reward[i]!)
      return { ...none, weighted, scale: weight }
    }
    case 'dm':
      plain.set(direct)
      return none
    case 'dr':
      for (let i = 0; i < n; i++) plain[i] = direct[i]! + weight[i]! * (reward[i]! - fitted[i]!)
      return none
    case 'sndr': {
      plain.set(direct)
      const weighted = weight.map((w, i) => w * (reward[i]! - fitted[i]!))
      return { ...none, weighted, scale: weight }
    }
    case 'switch-dr':
      for (let i = 0; i < n; i++) {
        if (weight[i]! > tau) changed++
        plain[i] =
          weight[i]! > tau ? direct[i]! : direct[i]! + weight[i]! * (reward[i]! - fitted[i]!)
      }
      return { ...none, changed }
    case 'dr-os':
      for (let i = 0; i < n; i++) {
        const w = weight[i]!
        const shrunk = lambda === Number.POSITIVE_INFINITY ? w : (lambda * w) / (w * w + lambda)
        if (shrunk !== w) changed++
        plain[i] = direct[i]! + shrunk * (reward[i]! - fitted[i]!)
      }
      return { ...none, changed }
  }
}

/** The estimate, and its standard error by the central limit theorem (delta method when self-normalised). */
export function estimateOf({ plain, weighted, scale }: Terms): {
  readonly value: number
  readonly standardError: number
} {
  const n = plain.length
  const base = meanOf(plain)
  if (weighted === undefined || scale === undefined) {
    let squares = 0
    for (let i = 0; i < n; i++) squares += (plain[i]! - base) ** 2
    return { value: base, standardError: Math.sqrt(squares / (n - 1) / n) }
  }
  const meanScale = meanOf(scale)
  const ratio = meanOf(weighted) / meanScale
  let squares = 0
  for (let i = 0; i < n; i++) {
    const influence = plain[i]! - base + (weighted[i]! - ratio * scale[i]!) / meanScale
    squares += influence * influence
  }
  return { value: base + ratio, standardError: Math.sqrt(squares / (n - 1) / n) }
}

export function meanOf(values: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}
