export type { Block, Cell, ReportDocument, Section } from './document.ts'
export type { Renderable, RenderOptions } from './render.ts'
export { toHtml, toHtmlFragment, toMarkdown } from './render.ts'
