import { normal } from '@mlops/stats'

/**
 * Where the score of a trial that goes on may be: `mass[i]` is the probability around `score[i]`. Before
 * the first look all of it lies at 0. Information and score have any common unit.
 */
export interface PathDensity {
  readonly information: number
  readonly score: Float64Array
  readonly mass: Float64Array
}

/** Standard deviations beyond which a normal path is left out: less than 1e-32 lies there. */
const REACH = 12
/** Standard deviations of a step that one panel of 16 nodes covers; bounds are then exact to 1e-11. */
const PANEL = 8

export const startOfPath: PathDensity = Object.freeze({
  information: 0,
  score: Float64Array.of(0),
  mass: Float64Array.of(1),
})

/** P(score > bound at this information, not stopped before), when it drifts by `drift` per unit of information. */
export function exitAbove(
  { information: before, score, mass }: PathDensity,
  information: number,
  drift: number,
  bound: number,
): number {
  const step = information - before
  const sd = Math.sqrt(step)
  const shift = bound - drift * step
  let sum = 0
  for (let i = 0; i < score.length; i++) {
    const x = (shift - score[i]!) / sd
    if (x < REACH) sum += x < -REACH ? mass[i]! : mass[i]! * normal.sf(x)
  }
  return sum
}

/** P(score < bound), as {@link exitAbove}. */
export function exitBelow(
  { information: before, score, mass }: PathDensity,
  information: number,
  drift: number,
  bound: number,
): number {
  const mirrored = { information: before, score: score.map((s) => -s), mass }
  return exitAbove(mirrored, information, -drift, -bound)
}

/**
 * The density of those that stay within [lower, upper] at this information.
 *
 * `f_k(x) = ∫ f_{k−1}(s) φ((x − s − drift·Δ)/√Δ)/√Δ ds`, by Gauss-Legendre panels as fine as the narrower of
 * the steps to this look and to the next, `following`.
 */
export function continueWithin(
  { information: before, score, mass }: PathDensity,
  {
    information,
    drift,
    lower,
    upper,
    following,
  }: {
    readonly information: number
    readonly drift: number
    readonly lower: number
    readonly upper: number
    readonly following: number
  },
): PathDensity {
  const step = information - before
  const sd = Math.sqrt(step)
  const reach = REACH * Math.sqrt(information)
  // An open side is looked at by nobody: what is lost below 9 is 1e-19.
  const open = lower === Number.NEGATIVE_INFINITY ? 0.75 : 1
  const from = Math.max(lower, drift * information - open * reach)
  const to = Math.min(upper, drift * information + reach)
  if (!(from < to)) return { information, score: new Float64Array(0), mass: new Float64Array(0) }
  const next = following - information
  const scale = next > 0 ? 1 / Math.sqrt(1 / step + 1 / next) : sd
  const nodes = panelNodes(from, to, Math.ceil((to - from) / (PANEL * scale)))
  const grown = new Float64Array(nodes.score.length)
  const factor = 1 / (sd * Math.sqrt(2 * Math.PI))
  const spread = spreadPanels(score, mass, sd)
  for (let j = 0; j < grown.length; j++) {
    const at = nodes.score[j]! - drift * step
    const sum = spread === undefined ? summed(score, mass, sd, at) : spread(at)
    grown[j] = nodes.weight[j]! * factor * sum
  }
  return { information, score: nodes.score, mass: grown }
}

/** `Σ mass·exp(−(at − score)²/2sd²)`, term by term. */
function summed(score: Float64Array, mass: Float64Array, sd: number, at: number): number {
  let sum = 0
  for (let i = 0; i < score.length; i++) {
    const x = (at - score[i]!) / sd
    if (x > -REACH && x < REACH) sum += mass[i]! * Math.exp(-0.5 * x * x)
  }
  return sum
}

/**
 * The same for nodes on panels, with half of the exponentials: around the middle of a panel
 * `exp(−(X − v)²/2) = exp(−X²/2)·exp(Xv)·exp(−v²/2)`, and nodes lie at v and −v. All terms are positive, so
 * nothing cancels. `undefined` for what does not lie on panels, or on ones too wide for the exponentials.
 */
function spreadPanels(score: Float64Array, mass: Float64Array, sd: number) {
  const panels = score.length / 16
  if (panels < 1 || !Number.isInteger(panels)) return undefined
  const half = (score[15]! - score[0]!) / (2 * NODES[7]!) / sd
  if (!(half < PANEL)) return undefined
  const middles = new Float64Array(panels)
  const faded = new Float64Array(score.length)
  for (let panel = 0; panel < panels; panel++) {
    const at = panel * 16
    middles[panel] = (score[at + 7]! + score[at + 8]!) / 2
    for (let i = 0; i < 8; i++) {
      const fade = Math.exp(-0.5 * (half * NODES[i]!) ** 2)
      faded[at + 7 - i] = mass[at + 7 - i]! * fade
      faded[at + 8 + i] = mass[at + 8 + i]! * fade
    }
  }
  const beyond = REACH + half
  return (to: number): number => {
    let sum = 0
    for (let panel = 0; panel < panels; panel++) {
      const x = (to - middles[panel]!) / sd
      if (x > beyond) continue
      if (x < -beyond) break
      const at = panel * 16
      let inside = 0
      for (let i = 0; i < 8; i++) {
        const tilt = Math.exp(x * half * NODES[i]!)
        inside += faded[at + 8 + i]! * tilt + faded[at + 7 - i]! / tilt
      }
      sum += Math.exp(-0.5 * x * x) * inside
    }
    return sum
  }
}

/** Sixteen-point Gauss-Legendre nodes and weights on equal panels of [from, to]. */
function panelNodes(from: number, to: number, panels: number) {
  const score = new Float64Array(panels * 16)
  const weight = new Float64Array(panels * 16)
  const half = (to - from) / panels / 2
  for (let panel = 0; panel < panels; panel++) {
    const middle = from + (2 * panel + 1) * half
    for (let i = 0; i < 8; i++) {
      const at = panel * 16
      score[at + 7 - i] = middle - half * NODES[i]!
      score[at + 8 + i] = middle + half * NODES[i]!
      weight[at + 7 - i] = half * WEIGHTS[i]!
      weight[at + 8 + i] = half * WEIGHTS[i]!
    }
  }
  return { score, weight }
}

/** The positive roots of the Legendre polynomial of degree 16, and their weights. */
const NODES = [
  0.09501250983763745, 0.2816035507792589, 0.45801677765722737, 0.6178762444026438,
  0.755404408355003, 0.8656312023878318, 0.9445750230732326, 0.9894009349916499,
]
const WEIGHTS = [
  0.18945061045506859, 0.1826034150449236, 0.16915651939500262, 0.14959598881657676,
  0.12462897125553403, 0.09515851168249259, 0.062253523938647706, 0.027152459411754037,
]
