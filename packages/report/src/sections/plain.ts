import { formatSubject } from '@mlops/core'
import type { Cell, Section } from '../document.ts'

/** A result of no known kind: its fields as they are, so that nothing of it is lost. */
export function plainSection(kind: string, result: unknown): Section {
  return {
    title: kind,
    blocks: [{ type: 'grid', columns: ['Field', 'Value'], rows: fieldsOf(result, '') }],
  }
}

const MOST_ROWS = 200

function fieldsOf(value: unknown, path: string): Cell[][] {
  if (typeof value !== 'object' || value === null) return [[path || 'value', scalar(value)]]
  if ('type' in value && 'name' in value && Object.keys(value).length <= 4)
    return [[path, formatSubject(value as never)]]
  const rows = Object.entries(value).flatMap(([key, member]) =>
    fieldsOf(member, path === '' ? key : `${path}.${key}`),
  )
  return rows.length > MOST_ROWS
    ? [...rows.slice(0, MOST_ROWS), ['…', `${rows.length - MOST_ROWS} more fields`]]
    : rows
}

function scalar(value: unknown): Cell {
  return typeof value === 'number'
    ? value
    : value === null || value === undefined
      ? null
      : String(value)
}
