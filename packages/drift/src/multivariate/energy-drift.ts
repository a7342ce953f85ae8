import type { TableInput } from '@mlops/core'
import { createRng, givenOptions } from '@mlops/core'
import { energyTest } from '@mlops/stats/multivariate'
import type { JointTestOptions } from './joint-samples.ts'
import { checkJudgement, jointSamples } from './joint-samples.ts'
import type { MultivariateDrift } from './multivariate-drift.ts'
import { judgedByTest } from './multivariate-drift.ts'

export interface EnergyDriftOptions extends JointTestOptions {
  /** Random relabellings. @default 499 */
  readonly permutations?: number
}

/**
 * Multivariate drift by the energy test: Euclidean distances between and within the two tables, over
 * standardised numbers, embeddings and one-hot categories. Nothing to tune.
 *
 * `E = 2·mean|x − y| − mean|x − x'| − mean|y − y'|`, `p = (k + 1)/(B + 1)` over B relabellings.
 *
 * Input: two tables with the same columns; times and texts are left out.
 * Output: E >= 0, 0 for equal samples; drift where p < `alpha`, or where E lies outside `limits`.
 * Cost: O(N²·(columns + permutations/4)) for N sampled rows; memory O(permutations · N).
 *
 * @throws `invalid`: those of `readTable`; `drift.no-columns`, `drift.missing-column`,
 *   `drift.type-changed`, `drift.unknown-column`, `drift.invalid-option`, `stats.bad-resamples`.
 * @example
 * ```ts
 * import { energyDrift } from '@mlops/drift/multivariate'
 *
 * const x = Array.from({ length: 120 }, (_, i) => (i * 37) % 100)
 * console.log(energyDrift({ x, y: x }, { x, y: x.map((v) => 99 - v) }).verdict) // fail
 * ```
 * Source: Székely & Rizzo 2013.
 */
export function energyDrift(
  reference: TableInput,
  current: TableInput,
  options: EnergyDriftOptions = {},
): MultivariateDrift {
  const {
    permutations = 499,
    alpha = 0.05,
    limits,
    maxRows = 2000,
    missing = 'impute',
    rng = createRng('drift-energy'),
    ...reading
  } = givenOptions(options)
  checkJudgement(alpha, limits)
  const samples = jointSamples(reference, current, {
    ...reading,
    by: 'one-hot',
    missing,
    maxRows,
    rng,
  })
  const test = energyTest(samples.reference, samples.current, { rng, permutations })
  const settings = { permutations, coefficient: test.effectSize?.value ?? null }
  return judgedByTest(samples.outline, test, { method: 'energy', alpha, limits, settings })
}
