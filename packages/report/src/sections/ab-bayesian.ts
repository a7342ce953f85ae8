import type { BayesianReadout } from '@mlops/abtest'
import { formatNumber } from '@mlops/core'
import type { Section } from '../document.ts'
import {
  armsGrid,
  effectFigure,
  experimentTitle,
  metricFact,
  notes,
  planFacts,
  relativeFigure,
} from './ab-effects.ts'

/** A posterior: how probable it is that the treatment is better, and what choosing costs. */
export function bayesianSection(readout: BayesianReadout): Section {
  const { metric, rope, expectedLoss, effect, relativeEffect, alpha } = readout
  return {
    title: experimentTitle(readout.plan, [metric]),
    verdict: readout.verdict,
    blocks: [
      { type: 'list', items: readout.reasons },
      {
        type: 'facts',
        items: [
          metricFact(metric),
          ['Model', readout.model],
          ['Prior', readout.prior],
          ['P(treatment is better)', readout.probabilityBetter],
          ['Expected loss, treatment', expectedLoss?.treatment ?? null],
          ['Expected loss, control', expectedLoss?.control ?? null],
          ...(rope === null
            ? []
            : ([
                [
                  `P(${readout.scale} within ${formatNumber(rope.lower)} to ${formatNumber(rope.upper)})`,
                  rope.probability,
                ],
              ] as const)),
          ...planFacts(readout.plan),
        ],
      },
      armsGrid(readout.arms),
      ...effectFigure(effect ? [['posterior ', effect]] : [], alpha),
      ...relativeFigure(relativeEffect, alpha),
      notes(readout),
    ],
  }
}
