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
export type { Renderable, RenderOptions } from './render.ts'
export { toHtml, toHtmlFragment, toMarkdown } from './render.ts'
export { auditSection } from './sections/audit-trail.ts'
export { modelVersionSection } from './sections/model-version.ts'
