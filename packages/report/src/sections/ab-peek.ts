import type { PeekReadout } from '@mlops/abtest/sequential'
import type { Section } from '../document.ts'
import { readableTime } from '../readable.ts'
import { armsGrid, effectFigure, notes, planFacts } from './ab-effects.ts'

/** A look at a running experiment: the effect with an interval that knows of every look, and the looks. */
export function peekSection(readout: PeekReadout): Section {
  const { plan, look, decision, metric, effect, pValue, alpha, sampleRatio, history } = readout
  return {
    title: `Experiment '${plan.name}', look ${look}`,
    verdict: readout.verdict,
    blocks: [
      { type: 'list', items: readout.reasons },
      {
        type: 'facts',
        items: [
          ['Decision', decision],
          ['Metric', `${metric.name}, ${metric.better} is better`],
          ['Method', effect.method],
          ['p over all looks', pValue],
          ['alpha', alpha],
          ['Split: p at all times', sampleRatio.pValue],
          ...planFacts(plan),
        ],
      },
      armsGrid(readout.arms),
      ...effectFigure([['', { ...effect, scale: 'difference' }]], alpha),
      {
        type: 'grid',
        columns: ['Look', 'At', 'Control', 'Treatment', 'Decision'],
        rows: history.looks.map(({ at, n: [control, treatment], stopped }, k) => [
          k + 1,
          readableTime(at),
          control,
          treatment,
          stopped ? 'stop' : 'continue',
        ]),
      },
      notes(readout),
    ],
  }
}
