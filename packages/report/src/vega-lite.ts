import { formatNumber } from '@mlops/core'
import type { DriftReport, DriftSeries } from '@mlops/drift'
import { requireKind } from './require-kind.ts'

/** A Vega-Lite specification, version 5 and 6: plain JSON that any of its renderers draws. */
export interface VegaLiteSpec {
  readonly $schema: string
  readonly title: string
  readonly [key: string]: unknown
}

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json'
const SIDES = { domain: ['reference', 'current'], range: ['#8a94a3', '#2563c9'] }

/**
 * The drawings of a report as Vega-Lite specifications, for notebooks and dashboards of one's own.
 *
 * Of a drift report: one for each column (and each part of one) that has distributions, both as shares
 * of their side; numbers as overlaid histograms, categories as paired bars. Of drift over time: one for
 * each column, the measure as a line with its threshold and the alarms. The data are the counts, inline:
 * a few KB, whatever the rows. Nothing is drawn here; `vega-lite` is not needed to make them.
 *
 * @throws `invalid` `report.unknown-result` for anything else.
 * @example
 * ```ts
 * import { compare } from '@mlops/drift'
 * import { toVegaLite } from '@mlops/report'
 *
 * const ages = Array.from({ length: 100 }, (_, i) => 20 + (i % 50))
 * const [spec] = toVegaLite(compare({ age: ages }, { age: ages.map((age) => age + 5) }))
 * console.log(spec?.title) // 'age'
 * ```
 * Source: the Vega-Lite 6 schema.
 */
export function toVegaLite(result: DriftReport | DriftSeries): VegaLiteSpec[] {
  requireKind(result, ['drift-report', 'drift-series'], 'toVegaLite')
  if (result.kind === 'drift-series') return result.columns.map((column) => line(column, result))
  return result.columns.flatMap(({ name, distribution, parts = [] }) => [
    ...(distribution ? [distributions(name, distribution)] : []),
    ...parts.flatMap((part) =>
      part.distribution ? [distributions(`${name}: ${part.name}`, part.distribution)] : [],
    ),
  ])
}

type Distribution = NonNullable<DriftReport['columns'][number]['distribution']>

function distributions(
  title: string,
  { labels: own, edges, reference, current }: Distribution,
): VegaLiteSpec {
  const labels = edges ? shortLabels(own, edges) : own
  const values = [...rows('reference', labels, reference), ...rows('current', labels, current)]
  const share = {
    field: 'share',
    type: 'quantitative',
    axis: { format: '%' },
    title: 'share of rows',
  }
  const color = { field: 'side', type: 'nominal', scale: SIDES, title: null }
  const tooltip = ['side', 'bin', 'count', 'share'].map((field) => ({ field }))
  const bins = { field: 'bin', type: 'nominal', sort: labels, title: null }
  return {
    $schema: SCHEMA,
    title,
    width: 480,
    data: { values },
    mark: edges ? { type: 'bar', opacity: 0.5, binSpacing: 0 } : { type: 'bar' },
    encoding: edges
      ? { x: bins, y: { ...share, stack: null }, color, tooltip }
      : {
          y: bins,
          x: { ...share, stack: null },
          yOffset: { field: 'side', sort: SIDES.domain },
          color,
          tooltip,
        },
  }
}

/** Bins by edges of four digits, unless two of them would then be called the same. */
function shortLabels(labels: readonly string[], edges: readonly number[]): readonly string[] {
  const shown = edges.map(formatNumber)
  const distinct = new Set(shown).size === shown.length
  if (edges.length === 0 || labels.length !== edges.length + 1 || !distinct) return labels
  return [
    `< ${shown[0]}`,
    ...shown.slice(1).map((edge, at) => `${shown[at]} – ${edge}`),
    `≥ ${shown.at(-1)}`,
  ]
}

function rows(side: string, labels: readonly string[], counts: readonly number[]) {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return labels.map((bin, at) => ({
    side,
    bin,
    count: counts[at]!,
    share: total === 0 ? 0 : counts[at]! / total,
  }))
}

function line(
  { name, method, points }: DriftSeries['columns'][number],
  { chunks }: DriftSeries,
): VegaLiteSpec {
  const values = points.map(({ chunk, value, threshold, lower, drifted }) => ({
    chunk: chunks[chunk]!.label,
    value,
    threshold,
    lower,
    drifted: drifted === true,
  }))
  const x = { field: 'chunk', type: 'ordinal', sort: null, title: null }
  const y = (field: string) => ({ field, type: 'quantitative', title: method ?? 'value' })
  const dashed = { type: 'line', strokeDash: [4, 3], color: '#5b6675' }
  return {
    $schema: SCHEMA,
    title: name,
    width: 480,
    data: { values },
    layer: [
      { mark: { type: 'line', color: '#2563c9' }, encoding: { x, y: y('value') } },
      { mark: dashed, encoding: { x, y: y('threshold') } },
      ...(values.some(({ lower }) => lower !== null)
        ? [{ mark: dashed, encoding: { x, y: y('lower') } }]
        : []),
      {
        transform: [{ filter: 'datum.drifted' }],
        mark: { type: 'point', filled: true, size: 60, color: '#b3261e' },
        encoding: { x, y: y('value') },
      },
    ],
  }
}
