import type { Summary, Warning } from '@mlops/core'
import { formatNumber, withDisplay } from '@mlops/core'
import type { TestResult } from '@mlops/stats'
import type { AbReadout, ArmSummary, Effect, VarianceReduction } from '../readout.ts'
import type { CheckedOptions } from './analysis-options.ts'
import { intervalNote } from './analysis-options.ts'
import { conclude } from './conclude.ts'
import { sampleRatio } from './sample-ratio.ts'

/** What an analysis of two arms found. */
export interface Analysed {
  readonly arms: readonly [ArmSummary, ArmSummary]
  readonly test: TestResult
  readonly effect: Effect | null
  readonly relativeEffect: Effect | null
  readonly otherEffects?: readonly Effect[]
  readonly varianceReduction?: VarianceReduction
  /** What else was adjusted for, before the note on the intervals. */
  readonly notes?: readonly string[]
}

/** The readout of two arms with different units, after the sample-ratio check. */
export function unpairedReadout(found: Analysed, options: CheckedOptions): AbReadout {
  return readoutOf(found, options, {
    design: 'unpaired',
    guards: sampleRatioGuard(
      found.arms.map((arm) => arm.n + arm.dropped),
      options.allocation,
    ),
  })
}

/** The warning of a split that is not the planned one. */
export function sampleRatioGuard(
  counts: readonly number[],
  allocation: readonly number[],
): Warning[] {
  const ratio = sampleRatio(counts, allocation)
  return ratio.mismatch
    ? [
        {
          code: 'abtest.sample-ratio-mismatch',
          message: `the arms have ${counts.join(' and ')} units where ${allocation.join(' to ')} was planned (p = ${formatNumber(ratio.pValue ?? 0)}); find out why before believing any effect`,
        },
      ]
    : []
}

/** Puts a readout together from its analysis. */
export function readoutOf(
  { notes = [], otherEffects = [], ...found }: Analysed,
  { metric, alpha, alternative, confidence }: CheckedOptions,
  {
    design,
    guards = [],
    hypothesis = { kind: 'difference' },
  }: {
    readonly design: AbReadout['design']
    readonly guards?: readonly Warning[]
    readonly hypothesis?: AbReadout['hypothesis']
  },
): AbReadout {
  const { verdict, reasons } = conclude({ ...found, metric, alpha, guards })
  return shown({
    kind: 'ab-readout',
    analysis: 'comparison',
    design,
    metric,
    hypothesis,
    ...found,
    otherEffects,
    alpha,
    verdict,
    adjustments: [...notes, intervalNote(alternative, confidence)],
    reasons,
    warnings: [...guards, ...found.test.warnings],
  })
}

/** The readout, printing well. */
export function shown(readout: AbReadout): AbReadout {
  return withDisplay(readout, summarise)
}

function summarise(readout: AbReadout): Summary {
  return {
    title: `${readout.metric.name} (${readout.metric.better} is better), ${readout.design}`,
    verdict: readout.verdict,
    lines: [
      ...readout.reasons,
      ...readout.warnings.map((warning) => `warning: ${warning.message}`),
    ],
    table: {
      columns: ['arm', 'n', 'mean', 'sd'],
      rows: readout.arms.map(({ name, n, mean, sd }) => [name, n, mean, sd]),
    },
  }
}
