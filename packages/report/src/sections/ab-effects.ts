import type { Effect, Estimate, ExperimentReadout, Metric } from '@mlops/abtest'
import { formatNumber } from '@mlops/core'
import type { IntervalRow } from '../charts/intervals.ts'
import { intervals } from '../charts/intervals.ts'
import type { Block, Cell } from '../document.ts'
import { readableTime, shortDigest } from '../readable.ts'

type Registered = Pick<NonNullable<ExperimentReadout['plan']>, 'registeredAt' | 'digest'>

/** An estimate on one of the scales; standard errors are not drawn. */
type Drawn = Estimate & Pick<Effect, 'scale'>

/** The experiment by its plan, or by the metrics it is about. */
export function experimentTitle(
  plan: ExperimentReadout['plan'],
  metrics: readonly { readonly name: string }[],
): string {
  if (plan) return `Experiment '${plan.name}'`
  return `Experiment on ${[...new Set(metrics.map(({ name }) => name))].join(', ')}`
}

/** What was measured, and which way is better. */
export function metricFact({ name, better }: Metric): readonly [string, Cell] {
  return ['Metric', `${name}, ${better} is better`]
}

/** When the plan was registered, and its digest. */
export function planFacts(plan: Registered | undefined): (readonly [string, Cell])[] {
  if (plan === undefined) return []
  return [
    ['Plan registered', readableTime(plan.registeredAt)],
    ['Plan digest', shortDigest(plan.digest)],
  ]
}

/** The arms, control first. */
export function armsGrid(arms: ExperimentReadout['arms']): Block {
  return {
    type: 'grid',
    columns: ['Arm', 'Units', 'Left out', 'Mean', 'Sd'],
    rows: arms.map(({ name, n, dropped, mean, sd }) => [name, n, dropped, mean, sd]),
  }
}

/** One drawing for each scale, for their lines of no effect differ. */
export function effectFigure(
  effects: readonly (readonly [label: string, effect: Drawn])[],
  alpha: number,
  margin?: { readonly kind: string; readonly margin: number },
): Block[] {
  const scales = [...new Set(effects.map(([, { scale }]) => scale ?? 'difference'))]
  return scales.map((scale): Block => {
    const rows = effects
      .filter(([, effect]) => (effect.scale ?? 'difference') === scale)
      .map(([label, effect]) => intervalRow(`${label}${labelOf(effect)}`, effect))
    const own = effects.find(([, effect]) => (effect.scale ?? 'difference') === scale)![1]
    const beyond =
      margin && scale === 'difference' ? `; the margin is ${formatNumber(margin.margin)}` : ''
    return {
      type: 'figure',
      svg: intervals(rows, { zero: NO_EFFECT[scale] }),
      caption: caption(`${CAPTIONS[scale]}${beyond}`, own.interval?.level ?? 1 - alpha),
    }
  })
}

/** The relative effect in percent. */
export function relativeFigure(relativeEffect: Effect | null, alpha: number): Block[] {
  if (relativeEffect === null) return []
  const { value, interval } = relativeEffect
  const row: IntervalRow = {
    label: 'relative difference',
    estimate: value * 100,
    lower: percentOf(interval?.lower),
    upper: percentOf(interval?.upper),
  }
  return [
    {
      type: 'figure',
      svg: intervals([row], { format: (percent) => `${formatNumber(percent)} %` }),
      caption: caption('The same over the control’s mean', interval?.level ?? 1 - alpha),
    },
  ]
}

/** What was adjusted for, and every warning. */
export function notes({
  adjustments,
  warnings,
}: Pick<ExperimentReadout, 'adjustments' | 'warnings'>): Block {
  return { type: 'list', items: [...adjustments, ...warnings.map((warning) => warning.message)] }
}

/** An effect as a row of a drawing. */
function intervalRow(label: string, { value, interval }: Estimate): IntervalRow {
  return {
    label,
    estimate: value,
    lower: interval?.lower ?? null,
    upper: interval?.upper ?? null,
  }
}

/** What an interval is of, and of which level. */
function caption(what: string, level: number): string {
  return `${what}, with its ${formatNumber(level * 100)} % interval; the dashed line is no difference`
}

/** As in @mlops/abtest, whose code a report does not need. */
const NO_EFFECT = {
  difference: 0,
  relative: 0,
  ratio: 1,
  'odds-ratio': 1,
  superiority: 0.5,
} as const satisfies Record<Effect['scale'], number>

const CAPTIONS = {
  difference: 'Treatment minus control',
  relative: 'Treatment minus control over the control’s mean',
  ratio: 'Treatment over control',
  'odds-ratio': 'Odds of treatment over those of control',
  superiority: 'Probability that a treated unit lies above a control unit',
} as const satisfies Record<Effect['scale'], string>

function labelOf({ scale, method }: Drawn): string {
  if (scale === undefined || scale === 'difference')
    return method === 'hodges-lehmann' ? 'shift' : 'difference'
  return {
    relative: 'relative',
    ratio: 'ratio',
    'odds-ratio': 'odds ratio',
    superiority: 'P(above)',
  }[scale]
}

function percentOf(share: number | null | undefined): number | null {
  return share === null || share === undefined ? null : share * 100
}
