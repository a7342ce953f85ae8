import type { NumericSample } from '@mlops/stats'
import { brunnerMunzel, describe, mannWhitney } from '@mlops/stats'
import type { ArmSummary, Effect } from '../readout.ts'
import type { CheckedOptions } from './analysis-options.ts'
import { oneOf } from './analysis-options.ts'
import type { ArmData } from './arm-data.ts'
import { valuesOf } from './arm-data.ts'
import type { CompareArmsOptions } from './arm-tests.ts'
import type { Analysed } from './build-readout.ts'
import { hodgesLehmannShift } from './shift-estimate.ts'
import { waldInterval } from './wald.ts'

/** Beyond this many values the shift, of some hundred passes, is left out. */
const MOST_SHIFTED = 500_000

/**
 * Mann-Whitney's or Brunner and Munzel's test. The effect is the probability of superiority, with
 * Brunner and Munzel's interval, for a shift may be 0 where the test is right to reject.
 */
export function compareRanks(
  test: 'mann-whitney' | 'brunner-munzel',
  control: ArmData,
  treatment: ArmData,
  { alternative, confidence }: CheckedOptions,
  { pValueBy = 'auto', correction = 'continuity' }: CompareArmsOptions,
): Analysed {
  oneOf('pValueBy', pValueBy, ['auto', 'exact', 'normal'])
  oneOf('correction', correction, ['continuity', 'none'])
  const [c, t] = [valuesOf('control', control, test), valuesOf('treatment', treatment, test)]
  const ranks = brunnerMunzel(t, c, { alternative })
  const result =
    test === 'brunner-munzel' ? ranks : mannWhitney(t, c, { alternative, pValueBy, correction })
  const shift =
    c.length + t.length > MOST_SHIFTED
      ? null
      : hodgesLehmannShift(presentOf(c), presentOf(t), confidence)
  return {
    arms: [medianArm('control', c), medianArm('treatment', t)],
    test: result,
    effect: superiority(ranks, confidence, result.probabilityOfSuperiority),
    relativeEffect: null,
    otherEffects: shift === null ? [] : [shift],
    notes: ['arms are shown by their medians; the effect is the probability of superiority'],
  }
}

function superiority(
  { standardError, degreesOfFreedom: df }: ReturnType<typeof brunnerMunzel>,
  confidence: number,
  value: number | null,
): Effect | null {
  if (value === null) return null
  const interval =
    standardError === null ? null : waldInterval(value, standardError, { confidence, df })
  return {
    value,
    interval: interval && {
      level: confidence,
      lower: Math.max(0, interval.lower!),
      upper: Math.min(1, interval.upper!),
    },
    method: 'brunner-munzel',
    scale: 'superiority',
    standardError,
    degreesOfFreedom: df,
  }
}

function medianArm(name: string, values: NumericSample): ArmSummary {
  const { n, dropped, median, sd } = describe(values)
  return { name, n, dropped, mean: median, sd }
}

/** The values that are there. */
export function presentOf(sample: NumericSample): Float64Array {
  const kept: number[] = []
  for (let i = 0; i < sample.length; i++) {
    const value = sample[i]
    if (value !== null && value !== undefined && !Number.isNaN(value)) kept.push(value)
  }
  return Float64Array.from(kept)
}
