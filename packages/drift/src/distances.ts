import { hellinger, jensenShannonDistance, kl, psi, totalVariation } from '@mlops/stats'
import { psiNoise } from './distance-methods.ts'
import type { Distances } from './report.ts'

/** All binned distances of two histograms over the same bins. The Wasserstein ones are the caller's. */
export function binnedDistances(
  reference: readonly number[],
  current: readonly number[],
): Omit<Distances, 'wasserstein' | 'wassersteinNormed'> {
  return {
    psi: psi(reference, current),
    psiNoise: psiNoise(reference, current),
    klReferenceCurrent: kl(reference, current, { direction: 'reference||current' }),
    klCurrentReference: kl(reference, current, { direction: 'current||reference' }),
    jensenShannon: jensenShannonDistance(reference, current),
    hellinger: hellinger(reference, current),
    totalVariation: totalVariation(reference, current),
  }
}

/**
 * How much a row of this column tells about the table it came from, in bits, beyond what chance gives
 * at these sizes: the Jensen-Shannon divergence less its mean without drift, psiNoise/(8·ln 2).
 */
export function excessBits({ jensenShannon, psiNoise }: Distances): number {
  return Math.max(0, jensenShannon ** 2 - psiNoise / (8 * Math.LN2))
}
