import { createRng } from '@mlops/core'
import { normal } from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import { sampleSizeForMannWhitney } from './mann-whitney.ts'
import { sampleSizeForMcNemar } from './mcnemar.ts'
import {
  proportionsApart,
  sampleSizeForEquivalence,
  sampleSizeForNonInferiority,
} from './non-inferiority.ts'

const invalid = (code: string) => expect.objectContaining({ kind: 'invalid', code })

describe('non-inferiority and equivalence', () => {
  test('agree with the published numbers', () => {
    // Farrington & Manning 1990, table 1: 10 % in both arms, margin 0.2, control : treatment = 3 : 2, gives 62.88.
    const table = {
      control: 0.1,
      treatment: 0.1,
      margin: 0.2,
      power: 0.9,
      better: 'lower',
    } as const
    expect(sampleSizeForNonInferiority({ ...table, ratio: 2 / 3 }).control).toBe(63)
    // The same table, better by at least 0.1: 173.22.
    const more = {
      control: 0.25,
      treatment: 0.05,
      margin: -0.1,
      power: 0.9,
      better: 'lower',
    } as const
    expect(sampleSizeForNonInferiority({ ...more, ratio: 1.5 }).control).toBe(174)
    // Chow, Shao & Wang 2008, page 90: 24.39.
    expect(
      sampleSizeForNonInferiority({ control: 0.65, treatment: 0.85, margin: 0.1, variance: 'wald' })
        .control,
    ).toBe(25)
    // Without a difference the closed form holds: (z_0.05 + z_0.1)²·2·0.25/0.1².
    const closed = ((normal.quantileSf(0.05) + normal.quantileSf(0.1)) ** 2 * 0.5) / 0.01
    expect(sampleSizeForEquivalence({ control: 0.5, treatment: 0.5, margin: 0.1 }).control).toBe(
      Math.ceil(closed),
    )
  })

  test('mirror: losing successes is gaining failures', () => {
    const up = sampleSizeForNonInferiority({ control: 0.8, treatment: 0.82, margin: 0.05 })
    const down = sampleSizeForNonInferiority({
      control: 0.2,
      treatment: 0.18,
      margin: 0.05,
      better: 'lower',
    })
    expect(down.control).toBe(up.control)
    expect([up.alternative, down.alternative]).toEqual(['greater', 'less'])
  })

  test('the power is what a simulation of the Wald test finds', () => {
    const design = { control: 0.6, treatment: 0.62, margin: 0.1, variance: 'wald' } as const
    const { control: n, power } = sampleSizeForNonInferiority(design)
    const equivalence = sampleSizeForEquivalence({ ...design, treatment: 0.6 })
    const rng = createRng(11)
    const draw = (size: number, p: number) => {
      let k = 0
      for (let i = 0; i < size; i++) k += rng.next() < p ? 1 : 0
      return k / size
    }
    const z = normal.quantileSf(0.05)
    const runs = 2000
    let [shown, same] = [0, 0]
    for (let run = 0; run < runs; run++) {
      const [c, t] = [draw(n, 0.6), draw(n, 0.62)]
      if ((t - c + 0.1) / Math.sqrt((c * (1 - c) + t * (1 - t)) / n) > z) shown++
      const m = equivalence.control
      const [a, b] = [draw(m, 0.6), draw(m, 0.6)]
      const se = Math.sqrt((a * (1 - a) + b * (1 - b)) / m)
      if ((0.1 - Math.abs(a - b)) / se > z) same++
    }
    // Four standard errors are 0.036.
    expect(Math.abs(shown / runs - power)).toBeLessThan(0.036)
    expect(Math.abs(same / runs - equivalence.power)).toBeLessThan(0.036)
  })

  test('what can never be shown is refused', () => {
    expect(() =>
      sampleSizeForNonInferiority({ control: 0.5, treatment: 0.3, margin: 0.1 }),
    ).toThrowError(invalid('abtest.wrong-tail'))
    for (const make of [
      () => sampleSizeForEquivalence({ control: 0.5, treatment: 0.3, margin: 0.1 }),
      () => sampleSizeForEquivalence({ control: 0.5, treatment: 0.5, margin: 0 }),
      () => sampleSizeForNonInferiority({ control: 0, treatment: 0.5, margin: 0.1 }),
      () => proportionsApart(1.2, 0.5, 0.1, 1),
      () => proportionsApart(0.2, 0.5, 1.1, 1),
      () => proportionsApart(0.2, 0.5, 0.1, 0),
      () => sampleSizeForNonInferiority({ control: 0.5, treatment: 0.5, margin: 0.1, ratio: 0 }),
    ])
      expect(make).toThrowError(invalid('abtest.invalid-design'))
  })
})

describe('discordant pairs and ranks', () => {
  test('agree with the closed forms, where the far tail is nothing', () => {
    // Connor: 366.05; Noether: 726.75 in all.
    expect(sampleSizeForMcNemar({ controlOnly: 0.08, treatmentOnly: 0.15 }).total).toBe(367)
    expect(sampleSizeForMcNemar({ controlOnly: 0.15, treatmentOnly: 0.08 }).total).toBe(367)
    expect(sampleSizeForMannWhitney({ superiority: 0.56 }).control).toBe(364)
    expect(sampleSizeForMannWhitney({ superiority: 0.44 }).control).toBe(364)
  })

  test('unequal arms cost more, one-sided tests less', () => {
    const even = sampleSizeForMannWhitney({ superiority: 0.6 })
    expect(sampleSizeForMannWhitney({ superiority: 0.6, ratio: 3 }).total).toBeGreaterThan(
      even.total,
    )
    expect(
      sampleSizeForMannWhitney({ superiority: 0.6, alternative: 'greater' }).total,
    ).toBeLessThan(even.total)
  })

  test('bad input is refused', () => {
    for (const make of [
      () => sampleSizeForMcNemar({ controlOnly: 0.6, treatmentOnly: 0.5 }),
      () => sampleSizeForMcNemar({ controlOnly: -0.1, treatmentOnly: 0.5 }),
      () => sampleSizeForMcNemar({ controlOnly: 0.1, treatmentOnly: 0.1 }),
      () => sampleSizeForMcNemar({ controlOnly: 0, treatmentOnly: 1 }),
      () => sampleSizeForMannWhitney({ superiority: 0.5 }),
      () => sampleSizeForMannWhitney({ superiority: 1.1 }),
      () => sampleSizeForMannWhitney({ superiority: 0.6, ratio: -1 }),
    ])
      expect(make).toThrowError(invalid('abtest.invalid-design'))
    expect(() =>
      sampleSizeForMcNemar({ controlOnly: 0.2, treatmentOnly: 0.1, alternative: 'greater' }),
    ).toThrowError(invalid('abtest.wrong-tail'))
  })
})
