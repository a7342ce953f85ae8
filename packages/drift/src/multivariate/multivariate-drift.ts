import type { Summary, Verdict, Warning } from '@mlops/core'
import { formatNumber, withDisplay } from '@mlops/core'
import type { TestResult, ThresholdLimits } from '@mlops/stats'
import type { MultivariateMethod } from '../report.ts'

/** All columns compared at once. */
export interface MultivariateDrift {
  readonly kind: 'multivariate-drift'
  readonly method: MultivariateMethod
  /** `undefined`: enough rows, but the statistic does not exist for them. */
  readonly status: 'compared' | 'insufficient-data' | 'undefined'
  readonly verdict: Verdict
  /** The finding in one sentence for people who know the product, not statistics. */
  readonly sentence: string
  /** Mean reconstruction error, MMD², energy, or area under the ROC curve; `null` where undefined. */
  readonly statistic: number | null
  /** `null` where the method has none, or it is undefined. */
  readonly pValue: number | null
  /** The level that the p-value is held against; `null` where limits decide. */
  readonly alpha: number | null
  /** What `statistic` must lie outside of for drift; `null` where the p-value decides. */
  readonly limits: ThresholdLimits | null
  /** `null` where it could not be judged. */
  readonly drifted: boolean | null
  /** Rows compared. */
  readonly rows: { readonly reference: number; readonly current: number }
  /** Rows left out for a missing value. */
  readonly dropped: { readonly reference: number; readonly current: number }
  /** Values filled in. */
  readonly imputed: { readonly reference: number; readonly current: number }
  /** Columns compared. */
  readonly columns: readonly string[]
  /** An interval of the statistic, where the method gives one. */
  readonly interval?: { readonly lower: number; readonly upper: number; readonly of: string }
  /** The columns that tell the two sides apart, the most telling first. */
  readonly contributions?: readonly { readonly name: string; readonly value: number }[]
  /** What the method was told, and what it chose. */
  readonly settings: Readonly<Record<string, string | number | null>>
  readonly warnings: readonly Warning[]
}

/** A comparison before it is judged. */
export type MultivariateFinding = Omit<
  MultivariateDrift,
  'kind' | 'verdict' | 'sentence' | 'drifted'
> & {
  /** Beside the p-value: whether the difference is large enough to matter. */
  readonly matters?: boolean
}

const WHAT: Readonly<Record<MultivariateMethod, string>> = {
  'pca-reconstruction': 'the error with which the usual combinations of values reproduce a row',
  mmd: 'the kernel distance of the joint distributions (MMD²)',
  energy: 'the energy distance of the joint distributions',
  classifier: 'how well a classifier tells old rows from new ones (AUC)',
}

/** The verdict: drift is `fail`, what could not be judged `inconclusive`. */
export function judged({ matters = true, ...finding }: MultivariateFinding): MultivariateDrift {
  const { statistic, pValue, alpha, limits, status } = finding
  let drifted: boolean | null = null
  if (status === 'compared' && limits !== null && statistic !== null)
    drifted =
      (limits.upper !== null && statistic > limits.upper) ||
      (limits.lower !== null && statistic < limits.lower)
  else if (status === 'compared' && pValue !== null && alpha !== null)
    drifted = pValue < alpha && matters
  const result: MultivariateDrift = {
    kind: 'multivariate-drift',
    ...finding,
    drifted,
    verdict: drifted === null ? 'inconclusive' : drifted ? 'fail' : 'pass',
    sentence: sentenceOf(finding, drifted),
  }
  return withDisplay(result, summarise)
}

/** The verdict on what a two-sample test of the joint samples found. */
export function judgedByTest(
  outline: Pick<MultivariateFinding, 'rows' | 'dropped' | 'imputed' | 'columns' | 'warnings'>,
  test: TestResult,
  {
    method,
    alpha,
    limits,
    settings,
  }: Pick<MultivariateFinding, 'method' | 'settings'> & {
    readonly alpha: number
    readonly limits: ThresholdLimits | undefined
  },
): MultivariateDrift {
  return judged({
    ...outline,
    method,
    status: test.status === 'ok' ? 'compared' : test.status,
    statistic: test.statistic,
    pValue: test.pValue,
    alpha: limits ? null : alpha,
    limits: limits ?? null,
    settings,
    warnings: [...outline.warnings, ...test.warnings],
  })
}

function sentenceOf(
  { method, statistic, pValue, limits, columns, contributions, warnings }: MultivariateFinding,
  drifted: boolean | null,
): string {
  if (drifted === null)
    return `The ${columns.length} columns together could not be compared: ${warnings.at(-1)?.message ?? 'too little data'}`
  const shown = formatNumber(statistic!)
  const against = limits
    ? `, limits ${limits.lower === null ? 'none' : formatNumber(limits.lower)} to ${limits.upper === null ? 'none' : formatNumber(limits.upper)}`
    : `, p = ${formatNumber(pValue!)}`
  const by = (contributions ?? []).filter(({ value }) => value > 0).slice(0, 3)
  const names =
    drifted && by.length > 0
      ? `; most telling: ${by.map(({ name }) => `'${name.slice(0, 60)}'`).join(', ')}`
      : ''
  return `The ${columns.length} columns together ${drifted ? 'changed' : 'look as before'}: ${WHAT[method]} is ${shown}${against}${names}.`
}

function summarise({
  method,
  verdict,
  sentence,
  rows,
  warnings,
  contributions = [],
}: MultivariateDrift): Summary {
  return {
    title: `Drift of all columns together (${method}), ${rows.current} rows against ${rows.reference}`,
    verdict,
    lines: [sentence, ...warnings.map(({ message }) => message)],
    ...(contributions.length > 0 && {
      table: {
        columns: ['column', 'contribution'],
        rows: contributions.slice(0, 10).map(({ name, value }) => [name, value]),
      },
    }),
  }
}
