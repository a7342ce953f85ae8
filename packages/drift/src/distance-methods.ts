import {
  bhattacharyyaDistance,
  cramersV,
  energyDistance,
  hellinger,
  jensenShannonDistance,
  jensenShannonDivergence,
  kl,
  ksDistance,
  kuiperDistance,
  lInfinity,
  psi,
  psiTest,
  quantiles,
  totalVariation,
  wasserstein1,
} from '@mlops/stats'
import type { DistanceMethod } from './report.ts'
import type { CategorySides, NumberSides, Recipe, Sides } from './sides.ts'
import { countsFor, finiteSides } from './sides.ts'

/** A distance with the threshold that is used when a rule names none. */
export interface Distance {
  readonly of: 'numbers' | 'categories' | 'both'
  /** A number, or a share of what the reference's standard deviation makes of it. */
  readonly threshold: number | ((sides: Sides) => number)
  /** `null` where it is undefined for these values. */
  readonly measure: (sides: Sides, recipe: Recipe) => number | null
}

type Binned = (
  reference: readonly number[],
  current: readonly number[],
  recipe: Recipe,
) => number | null

const binned = (threshold: number, measure: Binned): Distance => ({
  of: 'both',
  threshold,
  measure: (sides, recipe) => {
    const { reference, current } = countsFor(sides, recipe)
    return measure(reference, current, recipe)
  },
})

const ofNumbers = (
  threshold: Distance['threshold'],
  measure: (sides: NumberSides, recipe: Recipe) => number | null,
): Distance => ({
  of: 'numbers',
  threshold,
  measure: (sides, recipe) => measure(sides as NumberSides, recipe),
})

const tenthOfSd = (power: number) => (sides: Sides) =>
  0.1 * ((sides as NumberSides).referenceSd ?? 0) ** power

/** The distances by the name a rule calls them. */
export const distanceMethods: Readonly<Record<DistanceMethod, Distance>> = {
  psi: binned(0.2, (r, c, { smoothing }) => psi(r, c, { ...(smoothing && { smoothing }) })),
  // Half a count in every bin, as in its test: a floor adds more to small samples than chance does.
  'psi-corrected': binned(
    0.2,
    (r, c, { smoothing }) => psiTest(r, c, { ...(smoothing && { smoothing }) }).corrected,
  ),
  'kl-reference-current': binned(0.1, (r, c, { smoothing, base }) =>
    kl(r, c, {
      direction: 'reference||current',
      ...(smoothing && { smoothing }),
      ...(base && { base }),
    }),
  ),
  'kl-current-reference': binned(0.1, (r, c, { smoothing, base }) =>
    kl(r, c, {
      direction: 'current||reference',
      ...(smoothing && { smoothing }),
      ...(base && { base }),
    }),
  ),
  'jensen-shannon': binned(0.1, (r, c, { base }) =>
    jensenShannonDistance(r, c, { ...(base && { base }) }),
  ),
  'jensen-shannon-divergence': binned(0.01, (r, c, { base }) =>
    jensenShannonDivergence(r, c, { ...(base && { base }) }),
  ),
  hellinger: binned(0.1, hellinger),
  bhattacharyya: binned(0.01, bhattacharyyaDistance),
  'total-variation': binned(0.1, totalVariation),
  'l-infinity': binned(0.1, (r, c) => lInfinity(r, c)),
  wasserstein: ofNumbers(tenthOfSd(1), wassersteinOf),
  'wasserstein-normed': ofNumbers(0.1, (sides, { minimumSd = 0 }) => {
    const distance = wassersteinOf(sides, {})
    const sd = Math.max(minimumSd, sides.referenceSd ?? 0)
    return distance !== null && sd > 0 ? distance / sd : null
  }),
  energy: ofNumbers(tenthOfSd(0.5), (sides) => {
    const [reference, current] = finiteSides(sides)
    return reference.length === 0 || current.length === 0
      ? null
      : energyDistance(reference, current)
  }),
  'ks-distance': ofNumbers(0.1, ({ reference, current }) => ksDistance(reference, current)),
  'kuiper-distance': ofNumbers(0.1, ({ reference, current }) => kuiperDistance(reference, current)),
  'cramers-v': {
    of: 'categories',
    threshold: 0.1,
    measure: (sides, recipe) => {
      const { reference, current } = countsFor(sides as CategorySides, recipe)
      return cramersV(reference, current, recipe.cramersV)
    },
  },
}

/** What PSI is on average without any drift. */
export function psiNoise(reference: readonly number[], current: readonly number[]): number {
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)
  const used = reference.filter((count, at) => count + current[at]! > 0).length
  return Math.max(0, used - 1) * (1 / total(reference) + 1 / total(current))
}

function wassersteinOf(sides: NumberSides, { margin = 0, scale }: Recipe): number | null {
  const [reference, current] = finiteSides(sides).map((values) => withoutMargins(values, margin))
  if (!reference?.length || !current?.length) return null
  const distance = wasserstein1(reference, current)
  if (scale !== 'min-max') return distance
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const values of [reference, current]) {
    for (const x of values) {
      if (x < low) low = x
      if (x > high) high = x
    }
  }
  return high > low ? distance / (high - low) : 0
}

function withoutMargins(values: Float64Array, margin: number): Float64Array {
  if (margin === 0 || values.length === 0) return values
  const [low, high] = quantiles(values, [margin, 1 - margin]) as [number, number]
  return values.filter((x) => x >= low && x <= high)
}
