import { invalid } from '@mlops/core'

/** A field, and whether it stood in quotes. */
export interface CsvField {
  readonly text: string
  readonly quoted: boolean
}

const QUOTE = 34
const LF = 10
const CR = 13

/**
 * Cuts a stream of text pieces into CSV records (RFC 4180): quoted fields may hold delimiters, line
 * breaks and doubled quotes; lines end in CRLF, LF or CR. A piece may end anywhere.
 *
 * Cost: one pass; memory: the piece and the unfinished field.
 */
export function createCsvParser({
  delimiter,
  longestField,
}: {
  readonly delimiter: string
  readonly longestField: number
}) {
  const separator = delimiter.charCodeAt(0)
  let record: CsvField[] = []
  let field = ''
  let state: 'start' | 'plain' | 'quoted' | 'quote-in-quoted' = 'start'
  let afterCr = false
  let line = 1

  function endField(): void {
    record.push({ text: field, quoted: state === 'quote-in-quoted' })
    field = ''
    state = 'start'
  }

  function endRecord(records: CsvField[][]): void {
    endField()
    records.push(record)
    record = []
  }

  function grow(more: string): void {
    field += more
    if (field.length > longestField) {
      throw invalid(
        'drift.csv-field-too-long',
        `line ${line}: a field has over ${longestField} characters; is a quote missing? Else raise longestField`,
        { line, longestField },
      )
    }
  }

  function push(piece: string, records: CsvField[][]): void {
    for (let at = 0; at < piece.length; ) {
      const code = piece.charCodeAt(at)
      if (afterCr) {
        afterCr = false
        if (code === LF) {
          at++
          continue
        }
      }
      if (state === 'quoted') {
        const end = piece.indexOf('"', at)
        const text = piece.slice(at, end < 0 ? undefined : end)
        for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) line++
        grow(text)
        if (end < 0) return
        state = 'quote-in-quoted'
        at = end + 1
      } else if (code === separator) {
        endField()
        at++
      } else if (code === LF || code === CR) {
        endRecord(records)
        afterCr = code === CR
        line++
        at++
      } else if (code === QUOTE && state === 'start') {
        state = 'quoted'
        at++
      } else if (code === QUOTE && state === 'quote-in-quoted') {
        grow('"')
        state = 'quoted'
        at++
      } else if (code === QUOTE || state === 'quote-in-quoted') {
        throw invalid(
          'drift.csv-malformed',
          `line ${line}: ${code === QUOTE ? 'a quote inside an unquoted field' : 'text behind a closing quote'}; quote the whole field and double the quotes in it`,
          { line },
        )
      } else {
        let end = at + 1
        for (; end < piece.length; end++) {
          const next = piece.charCodeAt(end)
          if (next === separator || next === LF || next === CR || next === QUOTE) break
        }
        grow(piece.slice(at, end))
        state = 'plain'
        at = end
      }
    }
  }

  return {
    /** The records that this piece completes. */
    push(piece: string): CsvField[][] {
      const records: CsvField[][] = []
      push(piece, records)
      return records
    },
    /** The last record, if the last line has no end. */
    end(): CsvField[][] {
      if (state === 'quoted') {
        throw invalid(
          'drift.csv-unterminated-quote',
          `line ${line}: the data end inside a quoted field; they are cut off, or a quote is missing`,
          { line },
        )
      }
      const records: CsvField[][] = []
      if (state !== 'start' || record.length > 0) endRecord(records)
      return records
    },
  }
}
