import { createRng, type Rng } from '@mlops/core'
import { normal } from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import { compare } from './compare.ts'
import type { ColumnRule } from './rule.ts'

// Small versions of tools/simulations/column-drift.ts; the bounds are four standard errors wide.
const RUNS = 150
const gaussian = (rng: Rng) => normal.quantile(rng.next() || 0.5)

function alarms(make: (rng: Rng) => readonly [unknown, unknown], rule: ColumnRule, type?: 'text') {
  const rng = createRng('calibration')
  let found = 0
  for (let run = 0; run < RUNS; run++) {
    const [before, after] = make(rng)
    const report = compare(
      { x: before as number[] },
      { x: after as number[] },
      {
        rule,
        ...(type && { types: { x: type } }),
      },
    )
    if (report.columns[0]!.decision!.drifted) found++
  }
  return found / RUNS
}

const atMost = 0.05 + 4 * Math.sqrt((0.05 * 0.95) / RUNS)

describe('false alarms at a level of 0.05', () => {
  test('words come in documents: their test allows for it', () => {
    const texts = (n: number, rng: Rng) =>
      Array.from({ length: n }, () => {
        const topic = rng.int(5)
        return Array.from({ length: 5 + rng.int(15) }, () => `t${topic}w${rng.int(6)}`).join(' ')
      })
    const rule = { method: 'p-value' } as const
    expect(alarms((rng) => [texts(120, rng), texts(100, rng)], rule, 'text')).toBeLessThan(atMost)
  })

  test('embeddings, over all their parts', () => {
    const vectors = (n: number, rng: Rng) => ({
      dimension: 8,
      values: Float64Array.from({ length: n * 8 }, () => gaussian(rng)),
    })
    const rule = { method: 'p-value' } as const
    expect(alarms((rng) => [vectors(80, rng), vectors(60, rng)], rule)).toBeLessThan(atMost)
  })

  test('PSI by its significance, where PSI > 0.2 is mostly wrong', () => {
    const sample = (rng: Rng) => Array.from({ length: 60 }, () => gaussian(rng))
    const pair = (rng: Rng) => [sample(rng), sample(rng)] as const
    expect(alarms(pair, { method: 'psi-significance' })).toBeLessThan(atMost)
    expect(alarms(pair, { method: 'psi' })).toBeGreaterThan(0.5)
  })

  test('and it still finds drift', () => {
    const sample = (mean: number, rng: Rng) =>
      Array.from({ length: 300 }, () => mean + gaussian(rng))
    const pair = (rng: Rng) => [sample(0, rng), sample(0.5, rng)] as const
    expect(alarms(pair, { method: 'psi-significance' })).toBeGreaterThan(0.9)
    expect(alarms(pair, { method: 'kuiper' })).toBeGreaterThan(0.9)
  })
})
