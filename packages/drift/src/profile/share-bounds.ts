import type { Bound, Distances } from '../report.ts'

/** The distances that are sums over bins. */
type BinnedDistance = Exclude<keyof Distances, 'psiNoise' | 'wasserstein' | 'wassersteinNormed'>

const FLOOR = 1e-4

/**
 * Where the binned distances lie when each share is only known to lie between two ends.
 *
 * Every one of them is a sum of terms f(r, c) >= 0 that are 0 at r = c and grow on either side: so
 * each term is largest at a corner, and smallest at the nearest corners or 0 where the ends overlap.
 * KL counts as r·ln(r/c) − r + c, which sums to the same and has that shape.
 *
 * Input: a bound for the share of every bin on both sides, in [0, 1].
 */
export function distanceBounds(
  reference: readonly Bound[],
  current: readonly Bound[],
): Readonly<Record<BinnedDistance, Bound>> {
  const sum = (
    f: (r: number, c: number) => number,
    r: readonly Bound[] = reference,
    c: readonly Bound[] = current,
  ): Bound => {
    let [low, high] = [0, 0]
    r.forEach(([rLow, rHigh], bin) => {
      const [cLow, cHigh] = c[bin]!
      if (cLow > rHigh) low += f(rHigh, cLow)
      else if (rLow > cHigh) low += f(rLow, cHigh)
      high += Math.max(f(rLow, cHigh), f(rHigh, cLow))
    })
    return [low, high]
  }
  const [r, c] = [floored(reference), floored(current)]
  const [p, q] = [renormalised(reference), renormalised(current)]
  const jensenShannon = sum(jensenShannonTerm)
  const hellinger = sum((a, b) => (Math.sqrt(a) - Math.sqrt(b)) ** 2 / 2)
  const totalVariation = sum((a, b) => Math.abs(a - b) / 2)
  return {
    psi: sum((a, b) => (b - a) * Math.log(b / a), r, c),
    klReferenceCurrent: sum((a, b) => a * Math.log(a / b) - a + b, p, q),
    klCurrentReference: sum((a, b) => b * Math.log(b / a) - b + a, p, q),
    jensenShannon: capped(jensenShannon).map(Math.sqrt) as unknown as Bound,
    hellinger: capped(hellinger).map(Math.sqrt) as unknown as Bound,
    totalVariation: capped(totalVariation),
  }
}

/** Where sum (r − c)²·n·m/(n·r + m·c), the chi-square statistic of a 2 × k table, lies. */
export function chiSquareBound(
  reference: readonly Bound[],
  current: readonly Bound[],
  [n, m]: readonly [number, number],
): Bound {
  const term = (r: number, c: number) => (r === c ? 0 : (n * m * (r - c) ** 2) / (n * r + m * c))
  let [low, high] = [0, 0]
  reference.forEach(([rLow, rHigh], bin) => {
    const [cLow, cHigh] = current[bin]!
    if (cLow > rHigh) low += term(rHigh, cLow)
    else if (rLow > cHigh) low += term(rLow, cHigh)
    high += Math.max(term(rLow, cHigh), term(rHigh, cLow))
  })
  return [low, high]
}

function jensenShannonTerm(a: number, b: number): number {
  if (a === b) return 0
  const m = (a + b) / 2
  const part = (x: number) => (x > 0 ? x * Math.log2(x / m) : 0)
  return (part(a) + part(b)) / 2
}

function floored(shares: readonly Bound[]): Bound[] {
  return shares.map(([low, high]) => [Math.max(low, FLOOR), Math.max(high, FLOOR)])
}

/** Floored shares over their sum, which is between 1 and 1 + the floors. */
function renormalised(shares: readonly Bound[]): Bound[] {
  const raised = floored(shares)
  const total = (end: 0 | 1) => raised.reduce((sum, share) => sum + share[end], 0)
  const least = Math.max(1, total(0))
  const most = Math.max(least, Math.min(1 + shares.length * FLOOR, total(1)))
  return raised.map(([low, high]) => [low / most, high / least])
}

function capped([low, high]: Bound): Bound {
  return [Math.min(1, low), Math.min(1, high)]
}
