import { expect } from 'vitest'
import type { NumericSample } from './sample.ts'

/** A number as golden files hold it: infinities as text, NaN as null. */
export function goldenNumber(value: unknown): number {
  return value === null ? Number.NaN : Number(value)
}

/** The named samples of a golden file. */
export function goldenSamples(samples: Record<string, unknown[]>): Record<string, NumericSample> {
  return Object.fromEntries(
    Object.entries(samples).map(([name, values]) => [name, values.map(goldenNumber)]),
  )
}

/** Asserts |actual − expected| <= abs + rel·|expected|, infinities equal. */
export function expectClose(
  actual: unknown,
  expected: unknown,
  { rel, abs }: { readonly rel: number; readonly abs: number },
  label: string,
): void {
  const want = goldenNumber(expected)
  const got = actual === null && !Number.isFinite(want) ? want : Number(actual)
  const allowed = abs + rel * Math.abs(want)
  const gap = Math.abs(got - want)
  expect(
    Object.is(got, want) || got === want || gap <= allowed,
    `${label}: got ${String(actual)}, expected ${String(expected)}`,
  ).toBe(true)
}
