import { formatNumber } from '@mlops/core'
import type { Block, Cell, ReportDocument } from './document.ts'

/** The document as GitHub-flavoured Markdown. Drawings are told in words. */
export function renderMarkdown({ title, sections }: ReportDocument): string {
  const parts = [`# ${inline(title)}`]
  for (const section of sections) {
    parts.push(`## ${inline(section.title)}${badge(section.verdict)}`)
    parts.push(...section.blocks.map((block) => renderBlock(block, 3)))
  }
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function renderBlock(block: Block, level: number): string {
  switch (block.type) {
    case 'paragraph':
      return inline(block.text)
    case 'list':
      return block.items.map((item) => `- ${inline(item)}`).join('\n')
    case 'facts':
      return block.items
        .map(([label, value]) => `- **${inline(label)}:** ${cell(value)}`)
        .join('\n')
    case 'grid':
      return [
        row(block.columns.map(inline)),
        row(
          block.columns.map((_, at) =>
            block.rows.every((cells) => typeof cells[at] === 'number' || cells[at] === null)
              ? '---:'
              : '---',
          ),
        ),
        ...block.rows.map((cells) => row(cells.map(cell))),
      ].join('\n')
    case 'figure':
      return `*${inline(block.caption)}*`
    case 'details':
      return [
        `${'#'.repeat(level)} ${inline(block.title)}${badge(block.verdict)}`,
        ...block.blocks.map((inner) => renderBlock(inner, level + 1)),
      ]
        .filter((part) => part !== '')
        .join('\n\n')
  }
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function cell(value: Cell): string {
  if (value === null) return '–'
  if (typeof value === 'number') return formatNumber(value)
  return typeof value === 'string' ? inline(value) : inline(value.text ?? value.verdict)
}

function badge(verdict: string | undefined): string {
  return verdict === undefined ? '' : ` — ${verdict}`
}

/** Text that Markdown takes for text: no markup, no HTML, no line break. */
function inline(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').replace(/[\\`*_[\]<>|#~]/g, '\\$&')
}
