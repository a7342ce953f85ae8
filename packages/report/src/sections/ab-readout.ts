import type { AbReadout } from '@mlops/abtest'
import { formatNumber } from '@mlops/core'
import type { IntervalRow } from '../charts/intervals.ts'
import { intervals } from '../charts/intervals.ts'
import type { Section } from '../document.ts'
import { readableTime, shortDigest } from '../readable.ts'

/** An experiment's readout: what it says, the effect with its interval, and what that rests on. */
export function readoutSection(readout: AbReadout): Section {
  const { arms, effect, relativeEffect, test, metric, plan } = readout
  const absolute: IntervalRow[] = effect
    ? [
        {
          label: 'difference',
          estimate: effect.value,
          lower: effect.interval?.lower ?? null,
          upper: effect.interval?.upper ?? null,
        },
      ]
    : []
  const relative: IntervalRow[] = relativeEffect
    ? [
        {
          label: 'relative difference',
          estimate: relativeEffect.value * 100,
          lower: percentOf(relativeEffect.interval?.lower),
          upper: percentOf(relativeEffect.interval?.upper),
        },
      ]
    : []
  return {
    title: plan ? `Experiment '${plan.name}'` : `Experiment on ${metric.name}`,
    verdict: readout.verdict,
    blocks: [
      { type: 'list', items: readout.reasons },
      {
        type: 'facts',
        items: [
          ['Metric', `${metric.name}, ${metric.better} is better`],
          ['Design', readout.design],
          ['Test', test.method],
          ['Statistic', test.statistic],
          ['p', test.pValue],
          [
            'Effect size',
            test.effectSize === null || test.effectSize.value === null
              ? null
              : `${formatNumber(test.effectSize.value)} (${test.effectSize.name})`,
          ],
          ...(plan
            ? ([
                ['Plan registered', readableTime(plan.registeredAt)],
                ['Plan digest', shortDigest(plan.digest)],
              ] as const)
            : []),
        ],
      },
      {
        type: 'grid',
        columns: ['Arm', 'Units', 'Left out', 'Mean', 'Sd'],
        rows: arms.map(({ name, n, dropped, mean, sd }) => [name, n, dropped, mean, sd]),
      },
      ...(absolute.length > 0
        ? ([
            {
              type: 'figure',
              svg: intervals(absolute),
              caption: caption('Treatment minus control', readout.alpha),
            },
          ] as const)
        : []),
      ...(relative.length > 0
        ? ([
            {
              type: 'figure',
              svg: intervals(relative, { format: (value) => `${formatNumber(value)} %` }),
              caption: caption('The same over the control’s mean', readout.alpha),
            },
          ] as const)
        : []),
      {
        type: 'list',
        items: [...readout.adjustments, ...readout.warnings.map((warning) => warning.message)],
      },
    ],
  }
}

function percentOf(share: number | null | undefined): number | null {
  return share === null || share === undefined ? null : share * 100
}

function caption(what: string, alpha: number): string {
  return `${what}, with its ${formatNumber((1 - alpha) * 100)} % interval; the dashed line is no difference`
}
