import { expect, test } from 'vitest'
import { simulateBounds, simulateDistinct } from './sketch-bounds.ts'

test('KLL keeps its bound, alone and merged, and the bound is no empty promise', () => {
  for (const { bound, error99, ksCovered, way, k, law } of simulateBounds(20, 60_000, [64])) {
    const name = `${law}, ${way}, k = ${k}`
    expect(error99, name).toBeLessThanOrEqual(bound)
    expect(error99, name).toBeGreaterThan(bound / 40)
    expect(ksCovered, name).toBe(1)
  }
})

test('HyperLogLog has the standard error that it states', () => {
  const { bias, sd, stated } = simulateDistinct(60, 5000)
  expect(Math.abs(bias)).toBeLessThan((4 * stated) / Math.sqrt(60))
  expect(sd).toBeLessThan(1.35 * stated)
  expect(sd).toBeGreaterThan(0.65 * stated)
})
