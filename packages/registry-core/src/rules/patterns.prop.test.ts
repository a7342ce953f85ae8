import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesPattern } from './patterns.ts'

const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 8 })
const name = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 10 })

test('a pattern means what the regular expression of its parts means', () => {
  fc.assert(
    fc.property(text, name, (pattern, tried) => {
      const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*')
      expect(matchesPattern(pattern, tried)).toBe(new RegExp(`^${source}$`).test(tried))
    }),
    { numRuns: 2000 },
  )
})

test('many stars take no longer than few', () => {
  const started = performance.now()
  expect(matchesPattern(`${'a*'.repeat(5000)}b`, 'a'.repeat(10_000))).toBe(false)
  expect(performance.now() - started).toBeLessThan(1000)
})
