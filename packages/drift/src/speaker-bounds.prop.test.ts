import fc from 'fast-check'
import { expect, test } from 'vitest'
import { speaker } from './column-parts.ts'
import type { PartDrift } from './report.ts'
import { speakerBounds } from './speaker-bounds.ts'

const THRESHOLD = 0.1
const between = (value: number, widen: readonly [number, number]) =>
  [Math.max(0, value - widen[0]), Math.min(1, value + widen[1])] as const
const share = fc.double({ min: 0, max: 1, noNaN: true })
const near = fc.oneof(share, fc.double({ min: 0.05, max: 0.15, noNaN: true }))
const slack = fc.tuple(fc.constantFrom(0, 0.01, 0.04, 0.5), fc.constantFrom(0, 0.01, 0.04, 0.5))
/** A part as it is, as its bounds have it, and whether it is judged at all. */
const one = fc.record({
  effect: near,
  p: fc.oneof(share, fc.double({ min: 0, max: 0.06, noNaN: true })),
  effectSlack: slack,
  pSlack: slack,
  uncertain: fc.boolean(),
  judged: fc.boolean(),
})

test('holds what speaks for the column, whatever the parts are within their bounds', () => {
  const seen = { drifted: 0, certain: 0, spared: 0 }
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), (drawn) => {
      const judged = drawn.filter((part) => !part.uncertain || part.judged)
      const part = (name: string, effect: number, p: number, count: number) =>
        ({
          name,
          effectSize: { name: 'total-variation', value: effect },
          test: { pValue: p },
          adjustedPValue: Math.min(1, p * count),
        }) as PartDrift
      const truth = judged.map(({ effect, p }, at) => part(`${at}`, effect, p, judged.length))
      const parts = drawn.map(({ effect, p, effectSlack, pSlack, uncertain }, at): PartDrift => {
        const effectSize = between(effect, effectSlack)
        const pValue = between(p, pSlack)
        const bounds = uncertain
          ? { effectSize: [0, effectSize[1]] as const, pValue: [pValue[0], 1] as const }
          : { effectSize, pValue }
        return {
          ...part(`${at}`, effect, bounds.pValue[1], drawn.length),
          bounds: { confidence: 1, distances: {}, ...bounds },
          ...(uncertain && { uncertain: true }),
        }
      })
      const { certain, possible, bounds } = speakerBounds(parts, THRESHOLD)
      const spoken = speaker(truth, THRESHOLD)
      const driftedAt = (p: number | null, effect: number, alpha: number) =>
        p !== null && p < alpha && effect >= THRESHOLD
      for (const alpha of [0.001, 0.01, 0.05, 0.3]) {
        const real = spoken
          ? driftedAt(spoken.adjustedPValue, spoken.effectSize.value, alpha)
          : false
        const surely = driftedAt(certain.pValue, certain.effectSize, alpha)
        if (surely) expect(real).toBe(true)
        if (real) expect(driftedAt(possible.pValue, possible.effectSize, alpha)).toBe(true)
        if (real) seen.drifted++
        if (surely) seen.certain++
        if (!driftedAt(possible.pValue, possible.effectSize, alpha)) seen.spared++
      }
      if (!spoken) return
      expect(certain.pValue!).toBeGreaterThanOrEqual(spoken.adjustedPValue! - 1e-12)
      expect(possible.pValue!).toBeLessThanOrEqual(spoken.adjustedPValue! + 1e-12)
      expect(bounds.pValue).toEqual([possible.pValue, certain.pValue])
      expect(spoken.effectSize.value).toBeGreaterThanOrEqual(bounds.effectSize[0])
      expect(spoken.effectSize.value).toBeLessThanOrEqual(bounds.effectSize[1])
    }),
    { numRuns: 2000 },
  )
  for (const times of Object.values(seen)) expect(times, JSON.stringify(seen)).toBeGreaterThan(100)
})

test('where all is known it is what the speaker says', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(near, share), { minLength: 2, maxLength: 4 }), (drawn) => {
      const parts = drawn.map(
        ([effect, p], at) =>
          ({
            name: `${at}`,
            effectSize: { name: 'total-variation', value: effect },
            test: { pValue: p },
            adjustedPValue: Math.min(1, p * drawn.length),
            bounds: { confidence: 1, effectSize: [effect, effect], pValue: [p, p], distances: {} },
          }) as unknown as PartDrift,
      )
      const spoken = speaker(parts, THRESHOLD)!
      if (spoken.effectSize.value < THRESHOLD) return
      const { certain, possible } = speakerBounds(parts, THRESHOLD)
      expect(certain.pValue).toBe(spoken.adjustedPValue)
      expect(certain.effectSize).toBeGreaterThanOrEqual(THRESHOLD)
      expect(possible.pValue).toBe(spoken.adjustedPValue)
    }),
  )
})

test('parts without a test say nothing of one', () => {
  const untested = {
    name: 'a',
    effectSize: { name: 'total-variation', value: 0 },
    test: { pValue: null },
    adjustedPValue: null,
    bounds: { confidence: 1, effectSize: [0, 0.2], pValue: null, distances: {} },
  } as unknown as PartDrift
  const { certain, possible, bounds } = speakerBounds([untested], THRESHOLD)
  expect([certain.pValue, possible.pValue, bounds.pValue]).toEqual([null, null, null])
})
