import { hellinger, jensenShannonDistance, kl, psi, totalVariation } from '@mlops/stats'
import type { Distances } from './report.ts'

/** All binned distances of two histograms over the same bins. The Wasserstein ones are the caller's. */
export function binnedDistances(
  reference: readonly number[],
  current: readonly number[],
): Omit<Distances, 'wasserstein' | 'wassersteinNormed'> {
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)
  const used = reference.filter((count, at) => count + current[at]! > 0).length
  return {
    psi: psi(reference, current),
    psiNoise: Math.max(0, used - 1) * (1 / total(reference) + 1 / total(current)),
    klReferenceCurrent: kl(reference, current, { direction: 'reference||current' }),
    klCurrentReference: kl(reference, current, { direction: 'current||reference' }),
    jensenShannon: jensenShannonDistance(reference, current),
    hellinger: hellinger(reference, current),
    totalVariation: totalVariation(reference, current),
  }
}
