import { createRng, isMlopsError, manualClock } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import * as assignment from './assignment/index.ts'
import * as bandits from './bandits/index.ts'
import * as design from './design/index.ts'
import * as guards from './guards/index.ts'
import * as main from './index.ts'
import * as sequential from './sequential/index.ts'

const doors = { main, sequential, design, guards, assignment, bandits }
const nothings = [undefined, null, {}, [], 'text', Number.NaN, -1]
const clock = manualClock('2026-03-02T09:00:00Z')

/** What a caller without types may pass: nothing at all, nothing somewhere, the wrong kind everywhere. */
const calls: readonly (readonly unknown[])[] = [
  [],
  ...nothings.flatMap((a) => [[a], [a, a], [a, a, a], [a, a, a, a]]),
  ...nothings.flatMap((a) => [
    [1, a],
    [1, 2, a],
    [[1, 2, 3], a],
    [[1, 2, 3], [1, 3, 5], a],
    [{ n: 10, successes: 3 }, { n: 10, successes: 4 }, a],
    [a, { clock }],
    [{ name: 'x' }, a],
  ]),
]

/** Each function with arguments that it takes, for the parts below. */
const bounds = sequential.groupSequentialBounds({ looks: 3 })
const plan = sequential.registerSequentialPlan(
  {
    name: 'x',
    hypothesis: 'x',
    metric: { name: 'x', better: 'higher' },
    unit: 'user',
    method: { kind: 'asymptotic-sequence', tightestAt: 500 },
  },
  { clock },
)
const arms = { control: { successes: 30, n: 300 }, treatment: { successes: 40, n: 300 } }
const takes: Readonly<Record<string, readonly unknown[]>> = {
  groupSequentialBounds: [{ looks: 3 }],
  groupSequentialPower: [bounds, { power: 0.8 }],
  groupSequentialInference: [bounds, { effect: 1, standardError: 1 }],
  futilityBounds: [{ looks: 3 }],
  crossingProbabilities: [{ information: [1], upper: [2], lower: [-2] }],
  peekPlan: [plan, arms, { clock }],
  amendPlan: [plan, { ...plan, alpha: 0.01 }, { clock, reason: 'x', looks: 0 }],
  asymptoticSequence: [0.1, 0.1, { n: 500, tightestAt: 500 }],
  mixtureSprt: [0.1, 0.1, { effectSd: 0.1 }],
  anytimeSampleRatio: [[{ counts: [5, 6], allocation: [1, 1] }], {}],
  polynomialStitchingBound: [500, { from: 100 }],
  empiricalProcessBound: [500, { from: 100 }],
  doubleStitchingBound: [0.5, 500, { from: 100 }],
  boundedMeanSequence: [{ n: 50, sum: 20 }, {}],
  boundedDifferenceSequence: [{ n: 50, sum: 20 }, { n: 50, sum: 25 }, {}],
  quantileComparison: [[1, 2, 3, 4], [2, 3, 4, 5], {}],
  logMixtureRatio: [0.1, 0.1, 0.1],
  asymptoticScale: [{ tightestAt: 500 }],
  normalMixture: [{ tightestAt: 500 }],
  normalMixtureScale: [{ tightestAt: 500 }],
  errorSpent: ['lan-demets-pocock', 0.5, 0.05],
}

/** Where a result holds NaN; undefined where it does not. */
function notANumber(value: unknown, path = 'result'): string | undefined {
  if (Number.isNaN(value)) return path
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, part] of Object.entries(value)) {
    const found = notANumber(part, `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

describe.each(Object.entries(doors))('%s', (_door, names) => {
  const functions = Object.entries(names).filter(([_name, value]) => typeof value === 'function')

  test.each(functions)('%s throws no plain error and returns no NaN', (name, call) => {
    const valid = takes[name] ?? []
    // Of valid arguments one is spoilt at a time, or one of its parts.
    const spoilt = valid.flatMap((value, at) => [
      ...nothings.map((nothing) => valid.with(at, nothing)),
      ...(typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.keys(value).flatMap((key) =>
            [null, {}, 'text', -1].map((nothing) =>
              valid.with(at, { ...(value as object), [key]: nothing }),
            ),
          )
        : []),
    ])
    const plain: string[] = []
    for (const given of [...calls, ...spoilt]) {
      try {
        const result = (call as (...all: unknown[]) => unknown)(...given)
        const at = notANumber(result)
        if (at !== undefined)
          plain.push(
            `${given.map((value) => String(JSON.stringify(value))).join(', ')}: NaN at ${at}`,
          )
      } catch (error) {
        if (!isMlopsError(error))
          plain.push(`${given.map((value) => String(JSON.stringify(value))).join(', ')}: ${error}`)
      }
    }
    expect(plain).toEqual([])
  })
})

const one = { dimension: 2 }
const makers: readonly bandits.Bandit<never, never>[] = [
  bandits.epsilonGreedy(),
  bandits.ucb1(),
  bandits.klUcb(),
  bandits.softmax(),
  bandits.exp3(),
  bandits.thompsonBeta(),
  bandits.thompsonGaussian(),
  bandits.topTwoThompson(),
  bandits.linUcb(one),
  bandits.linThompson(one),
  bandits.logisticThompson(one),
  bandits.squareCb(one),
] as never[]

test.each(makers.map((bandit) => [bandit.name, bandit] as const))(
  'the methods of %s throw no plain error',
  (_, bandit) => {
    const state = bandit.start(['a', 'b'])
    const rng = createRng(1)
    const run = bandit.run(state, { rng })
    const nonsense = [...nothings, { rng: 7 }, ['a', 7], { kind: 'bandit-state' }] as never[]
    const plain: string[] = []
    for (const x of nonsense) {
      const tries: readonly (() => unknown)[] = [
        () => bandit.start(x),
        () => bandit.probabilities(x),
        () => bandit.probabilities(state, x),
        () => bandit.probabilities(state, { context: x }),
        () => bandit.select(x, { rng }),
        () => bandit.select(state, x),
        () => bandit.update(x, { arm: 'a', reward: 1 }),
        () => bandit.update(state, x),
        () => bandit.update(state, [x]),
        () => bandit.update(state, { arm: 'a', reward: x }),
        () => bandit.update(state, { arm: x, reward: 1 }),
        () => bandit.addArm(state, x),
        () => bandit.removeArm(state, x),
        () => bandit.merge(state, x),
        () => bandit.run(x, { rng }),
        () => bandit.run(state, x),
        () => run.select(x),
        () => run.update(x),
      ]
      for (const [at, call] of tries.entries()) {
        try {
          const result = call()
          const where = notANumber(result)
          if (where !== undefined) plain.push(`${at}, ${JSON.stringify(x)}: NaN at ${where}`)
        } catch (error) {
          if (!isMlopsError(error)) plain.push(`${at}, ${JSON.stringify(x)}: ${error}`)
        }
      }
    }
    expect(plain).toEqual([])
  },
)

test('what an assigner is given', () => {
  const assigner = assignment.createAssigner({ key: 'x', arms: [{ key: 'a' }, { key: 'b' }] })
  for (const x of [
    undefined,
    null,
    7,
    'text',
    { id: {} },
    { id: Number.NaN },
    { id: '' },
  ] as never[]) {
    const refused = expect.objectContaining({ code: 'abtest.invalid-unit' })
    expect(() => assigner.assign(x)).toThrowError(refused)
    expect(() =>
      assignment.assignSticky(assigner, x, { store: assignment.memoryStickyStore() }),
    ).toThrowError(refused)
  }
  for (const x of [{}, [], { other: 1 }] as never[])
    expect(assigner.assign(x).reason).toBe('no-unit')
})

test('what the table holds to be valid, is', () => {
  for (const [name, given] of Object.entries(takes)) {
    const call = { ...main, ...sequential }[name as keyof typeof sequential] as unknown
    expect(() => (call as (...all: readonly unknown[]) => unknown)(...given), name).not.toThrow()
  }
})
