import { escapeHtml, formatNumber } from '@mlops/core'
import type { Block, Cell, ReportDocument, Section } from './document.ts'
import { STYLE } from './style.ts'

/** The document as one HTML page that needs nothing else: no network, no script, no font. */
export function renderHtml({ title, sections }: ReportDocument): string {
  const contents =
    sections.length > 1
      ? `<nav aria-label="Contents"><ol>${sections.map((section, at) => `<li><a href="#s${at + 1}">${escapeHtml(section.title)}</a> ${badge(section.verdict)}</li>`).join('')}</ol></nav>`
      : ''
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${contents}
${sections.map(renderSection).join('\n')}
</main>
</body>
</html>
`
}

/** The sections alone, with their style: for a notebook cell or a page of one's own. */
export function renderFragment({ sections }: ReportDocument): string {
  return `<div class="mlops-report"><style>${STYLE}</style>${sections.map(renderSection).join('')}</div>`
}

function renderSection({ title, verdict, blocks }: Section, at: number): string {
  return `<section id="s${at + 1}"><h2>${escapeHtml(title)} ${badge(verdict)}</h2>${blocks.map(renderBlock).join('')}</section>`
}

function renderBlock(block: Block): string {
  switch (block.type) {
    case 'paragraph':
      return `<p>${escapeHtml(block.text)}</p>`
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`
    case 'facts':
      return `<dl>${block.items.map(([label, value]) => `<div><dt>${escapeHtml(label)}</dt><dd>${cell(value)}</dd></div>`).join('')}</dl>`
    case 'grid':
      return grid(block.columns, block.rows)
    case 'figure':
      return `<figure>${block.svg}<figcaption>${escapeHtml(block.caption)}</figcaption></figure>`
    case 'details':
      return `<details${block.verdict === 'fail' ? ' open' : ''}><summary>${escapeHtml(block.title)} ${badge(block.verdict)}</summary>${block.blocks.map(renderBlock).join('')}</details>`
  }
}

function grid(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = columns.map((_, at) =>
    rows.every((row) => typeof row[at] === 'number' || row[at] === null),
  )
  const cls = (at: number) => (numeric[at] ? ' class="n"' : '')
  const head = columns
    .map((name, at) => `<th scope="col"${cls(at)}>${escapeHtml(name)}</th>`)
    .join('')
  const body = rows
    .map(
      (row) => `<tr>${row.map((value, at) => `<td${cls(at)}>${cell(value)}</td>`).join('')}</tr>`,
    )
    .join('')
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
}

function cell(value: Cell): string {
  if (value === null) return '–'
  if (typeof value === 'number') return escapeHtml(formatNumber(value))
  return typeof value === 'string' ? escapeHtml(value) : badge(value.verdict, value.text)
}

function badge(verdict: string | undefined, text = verdict): string {
  return verdict === undefined
    ? ''
    : `<span class="badge ${escapeHtml(verdict)}">${escapeHtml(text ?? verdict)}</span>`
}
