import type { BinnedPair, MeasureConvention, PairBinning, Smoothing } from '@mlops/stats'
import { binPair, interpolatedShares, poolRareCategories } from '@mlops/stats'

/** Two samples of numbers, as the measures see them. */
export interface NumberSides {
  readonly kind: 'numbers'
  /** Present values, infinities among them; of the reference perhaps a sample. */
  readonly reference: Float64Array
  readonly current: Float64Array
  /** Counts in the bins of the reference. */
  readonly bins: { readonly reference: readonly number[]; readonly current: readonly number[] }
  /** Of all finite reference values, ddof 0; `null` without any, or where it overflows. */
  readonly referenceSd: number | null
}

/** Counts of both sides over the union of their categories. */
export interface CategorySides {
  readonly kind: 'categories'
  readonly reference: readonly number[]
  readonly current: readonly number[]
}

export type Sides = NumberSides | CategorySides

/** How a measure is computed: the convention's recipe with what the rule says over it. */
export type Recipe = Omit<MeasureConvention, 'smoothing' | 'binning' | 'base'> & {
  readonly binning?: PairBinning
  readonly smoothing?: Smoothing
  readonly base?: number
}

type Counts = Pick<BinnedPair, 'reference' | 'current'>

/** The counts that a binned measure is computed on. */
export function countsFor(sides: Sides, { binning, cells, unseen, minShare }: Recipe): Counts {
  if (sides.kind === 'numbers') {
    if (cells) {
      const [reference, current] = finiteSides(sides)
      const shares = interpolatedShares(reference, current, cells)
      return { reference: Array.from(shares.reference), current: Array.from(shares.current) }
    }
    return binning ? binPair(sides.reference, sides.current, binning) : sides.bins
  }
  if (minShare !== undefined)
    return poolRareCategories(sides.reference, sides.current, { minShare, keepPool: 'if-common' })
  return unseen === 'pooled' ? unseenPooled(sides) : sides
}

/** Counts by value: categories, or numbers that take few values. */
export function countsByValue(sides: Sides): Counts {
  if (sides.kind === 'categories') return sides
  return binPair(sides.reference, sides.current, {
    rule: 'quantile',
    fitOn: 'both',
    valuesUpTo: sides.reference.length,
  })
}

/** Both samples without their infinities. */
export function finiteSides({ reference, current }: NumberSides): [Float64Array, Float64Array] {
  return [finite(reference), finite(current)]
}

function finite(values: Float64Array): Float64Array {
  return values.every(Number.isFinite) ? values : values.filter(Number.isFinite)
}

function unseenPooled({ reference, current }: CategorySides): Counts {
  const pool = current.filter((_, at) => reference[at] === 0).reduce((sum, n) => sum + n, 0)
  const known = (counts: readonly number[]) => counts.filter((_, at) => reference[at]! > 0)
  return { reference: [...known(reference), 0], current: [...known(current), pool] }
}
