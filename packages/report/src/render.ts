import type { ExperimentReadout } from '@mlops/abtest'
import type { ExperimentCheck } from '@mlops/abtest/guards'
import type { PeekReadout } from '@mlops/abtest/sequential'
import type { Evidence } from '@mlops/core'
import { invalid, isDigest } from '@mlops/core'
import type { DriftReport, DriftSeries, SegmentReport } from '@mlops/drift'
import type { MonitorReport } from '@mlops/drift/anytime'
import type { MultivariateDrift } from '@mlops/drift/multivariate'
import type { PerformanceSeries } from '@mlops/evaluate'
import type { GateDecision, RiskClassification } from '@mlops/governance'
import type { LineageGraph } from '@mlops/lineage'
import type { Section } from './document.ts'
import { renderFragment, renderHtml } from './html.ts'
import { renderMarkdown } from './markdown.ts'
import { peekSection } from './sections/ab-peek.ts'
import { readoutSection } from './sections/ab-readout.ts'
import { monitorSection } from './sections/drift-monitor.ts'
import { driftSection } from './sections/drift-report.ts'
import { segmentsSection } from './sections/drift-segments.ts'
import { seriesSection } from './sections/drift-series.ts'
import { sealed } from './sections/evidence.ts'
import { experimentCheckSection } from './sections/experiment-check.ts'
import { gateSection } from './sections/gate-decision.ts'
import { lineageSection } from './sections/lineage-graph.ts'
import { multivariateSection } from './sections/multivariate-drift.ts'
import { performanceSection } from './sections/performance-series.ts'
import { plainSection } from './sections/plain.ts'
import { classificationSection } from './sections/risk-classification.ts'

/** A result of another package, or evidence that holds one. */
export type Result =
  | ExperimentCheck
  | ExperimentReadout
  | DriftReport
  | DriftSeries
  | GateDecision
  | LineageGraph
  | MonitorReport
  | MultivariateDrift
  | PeekReadout
  | PerformanceSeries
  | RiskClassification
  | SegmentReport
  | Evidence

/** A result under a title of one's own. */
export interface Titled {
  readonly title: string
  readonly result: Result
}

/** What can be shown: results, with or without a title, and sections of one's own. */
export type Renderable = Result | Titled | Section

export interface RenderOptions {
  /** @default 'Report' */
  readonly title?: string
}

/** Which section shows which kind of result. */
const SECTIONS: Readonly<Record<string, (result: never) => Section>> = {
  'ab-readout': readoutSection,
  'ab-peek': peekSection,
  'experiment-check': experimentCheckSection,
  'drift-report': driftSection,
  'drift-series': seriesSection,
  'drift-segments': segmentsSection,
  'anytime-drift-report': monitorSection,
  'multivariate-drift': multivariateSection,
  'performance-series': performanceSection,
  'lineage-graph': lineageSection,
  'gate-decision': gateSection,
  'risk-classification': classificationSection,
}

/**
 * Results as one HTML page that stands alone: inline drawings, no script, no network, dark and light,
 * fit for print. Everything in it is escaped. About 40 KB for ten columns, whatever the rows.
 *
 * @throws `invalid` `report.unknown-result` for what is neither a result, evidence nor a section.
 * @example
 * ```ts
 * import { compare } from '@mlops/drift'
 * import { toHtml } from '@mlops/report'
 *
 * const ages = Array.from({ length: 100 }, (_, i) => 20 + (i % 50))
 * const html = toHtml(compare({ age: ages }, { age: ages }), { title: 'Ages' })
 * console.log(html.startsWith('<!doctype html>')) // true
 * ```
 */
export function toHtml(
  results: Renderable | readonly Renderable[],
  { title = 'Report' }: RenderOptions = {},
): string {
  return renderHtml({ title, sections: sectionsOf(results) })
}

/**
 * The same without the page around it: for a notebook cell, or a page of one's own.
 *
 * @throws as {@link toHtml}.
 */
export function toHtmlFragment(results: Renderable | readonly Renderable[]): string {
  return renderFragment({ title: '', sections: sectionsOf(results) })
}

/**
 * Results as GitHub-flavoured Markdown, for a pull request or a CI summary. Drawings are told in
 * words.
 *
 * @throws as {@link toHtml}.
 * @example
 * ```ts
 * import { compare } from '@mlops/drift'
 * import { toMarkdown } from '@mlops/report'
 *
 * const ages = Array.from({ length: 100 }, (_, i) => 20 + (i % 50))
 * console.log(toMarkdown(compare({ age: ages }, { age: ages })).split('\n')[2]) // ## Data drift — pass
 * ```
 */
export function toMarkdown(
  results: Renderable | readonly Renderable[],
  { title = 'Report' }: RenderOptions = {},
): string {
  return renderMarkdown({ title, sections: sectionsOf(results) })
}

function sectionsOf(results: Renderable | readonly Renderable[]): Section[] {
  const list = Array.isArray(results) ? (results as readonly Renderable[]) : [results as Renderable]
  return list.map((result, at) => sectionOf(result, at))
}

function sectionOf(result: unknown, at: number): Section {
  if (isEvidence(result)) {
    const render = sectionFor(result.result)
    return sealed(result, render ?? plainSection(result.kind, result.result))
  }
  if (isTitled(result)) return { ...sectionOf(result.result, at), title: result.title }
  const section = sectionFor(result)
  if (section) return section
  if (isSection(result)) return result
  throw invalid(
    'report.unknown-result',
    `result ${at} cannot be shown: pass a result of kind ${Object.keys(SECTIONS).join(', ')}, an evidence document, or a section { title, blocks }`,
    { at, known: Object.keys(SECTIONS) },
  )
}

function sectionFor(result: unknown): Section | undefined {
  const kind = (result as { kind?: unknown } | null)?.kind
  if (typeof kind !== 'string' || !Object.hasOwn(SECTIONS, kind)) return undefined
  return SECTIONS[kind]!(result as never)
}

function isEvidence(result: unknown): result is Evidence {
  const evidence = result as Partial<Evidence> | null
  return (
    isDigest(evidence?.digest) &&
    evidence?.producedAt !== undefined &&
    'result' in (evidence as object)
  )
}

function isTitled(result: unknown): result is Titled {
  const titled = result as Partial<Titled> | null
  return typeof titled?.title === 'string' && typeof titled.result === 'object'
}

function isSection(result: unknown): result is Section {
  const section = result as Partial<Section> | null
  return typeof section?.title === 'string' && Array.isArray(section.blocks)
}
