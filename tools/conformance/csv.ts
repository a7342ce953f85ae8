import { readFileSync } from 'node:fs'

/** A CSV file (UTF-8, LF, RFC 4180 quotes) as columns of text. The empty text is a missing cell. */
export function readCsv(path: string): Map<string, string[]> {
  const [header, ...rows] = parse(readFileSync(path, 'utf8'))
  return new Map((header ?? []).map((name, j) => [name, rows.map((row) => row[j] ?? '')]))
}

/** Cells as doubles; a missing cell is NaN. */
export function numbers(cells: readonly string[]): Float64Array {
  return Float64Array.from(cells, (cell) => (cell === '' ? Number.NaN : Number(cell)))
}

function parse(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (quoted) {
      if (c !== '"') cell += c
      else if (text[i + 1] === '"') cell += text[++i]
      else quoted = false
    } else if (c === '"') quoted = true
    else if (c === ',' || c === '\n') {
      row.push(cell)
      cell = ''
      if (c === '\n') {
        rows.push(row)
        row = []
      }
    } else if (c !== '\r') cell += c
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell])
  return rows
}
