import type { Verdict } from './evidence.ts'

/** A result as a reader wants to see it first: what it is, the verdict, the reasons, one table. */
export interface Summary {
  readonly title: string
  readonly verdict?: Verdict
  /** Sentences, the most important first. */
  readonly lines?: readonly string[]
  readonly table?: {
    readonly columns: readonly string[]
    readonly rows: readonly (readonly (string | number | null)[])[]
  }
}

const INSPECT = Symbol.for('nodejs.util.inspect.custom')
const DENO_INSPECT = Symbol.for('Deno.customInspect')
const JUPYTER = Symbol.for('Jupyter.display')

/**
 * Gives a plain result the means to print itself in a Node, Deno or Bun REPL and to show itself in
 * a notebook cell. The means are hidden properties: JSON, copies and comparisons do not see them.
 *
 * @example
 * ```ts
 * import { withDisplay } from '@mlops/core'
 *
 * const result = withDisplay({ psi: 0.31 }, ({ psi }) => ({ title: 'PSI', lines: [`psi ${psi}`] }))
 * console.log(JSON.stringify(result)) // '{"psi":0.31}'
 * console.log(result)
 * // PSI
 * // psi 0.31
 * ```
 */
export function withDisplay<Result extends object>(
  result: Result,
  summarise: (result: Result) => Summary,
): Result {
  const text = () => summaryText(summarise(result))
  const bundle = () => {
    const summary = summarise(result)
    return { 'text/plain': summaryText(summary), 'text/html': summaryHtml(summary) }
  }
  for (const [symbol, value] of [
    [INSPECT, text],
    [DENO_INSPECT, text],
    [JUPYTER, bundle],
  ] as const) {
    Object.defineProperty(result, symbol, { value, enumerable: false, configurable: true })
  }
  return result
}

/** A {@link Summary} as plain text with an aligned table. Control characters are made visible. */
export function summaryText({ title, verdict, lines = [], table }: Summary): string {
  const out = [verdict ? `${title}: ${verdict.toUpperCase()}` : title, ...lines].map(printable)
  if (table) {
    const cells = [table.columns, ...table.rows].map((row) =>
      row.map((cell) => printable(cellText(cell))),
    )
    const widths = table.columns.map((_, at) =>
      Math.max(...cells.map((row) => row[at]?.length ?? 0)),
    )
    const numeric = table.columns.map((_, at) =>
      table.rows.every((row) => typeof row[at] !== 'string'),
    )
    out.push('')
    for (const row of cells) {
      const padded = row.map((cell, at) =>
        numeric[at] ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!),
      )
      out.push(padded.join('  ').trimEnd())
    }
  }
  return out.join('\n')
}

/** A {@link Summary} as an HTML fragment. Everything in it is escaped. */
export function summaryHtml({ title, verdict, lines = [], table }: Summary): string {
  const head = verdict
    ? `${escapeHtml(title)}: <strong>${verdict.toUpperCase()}</strong>`
    : escapeHtml(title)
  const body = lines.map((line) => `<div>${escapeHtml(line)}</div>`).join('')
  const grid = table
    ? `<table><thead><tr>${table.columns.map((name) => `<th>${escapeHtml(name)}</th>`).join('')}</tr></thead><tbody>${table.rows
        .map(
          (row) =>
            `<tr>${row.map((cell) => `<td>${escapeHtml(cellText(cell))}</td>`).join('')}</tr>`,
        )
        .join('')}</tbody></table>`
    : ''
  return `<div class="mlops-summary"><div>${head}</div>${body}${grid}</div>`
}

/** Text that is safe as HTML content and as a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

/**
 * A number as people read it: four significant digits, exponents only where the size asks for them.
 *
 * @example
 * ```ts
 * import { formatNumber } from '@mlops/core'
 *
 * console.log(formatNumber(0.123456), formatNumber(1.2e-9), formatNumber(1234567)) // 0.1235 1.2e-9 1234567
 * ```
 */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'undefined' : value > 0 ? '∞' : '-∞'
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value)
  const size = Math.abs(value)
  if (size < 1e-4 || size >= 1e15) return value.toExponential(3).replace(/\.?0+e/, 'e')
  return size >= 1000 ? value.toFixed(1) : String(Number(value.toPrecision(4)))
}

function cellText(cell: string | number | null): string {
  if (cell === null) return '–'
  return typeof cell === 'number' ? formatNumber(cell) : cell
}

function printable(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
