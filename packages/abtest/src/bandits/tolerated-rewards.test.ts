import { createRng } from '@mlops/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BanditMemory, BanditOutcome } from './index.ts'
import { thompsonBeta, thompsonGaussian, topTwoThompson } from './index.ts'

const ids = ['a', 'b', 'c']
const memories: readonly BanditMemory[] = ['all', { discount: 0.9 }, { window: 15 }]
const kinds = {
  beta: (tolerance: number, memory: BanditMemory) =>
    thompsonBeta({ tolerance, memory, prior: [0.7, 2] }),
  gaussian: (tolerance: number, memory: BanditMemory) => thompsonGaussian({ tolerance, memory }),
  'known noise': (tolerance: number, memory: BanditMemory) =>
    thompsonGaussian({ tolerance, memory, noise: 'known', floor: 0.05 }),
}

function outcomes(seed: number, n: number): BanditOutcome[] {
  const rng = createRng(seed)
  // Some fractions, and a world that turns over in the middle.
  return Array.from({ length: n }, (_, t) => {
    const arm = ids[rng.int(3)]!
    const rate = (arm === 'a') === t < n / 2 ? 0.9 : 0.4
    return { arm, reward: rng.next() < 0.2 ? rng.next() : rng.next() < rate ? 1 : 0 }
  })
}

const apart = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, p, i) => sum + Math.abs(p - b[i]!), 0) / 2

test.each(Object.entries(kinds))('%s: never further off than the tolerance', (_, make) => {
  fc.assert(
    fc.property(
      fc.constantFrom(0.02, 0.1, 0.3),
      fc.constantFrom(...memories),
      fc.integer(),
      (tolerance, memory, seed) => {
        const lagging = make(tolerance, memory).run(ids, { rng: createRng(1) })
        const exact = make(0, memory).run(ids, { rng: createRng(1) })
        for (const outcome of outcomes(seed, 120)) {
          lagging.update(outcome)
          exact.update(outcome)
          const p = lagging.select().probabilities
          expect(apart(p, exact.select().probabilities)).toBeLessThanOrEqual(tolerance)
        }
      },
    ),
    { numRuns: 30 },
  )
})

test.each(Object.entries(kinds))('%s: computed anew ever more seldom', (_, make) => {
  const run = make(0.1, 'all').run(ids, { rng: createRng(1) })
  const times = [0, 0]
  let last: unknown
  for (const [t, outcome] of outcomes(3, 6000).entries()) {
    run.update({ ...outcome, reward: t % 2 })
    const { probabilities } = run.select()
    if (probabilities !== last) times[t < 3000 ? 0 : 1]!++
    last = probabilities
  }
  expect(times[0]).toBeLessThan(600)
  expect(times[1]).toBeLessThan(times[0]! / 3)
})

test('a continued bandit chooses as one that ran on; a merge lags no further', () => {
  const makers = [
    ...Object.values(kinds),
    (tolerance: number, memory: BanditMemory) => topTwoThompson({ tolerance, memory }),
  ]
  for (const make of makers) {
    for (const memory of memories) {
      const [bandit, exact] = [make(0.2, memory), make(0, memory)]
      const whole = bandit.run(ids, { rng: createRng(1) })
      let state = bandit.start(ids)
      for (const outcome of outcomes(5, 150)) {
        whole.update(outcome)
        state = JSON.parse(JSON.stringify(bandit.update(state, outcome)))
        expect(bandit.probabilities(state).probabilities).toEqual(whole.select().probabilities)
      }
      expect(state).toEqual(whole.state())
      if (typeof memory === 'object' && 'window' in memory) continue
      const two = [outcomes(6, 40), outcomes(7, 40)] as const
      const merged = bandit.merge(
        bandit.update(bandit.start(ids), two[0]),
        bandit.update(bandit.start(ids), two[1]),
      )
      const wanted = exact.merge(
        exact.update(exact.start(ids), two[0]),
        exact.update(exact.start(ids), two[1]),
      )
      expect(
        apart(
          bandit.probabilities(merged).probabilities,
          exact.probabilities(wanted).probabilities,
        ),
      ).toBeLessThan(0.05 * 0.2)
    }
  }
})

test('states of another tolerance, and tolerances that are none, are refused', () => {
  const code = (code: string) => expect.objectContaining({ code })
  expect(() =>
    thompsonBeta().probabilities(thompsonBeta({ tolerance: 0 }).start(ids) as never),
  ).toThrowError(code('abtest.not-a-bandit-state'))
  for (const tolerance of [-0.1, 1.5, Number.NaN, null, '0.1'])
    expect(() => thompsonBeta({ tolerance: tolerance as never })).toThrowError(
      code('abtest.invalid-option'),
    )
})
