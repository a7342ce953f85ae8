/** A quadrature rule on [0, 1]: nodes, weights, and the integrals from 0 up to each node. */
export interface PanelRule {
  readonly order: number
  readonly nodes: Float64Array
  readonly weights: Float64Array
  /** Row i: the weights of ∫ from 0 to node i of the polynomial through all nodes. */
  readonly partial: Float64Array
}

const rules = new Map<number, PanelRule>()

/** The Gauss-Legendre rule of so many points, computed on first use. */
export function panelRule(order: number): PanelRule {
  const known = rules.get(order) ?? gaussLegendre(order)
  rules.set(order, known)
  return known
}

function gaussLegendre(order: number): PanelRule {
  const nodes = new Float64Array(order)
  const weights = new Float64Array(order)
  for (let i = 0; i < order; i++) {
    let u = -Math.cos((Math.PI * (i + 0.75)) / (order + 0.5))
    let slope = 1
    for (let turn = 0; turn < 50; turn++) {
      const p = legendre(u, order)
      slope = (order * (u * p[order]! - p[order - 1]!)) / (u * u - 1)
      const step = p[order]! / slope
      u -= step
      if (Math.abs(step) < 1e-16) break
    }
    nodes[i] = u
    weights[i] = 2 / ((1 - u * u) * slope * slope)
  }
  const partial = new Float64Array(order * order)
  const values = Array.from(nodes, (u) => legendre(u, order))
  for (let i = 0; i < order; i++) {
    for (let m = 0; m < order; m++) {
      // ∫ P_l from -1 to u is (P_{l+1}(u) − P_{l−1}(u)) / (2l + 1), with P_{−1} = −1.
      let sum = 0
      for (let l = 0; l < order; l++) {
        const before = l === 0 ? -1 : values[i]![l - 1]!
        sum += values[m]![l]! * (values[i]![l + 1]! - before)
      }
      partial[i * order + m] = (weights[m]! * sum) / 4
    }
  }
  return {
    order,
    nodes: nodes.map((u) => (u + 1) / 2),
    weights: weights.map((w) => w / 2),
    partial,
  }
}

/** P_0(u) to P_order(u). */
function legendre(u: number, order: number): number[] {
  const p = [1, u]
  for (let l = 1; l < order; l++) p.push(((2 * l + 1) * u * p[l]! - l * p[l - 1]!) / (l + 1))
  return p
}
