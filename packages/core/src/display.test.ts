import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { formatNumber, summaryHtml, summaryText, withDisplay } from './display.ts'

const summary = {
  title: 'Report <b>',
  verdict: 'warn',
  lines: ['one "line"'],
  table: {
    columns: ['name', 'psi'],
    rows: [
      ['a\u001b[31m', 0.25],
      ['<script>', null],
    ],
  },
} as const

test('text is aligned and free of control characters', () => {
  expect(summaryText(summary)).toBe(
    [
      'Report <b>: WARN',
      'one "line"',
      '',
      'name        psi',
      'a\\x1b[31m  0.25',
      '<script>      –',
    ].join('\n'),
  )
})

test('HTML is escaped everywhere', () => {
  const html = summaryHtml(summary)
  expect(html).not.toContain('<script>')
  expect(html).not.toContain('<b>')
  expect(html).toContain('&#60;script&#62;')
})

test('the means of display are invisible to JSON, copies and comparisons', () => {
  const result = withDisplay({ psi: 0.25 }, ({ psi }) => ({ title: 'PSI', lines: [`psi ${psi}`] }))
  expect(inspect(result)).toBe('PSI\npsi 0.25')
  expect(JSON.stringify(result)).toBe('{"psi":0.25}')
  expect(Object.keys(result)).toEqual(['psi'])
  expect({ ...result }).toEqual({ psi: 0.25 })
  expect(structuredClone(result)).toEqual({ psi: 0.25 })
  const jupyter = (result as never)[Symbol.for('Jupyter.display')] as () => Record<string, string>
  expect(Object.keys(jupyter())).toEqual(['text/plain', 'text/html'])
})

test('numbers read well', () => {
  const cases: [number, string][] = [
    [0, '0'],
    [0.123456, '0.1235'],
    [1.2e-9, '1.2e-9'],
    [1e-20, '1e-20'],
    [12345.678, '12345.7'],
    [1234567, '1234567'],
    [Number.NaN, 'undefined'],
    [Number.NEGATIVE_INFINITY, '-∞'],
  ]
  for (const [value, text] of cases) expect(formatNumber(value)).toBe(text)
})
