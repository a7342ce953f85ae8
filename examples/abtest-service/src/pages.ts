import { invalid } from '@mlops/core'
import { json } from '@mlops/http'
import type { Renderable } from '@mlops/report'
import { toHtml, toMarkdown } from '@mlops/report'

/** The same results as JSON, as a page, or as Markdown: `?format=` before the Accept header. */
export function shown(results: readonly Renderable[], request: Request, title: string): Response {
  const asked = new URL(request.url).searchParams.get('format')
  const accept = request.headers.get('accept') ?? ''
  const format =
    asked ?? (accept.includes('text/html') ? 'html' : accept.includes('text/markdown') ? 'markdown' : 'json')
  if (format === 'json') return json({ results })
  if (format === 'html') return text(toHtml(results, { title }), 'text/html')
  if (format === 'markdown') return text(toMarkdown(results, { title }), 'text/markdown')
  throw invalid('service.format', `format is json, html or markdown, got '${format}'`, { format })
}

function text(body: string, type: string): Response {
  return new Response(body, {
    headers: { 'content-type': `${type}; charset=utf-8`, 'x-content-type-options': 'nosniff' },
  })
}
