import { invalid } from '@mlops/core'
import type { DriftReport } from '@mlops/drift'

export interface PrometheusOptions {
  /** Labels on every sample: which model, which deployment. Names `[a-zA-Z_][a-zA-Z0-9_]*`. */
  readonly labels?: Readonly<Record<string, string>>
  /** Beginning of every metric name. @default 'mlops_drift' */
  readonly prefix?: string
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

/**
 * A drift report as Prometheus text: gauges to serve under `/metrics` or to push.
 *
 * Of the data: `_rows{side}`, `_columns_compared`, `_columns_drifted`, `_verdict{verdict}` (1 for the
 * verdict in force, 0 for the others). Of each column: `_column_drifted`, `_column_effect_size`,
 * `_column_value{method}` with `_column_threshold{method}`, `_column_p_value_adjusted`, `_column_psi`,
 * `_column_missing_ratio`. What is undefined has no sample: absent, never 0.
 *
 * Cost: eight samples a column; a hundred columns are no burden for a scraper, ten thousand are.
 *
 * @throws `invalid` `report.bad-label` for a label or prefix that the format does not allow, or a label
 *   that the metrics use themselves.
 * @example
 * ```ts
 * import { compare } from '@mlops/drift'
 * import { toPrometheus } from '@mlops/report'
 *
 * const before = { plan: [...Array<string>(60).fill('free'), ...Array<string>(40).fill('paid')] }
 * const after = { plan: [...Array<string>(30).fill('free'), ...Array<string>(70).fill('paid')] }
 * const text = toPrometheus(compare(before, after), { labels: { model: 'churn' } })
 * console.log(text.split('\n').filter((line) => line.startsWith('mlops_drift_column_drifted')))
 * // [ 'mlops_drift_column_drifted{model="churn",column="plan"} 1' ]
 * ```
 * Source: Prometheus text exposition format 0.0.4.
 */
export function toPrometheus(
  report: DriftReport,
  { labels = {}, prefix = 'mlops_drift' }: PrometheusOptions = {},
): string {
  check(labels, prefix)
  const { rows, dataset, columns, verdict } = report
  const perColumn = (
    pick: (column: DriftReport['columns'][number]) => number | null | undefined,
    more: (column: DriftReport['columns'][number]) => Record<string, string> = () => ({}),
  ): Sample[] =>
    columns.flatMap((column) => {
      const value = pick(column)
      return value === null || value === undefined
        ? []
        : [[{ column: column.name, ...more(column) }, value] as const]
    })
  const method = ({ decision }: DriftReport['columns'][number]) => ({ method: decision!.method })
  const metrics: readonly (readonly [name: string, help: string, samples: readonly Sample[]])[] = [
    [
      'rows',
      'Rows compared.',
      [
        [{ side: 'reference' }, rows.reference],
        [{ side: 'current' }, rows.current],
      ],
    ],
    ['columns_compared', 'Columns that could be compared.', [[{}, dataset.compared]]],
    ['columns_drifted', 'Columns that drifted.', [[{}, dataset.drifted]]],
    [
      'verdict',
      '1 for the verdict in force.',
      (['pass', 'warn', 'fail', 'inconclusive'] as const).map(
        (one) => [{ verdict: one }, Number(one === verdict)] as const,
      ),
    ],
    [
      'column_drifted',
      'Whether the column drifted.',
      perColumn(({ decision }) => decision && Number(decision.drifted)),
    ],
    [
      'column_effect_size',
      'KS distance of numbers, total variation of categories, 0 to 1.',
      perColumn(({ effectSize }) => effectSize?.value),
    ],
    [
      'column_value',
      'What was held against the threshold.',
      perColumn(({ decision }) => decision?.value, method),
    ],
    [
      'column_threshold',
      'The threshold in force.',
      perColumn(({ decision }) => decision?.threshold, method),
    ],
    [
      'column_p_value_adjusted',
      'p-value adjusted for the number of columns.',
      perColumn(({ decision }) => decision?.adjustedPValue),
    ],
    ['column_psi', 'Population stability index.', perColumn(({ distances }) => distances?.psi)],
    [
      'column_missing_ratio',
      'Share of missing values now.',
      perColumn(({ current }) => current?.missingShare),
    ],
  ]
  return metrics
    .filter(([, , samples]) => samples.length > 0)
    .map(([name, help, samples]) => {
      const full = `${prefix}_${name}`
      const lines = samples.map(
        ([own, value]) => `${full}${labelText({ ...labels, ...own })} ${number(value)}`,
      )
      return `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${lines.join('\n')}\n`
    })
    .join('')
}

const OWN_LABELS = new Set(['side', 'verdict', 'column', 'method'])

function check(labels: Readonly<Record<string, string>>, prefix: string): void {
  for (const name of Object.keys(labels)) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name.startsWith('__') || OWN_LABELS.has(name)) {
      throw invalid(
        'report.bad-label',
        `'${name}' cannot be a label: letters, digits and _, not beginning with a digit or __, and not one of ${[...OWN_LABELS].join(', ')}`,
        { label: name },
      )
    }
  }
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(prefix)) {
    throw invalid(
      'report.bad-label',
      `'${prefix}' cannot begin a metric name: letters, digits, _ and :, not beginning with a digit`,
      { prefix },
    )
  }
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeLabel(value: string): string {
  return value
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/\\/g, '\\\\')
    .replace(/"/g, '\\"')
    .replace(/\n/g, '\\n')
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return String(value)
}
