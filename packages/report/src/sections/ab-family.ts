import type { FamilyReadout } from '@mlops/abtest'
import { formatNumber } from '@mlops/core'
import { intervals } from '../charts/intervals.ts'
import type { Block, Section } from '../document.ts'
import { armsGrid, experimentTitle, notes, planFacts } from './ab-effects.ts'

/** Several metrics or arms judged together: a row for each, and their relative effects on one scale. */
export function familySection(readout: FamilyReadout): Section {
  const { rows, multiplicity, armVerdicts, omnibus } = readout
  return {
    title: experimentTitle(
      readout.plan,
      rows.map(({ metric }) => metric),
    ),
    verdict: readout.verdict,
    blocks: [
      { type: 'list', items: readout.reasons },
      {
        type: 'facts',
        items: [
          ['Success metrics tested', multiplicity.tests],
          ['Guardrails', multiplicity.guardrails],
          ['Adjusted by', multiplicity.method],
          ['Level of the family', readout.alpha],
          ...(omnibus === undefined
            ? []
            : ([
                ['All arms at once', omnibus.method],
                ['Statistic of all', omnibus.statistic],
                ['p of all', omnibus.pValue],
              ] as const)),
          ...planFacts(readout.plan),
        ],
      },
      armsGrid(readout.arms),
      {
        type: 'grid',
        columns: ['Arm', 'Verdict'],
        rows: armVerdicts.map(({ arm, verdict }) => [arm, { verdict }]),
      },
      {
        type: 'grid',
        columns: ['Metric', 'Role', 'Arm', 'Effect', 'Interval', 'p', 'Adjusted p', 'Verdict'],
        rows: rows.map((row) => [
          row.metric.name,
          row.role,
          row.arm,
          row.effect?.value ?? null,
          inWords(row.adjustedInterval),
          row.test.pValue,
          row.adjustedPValue,
          { verdict: row.verdict },
        ]),
      },
      ...absoluteFigures(readout),
      ...relativeFigures(readout),
      notes(readout),
    ],
  }
}

/** A drawing for each metric, for metrics have units of their own: its arms, at the family's level. */
function absoluteFigures({ rows }: FamilyReadout): Block[] {
  return [...new Set(rows.map(({ metric }) => metric.name))].flatMap((name): Block[] => {
    const own = rows.filter((row) => row.metric.name === name && row.effect?.scale === 'difference')
    if (own.length === 0) return []
    return [
      {
        type: 'figure',
        svg: intervals(
          own.map(({ arm, effect, adjustedInterval }) => {
            const interval = adjustedInterval ?? effect!.interval
            return {
              label: arm,
              estimate: effect!.value,
              lower: interval?.lower ?? null,
              upper: interval?.upper ?? null,
            }
          }),
        ),
        caption: `${name}: each arm minus control, with intervals at ${levels(own)}; the dashed line is no difference`,
      },
    ]
  })
}

/** All relative effects on one scale, as each comparison gave them. */
function relativeFigures({ rows }: FamilyReadout): Block[] {
  const own = rows.filter(({ relativeEffect }) => relativeEffect !== null)
  if (own.length === 0) return []
  const percent = (share: number | null | undefined) =>
    share === null || share === undefined ? null : share * 100
  return [
    {
      type: 'figure',
      svg: intervals(
        own.map(({ metric, arm, relativeEffect }) => ({
          label: `${metric.name}, ${arm}`,
          estimate: relativeEffect!.value * 100,
          lower: percent(relativeEffect!.interval?.lower),
          upper: percent(relativeEffect!.interval?.upper),
        })),
        { format: (value) => `${formatNumber(value)} %` },
      ),
      caption:
        'Relative effects over the control’s mean, each with the interval of its own comparison, not adjusted; the dashed line is no difference',
    },
  ]
}

function levels(rows: FamilyReadout['rows']): string {
  const all = rows.map((row) => row.adjustedInterval?.level ?? row.effect?.interval?.level)
  const shown = new Set(
    all.filter((level) => level !== undefined).map((level) => `${formatNumber(level * 100)} %`),
  )
  return [...shown].join(', ')
}

function inWords(interval: FamilyReadout['rows'][number]['adjustedInterval']): string | null {
  if (interval === null) return null
  const { level, lower, upper } = interval
  const end = (value: number | null, open: string) => (value === null ? open : formatNumber(value))
  return `${end(lower, '-∞')} to ${end(upper, '∞')} (${formatNumber(level * 100)} %)`
}
