import type { Verdict, Warning } from '@mlops/core'
import { formatNumber } from '@mlops/core'
import type { TestResult } from '@mlops/stats'
import type { AbReadout, ArmSummary, Effect, Estimate } from '../readout.ts'
import { NO_EFFECT } from '../readout.ts'

/** The verdict and its reasons: trust first, then significance, then direction. */
export function conclude({
  test,
  effect,
  relativeEffect,
  metric,
  arms,
  alpha,
  guards,
}: {
  readonly test: TestResult
  readonly effect: Effect | null
  readonly relativeEffect: Effect | null
  readonly metric: AbReadout['metric']
  readonly arms: readonly [ArmSummary, ArmSummary]
  readonly alpha: number
  readonly guards: readonly Warning[]
}): { verdict: Verdict; reasons: string[] } {
  const reasons: string[] = []
  if (effect !== null) {
    reasons.push(`${metric.name}: ${effectInWords(effect, relativeEffect, arms)}`)
  }
  if (guards.length > 0)
    return {
      verdict: 'inconclusive',
      reasons: [...guards.map((guard) => guard.message), ...reasons],
    }
  if (test.status !== 'ok' || test.pValue === null || effect === null) {
    return {
      verdict: 'inconclusive',
      reasons: [...reasons, ...test.warnings.map((warning) => warning.message)],
    }
  }
  const p = `p = ${formatNumber(test.pValue)}, alpha = ${alpha}`
  const none = NO_EFFECT[effect.scale]
  if (test.pValue >= alpha || effect.value === none)
    return { verdict: 'inconclusive', reasons: [...reasons, `no difference is shown (${p})`] }
  const better = effect.value > none === (metric.better === 'higher')
  return {
    verdict: better ? 'pass' : 'fail',
    reasons: [...reasons, `the treatment is ${better ? 'better' : 'worse'} (${p})`],
  }
}

/** Both arms and what lies between them. */
export function effectInWords(
  effect: Effect,
  relativeEffect: Effect | null,
  [control, treatment]: readonly [ArmSummary, ArmSummary],
): string {
  const relative = relativeEffect === null ? '' : `, ${signed(relativeEffect.value * 100)} %`
  const difference =
    effect.scale === 'difference'
      ? signed(effect.value)
      : `${effect.scale} ${formatNumber(effect.value)}`
  return `${shown(treatment.mean)} under ${treatment.name}, ${shown(control.mean)} under ${control.name} (${difference}${relative}${ends(effect)})`
}

/** The interval in words, after a comma. */
export function ends({ interval }: Estimate): string {
  if (interval === null) return ''
  const { lower, upper, level } = interval
  return `, ${formatNumber(level * 100)} % interval ${lower === null ? '-∞' : formatNumber(lower)} to ${upper === null ? '∞' : formatNumber(upper)}`
}

function signed(value: number): string {
  return value > 0 ? `+${formatNumber(value)}` : formatNumber(value)
}

function shown(value: number | null): string {
  return value === null ? 'undefined' : formatNumber(value)
}
