import { withDisplay } from '@mlops/core'
import type { Estimate } from './estimate.ts'
import { checkConfidence, meanEstimate, undefinedEstimate } from './estimate.ts'
import { checkLengths, type Numbers, readNumbers } from './read-labels.ts'

/** How far numbers lie from the truth. */
export interface RegressionPerformance {
  readonly kind: 'regression-performance'
  /** Rows with prediction and target, and rows left out. */
  readonly rows: number
  readonly dropped: number
  readonly confidence: number
  readonly mae: Estimate
  readonly mse: Estimate
  readonly rmse: Estimate
  /** 1 is perfect, 0 as good as the mean, below 0 worse. Without an interval. */
  readonly r2: Estimate
  /** Mean of prediction − target. */
  readonly bias: Estimate
}

/**
 * Errors of a regression with their intervals.
 *
 * `mae = mean |y − f|`, `mse = mean (y − f)²`, `rmse = sqrt(mse)`, `r2 = 1 − sum (y − f)²/sum (y − ȳ)²`.
 *
 * Input: predictions and targets; rows with a missing one are left out and counted.
 * Output: in the unit of the target (mse squared); intervals from the standard error of the mean
 * (normal), that of rmse by the delta method; `null` where undefined.
 * Cost: O(n).
 *
 * @throws `invalid`: `evaluate.unequal-lengths`, `evaluate.no-rows`, `evaluate.bad-number`,
 *   `evaluate.bad-option`.
 * @example
 * ```ts
 * import { regressionPerformance } from '@mlops/evaluate'
 *
 * const { mae, rmse, r2 } = regressionPerformance({ predictions: [1, 2, 3, 5], targets: [1, 2, 3, 4] })
 * console.log(mae.value, rmse.value, r2.value) // 0.25 0.5 0.8
 * ```
 */
export function regressionPerformance(
  { predictions, targets }: { readonly predictions: Numbers; readonly targets: Numbers },
  { confidence = 0.95 }: { readonly confidence?: number } = {},
): RegressionPerformance {
  checkConfidence(confidence)
  checkLengths({ predictions: predictions.length, targets: targets.length })
  const f = readNumbers(predictions, 'predictions')
  const y = readNumbers(targets, 'targets')
  const used = Array.from(f.keys()).filter((i) => !Number.isNaN(f[i]) && !Number.isNaN(y[i]))
  const errors = Float64Array.from(used, (i) => f[i]! - y[i]!)
  const mse = meanEstimate(
    errors.map((e) => e * e),
    confidence,
  )
  const mean = used.reduce((sum, i) => sum + y[i]!, 0) / used.length
  const spread = used.reduce((sum, i) => sum + (y[i]! - mean) ** 2, 0)
  const result: RegressionPerformance = {
    kind: 'regression-performance',
    rows: used.length,
    dropped: f.length - used.length,
    confidence,
    mae: meanEstimate(errors.map(Math.abs), confidence),
    mse,
    rmse: rootOf(mse),
    r2:
      spread > 0
        ? { value: 1 - (mse.value! * used.length) / spread, interval: null }
        : undefinedEstimate(
            used.length === 0
              ? 'no row has both'
              : 'all targets are equal: there is nothing to explain',
          ),
    bias: meanEstimate(errors, confidence),
  }
  return withDisplay(result, ({ rows, dropped, mae, rmse, r2, bias }) => ({
    title: `Regression performance of ${rows} rows${dropped > 0 ? `, ${dropped} left out` : ''}`,
    table: {
      columns: ['metric', 'value', 'from', 'to'],
      rows: Object.entries({ mae, rmse, r2, bias }).map(([name, { value, interval }]) => [
        name,
        value,
        interval?.lower ?? null,
        interval?.upper ?? null,
      ]),
    },
  }))
}

/** By the delta method: the root's interval is the mean's over twice the root. */
function rootOf({ value, interval, reason }: Estimate): Estimate {
  if (value === null) return { value, interval: null, ...(reason && { reason }) }
  const root = Math.sqrt(value)
  if (!interval || root === 0) return { value: root, interval: null }
  const reach = (interval.upper - value) / (2 * root)
  return { value: root, interval: { lower: Math.max(0, root - reach), upper: root + reach } }
}
