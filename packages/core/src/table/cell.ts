import { invalid } from '../errors.ts'

/** Reads one cell. */
export type At = (index: number) => unknown

/** Whether `value` counts as missing: `null`, `undefined` or NaN. */
export function isMissing(value: unknown): value is null | undefined {
  return value === null || value === undefined || Number.isNaN(value)
}

/** The error of a cell that cannot be read. */
export function unreadable(name: string, row: number, value: unknown, wanted: string) {
  const shown = String(value).slice(0, 40)
  return invalid(
    'core.unreadable-value',
    `column '${name}', row ${row}: cannot read '${shown}' as ${wanted}`,
    {
      column: name,
      row,
      wanted,
    },
  )
}
