// The threads run the built package: build before this test.
import { createRng } from '@mlops/core'
import { openDriftWorkers } from '@mlops/drift/workers'
import { afterAll, describe, expect, test } from 'vitest'
import { compare } from '../compare.ts'
import type { CompareOptions } from '../compare-options.ts'
import { fitReference } from '../fit-reference.ts'

const rows = 12_000
function table(seed: string, shift: number) {
  const rng = createRng(seed)
  const numbers = () => Float64Array.from({ length: rows }, () => rng.next() ** 2 + shift)
  return {
    a: numbers(),
    b: numbers().map((x) => (x < 0.1 ? Number.NaN : x)),
    c: Array.from({ length: rows }, () => (rng.next() < 0.5 - shift ? 'x' : 'y')),
    d: Array.from({ length: rows }, (_, i) => new Date(1.7e12 + i * 6e5)),
    e: Array.from({ length: rows }, () => `word${Math.floor(rng.next() * 9)} and more`),
    f: numbers(),
    [`only in ${seed}`]: numbers(),
  }
}
const before = table('before', 0)
const after = table('after', 0.1)

describe('comparing on threads', () => {
  const workers = openDriftWorkers({ threads: 2 })
  afterAll(() => workers.close())

  const cases: Record<string, CompareOptions> = {
    defaults: {},
    'rules of one column, roles, ignored ones': {
      columns: { a: { method: 'psi' }, f: { method: 'ks', threshold: 0.01 } },
      roles: { prediction: 'f' },
      ignore: ['d'],
    },
    'another tool': { preset: 'evidently' },
    'learned thresholds': { preset: 'nannyml', ignore: ['d'] },
    types: { types: { e: 'text' } },
  }
  test.each(Object.entries(cases))('gives the same report: %s', async (_, options) => {
    const report = await workers.compare(before, after, options)
    expect(report).toEqual(compare(before, after, options))
    expect(String(report.columns[0]?.name)).not.toBe('')
  })

  test('fits the same reference, and compares with it', async () => {
    const fitted = await workers.fitReference(before, { sampleSize: 500, types: { e: 'text' } })
    expect(fitted).toEqual(fitReference(before, { sampleSize: 500, types: { e: 'text' } }))
    expect(await workers.compare(fitted, after)).toEqual(compare(fitted, after))
    const seeded = { sampleSize: 100, rng: createRng(7) }
    expect(await workers.fitReference(before, seeded)).toEqual(
      fitReference(before, { sampleSize: 100, rng: createRng(7) }),
    )
  })

  test.each([
    ['drift.unknown-column', () => workers.compare(before, after, { ignore: ['nothing'] })],
    ['drift.invalid-option', () => workers.compare(before, after, { alpha: 2 })],
    ['drift.invalid-option', () => workers.fitReference(before, { sampleSize: 0 })],
    [
      'drift.method-not-applicable',
      () => workers.compare(before, after, { columns: { c: { method: 'welch-t' } } }),
    ],
    ['core.empty-table', () => workers.fitReference({})],
  ])('refuses as the functions do: %s', async (code, call) => {
    await expect(call()).rejects.toMatchObject({ code })
  })

  test('one column, and fewer columns than threads', async () => {
    expect(await workers.compare({ a: before.a }, { a: after.a })).toEqual(
      compare({ a: before.a }, { a: after.a }),
    )
  })
})
