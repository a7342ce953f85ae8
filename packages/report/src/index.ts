export type {
  Block,
  Cell,
  Details,
  Facts,
  Figure,
  Grid,
  List,
  Paragraph,
  Section,
} from './document.ts'
export { type JUnitOptions, toJUnit } from './junit.ts'
export { type Displayed, forNotebook } from './notebook.ts'
export { type PrometheusOptions, toPrometheus } from './prometheus.ts'
export type { Renderable, RenderOptions, Result, Titled } from './render.ts'
export { toHtml, toHtmlFragment, toMarkdown } from './render.ts'
export { auditSection } from './sections/audit-trail.ts'
export { modelVersionSection } from './sections/model-version.ts'
export { toVegaLite, type VegaLiteSpec } from './vega-lite.ts'
