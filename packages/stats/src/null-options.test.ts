import { isMlopsError } from '@mlops/core'
import { expect, test } from 'vitest'
import * as stats from './index.ts'
import * as multivariate from './multivariate/index.ts'

const sample = [3, 1, 2, 5, 4, 9, 7, 8, 6, 10, 11, 12]
/** Its only arguments are data. */
const { predictGradientBoosting: _, ...others } = multivariate
const functions = Object.entries({ ...stats, ...others }).filter(
  (entry): entry is [string, (...args: unknown[]) => unknown] => typeof entry[1] === 'function',
)

test.each(functions)('%s says in a typed error that its options are null', (_, call) => {
  for (const data of [1, 2, 3]) {
    try {
      call(...new Array(data).fill(sample), null)
    } catch (error) {
      // Data of another shape than it takes may fail in other ways: not its options.
      if (!isMlopsError(error)) expect(String(error)).not.toMatch(/destructure/)
    }
  }
})

test('what is no object is told by its kind', () => {
  const told = (options: unknown) => () => stats.welchT(sample, sample, options as object)
  expect(told(null)).toThrow(expect.objectContaining({ code: 'core.invalid-options' }))
  expect(told(0.05)).toThrow(expect.objectContaining({ details: { kind: 'number' } }))
  expect(told([])).toThrow(expect.objectContaining({ details: { kind: 'a list' } }))
  expect(stats.welchT(sample, sample, {}).pValue).toBe(1)
})
