import { twoProportionZ, welchT } from '@mlops/stats'
import type { ArmSummary } from '../readout.ts'
import type { ArmData } from './arm-data.ts'
import { armOf, checkArms, isProportion, proportionArm, sampleOrSummary } from './arm-data.ts'

/**
 * Units, means and standard deviations of two arms, control first, without a comparison.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-stats`; `stats.bad-proportion`,
 *   `stats.bad-summary`, `stats.infinite-value`.
 */
export function armSummaries(
  control: ArmData,
  treatment: ArmData,
): readonly [ArmSummary, ArmSummary] {
  checkArms(control, treatment)
  if (isProportion(control) && isProportion(treatment)) {
    // The tests are asked for their checks alone, so that both ways in refuse the same data.
    twoProportionZ(treatment, control)
    return [proportionArm('control', control, 0), proportionArm('treatment', treatment, 0)]
  }
  const [c, t] = [control as Values, treatment as Values]
  welchT(sampleOrSummary(t), sampleOrSummary(c))
  return [armOf('control', c), armOf('treatment', t)]
}

type Values = Exclude<ArmData, { readonly successes: number }>
