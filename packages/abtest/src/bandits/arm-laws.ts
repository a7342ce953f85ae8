import { logBeta, logGamma } from '@mlops/stats'

/** Laws of the arms over one axis, as the quadrature needs them. */
export interface LawsOnAxis {
  readonly low: Float64Array
  readonly high: Float64Array
  /** The width over which the density of arm k changes little around x. */
  width(k: number, x: number): number
  /** Called once a panel with its points, before `density`. */
  prepare(points: Float64Array): void
  density(k: number, i: number): number
}

/** Densities beyond exp(-NATS) of their peak are left out. */
const NATS = 37

/** Beta laws over t = logit(x), where the density is x^a (1 − x)^b / B(a, b). */
export function betaLaws(a: ArrayLike<number>, b: ArrayLike<number>): LawsOnAxis {
  const k = a.length
  const low = new Float64Array(k)
  const high = new Float64Array(k)
  const width = new Float64Array(k)
  const norm = new Float64Array(k)
  for (let i = 0; i < k; i++) {
    const [p, q] = [a[i]!, b[i]!]
    const peak = Math.log(p / q)
    const sd = Math.sqrt(1 / p + 1 / q)
    const top = logitDensity(p, q, peak)
    // Below 1 one flank of the density is much steeper than its sd tells.
    width[i] = Math.min(p, q) >= 1 ? 2 * sd : sd / 2
    norm[i] = logBeta(p, q)
    low[i] = edge(peak, -sd, (t) => top - logitDensity(p, q, t))
    high[i] = edge(peak, sd, (t) => top - logitDensity(p, q, t))
  }
  let logX = new Float64Array(0)
  let logY = new Float64Array(0)
  return {
    low,
    high,
    width: (i) => width[i]!,
    prepare(points) {
      if (logX.length !== points.length) {
        logX = new Float64Array(points.length)
        logY = new Float64Array(points.length)
      }
      for (let i = 0; i < points.length; i++) {
        logX[i] = -softplus(-points[i]!)
        logY[i] = -softplus(points[i]!)
      }
    },
    density: (j, i) => Math.exp(a[j]! * logX[i]! + b[j]! * logY[i]! - norm[j]!),
  }
}

/** Student's t laws; df infinite is normal. */
export function tLaws(
  df: ArrayLike<number>,
  location: ArrayLike<number>,
  scale: ArrayLike<number>,
): LawsOnAxis {
  const k = df.length
  const low = new Float64Array(k)
  const high = new Float64Array(k)
  const norm = new Float64Array(k)
  for (let i = 0; i < k; i++) {
    const [v, s] = [df[i]!, scale[i]!]
    let reach = Math.sqrt(2 * NATS)
    norm[i] = -Math.log(s) - 0.5 * Math.log(2 * Math.PI)
    if (v !== Number.POSITIVE_INFINITY) {
      norm[i] = logGamma((v + 1) / 2) - logGamma(v / 2) - 0.5 * Math.log(v * Math.PI) - Math.log(s)
      // Until the tail beyond z, about z·f(z)·max(1/v, 1/z²), is nothing.
      const logTail = (z: number) =>
        norm[i]! +
        Math.log(s) -
        ((v + 1) / 2) * Math.log1p((z * z) / v) +
        Math.log(z * Math.max(1 / v, 1 / (z * z)))
      while (logTail(reach) > -NATS && reach < 1e150) reach *= 1.5
    }
    low[i] = location[i]! - reach * s
    high[i] = location[i]! + reach * s
  }
  let at: Float64Array = new Float64Array(0)
  return {
    low,
    high,
    width: (i, x) =>
      df[i] === Number.POSITIVE_INFINITY
        ? 2 * scale[i]!
        : Math.max(scale[i]!, 0.3 * Math.abs(x - location[i]!)),
    prepare(points) {
      at = points
    },
    density(j, i) {
      const z = (at[i]! - location[j]!) / scale[j]!
      const v = df[j]!
      return v === Number.POSITIVE_INFINITY
        ? Math.exp(norm[j]! - 0.5 * z * z)
        : Math.exp(norm[j]! - ((v + 1) / 2) * Math.log1p((z * z) / v))
    },
  }
}

/** Where a log-concave density has fallen by NATS on one side of its peak. */
function edge(peak: number, step: number, fall: (t: number) => number): number {
  let outer = step
  while (fall(peak + outer) < NATS) outer *= 2
  let inner = outer / 2
  for (let i = 0; i < 6; i++) {
    const middle = (inner + outer) / 2
    if (fall(peak + middle) < NATS) inner = middle
    else outer = middle
  }
  return peak + outer
}

function logitDensity(a: number, b: number, t: number): number {
  return -a * softplus(-t) - b * softplus(t)
}

/** ln(1 + e^t). */
function softplus(t: number): number {
  return t > 0 ? t + Math.log1p(Math.exp(-t)) : Math.log1p(Math.exp(t))
}
