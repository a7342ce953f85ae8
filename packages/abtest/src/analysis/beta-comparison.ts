import { beta } from '@mlops/stats'
import { panelRule } from '../bandits/panel-rule.ts'
import type { ExpectedLoss } from '../readout.ts'

/** A beta distribution of a rate. */
export interface BetaShapes {
  readonly a: number
  readonly b: number
}

/** Two independent rates, compared without drawing. */
export interface BetaComparison {
  /** P(treatment > control). */
  readonly probabilityGreater: number
  /** E[max(t − c, 0)] lost by keeping control, E[max(c − t, 0)] by taking the treatment. */
  readonly expectedLoss: ExpectedLoss
  /** P(treatment − control <= d). */
  readonly differenceCdf: (d: number) => number
  /** P(treatment/control − 1 <= l). */
  readonly liftCdf: (l: number) => number
}

const EDGE = 1e-18
/** Width of a panel in standard deviations of the angle. */
const PANEL = 1.25

/**
 * How two independent beta-distributed rates compare, by quadrature.
 *
 * `P(T > C) = ∫ f_C(x)·S_T(x) dx`, `E[max(C − T, 0)] = ∫ F_T(x)·S_C(x) dx`,
 * `P(T − C <= d) = ∫ f_C(x)·F_T(x + d) dx`. In the angle asin √x the densities are bounded for shapes of
 * at least ½, and of nearly constant spread: Gauss-Legendre panels of 1.25 spreads of either rate.
 *
 * Input: shapes >= ½. Output: accurate to about 1e-12. Cost: about 500 beta tails for each value.
 */
export function compareBetas(control: BetaShapes, treatment: BetaShapes): BetaComparison {
  const [c, t] = [control, treatment].map(angles) as [Angles, Angles]
  const below = ({ a, b }: BetaShapes, x: number) => (x <= 0 ? 0 : x >= 1 ? 1 : beta.cdf(x, a, b))
  const above = ({ a, b }: BetaShapes, x: number) => (x <= 0 ? 1 : x >= 1 ? 0 : beta.sf(x, a, b))
  /** ∫ f_C(x)·g(x) dx; g bends where `map` of the treatment's panels lies. */
  const overControl = (g: (x: number) => number, map: (x: number) => number) =>
    integrate(
      c.low,
      c.high,
      [...c.edges, ...t.edges.map((edge) => angleOf(map(rateOf(edge))))],
      (theta) => {
        const x = rateOf(theta)
        const slope = 2 * Math.sin(theta) * Math.cos(theta)
        return slope === 0 ? 0 : beta.pdf(x, control.a, control.b) * slope * g(x)
      },
    )
  const lost = (better: BetaShapes, worse: BetaShapes) =>
    // Where either is certain the product is 0.
    integrate(
      Math.min(c.low, t.low),
      Math.max(c.high, t.high),
      [...c.edges, ...t.edges],
      (theta) => {
        const x = rateOf(theta)
        return below(worse, x) * above(better, x) * 2 * Math.sin(theta) * Math.cos(theta)
      },
    )
  return {
    probabilityGreater: overControl(
      (x) => above(treatment, x),
      (x) => x,
    ),
    expectedLoss: { control: lost(treatment, control), treatment: lost(control, treatment) },
    differenceCdf: (d) =>
      overControl(
        (x) => below(treatment, x + d),
        (x) => x - d,
      ),
    liftCdf: (l) =>
      l <= -1
        ? 0
        : overControl(
            (x) => below(treatment, x * (1 + l)),
            (x) => x / (1 + l),
          ),
  }
}

/** The point where a rising function reaches p: regula falsi (Illinois) inside a bracket. */
export function inverseOf(
  cdf: (x: number) => number,
  p: number,
  low: number,
  high: number,
): number {
  let [a, b] = [low, high]
  let [fa, fb] = [cdf(a) - p, cdf(b) - p]
  if (fa >= 0) return a
  if (fb <= 0) return b
  let side = 0
  for (let step = 0; step < 100 && b - a > 1e-12 * Math.max(1e-3, Math.abs(a)); step++) {
    let x = (a * fb - b * fa) / (fb - fa)
    if (!(x > a && x < b)) x = (a + b) / 2
    const f = cdf(x) - p
    if (Math.abs(f) < 1e-14) return x
    if (f < 0) {
      a = x
      fa = f
      if (side === -1) fb /= 2
      side = -1
    } else {
      b = x
      fb = f
      if (side === 1) fa /= 2
      side = 1
    }
  }
  return (a + b) / 2
}

interface Angles {
  readonly low: number
  readonly high: number
  readonly edges: readonly number[]
}

/** The stretch of angles that holds all but 1e-18 of a rate, cut into panels. */
function angles({ a, b }: BetaShapes): Angles {
  const low = angleOf(beta.quantile(EDGE, a, b))
  // From the other end, where the upper quantile may be too near 1 to tell apart.
  const high = Math.PI / 2 - angleOf(beta.quantile(EDGE, b, a))
  const step = PANEL / (2 * Math.sqrt(a + b))
  const count = Math.max(1, Math.ceil((high - low) / step))
  const edges = Array.from({ length: count + 1 }, (_, i) => low + ((high - low) * i) / count)
  return { low, high, edges }
}

function integrate(
  low: number,
  high: number,
  edges: readonly number[],
  f: (x: number) => number,
): number {
  const { order, nodes, weights } = panelRule(10)
  const cuts = [low, ...edges.filter((edge) => edge > low && edge < high), high].sort(
    (x, y) => x - y,
  )
  let sum = 0
  for (let i = 1; i < cuts.length; i++) {
    const [from, width] = [cuts[i - 1]!, cuts[i]! - cuts[i - 1]!]
    if (width <= 0) continue
    for (let k = 0; k < order; k++) sum += width * weights[k]! * f(from + width * nodes[k]!)
  }
  return sum
}

function angleOf(rate: number): number {
  return Math.asin(Math.sqrt(Math.min(1, Math.max(0, rate))))
}

function rateOf(angle: number): number {
  return Math.sin(angle) ** 2
}
