import type { CellValue, ColumnType } from '@mlops/core'

/** A present value as its column takes it, or the type that does not fit. */
export type Cell =
  | { readonly type: ColumnType; readonly value: number | string; readonly mistyped?: undefined }
  | { readonly type: ColumnType; readonly mistyped: string }

/**
 * Reads one present value for a column of the wanted type, or of its own type where none is wanted.
 * A type given by hand converts (as `readColumn` does); one that was only seen does not.
 */
export function readCell(
  value: NonNullable<CellValue>,
  wanted: ColumnType | undefined,
  converts: boolean,
): Cell {
  const own = typeOf(value)
  if (own === undefined) return { type: wanted ?? 'categorical', mistyped: typeof value }
  const type = wanted ?? own
  if (!converts && own !== type) return { type, mistyped: own }
  const read = convert(value, type)
  return read === undefined || Number.isNaN(read) ? { type, mistyped: own } : { type, value: read }
}

function typeOf(value: unknown): ColumnType | undefined {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return 'numeric'
    case 'string':
      return 'categorical'
    case 'boolean':
      return 'boolean'
    default:
      return value instanceof Date ? 'datetime' : undefined
  }
}

function convert(value: NonNullable<CellValue>, type: ColumnType): number | string | undefined {
  switch (type) {
    case 'numeric':
      if (typeof value === 'string' && value.trim() === '') return undefined
      return value instanceof Date ? value.getTime() : Number(value)
    case 'datetime':
      return typeof value === 'string' ? Date.parse(value) : Number(value)
    case 'boolean':
      if (value === true || value === 1 || value === 'true') return 'true'
      return value === false || value === 0 || value === 'false' ? 'false' : undefined
    case 'categorical':
    case 'text':
      if (!(value instanceof Date)) return String(value)
      return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
    case 'embedding':
      return undefined
  }
}
