import type { ExperimentCheck, Finding } from '@mlops/abtest/guards'
import type { Verdict } from '@mlops/core'
import type { Section } from '../document.ts'

/** What was checked of an experiment's data, worst first, and what could not be checked. */
export function experimentCheckSection({ verdict, findings, skipped }: ExperimentCheck): Section {
  return {
    title: 'Checks of the experiment',
    verdict,
    blocks: [
      {
        type: 'list',
        items: findings.map(({ check, message }) => `${NAMES[check]}: ${message}`),
      },
      {
        type: 'grid',
        columns: ['Check', 'Verdict', 'Method', 'Statistic', 'p', 'Alarm below', 'Units'],
        rows: findings.map((row) => [
          NAMES[row.check],
          { verdict: VERDICTS[row.verdict], text: row.verdict },
          row.method,
          row.statistic,
          row.pValue,
          row.alpha,
          row.sizes.join(', '),
        ]),
      },
      ...(skipped.length === 0
        ? []
        : ([
            {
              type: 'list',
              items: skipped.map(({ check, needs }) => `${NAMES[check]}: not made, needs ${needs}`),
            },
          ] as const)),
    ],
  }
}

const NAMES: Readonly<Record<Finding['check'], string>> = {
  'sample-ratio': 'Split',
  'multiple-exposures': 'Units in several arms',
  attrition: 'Lost outcomes',
  'pre-period': 'Before the experiment',
  variance: 'Variance',
  novelty: 'Effect over time',
}

const VERDICTS: Readonly<Record<Finding['verdict'], Verdict>> = {
  ok: 'pass',
  warn: 'warn',
  fail: 'fail',
  'insufficient-data': 'inconclusive',
}
