import type { BinnedFeatures } from './feature-bins.ts'

/**
 * A regression tree as parallel lists, node 0 the root. A row goes left where its value is
 * <= `threshold`, missing values where `missing` says; a leaf has feature -1 and a `value`.
 */
export interface RegressionTree {
  readonly feature: readonly number[]
  readonly threshold: readonly number[]
  readonly missing: readonly ('left' | 'right')[]
  readonly left: readonly number[]
  readonly right: readonly number[]
  readonly value: readonly number[]
}

export interface TreeLimits {
  readonly maxDepth: number
  readonly minLeaf: number
  readonly l2: number
  readonly learningRate: number
}

/** Less curvature than this in a leaf and the split is not trusted. */
const MIN_HESSIAN = 1e-3
/** Bins of a feature and one for missing values. */
const STRIDE = 257

interface Split {
  readonly feature: number
  readonly bin: number
  readonly missing: 'left' | 'right'
  readonly gain: number
}

interface Sums {
  readonly gradient: number
  readonly hessian: number
  readonly count: number
}

/**
 * Grows a tree on gradients and hessians, the best split of each node by histograms:
 * `gain = G_l²/(H_l + l2) + G_r²/(H_r + l2) − G²/(H + l2)`, leaves `−learningRate·G/(H + l2)`.
 * Adds each row's leaf value to `scores`. Cost: O(rows · features · depth).
 */
export function growTree(
  { edges, bins }: BinnedFeatures,
  gradients: Float64Array,
  hessians: Float64Array,
  scores: Float64Array,
  limits: TreeLimits,
): RegressionTree {
  const rows = gradients.length
  const tree = {
    feature: [] as number[],
    threshold: [] as number[],
    missing: [] as ('left' | 'right')[],
    left: [] as number[],
    right: [] as number[],
    value: [] as number[],
  }
  const order = Uint32Array.from({ length: rows }, (_, i) => i)
  const held = new Uint32Array(rows)
  const histogram = new Float64Array(edges.length * STRIDE * 3)

  function grow(start: number, end: number, depth: number): number {
    const node = tree.feature.length
    const all = sumsOf(start, end)
    tree.feature.push(-1)
    tree.threshold.push(0)
    tree.missing.push('left')
    tree.left.push(-1)
    tree.right.push(-1)
    tree.value.push(0)
    const split = depth < limits.maxDepth ? bestSplit(start, end, all) : undefined
    if (!split) {
      const value = (-limits.learningRate * all.gradient) / (all.hessian + limits.l2 || 1)
      tree.value[node] = value
      for (let k = start; k < end; k++) scores[order[k]!]! += value
      return node
    }
    const middle = partition(start, end, split)
    tree.feature[node] = split.feature
    tree.threshold[node] = edges[split.feature]![split.bin] ?? Number.MAX_VALUE
    tree.missing[node] = split.missing
    tree.left[node] = grow(start, middle, depth + 1)
    tree.right[node] = grow(middle, end, depth + 1)
    return node
  }

  function sumsOf(start: number, end: number): Sums {
    let gradient = 0
    let hessian = 0
    for (let k = start; k < end; k++) {
      gradient += gradients[order[k]!]!
      hessian += hessians[order[k]!]!
    }
    return { gradient, hessian, count: end - start }
  }

  function bestSplit(start: number, end: number, all: Sums): Split | undefined {
    if (end - start < 2 * limits.minLeaf) return undefined
    fillHistogram(start, end)
    let best: Split | undefined
    for (let feature = 0; feature < edges.length; feature++) {
      const found = bestOfFeature(feature, all)
      if (found && (!best || found.gain > best.gain)) best = found
    }
    return best
  }

  function fillHistogram(start: number, end: number): void {
    histogram.fill(0)
    for (let feature = 0; feature < edges.length; feature++) {
      const base = feature * STRIDE * 3
      const offset = feature * rows
      for (let k = start; k < end; k++) {
        const row = order[k]!
        const at = base + bins[offset + row]! * 3
        histogram[at]! += gradients[row]!
        histogram[at + 1]! += hessians[row]!
        histogram[at + 2]!++
      }
    }
  }

  function bestOfFeature(feature: number, all: Sums): Split | undefined {
    const base = feature * STRIDE * 3
    const inner = edges[feature]!.length
    const gapAt = base + (inner + 1) * 3
    const gap = {
      gradient: histogram[gapAt]!,
      hessian: histogram[gapAt + 1]!,
      count: histogram[gapAt + 2]!,
    }
    const whole = score(all.gradient, all.hessian)
    let best: Split | undefined
    // With missing values there is one more split: all present values from all missing ones.
    const last = gap.count > 0 ? inner : inner - 1
    for (const missing of gap.count > 0 ? (['right', 'left'] as const) : (['left'] as const)) {
      const with_ = missing === 'left' && gap.count > 0
      let gradient = with_ ? gap.gradient : 0
      let hessian = with_ ? gap.hessian : 0
      let count = with_ ? gap.count : 0
      for (let bin = 0; bin <= last; bin++) {
        const at = base + bin * 3
        gradient += histogram[at]!
        hessian += histogram[at + 1]!
        count += histogram[at + 2]!
        if (count < limits.minLeaf || hessian < MIN_HESSIAN) continue
        const rest = all.hessian - hessian
        if (all.count - count < limits.minLeaf || rest < MIN_HESSIAN) break
        const gain = score(gradient, hessian) + score(all.gradient - gradient, rest) - whole
        // A gain of rounding alone is none.
        if (gain > 1e-12 * Math.abs(whole) + 1e-300 && (!best || gain > best.gain))
          best = { feature, bin, missing: gap.count > 0 ? missing : larger(count, all.count), gain }
      }
    }
    return best
  }

  function score(gradient: number, hessian: number): number {
    return (gradient * gradient) / (hessian + limits.l2)
  }

  /** Rows of the left child first, both in their order. */
  function partition(start: number, end: number, { feature, bin, missing }: Split): number {
    const gap = edges[feature]!.length + 1
    let left = start
    let right = 0
    for (let k = start; k < end; k++) {
      const row = order[k]!
      const own = bins[feature * rows + row]!
      if (own === gap ? missing === 'left' : own <= bin) order[left++] = row
      else held[right++] = row
    }
    order.set(held.subarray(0, right), left)
    return left
  }

  grow(0, rows, 0)
  return tree
}

/** Where no value was missing in training, missing values follow the larger child. */
function larger(left: number, all: number): 'left' | 'right' {
  return 2 * left > all ? 'left' : 'right'
}
