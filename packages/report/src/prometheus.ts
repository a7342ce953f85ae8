import { invalid, type Verdict } from '@mlops/core'
import type { DriftReport } from '@mlops/drift'
import type { MonitorReport } from '@mlops/drift/anytime'
import { requireKind } from './require-kind.ts'

export interface PrometheusOptions {
  /** Labels on every sample: which model, which deployment. Names `[a-zA-Z_][a-zA-Z0-9_]*`. */
  readonly labels?: Readonly<Record<string, string>>
  /** Beginning of every metric name. @default 'mlops_drift' */
  readonly prefix?: string
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

/**
 * A drift report, or the standing of a monitor, as Prometheus text: gauges to serve under `/metrics` or to push.
 *
 * Of the data: `_rows{side}`, `_columns_compared`, `_columns_drifted`, `_verdict{verdict}` (1 for the
 * verdict in force, 0 for the others). Of each column: `_column_drifted`, `_column_effect_size`,
 * `_column_value{method}` with `_column_threshold{method}`, `_column_p_value_adjusted`, `_column_psi`,
 * `_column_missing_ratio`. What is undefined has no sample: absent, never 0.
 *
 * Of a monitor (`createMonitor` of `@mlops/drift/anytime`): `_monitor_rows`, `_monitor_verdict{verdict}`,
 * and of each column `_monitor_column_alarm`, `_monitor_column_p_value`, `_monitor_column_missing`.
 *
 * Cost: eight samples a column; a hundred columns are no burden for a scraper, ten thousand are.
 *
 * @throws `invalid` `report.unknown-result` for anything else; `report.bad-label` for a label or prefix that the format does not allow, or a label
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
  report: DriftReport | MonitorReport,
  { labels = {}, prefix = 'mlops_drift' }: PrometheusOptions = {},
): string {
  requireKind(report, ['drift-report', 'anytime-drift-report'], 'toPrometheus')
  check(labels, prefix)
  const metrics = report.kind === 'drift-report' ? driftMetrics(report) : monitorMetrics(report)
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, samples }) => {
      const full = `${prefix}_${name}`
      const lines = samples.map(
        ([own, value]) => `${full}${labelText({ ...labels, ...own })} ${number(value)}`,
      )
      return `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${lines.join('\n')}\n`
    })
    .join('')
}

interface Metric {
  readonly name: string
  readonly help: string
  readonly samples: readonly Sample[]
}

function driftMetrics({ rows, dataset, columns, verdict }: DriftReport): Metric[] {
  type Column = DriftReport['columns'][number]
  const perColumn = (
    pick: (column: Column) => number | null | undefined,
    more: (column: Column) => Record<string, string> = () => ({}),
  ): Sample[] =>
    columns.flatMap((column) => {
      const value = pick(column)
      return value === null || value === undefined
        ? []
        : [[{ column: column.name, ...more(column) }, value] as const]
    })
  const method = ({ decision }: Column) => ({ method: decision!.method })
  return [
    {
      name: 'rows',
      help: 'Rows compared.',
      samples: [
        [{ side: 'reference' }, rows.reference],
        [{ side: 'current' }, rows.current],
      ],
    },
    {
      name: 'columns_compared',
      help: 'Columns that could be compared.',
      samples: [[{}, dataset.compared]],
    },
    { name: 'columns_drifted', help: 'Columns that drifted.', samples: [[{}, dataset.drifted]] },
    { name: 'verdict', help: '1 for the verdict in force.', samples: verdictSamples(verdict) },
    {
      name: 'column_drifted',
      help: 'Whether the column drifted.',
      samples: perColumn(({ decision }) => decision && Number(decision.drifted)),
    },
    {
      name: 'column_effect_size',
      help: 'KS distance of numbers, total variation of categories, 0 to 1.',
      samples: perColumn(({ effectSize }) => effectSize?.value),
    },
    {
      name: 'column_value',
      help: 'What was held against the threshold.',
      samples: perColumn(({ decision }) => decision?.value, method),
    },
    {
      name: 'column_threshold',
      help: 'The threshold in force.',
      samples: perColumn(({ decision }) => decision?.threshold, method),
    },
    {
      name: 'column_p_value_adjusted',
      help: 'p-value adjusted for the number of columns.',
      samples: perColumn(({ decision }) => decision?.adjustedPValue),
    },
    {
      name: 'column_psi',
      help: 'Population stability index.',
      samples: perColumn(({ distances }) => distances?.psi),
    },
    {
      name: 'column_missing_ratio',
      help: 'Share of missing values now.',
      samples: perColumn(({ current }) => current?.missingShare),
    },
  ]
}

function monitorMetrics({ rows, verdict, columns }: MonitorReport): Metric[] {
  const perColumn = (pick: (column: MonitorReport['columns'][number]) => number): Sample[] =>
    columns.map((column) => [{ column: column.name }, pick(column)])
  return [
    { name: 'monitor_rows', help: 'Rows observed.', samples: [[{}, rows]] },
    {
      name: 'monitor_verdict',
      help: '1 for the verdict in force.',
      samples: verdictSamples(verdict),
    },
    {
      name: 'monitor_column_alarm',
      help: 'Whether drift of the column was shown.',
      samples: perColumn(({ alarm }) => Number(alarm)),
    },
    {
      name: 'monitor_column_p_value',
      help: 'A p-value that holds at all times.',
      samples: perColumn(({ pValue }) => pValue),
    },
    {
      name: 'monitor_column_missing',
      help: 'Missing values observed.',
      samples: perColumn(({ missing }) => missing),
    },
  ]
}

function verdictSamples(verdict: Verdict): Sample[] {
  return (['pass', 'warn', 'fail', 'inconclusive'] as const).map((one) => [
    { verdict: one },
    Number(one === verdict),
  ])
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
