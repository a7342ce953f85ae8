import { invalid } from '@mlops/core'

/** How the bins of a {@link NumericBinning} were found. */
export type BinningRule =
  | 'quantile'
  | 'equal-width'
  | 'sturges'
  | 'doane'
  | 'scott'
  | 'sqrt'
  | 'rice'
  | 'freedman-diaconis'
  | 'auto'
  | 'explicit'

/**
 * Bins on the line, as plain JSON: k inner edges make k + 1 bins, of which the outer two are
 * open-ended. Saved with a reference, it bins every later sample the same way.
 */
export interface NumericBinning {
  readonly kind: 'numeric'
  readonly rule: BinningRule
  /** Strictly ascending, finite. */
  readonly innerEdges: readonly number[]
  /** Smallest and largest value the bins were fitted on, or the outer edges given; null if none. */
  readonly range: readonly [number, number] | null
  /** Which bin a value equal to an edge belongs to: `left` means [e_i, e_i+1), `right` (e_i, e_i+1]. */
  readonly closed: 'left' | 'right'
  /**
   * Where values beyond `range` are counted: in the first and last bin, or in one bin of their own
   * at the end.
   */
  readonly outside: 'end-bins' | 'own-bin'
}

/** Categories, as plain JSON. */
export interface CategoryBinning {
  readonly kind: 'categories'
  readonly categories: readonly string[]
  /** Where categories not listed are counted: in one last bin, or nowhere (and reported). */
  readonly other: 'own-bin' | 'drop'
  /** Where missing values are counted: in one bin after that, or nowhere (and reported). */
  readonly missing: 'own-bin' | 'drop'
}

/** A binning: a value one can name, save and use again. */
export type Binning = NumericBinning | CategoryBinning

/**
 * The names of the bins, in the order of the counts.
 *
 * @example
 * ```ts
 * import { binLabels, explicitBinning } from '@mlops/stats'
 *
 * console.log(binLabels(explicitBinning([0, 1]))) // [ '< 0', '[0, 1)', '>= 1' ]
 * ```
 */
export function binLabels(binning: Binning): string[] {
  if (binning.kind === 'categories') {
    return [
      ...binning.categories,
      ...(binning.other === 'own-bin' ? ['(other)'] : []),
      ...(binning.missing === 'own-bin' ? ['(missing)'] : []),
    ]
  }
  const { innerEdges: edges, closed, outside } = binning
  const left = closed === 'left'
  const labels =
    edges.length === 0
      ? ['all']
      : [
          `${left ? '<' : '<='} ${edges[0]}`,
          ...edges
            .slice(1)
            .map((edge, i) => (left ? `[${edges[i]}, ${edge})` : `(${edges[i]}, ${edge}]`)),
          `${left ? '>=' : '>'} ${edges.at(-1)}`,
        ]
  return outside === 'own-bin' ? [...labels, '(outside)'] : labels
}

/**
 * Confirms that a binning, perhaps read back from JSON, can be counted with.
 *
 * @throws `invalid`, `stats.bad-binning`, naming what is wrong.
 */
export function checkBinning(binning: Binning): void {
  const fault = binningFault(binning)
  if (fault !== undefined) {
    throw invalid('stats.bad-binning', `this is not a usable binning: ${fault}.`, { binning })
  }
}

function binningFault(binning: Binning): string | undefined {
  if (binning?.kind === 'categories') {
    if (!Array.isArray(binning.categories)) return 'categories is not an array'
    if (new Set(binning.categories).size !== binning.categories.length) {
      return 'a category is listed twice'
    }
    return undefined
  }
  if (binning?.kind !== 'numeric') return "kind is neither 'numeric' nor 'categories'"
  const edges = binning.innerEdges
  if (!Array.isArray(edges)) return 'innerEdges is not an array'
  for (let i = 0; i < edges.length; i++) {
    if (!Number.isFinite(edges[i])) return `innerEdges[${i}] is ${edges[i]}, not a finite number`
    if (i > 0 && !(edges[i] > edges[i - 1])) {
      return `innerEdges[${i}] = ${edges[i]} does not exceed the edge before it, ${edges[i - 1]}`
    }
  }
  if (binning.outside === 'own-bin' && binning.range === null) {
    return "outside is 'own-bin', but no range is given"
  }
  return undefined
}
