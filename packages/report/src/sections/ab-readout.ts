import type { AbReadout, ExperimentReadout } from '@mlops/abtest'
import { formatNumber } from '@mlops/core'
import type { Cell, Section } from '../document.ts'
import { bayesianSection } from './ab-bayesian.ts'
import {
  armsGrid,
  effectFigure,
  experimentTitle,
  metricFact,
  notes,
  planFacts,
  relativeFigure,
} from './ab-effects.ts'
import { familySection } from './ab-family.ts'

/** An experiment's readout: what it says, the effect with its interval, and what that rests on. */
export function readoutSection(readout: ExperimentReadout): Section {
  if (readout.analysis === 'family') return familySection(readout)
  if (readout.analysis === 'bayesian') return bayesianSection(readout)
  return comparisonSection(readout)
}

function comparisonSection(readout: AbReadout): Section {
  const { arms, effect, relativeEffect, test, metric, alpha } = readout
  // Readouts that were kept before these parts existed have none of them.
  const { hypothesis, varianceReduction } = readout
  const otherEffects = readout.otherEffects ?? []
  const unadjusted = varianceReduction?.unadjusted ?? null
  return {
    title: experimentTitle(readout.plan, [metric]),
    verdict: readout.verdict,
    blocks: [
      { type: 'list', items: readout.reasons },
      {
        type: 'facts',
        items: [
          metricFact(metric),
          ['Design', readout.design],
          ...hypothesisFact(hypothesis),
          ['Test', test.method],
          ['Statistic', test.statistic],
          ['p', test.pValue],
          [
            'Effect size',
            test.effectSize === null || test.effectSize.value === null
              ? null
              : `${formatNumber(test.effectSize.value)} (${test.effectSize.name})`,
          ],
          ...(varianceReduction
            ? ([
                [
                  'Variance taken away',
                  varianceReduction.varianceReduction === null
                    ? null
                    : `${formatNumber(varianceReduction.varianceReduction * 100)} % (${varianceReduction.method})`,
                ],
              ] as const)
            : []),
          ...planFacts(readout.plan),
        ],
      },
      armsGrid(arms),
      ...effectFigure(
        [
          ...(effect ? [['', effect] as const] : []),
          ...(unadjusted ? [['unadjusted ', unadjusted] as const] : []),
          ...otherEffects.map((other) => ['', other] as const),
        ],
        alpha,
        hypothesis?.kind === 'difference' || hypothesis?.scale !== 'difference'
          ? undefined
          : hypothesis,
      ),
      ...relativeFigure(relativeEffect, alpha),
      notes(readout),
    ],
  }
}

/** What was tested, where it is a margin. */
function hypothesisFact(
  hypothesis: AbReadout['hypothesis'] | undefined,
): (readonly [string, Cell])[] {
  if (hypothesis === undefined || hypothesis.kind === 'difference') return []
  const { kind, margin, scale } = hypothesis
  const size = scale === 'relative' ? `${formatNumber(margin * 100)} %` : formatNumber(margin)
  return [['Hypothesis', `${kind}, margin ${size}`]]
}
