import { logBeta, logGamma } from '@mlops/stats'

/** Laws of the arms over one axis, as the quadrature needs them. */
export interface LawsOnAxis {
  /** Points of a panel. */
  readonly order: number
  readonly low: Float64Array
  readonly high: Float64Array
  /** The width over which the density of arm k changes little around x. */
  width(k: number, x: number): number
  /** Called once a panel with its points, before `fill`. */
  prepare(points: Float64Array): void
  /** Writes the density of arm k at the points into `f`, from `at` on. */
  fill(k: number, f: Float64Array, at: number): void
}

/** How much of the densities is looked at, and how closely. */
export interface QuadratureScale {
  /** Densities beyond exp(-nats) of their peak are left out. */
  readonly nats: number
  /** Width of a panel, in standard deviations. */
  readonly panel: number
  /** Points in a panel. */
  readonly order: number
}

/** Right to about 1e-11. */
export const FINE: QuadratureScale = { nats: 37, panel: 2, order: 10 }
/** Right to about 1e-6, in a fifth of the time. */
export const QUICK: QuadratureScale = { nats: 15, panel: 2, order: 6 }

/** Beta laws over t = logit(x), where the density is x^a (1 − x)^b / B(a, b). */
export function betaLaws(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { nats, panel, order }: QuadratureScale = FINE,
): LawsOnAxis {
  const k = a.length
  const low = new Float64Array(k)
  const high = new Float64Array(k)
  const width = new Float64Array(k)
  const norm = new Float64Array(k)
  for (let i = 0; i < k; i++) {
    const [p, q] = [a[i]!, b[i]!]
    const peak = Math.log(p / q)
    const sd = Math.sqrt(1 / p + 1 / q)
    // Below 1 one flank of the density is much steeper than its sd tells.
    width[i] = Math.min(p, q) >= 1 ? panel * sd : sd / 2
    norm[i] = logBeta(p, q)
    const step = sd * Math.sqrt(2 * nats)
    const level = levelOf(p, q, peak, nats)
    low[i] = edge(p, q, peak, -step, level)
    high[i] = edge(p, q, peak, step, level)
  }
  let logX = new Float64Array(0)
  let logY = new Float64Array(0)
  return {
    order,
    low,
    high,
    width: (i) => width[i]!,
    prepare(points) {
      if (logX.length !== points.length) {
        logX = new Float64Array(points.length)
        logY = new Float64Array(points.length)
      }
      for (let i = 0; i < points.length; i++) {
        const t = points[i]!
        const log = Math.log1p(Math.exp(-Math.abs(t)))
        logX[i] = Math.min(0, t) - log
        logY[i] = Math.min(0, -t) - log
      }
    },
    fill(j, f, at) {
      const [p, q, c] = [a[j]!, b[j]!, norm[j]!]
      for (let i = 0; i < logX.length; i++) f[at + i] = Math.exp(p * logX[i]! + q * logY[i]! - c)
    },
  }
}

/** Student's t laws; df infinite is normal. */
export function tLaws(
  df: ArrayLike<number>,
  location: ArrayLike<number>,
  scale: ArrayLike<number>,
  { nats, panel, order }: QuadratureScale = FINE,
): LawsOnAxis {
  const k = df.length
  const low = new Float64Array(k)
  const high = new Float64Array(k)
  const norm = new Float64Array(k)
  for (let i = 0; i < k; i++) {
    const [v, s] = [df[i]!, scale[i]!]
    let reach = Math.sqrt(2 * nats)
    norm[i] = -Math.log(s) - 0.5 * Math.log(2 * Math.PI)
    if (v !== Number.POSITIVE_INFINITY) {
      norm[i] = gammaHalfStep(v / 2) - 0.5 * Math.log(v * Math.PI) - Math.log(s)
      // Until the tail beyond z, about z·f(z)·max(1/v, 1/z²), is nothing.
      const logTail = (z: number) =>
        norm[i]! +
        Math.log(s) -
        ((v + 1) / 2) * Math.log1p((z * z) / v) +
        Math.log(z * Math.max(1 / v, 1 / (z * z)))
      while (logTail(reach) > -nats && reach < 1e150) reach *= 1.5
    }
    low[i] = location[i]! - reach * s
    high[i] = location[i]! + reach * s
  }
  let x: Float64Array = new Float64Array(0)
  return {
    order,
    low,
    high,
    width: (i, t) =>
      df[i] === Number.POSITIVE_INFINITY
        ? panel * scale[i]!
        : Math.max((panel / 2) * scale[i]!, 0.15 * panel * Math.abs(t - location[i]!)),
    prepare(points) {
      x = points
    },
    fill(j, f, at) {
      const [v, centre, s, c] = [df[j]!, location[j]!, scale[j]!, norm[j]!]
      for (let i = 0; i < x.length; i++) {
        const z = (x[i]! - centre) / s
        f[at + i] =
          v === Number.POSITIVE_INFINITY
            ? Math.exp(c - 0.5 * z * z)
            : Math.exp(c - ((v + 1) / 2) * Math.log1p((z * z) / v))
      }
    },
  }
}

/** ln Γ(x + ½) − ln Γ(x), without the cancellation of large ones. Source: DLMF 5.11.13. */
export function gammaHalfStep(x: number): number {
  if (x < 100) return logGamma(x + 0.5) - logGamma(x)
  const y = 1 / (x * x)
  return 0.5 * Math.log(x) - (1 / 8 - (1 / 192 - y / 640) * y) / x
}

/** The logarithm of the density `nats` below its peak, turned, up to the norm. */
export function levelOf(a: number, b: number, peak: number, nats: number): number {
  return a * softplus(-peak) + b * softplus(peak) + nats
}

/** Where the density has fallen to `level`, or a little beyond, on the side of `step` from its peak. */
export function edge(a: number, b: number, peak: number, step: number, level: number): number {
  let t = peak + step
  // How far it has fallen is convex: Newton's steps from beyond come back, and never too far.
  for (let turn = 0; turn < 30; turn++) {
    const e = Math.exp(-Math.abs(t))
    const log = Math.log1p(e)
    const over = a * (Math.max(0, -t) + log) + b * (Math.max(0, t) + log) - level
    if (over < 0) {
      t = peak + 1.5 * (t - peak)
      continue
    }
    const share = (t < 0 ? e : 1) / (1 + e)
    const next = t - over / (b * share - a * (1 - share))
    if (Math.abs(next - t) < 0.05 * Math.abs(t - peak)) break
    t = next
  }
  return t
}

/** ln(1 + e^t). */
function softplus(t: number): number {
  return t > 0 ? t + Math.log1p(Math.exp(-t)) : Math.log1p(Math.exp(t))
}
