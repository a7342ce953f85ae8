import { createRng } from '@mlops/core'
import { expect, test } from 'vitest'
import type { Bandit } from './index.ts'
import {
  epsilonGreedy,
  exp3,
  klUcb,
  linThompson,
  linUcb,
  squareCb,
  thompsonBeta,
  ucb1,
} from './index.ts'

const RATES = [0.6, 0.5, 0.4]
const ARMS = ['a', 'b', 'c']
const GAPS = [0.1, 0.2]

// biome-ignore lint/suspicious/noExplicitAny: states differ and are never opened here.
type AnyBandit = Bandit<any, any>

/** Mean regret over the runs after so many choices; `ratesAt` may change with time. */
function regretOf(
  bandit: AnyBandit,
  choices: number,
  runs: number,
  ratesAt = (_: number) => RATES,
): number {
  let total = 0
  for (let number = 0; number < runs; number++) {
    const rng = createRng(`regret/${number}`)
    const run = bandit.run(ARMS, { rng: rng.split() })
    for (let t = 0; t < choices; t++) {
      const { arm, propensity } = run.select()
      const rates = ratesAt(t)
      const rate = rates[ARMS.indexOf(arm)]!
      total += Math.max(...rates) - rate
      run.update({ arm, propensity, reward: rng.next() < rate ? 1 : 0 })
    }
  }
  return total / runs
}

const kl = (p: number, q: number) => p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q))

test('regret keeps within the theorems, and in the order of the theory', () => {
  const n = 3000
  const random = (n * (GAPS[0]! + GAPS[1]!)) / 3
  const asymptote = Math.log(n) * (0.1 / kl(0.5, 0.6) + 0.2 / kl(0.4, 0.6))
  const theorem = 8 * Math.log(n) * (1 / 0.1 + 1 / 0.2) + (1 + Math.PI ** 2 / 3) * 0.3
  const gamma = Math.min(1, Math.sqrt((3 * Math.log(3)) / ((Math.E - 1) * n)))
  const regret = {
    ucb: regretOf(ucb1(), n, 20),
    kl: regretOf(klUcb(), n, 20),
    exp3: regretOf(exp3({ gamma }), n, 20),
    greedy: regretOf(epsilonGreedy(), n, 20),
    thompson: regretOf(thompsonBeta(), 1000, 10),
  }
  expect(regret.ucb).toBeLessThan(Math.min(theorem, 0.6 * random))
  expect(regret.kl).toBeLessThan(0.7 * regret.ucb)
  expect(regret.kl).toBeLessThan(2 * asymptote)
  expect(regret.exp3).toBeLessThan(2.63 * Math.sqrt(n * 3 * Math.log(3)))
  expect(regret.exp3).toBeLessThan(0.8 * random)
  // Exploration never ends: at least 0.1 · n · mean gap.
  expect(regret.greedy).toBeGreaterThan(0.08 * random)
  expect(regret.thompson).toBeLessThan(
    2 * Math.log(1000) * (0.1 / kl(0.5, 0.6) + 0.2 / kl(0.4, 0.6)),
  )
})

test('forgetting helps where rates change, and only there', () => {
  const before = [0.8, 0.5, 0.2]
  const change = (t: number) => (t < 1500 ? before : [...before].reverse())
  const calm = () => before
  const keep = epsilonGreedy()
  for (const memory of [{ discount: 0.99 }, { window: 200 }]) {
    const forget = epsilonGreedy({ memory })
    expect(regretOf(forget, 3000, 20, change)).toBeLessThan(0.6 * regretOf(keep, 3000, 20, change))
    expect(regretOf(forget, 3000, 20, calm)).toBeGreaterThan(regretOf(keep, 3000, 20, calm))
  }
})

test.each([
  ['LinUCB', linUcb({ dimension: 3 }), 0.15],
  ['linear Thompson', linThompson({ dimension: 3, noiseSd: 0.3 }), 0.15],
  ['SquareCB', squareCb({ dimension: 3 }), 0.3],
] as readonly (readonly [string, AnyBandit, number])[])(
  '%s learns a linear world, and its regret flattens',
  (_, bandit, share) => {
    const half: number[] = [0, 0]
    let random = 0
    for (let number = 0; number < 8; number++) {
      const rng = createRng(`linear/${number}`)
      const theta = ARMS.map(() => [rng.next(), 2 * rng.next() - 1, 2 * rng.next() - 1])
      const run = bandit.run(ARMS, { rng: rng.split() })
      for (let t = 0; t < 1000; t++) {
        const context = [1, 2 * rng.next() - 1, 2 * rng.next() - 1]
        const means = theta.map((row) => row.reduce((s, c, i) => s + c * context[i]!, 0))
        const { arm } = run.select(context)
        const mean = means[ARMS.indexOf(arm)]!
        half[t < 500 ? 0 : 1]! += Math.max(...means) - mean
        random += Math.max(...means) - means.reduce((a, b) => a + b, 0) / 3
        run.update({ arm, context, reward: mean + 0.6 * (rng.next() - 0.5) })
      }
    }
    expect(half[0]! + half[1]!).toBeLessThan(share * random)
    expect(half[1]!).toBeLessThan(0.7 * half[0]!)
  },
)
