import { formatNumber, invalid, withDisplay } from '@mlops/core'
import type { Alternative, ConfidenceInterval } from '@mlops/stats'

/** An estimate that may be looked at at any time, as often as one likes. Plain JSON. */
export interface AlwaysValidEstimate {
  readonly kind: 'always-valid-estimate'
  readonly method: string
  /** Treatment minus control, or the mean of one arm. */
  readonly estimate: number
  /** Of a confidence sequence: all of its intervals hold at once with probability `level`. */
  readonly interval: ConfidenceInterval
  /** Always valid: may be compared with alpha after every unit; `null` where the method has none. */
  readonly pValue: number | null
  readonly alpha: number
  readonly alternative: Alternative
  readonly adjustments: readonly string[]
}

/** What an earlier look said: evidence that was there does not go away. */
export type EarlierLook = Pick<AlwaysValidEstimate, 'interval' | 'pValue'>

/**
 * Puts an estimate together: with the earlier look, the p-value is the running minimum and the interval the
 * running intersection. An empty intersection leaves the point at which it closed.
 */
export function alwaysValid(
  now: Omit<AlwaysValidEstimate, 'kind'>,
  earlier: EarlierLook | undefined,
): AlwaysValidEstimate {
  const lower = larger(now.interval.lower, earlier?.interval.lower ?? null)
  const upper = smaller(now.interval.upper, earlier?.interval.upper ?? null)
  const crossed = lower !== null && upper !== null && lower > upper
  // The end that did not move now is where the intersection closed.
  const point = lower === now.interval.lower ? upper : lower
  const pValue =
    now.pValue === null ? null : Math.min(now.pValue, earlier?.pValue ?? Number.POSITIVE_INFINITY)
  const result: AlwaysValidEstimate = {
    kind: 'always-valid-estimate',
    ...now,
    interval: {
      level: now.interval.level,
      lower: crossed ? point : lower,
      upper: crossed ? point : upper,
    },
    pValue,
    adjustments:
      earlier === undefined
        ? now.adjustments
        : [
            ...now.adjustments,
            'joined with the earlier look: the smaller p-value and the intersection of the intervals',
          ],
  }
  return withDisplay(result, () => ({
    title: `${result.method}: ${formatNumber(result.estimate)}`,
    lines: [
      `${formatNumber(result.interval.level * 100)} % sequence ${ends(result.interval)}${pValue === null ? '' : `, always-valid p = ${formatNumber(pValue)}`}`,
      ...result.adjustments,
    ],
  }))
}

/** @throws `invalid` `abtest.invalid-option` */
export function requireEstimate(effect: number, standardError: number): void {
  if (Number.isFinite(effect) && standardError > 0 && standardError < Number.POSITIVE_INFINITY)
    return
  throw invalid(
    'abtest.invalid-option',
    `effect must be finite and standardError > 0, got ${effect} and ${standardError}; without spread there is no estimate yet`,
    { effect, standardError },
  )
}

function larger(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b)
}

function smaller(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b)
}

function ends({ lower, upper }: ConfidenceInterval): string {
  return `${lower === null ? '-∞' : formatNumber(lower)} to ${upper === null ? '∞' : formatNumber(upper)}`
}
