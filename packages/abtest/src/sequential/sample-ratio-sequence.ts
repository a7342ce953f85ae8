import { formatNumber, invalid, withDisplay } from '@mlops/core'
import { logGamma } from '@mlops/stats'
import { checkLevel } from '../analysis/compare-arms.ts'
import { SRM_ALPHA } from '../analysis/sample-ratio.ts'
import { given } from '../given.ts'

/** Units per arm while one allocation held. */
export interface AllocationPhase {
  readonly counts: readonly number[]
  /** Planned shares of the arms, or weights; 0 for an arm that was switched off. */
  readonly allocation: readonly number[]
}

export interface AnytimeSampleRatioOptions {
  /** @default 0.001 */
  readonly alpha?: number
  /** Dirichlet weights of each arm: how the split might be wrong. @default 1 for each arm */
  readonly prior?: readonly number[]
  /** The smallest p-value of earlier looks. @default 1 */
  readonly earlierP?: number
}

/** A sample-ratio check that may be made after every unit. Plain JSON. */
export interface AnytimeSampleRatio {
  readonly kind: 'anytime-sample-ratio'
  /** Logarithm of the e-value against the planned split; `null`: an arm that was off has units. */
  readonly logEValue: number | null
  /** Always valid: the running minimum of 1/e-value. */
  readonly pValue: number
  readonly alpha: number
  readonly mismatch: boolean
  /** Arms, from 0, that should have units in a phase and have none. */
  readonly starved: readonly number[]
  readonly counts: readonly number[]
  readonly adjustments: readonly string[]
}

/**
 * Sample-ratio mismatch at any time: a daily look that does not add up false alarms.
 *
 * `ln E = ln Γ(Σα) − ln Γ(Σα + n) + Σ[ln Γ(α_i + n_i) − ln Γ(α_i)] − Σ n_i·ln θ_i`, the Dirichlet-multinomial mixture
 * against the planned shares θ; `p = min(1, 1/E)`. When the allocation changed on purpose give one phase for
 * each: their e-values multiply.
 *
 * Input: whole counts since the start of each phase. Output: `mismatch` when p < alpha, with probability at
 * most alpha ever when the split is as planned. An arm without units needs no rule of its own: half and half,
 * it alarms after 14 units. Cost: O(arms).
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`.
 * @example
 * ```ts
 * import { anytimeSampleRatio } from '@mlops/abtest/sequential'
 *
 * const { mismatch, pValue } = anytimeSampleRatio([{ counts: [5300, 4700], allocation: [0.5, 0.5] }])
 * console.log(mismatch, pValue.toExponential(3)) // true 1.204e-6
 * // The same units are fine when the ramp was 60 to 40 at first.
 * const ramped = anytimeSampleRatio([
 *   { counts: [1800, 1200], allocation: [0.6, 0.4] },
 *   { counts: [3500, 3500], allocation: [0.5, 0.5] },
 * ])
 * console.log(ramped.mismatch) // false
 * ```
 * Source: Lindon & Malek 2022, "Anytime-valid inference for multinomial count data", section 3.
 */
export function anytimeSampleRatio(
  phases: readonly AllocationPhase[],
  options: AnytimeSampleRatioOptions = {},
): AnytimeSampleRatio {
  const { alpha = SRM_ALPHA, prior, earlierP = 1 } = given(options)
  checkLevel(alpha)
  const arms = checkPhases(phases)
  const weights = prior ?? new Array<number>(arms).fill(1)
  if (
    !Array.isArray(weights) ||
    weights.length !== arms ||
    !weights.every((w) => w > 0 && w < Number.POSITIVE_INFINITY)
  )
    throw option(`prior must be ${arms} positive weights, got ${String(weights)}`, { prior })
  if (!(earlierP >= 0 && earlierP <= 1))
    throw option(`earlierP must lie between 0 and 1, got ${earlierP}`, { earlierP })
  let logEValue = 0
  const starved = new Set<number>()
  for (const { counts, allocation } of phases) {
    logEValue += phaseEvidence(counts, allocation, weights)
    const units = counts.some((count) => count > 0)
    for (const [arm, count] of counts.entries())
      if (units && count === 0 && allocation[arm]! > 0) starved.add(arm)
  }
  const pValue = Math.min(1, earlierP, Math.exp(-logEValue))
  const counts = Array.from({ length: arms }, (_, arm) =>
    phases.reduce((sum, phase) => sum + phase.counts[arm]!, 0),
  )
  const result: AnytimeSampleRatio = {
    kind: 'anytime-sample-ratio',
    logEValue: logEValue === Number.POSITIVE_INFINITY ? null : logEValue,
    pValue,
    alpha,
    mismatch: pValue < alpha,
    starved: [...starved].sort((a, b) => a - b),
    counts,
    adjustments: [
      `adjusted for looking at any time: the p-value may be compared with ${formatNumber(alpha)} after every unit${phases.length > 1 ? `; ${phases.length} phases of allocation, each against its own shares` : ''}`,
    ],
  }
  return withDisplay(result, () => ({
    title: result.mismatch ? 'sample-ratio mismatch' : 'the split is as planned, so far',
    lines: [`${counts.join(' to ')} units, always-valid p = ${formatNumber(pValue)}`],
  }))
}

function phaseEvidence(
  counts: readonly number[],
  allocation: readonly number[],
  weights: readonly number[],
): number {
  const total = allocation.reduce((sum, share) => sum + share, 0)
  let [n, prior, log] = [0, 0, 0]
  for (const [arm, count] of counts.entries()) {
    const share = allocation[arm]! / total
    if (share === 0) {
      if (count > 0) return Number.POSITIVE_INFINITY
      continue
    }
    const weight = weights[arm]!
    n += count
    prior += weight
    log += logGamma(weight + count) - logGamma(weight) - count * Math.log(share)
  }
  return log + logGamma(prior) - logGamma(prior + n)
}

function checkPhases(phases: readonly AllocationPhase[]): number {
  const listed =
    Array.isArray(phases) &&
    phases.every((phase) => Array.isArray(phase?.counts) && Array.isArray(phase.allocation))
  if (!listed) throw badArms('give phases: [{ counts: [500, 510], allocation: [1, 1] }]', {})
  const arms = phases[0]?.counts.length ?? 0
  if (arms < 2) throw badArms('there must be at least one phase with two arms', { arms })
  for (const [at, { counts, allocation }] of phases.entries()) {
    if (counts.length !== arms || allocation.length !== arms)
      throw badArms(`phase ${at} must have ${arms} counts and ${arms} shares`, { phase: at })
    for (const count of counts)
      if (!Number.isSafeInteger(count) || count < 0)
        throw badArms(`counts must be whole numbers >= 0, got ${count} in phase ${at}`, { count })
    if (!allocation.every((share: number) => share >= 0 && share < Number.POSITIVE_INFINITY))
      throw option(`shares must be >= 0, got ${allocation.join(', ')}`, { allocation })
    if (allocation.filter((share: number) => share > 0).length < 2)
      throw option(`phase ${at} must allocate to two arms at least`, { allocation })
  }
  return arms
}

function badArms(message: string, details: object) {
  return invalid('abtest.invalid-arms', message, details)
}

function option(message: string, details: object) {
  return invalid('abtest.invalid-option', message, details)
}
