import type { TableInput } from '@mlops/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compare } from './compare.ts'
import { compareChunks } from './compare-chunks.ts'
import type { CompareOptions } from './compare-options.ts'
import { distanceMethods } from './distance-methods.ts'
import { findDriftSegments } from './find-drift-segments.ts'
import { fitReference } from './fit-reference.ts'
import { presets } from './presets.ts'
import type { DriftMethod, DriftReport } from './report.ts'
import { testMethods } from './test-methods.ts'

const number = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -3, max: 3 }) },
  fc.double(),
  fc.constantFrom(
    null,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -0,
    5e-324,
    1e308,
    -1e308,
    Number.MAX_VALUE,
  ),
)
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    'toString',
    '<script>alert(1)</script>',
    '\u0000',
    '\ud800',
    '\udc00x',
    '\u202e',
    'x'.repeat(100_000),
    'a b '.repeat(2000),
    null,
  ),
)
const column = <T>(cell: fc.Arbitrary<T>) => fc.array(cell, { minLength: 1, maxLength: 40 })
const vector = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(number, number).map((v) => v.map((x) => x ?? Number.NaN)) },
  fc.constant(null),
)
const numberMethods = (
  Object.entries({ ...distanceMethods, ...testMethods }) as [DriftMethod, { of: string }][]
)
  .filter(([, { of }]) => of !== 'categories')
  .map(([method]) => method)
const categoryMethods = (
  Object.entries({ ...distanceMethods, ...testMethods }) as [DriftMethod, { of: string }][]
)
  .filter(([, { of }]) => of !== 'numbers')
  .map(([method]) => method)

/** What must hold of any report, whatever went in. */
function sound(report: DriftReport): void {
  // Only finite numbers: JSON would turn the others into null, and the copies would differ.
  expect(JSON.parse(JSON.stringify(report))).toEqual(
    JSON.parse(JSON.stringify(report, refuseNonFinite)),
  )
  for (const one of report.columns) {
    expect(['pass', 'warn', 'fail', 'inconclusive']).toContain(one.verdict)
    expect(one.sentence.length).toBeGreaterThan(0)
    expect(one.sentence.length).toBeLessThan(600)
    if (one.decision?.drifted) expect(one.verdict).toBe('fail')
    if (one.status === 'insufficient-data') expect(one.verdict).not.toBe('pass')
    if (one.contribution !== null) {
      expect(one.contribution).toBeGreaterThanOrEqual(0)
      expect(one.contribution).toBeLessThanOrEqual(1)
    }
    for (const { from, to } of one.changes) {
      expect(from).toBeGreaterThanOrEqual(0)
      expect(to).toBeLessThanOrEqual(1)
    }
  }
}

/** In a saved reference the largest double stands for infinity, where there is one. */
function ambiguous(table: TableInput): boolean {
  return Object.values(table).some(
    (column) => Array.isArray(column) && column.some((x) => Math.abs(x) === Number.MAX_VALUE),
  )
}

function refuseNonFinite(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${key} is ${value}`)
  return value
}

function bothWays(before: TableInput, after: TableInput, options: CompareOptions): void {
  const report = compare(before, after, { minCount: 1, ...options })
  sound(report)
  const learned = report.preset === 'nannyml'
  if (learned || ambiguous(before)) return
  const saved = JSON.parse(
    JSON.stringify(fitReference(before, { ...(options.types && { types: options.types }) })),
  )
  expect(compare(saved, after, { minCount: 1, ...options }).verdict).toBe(report.verdict)
}

describe('whatever comes, the report is sound and the saved reference says the same', () => {
  test('numbers, by every method', () => {
    fc.assert(
      fc.property(
        column(number),
        column(number),
        fc.constantFrom(...numberMethods),
        (a, b, method) =>
          bothWays({ x: a }, { x: b }, { types: { x: 'numeric' }, columns: {}, rule: { method } }),
      ),
      { numRuns: 600 },
    )
  })

  test('texts as categories, by every method', () => {
    fc.assert(
      fc.property(column(text), column(text), fc.constantFrom(...categoryMethods), (a, b, method) =>
        bothWays({ x: a }, { x: b }, { types: { x: 'categorical' }, rule: { method } }),
      ),
      { numRuns: 400 },
    )
  })

  test('every preset, on numbers and categories with hostile names of columns', () => {
    const name = fc.constantFrom('x', '__proto__', 'constructor', '', '<b>')
    fc.assert(
      fc.property(
        name,
        fc.array(fc.tuple(number, text), { minLength: 10, maxLength: 40 }),
        fc.array(fc.tuple(number, text), { minLength: 10, maxLength: 40 }),
        fc.constantFrom(...(Object.keys(presets) as (keyof typeof presets)[])),
        (key, a, b, preset) => {
          const table = (rows: typeof a) => {
            const made: Record<string, unknown> = Object.create(null)
            made[key] = rows.map(([x]) => x)
            made['other'] = rows.map(([, t]) => t)
            return made as TableInput
          }
          const types = JSON.parse(`{${JSON.stringify(key)}: "numeric", "other": "categorical"}`)
          try {
            bothWays(table(a), table(b), { preset, types })
          } catch (error) {
            // Of forty hostile rows ten chunks may hold too few values to learn from.
            if ((error as { code?: string }).code !== 'drift.too-few-chunks') throw error
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test.each(['text', 'datetime', 'embedding'] as const)('%s columns', (type) => {
    const cell: Record<typeof type, fc.Arbitrary<unknown>> = {
      text,
      datetime: fc.oneof(number, fc.date({ noInvalidDate: true })),
      embedding: vector,
    }
    fc.assert(
      fc.property(column(cell[type]), column(cell[type]), (a, b) =>
        bothWays({ x: a as string[] }, { x: b as string[] }, { types: { x: type } }),
      ),
      { numRuns: 150 },
    )
  })

  test('segments and chunks', () => {
    const rows = fc.array(fc.record({ n: number, c: text, m: number }), {
      minLength: 2,
      maxLength: 40,
    })
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const types = { n: 'numeric', m: 'numeric', c: 'categorical' } as const
        const report = findDriftSegments(a, b, { types, minRows: 1, alpha: 0.99, minExcess: 0 })
        JSON.stringify(report, refuseNonFinite)
        for (const { adjustedPValue, effectSize } of report.segments) {
          expect(adjustedPValue).toBeLessThan(0.99)
          expect(effectSize).toBeLessThanOrEqual(1)
        }
        const series = compareChunks(a, b, { types, minCount: 1, chunk: { by: 'size', size: 7 } })
        expect(series.chunks).toHaveLength(Math.ceil(b.length / 7))
        JSON.stringify(series, refuseNonFinite)
      }),
      { numRuns: 150 },
    )
  })
})

test('a table never drifts from itself, whatever kind it is of', () => {
  const rows = fc.array(fc.record({ n: number, c: text, t: text, e: vector }), {
    minLength: 20,
    maxLength: 60,
  })
  fc.assert(
    fc.property(rows, (a) => {
      const types = { n: 'numeric', c: 'categorical', t: 'text', e: 'embedding' } as const
      const report = compare(a as never, a as never, { types })
      expect(report.dataset.drifted).toBe(0)
      expect(report.columns.every(({ verdict }) => verdict !== 'fail' && verdict !== 'warn')).toBe(
        true,
      )
    }),
    { numRuns: 100 },
  )
})
