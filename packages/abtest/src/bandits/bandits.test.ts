import { createRng } from '@mlops/core'
import { chiSquareGoodnessOfFit } from '@mlops/stats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import golden from './__golden__/bandits.json' with { type: 'json' }
import { invert } from './cholesky-inverse.ts'
import type { Bandit, BanditMemory, BanditOutcome } from './index.ts'
import {
  epsilonGreedy,
  exp3,
  inverseGapWeights,
  klUcb,
  klUcbIndex,
  linThompson,
  linUcb,
  logisticThompson,
  softmax,
  squareCb,
  thompsonBeta,
  thompsonGaussian,
  topTwoThompson,
  ucb1,
} from './index.ts'

const code = (wanted: string) => expect.objectContaining({ code: wanted })
const dimension = 3

/** Every bandit, with and without memory. */
const all: readonly [string, Bandit<never, never>][] = (
  [
    epsilonGreedy(),
    epsilonGreedy({ schedule: 'inverse', epsilon: 5 }),
    ucb1(),
    ucb1({ memory: { discount: 0.95 } }),
    ucb1({ memory: { window: 12 } }),
    klUcb(),
    klUcb({ c: 3, memory: { discount: 0.9 } }),
    softmax(),
    softmax({ memory: { window: 5 } }),
    exp3(),
    thompsonBeta(),
    thompsonBeta({ floor: 0.05, memory: { window: 20 } }),
    thompsonBeta({ tolerance: 0 }),
    thompsonBeta({ tolerance: 0.5, memory: { window: 20 } }),
    thompsonGaussian(),
    thompsonGaussian({ tolerance: 0.3, memory: { discount: 0.95 } }),
    thompsonGaussian({ noise: 'known', floor: 0.1, memory: { discount: 0.99 } }),
    topTwoThompson(),
    topTwoThompson({ posterior: { kind: 'gaussian' }, beta: 0.7 }),
    topTwoThompson({ tolerance: 1 }),
    linUcb({ dimension }),
    linUcb({ dimension, discount: 0.9 }),
    linThompson({ dimension, floor: 0.02 }),
    logisticThompson({ dimension }),
    logisticThompson({ dimension, discount: 0.95 }),
    squareCb({ dimension, floor: 0.1 }),
  ] as unknown as Bandit<never, never>[]
).map((bandit) => [`${bandit.name} ${JSON.stringify(bandit.options)}`, bandit])

function outcomes(seed: number, n: number, arms: readonly string[]): BanditOutcome[] {
  const rng = createRng(seed)
  return Array.from({ length: n }, () => ({
    arm: arms[rng.int(arms.length)]!,
    reward: rng.int(2),
    context: [1, rng.next(), rng.next() - 0.5],
    propensity: 0.1 + 0.9 * rng.next(),
  }))
}

const context = [1, 0.3, -0.2]
const ids = ['a', 'b', 'c']

describe.each(all)('%s', (_, bandit) => {
  const start = bandit.start(ids)
  const learned = bandit.update(start, outcomes(1, 60, ids))

  test('probabilities are probabilities, and an arm is drawn from them', () => {
    const { probabilities, arms, scores } = bandit.probabilities(learned, { context })
    expect(arms).toEqual(ids)
    expect(scores).toHaveLength(3)
    expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
    const counts = [0, 0, 0]
    const run = bandit.run(learned, { rng: createRng(5) })
    for (let i = 0; i < 3000; i++) {
      const choice = run.select(context)
      const at = ids.indexOf(choice.arm)
      expect(choice.propensity).toBe(probabilities[at])
      counts[at]!++
    }
    probabilities.forEach((p, k) => {
      if (p === 0) expect(counts[k]).toBe(0)
    })
    const used = probabilities.flatMap((p, k) => (p > 0 ? [k] : []))
    if (used.length > 1)
      expect(
        chiSquareGoodnessOfFit(
          used.map((k) => counts[k]!),
          { weights: used.map((k) => probabilities[k]!) },
        ).pValue!,
      ).toBeGreaterThan(1e-4)
  })

  test('a run through JSON at every step, the reducer, and a batch give the same state', () => {
    const steps = outcomes(2, 40, ids)
    const run = bandit.run(ids, { rng: createRng(1) })
    let reduced = start
    for (const step of steps) {
      run.update(step)
      reduced = bandit.update(JSON.parse(JSON.stringify(reduced)), step)
    }
    expect(reduced).toEqual(run.state())
    expect(bandit.update(start, steps)).toEqual(reduced)
    expect(JSON.parse(JSON.stringify(reduced))).toEqual(reduced)
    const again = bandit.run(JSON.parse(JSON.stringify(reduced)), { rng: createRng(9) })
    const straight = bandit.run(ids, { rng: createRng(9) })
    for (const step of steps) straight.update(step)
    for (let i = 0; i < 20; i++) expect(again.select(context)).toEqual(straight.select(context))
  })

  test('the given state stays as it was', () => {
    const before = JSON.stringify(learned)
    bandit.update(learned, outcomes(3, 5, ids))
    bandit.select(learned, { rng: createRng(1), context })
    bandit.removeArm(bandit.addArm(learned, 'd'), 'a')
    expect(JSON.stringify(learned)).toBe(before)
  })

  test('arms come and go; an id is never used again', () => {
    const more = bandit.addArm(learned, 'aa')
    expect(more.arms.map(({ id }) => id)).toEqual(['a', 'aa', 'b', 'c'])
    // The others keep what they learned: the probabilities of a state that always had the arm differ by the arm only.
    for (const arm of learned.arms) expect(more.arms.find(({ id }) => id === arm.id)).toEqual(arm)
    const less = bandit.removeArm(more, 'b')
    expect(bandit.probabilities(less, { context }).arms).toEqual(['a', 'aa', 'c'])
    expect(() => bandit.addArm(less, 'b')).toThrowError(code('abtest.arm-exists'))
    expect(() => bandit.addArm(less, 'a')).toThrowError(code('abtest.arm-exists'))
    expect(() => bandit.removeArm(less, 'b')).toThrowError(code('abtest.unknown-arm'))
    const late = bandit.update(less, { arm: 'b', reward: 1, context, propensity: 0.5 })
    expect(late.updates).toBe(less.updates + 1)
    const one = bandit.removeArm(bandit.removeArm(late, 'a'), 'c')
    expect(bandit.probabilities(one, { context }).probabilities).toEqual([1])
    expect(() => bandit.removeArm(one, 'aa')).toThrowError(code('abtest.no-arms'))
  })

  test('states of replicas merge in any order, or say why not', () => {
    const parts = [4, 5, 6].map((seed) => bandit.update(start, outcomes(seed, 30, ids)))
    const { memory } = bandit.options as { memory?: object }
    if (memory !== undefined && typeof memory === 'object' && 'window' in memory) {
      expect(() => bandit.merge(parts[0]!, parts[1]!)).toThrowError(code('abtest.cannot-merge'))
      return
    }
    const [x, y, z] = parts as [typeof start, typeof start, typeof start]
    expect(bandit.merge(x, y)).toEqual(bandit.merge(y, x))
    const left = bandit.probabilities(bandit.merge(bandit.merge(x, y), z), { context })
    const right = bandit.probabilities(bandit.merge(x, bandit.merge(y, z)), { context })
    left.probabilities.forEach((p, k) => {
      expect(right.probabilities[k]).toBeCloseTo(p, 9)
    })
    expect(bandit.merge(x, start).arms.map(({ body }) => JSON.stringify(body))).toHaveLength(3)
    const fades =
      ('discount' in bandit.options && bandit.options['discount'] !== 1) ||
      (typeof memory === 'object' && 'discount' in memory)
    // A merge knows of all rewards, a run that tolerates some lag may not yet.
    const lags = Number(bandit.options['tolerance'] ?? 0) > 0
    if (!fades && !lags && bandit.name !== 'logistic-thompson') {
      const whole = bandit.update(
        start,
        [4, 5, 6].flatMap((seed) => outcomes(seed, 30, ids)),
      )
      const wanted = bandit.probabilities(whole, { context })
      left.probabilities.forEach((p, k) => {
        expect(p).toBeCloseTo(wanted.probabilities[k]!, 9)
      })
    }
    const removed = bandit.merge(bandit.removeArm(x, 'a'), bandit.addArm(y, 'd'))
    expect(removed.arms.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'a removed',
      'b active',
      'c active',
      'd active',
    ])
  })

  test('a state whose keys were put in another order is the same state', () => {
    const turned = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(turned)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([key, item]) => [key, turned(item)]),
            )
          : value
    expect(bandit.probabilities(turned(learned) as typeof learned, { context })).toEqual(
      bandit.probabilities(learned, { context }),
    )
  })

  test('bad input is a typed error', () => {
    const fine = { arm: 'a', reward: 1, context, propensity: 0.5 }
    const update = (change: object) => () => bandit.update(start, { ...fine, ...change } as never)
    expect(update({ arm: 'x' })).toThrowError(code('abtest.unknown-arm'))
    for (const reward of [Number.NaN, Number.POSITIVE_INFINITY, null, undefined, '1', 1e101])
      expect(update({ reward })).toThrowError(code('abtest.bad-reward'))
    for (const propensity of [0, -0.1, 1.1, Number.NaN])
      expect(update({ propensity })).toThrowError(code('abtest.bad-propensity'))
    if ('dimension' in bandit.options) {
      for (const bad of [
        undefined,
        [],
        [1, 2],
        [1, 2, Number.NaN],
        [1, 2, Number.POSITIVE_INFINITY],
      ]) {
        expect(update({ context: bad })).toThrowError(code('abtest.bad-context'))
        expect(() => bandit.probabilities(start, { context: bad as never })).toThrowError(
          code('abtest.bad-context'),
        )
      }
    }
    for (const arms of [[], ['a', 'a'], [''], [3], undefined])
      expect(() => bandit.start(arms as never)).toThrowError(
        expect.objectContaining({ code: expect.stringMatching(/abtest\.(no-arms|invalid-arm)/) }),
      )
    for (const change of [
      { kind: 'x' },
      { bandit: 'other' },
      { options: { other: 1 } },
      { updates: -1 },
      { arms: [] },
      { arms: [...start.arms].reverse() },
      { arms: start.arms.map((arm) => ({ ...arm, status: 'removed' })) },
      { arms: start.arms.map((arm) => ({ ...arm, body: {} })) },
      { shared: null },
    ])
      expect(() =>
        bandit.probabilities({ ...start, ...change } as never, { context }),
      ).toThrowError(code('abtest.not-a-bandit-state'))
    expect(() => bandit.probabilities({ ...start, formatVersion: 2 } as never)).toThrowError(
      code('abtest.unsupported-format'),
    )
  })
})

describe('formulas', () => {
  const { log } = golden
  const rewards = log.decisions.map((arm, i) => ({
    arm,
    reward: log.rewards[i]!,
    context: log.contexts[i]!,
  }))

  test('UCB1, softmax and LinUCB agree with MABWiser', () => {
    const ucb = ucb1({ alpha: 1.3 })
    const scores = ucb.probabilities(ucb.update(ucb.start(ids), rewards)).scores
    ids.forEach((id, k) => {
      expect(scores[k]).toBeCloseTo(golden.ucb1[id as 'a'], 9)
    })
    const boltzmann = softmax({ temperature: 0.05 })
    const { probabilities } = boltzmann.probabilities(
      boltzmann.update(boltzmann.start(ids), rewards),
    )
    const total = Object.values(golden.softmax).reduce((a, b) => a + b, 0)
    ids.forEach((id, k) => {
      expect(probabilities[k]).toBeCloseTo(golden.softmax[id as 'a'] / total, 9)
    })
    const lin = linUcb({ dimension: 4, alpha: 0.7, l2: 2 })
    const state = lin.update(lin.start(ids), rewards)
    ids.forEach((id, k) => {
      expect(lin.probabilities(state, { context: log.query }).scores[k]).toBeCloseTo(
        golden.linUcb[id as 'a'],
        9,
      )
    })
  })

  test('arms never tried go first, and ties are broken at random', () => {
    for (const bandit of [ucb1(), klUcb(), softmax(), epsilonGreedy({ epsilon: 0 })]) {
      const state = bandit.update(bandit.start(ids), { arm: 'b', reward: 1 })
      const { probabilities, scores } = bandit.probabilities(state)
      expect(probabilities).toEqual([0.5, 0, 0.5])
      expect(scores[0]).toBeNull()
      const even = bandit.update(state, [
        { arm: 'a', reward: 1 },
        { arm: 'c', reward: 1 },
      ])
      bandit.probabilities(even).probabilities.forEach((p) => {
        expect(p).toBeCloseTo(1 / 3, 12)
      })
    }
    const lin = linUcb({ dimension: 1, alpha: 2, l2: 4 })
    expect(lin.probabilities(lin.start(ids), { context: [3] }).scores).toEqual([3, 3, 3])
  })

  test('the index of KL-UCB is the largest q of its definition', () => {
    const kl = (p: number, q: number) =>
      (p > 0 ? p * Math.log(p / q) : 0) + (p < 1 ? (1 - p) * Math.log((1 - p) / (1 - q)) : 0)
    for (const mean of [0, 1e-9, 0.01, 0.3, 0.5, 0.97, 1 - 1e-9, 1]) {
      for (const n of [0.5, 1, 7, 300, 1e6]) {
        for (const t of [2, 50, 1e5]) {
          let [low, high] = [mean, 1]
          for (let i = 0; i < 200; i++) {
            const middle = (low + high) / 2
            if (n * kl(mean, middle) <= Math.log(t)) low = middle
            else high = middle
          }
          expect(Math.abs(klUcbIndex({ mean, n, t }) - low), `${mean} ${n} ${t}`).toBeLessThan(1e-9)
        }
      }
    }
    expect(klUcbIndex({ mean: 0.3, n: 5, t: 1 })).toBe(0.3)
    expect(() => klUcbIndex({ mean: 1.1, n: 1, t: 1 })).toThrowError(code('abtest.invalid-option'))
  })

  test('the index of KL-UCB of a run is that of its definition, whatever way led there', () => {
    const rng = createRng(11)
    const rates = [0.02, 0.3, 0.3, 0.98, 0.5]
    const arms = rates.map((_, k) => `arm-${k}`)
    const bandit = klUcb()
    const run = bandit.run(arms, { rng })
    const counts = rates.map(() => ({ n: 0, sum: 0 }))
    for (let t = 1; t <= 6000; t++) {
      const k = rng.int(5)
      // Two arms with the same rewards, always tied.
      const learned = k === 1 || k === 2 ? [1, 2] : [k]
      const reward = k === 4 ? rng.next() : Number(rng.next() < rates[k]!)
      for (const at of learned) {
        run.update({ arm: arms[at]!, reward })
        counts[at]!.n++
        counts[at]!.sum += reward
      }
      const { scores } = run.select()
      expect(scores[1]).toBe(scores[2])
      if (t % 50 > 0) continue
      expect(scores).toEqual(bandit.probabilities(JSON.parse(JSON.stringify(run.state()))).scores)
      const total = counts.reduce((sum, { n }) => sum + n, 0)
      counts.forEach(({ n, sum }, at) => {
        const wanted = klUcbIndex({ mean: sum / n, n, t: total })
        expect(Math.abs(scores[at]! - wanted)).toBeLessThanOrEqual(
          2e-9 * Math.min(wanted, 1 - wanted),
        )
      })
    }
  })

  test('KL-UCB chooses as by the plain solution of every index', () => {
    const memory = fc.constantFrom<BanditMemory>('all', { discount: 0.97 }, { window: 60 })
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 6 }),
        memory,
        fc.constantFrom(0, 3),
        fc.integer(),
        (rates, memory, c, seed) => {
          const rng = createRng(seed)
          const arms = rates.map((_, k) => `arm-${k}`)
          const bandit = klUcb({ memory, c })
          const run = bandit.run(arms, { rng })
          for (let t = 0; t < 400; t++) {
            const { arm, probabilities } = run.select()
            run.update({ arm, reward: Number(rng.next() < rates[arms.indexOf(arm)]!) })
            if (t % 10 > 0 || probabilities.length < 2) continue
            const bodies = run.state().arms.map(({ body }) => body)
            if (bodies.some(({ n }) => !(n > 1e-9))) continue
            const total = bodies.reduce((sum, { n }) => sum + n, 0)
            const plain = bodies.map(({ n, sum }) =>
              klUcbIndex(
                { mean: Math.min(1, Math.max(0, sum / n)), n, t: Math.max(1, total) },
                { c },
              ),
            )
            const best = Math.max(...plain)
            const { scores, probabilities: p } = run.select()
            plain.forEach((index, k) => {
              expect(Math.abs(scores[k]! - index)).toBeLessThanOrEqual(2e-9)
              // Chosen only if none is better by more than the 30 bits of an index.
              if (index < best - 4e-9) expect(p[k]).toBe(0)
            })
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  test('EXP3: the weights of its paper, with any number of choices', () => {
    const bandit = exp3({ gamma: 0.2 })
    let state = bandit.start(ids)
    const weights = [1, 1, 1]
    const rng = createRng(2)
    for (let t = 0; t < 200; t++) {
      const total = weights.reduce((a, b) => a + b, 0)
      const wanted = weights.map((w) => (0.8 * w) / total + 0.2 / 3)
      const { probabilities } = bandit.probabilities(state)
      const k = rng.int(3)
      const reward = rng.next()
      probabilities.forEach((p, i) => {
        expect(p).toBeCloseTo(wanted[i]!, 10)
      })
      weights[k]! *= Math.exp((0.2 * reward) / (wanted[k]! * 3))
      state = bandit.update(state, { arm: ids[k]!, reward, propensity: probabilities[k]! })
    }
    const long = bandit.update(
      bandit.start(ids),
      Array.from({ length: 5000 }, () => ({ arm: 'a', reward: 1, propensity: 0.01 })),
    )
    expect(bandit.probabilities(long).probabilities[0]).toBeCloseTo(0.8 + 0.2 / 3, 12)
    expect(
      bandit.probabilities(bandit.addArm(bandit.start(['a', 'b']), 'c')).probabilities[2],
    ).toBeCloseTo(1 / 3, 12)
    expect(() => bandit.update(bandit.start(ids), { arm: 'a', reward: 1 })).toThrowError(
      code('abtest.bad-propensity'),
    )
  })

  test('top-two is what repeated draws give', () => {
    const bandit = topTwoThompson({ beta: 0.4 })
    const state = bandit.update(bandit.start(ids), outcomes(7, 30, ids))
    const thompson = thompsonBeta()
    const best = thompson.probabilities(
      thompson.update(thompson.start(ids), outcomes(7, 30, ids)),
    ).probabilities
    const rng = createRng(3)
    const leader = () => {
      const u = rng.next()
      return u < best[0]! ? 0 : u < best[0]! + best[1]! ? 1 : 2
    }
    const counts = [0, 0, 0]
    for (let i = 0; i < 40_000; i++) {
      const first = leader()
      let chosen = first
      if (rng.next() >= 0.4) while (chosen === first) chosen = leader()
      counts[chosen]!++
    }
    expect(
      chiSquareGoodnessOfFit(counts, { weights: [...bandit.probabilities(state).probabilities] })
        .pValue!,
    ).toBeGreaterThan(1e-3)
  })

  test('Thompson sampling is what draws from the posteriors give', () => {
    const steps = outcomes(8, 25, ids).map((o) => ({ ...o, reward: o.reward * 3 + 10 }))
    const bandit = thompsonGaussian({ prior: { mean: 10, sd: 2, count: 2, sdCount: 3 } })
    const { probabilities } = bandit.probabilities(bandit.update(bandit.start(ids), steps))
    const rng = createRng(11)
    const gaussian = () =>
      Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
    const chiSquare = (df: number) => {
      let sum = 0
      for (let i = 0; i < df; i++) sum += gaussian() ** 2
      return sum
    }
    const counts = [0, 0, 0]
    for (let i = 0; i < 20_000; i++) {
      const draws = ids.map((id) => {
        const xs = steps.filter(({ arm }) => arm === id).map(({ reward }) => reward)
        const n = xs.length
        const mean = xs.reduce((a, b) => a + b, 0) / n
        const squares = xs.reduce((a, b) => a + (b - mean) ** 2, 0)
        const nu = 3 + n
        const total = 3 * 4 + squares + ((2 * n) / (2 + n)) * (mean - 10) ** 2
        const variance = total / chiSquare(nu)
        return (2 * 10 + n * mean) / (2 + n) + Math.sqrt(variance / (2 + n)) * gaussian()
      })
      counts[draws.indexOf(Math.max(...draws))]!++
    }
    expect(chiSquareGoodnessOfFit(counts, { weights: [...probabilities] }).pValue!).toBeGreaterThan(
      1e-3,
    )
  })

  test('the logistic posterior agrees with a general optimiser, one reward after another', () => {
    const { n, l2, logit, variance } = golden.logistic
    const bandit = logisticThompson({ dimension: 4, l2 })
    const state = bandit.update(
      bandit.start(['only']),
      rewards.slice(0, n).map((o) => ({ ...o, arm: 'only' })),
    )
    expect(bandit.probabilities(state, { context: log.query }).scores[0]).toBeCloseTo(logit, 7)
    const inverse = state.arms[0]!.body.inverse
    let spread = 0
    for (let i = 0, at = 0; i < 4; i++)
      for (let j = i; j < 4; j++, at++)
        spread += (i === j ? 1 : 2) * inverse[at]! * log.query[i]! * log.query[j]!
    expect(spread).toBeCloseTo(variance, 7)
  })

  test('inverse-gap weights: by hand, and never below the floor', () => {
    inverseGapWeights([3, 3, 1], { gamma: 2 }).forEach((p, k) => {
      expect(p).toBeCloseTo([3 / 7, 3 / 7, 1 / 7][k]!, 14)
    })
    expect(inverseGapWeights([5], { gamma: 2 })).toEqual([1])
    expect(inverseGapWeights([1, 0], { gamma: 1e9, floor: 0.1 })[1]).toBe(0.05)
    expect(() => inverseGapWeights([Number.NaN], { gamma: 1 })).toThrowError(
      code('abtest.invalid-option'),
    )
  })

  test('a window forgets exactly what left it, also after many rounds', () => {
    const bandit = softmax({ memory: { window: 17 } })
    const steps = outcomes(12, 400, ids).map((o, i) => ({
      ...o,
      reward: o.reward + (i % 7) * 1e6 + 0.1,
    }))
    const plain = softmax()
    const kept = plain.update(plain.start(ids), steps.slice(-17))
    bandit.update(bandit.start(ids), steps).arms.forEach(({ body }, k) => {
      expect(body.n).toBe(kept.arms[k]!.body.n)
      expect(body.sum / kept.arms[k]!.body.sum).toBeCloseTo(1, 12)
    })
  })

  test('a discount weighs by age', () => {
    const bandit = ucb1({ memory: { discount: 0.9 } })
    const steps = outcomes(13, 50, ids)
    bandit.update(bandit.start(ids), steps).arms.forEach(({ id, body }) => {
      const weight = steps.map(({ arm }, i) => (arm === id ? 0.9 ** (steps.length - 1 - i) : 0))
      const n = weight.reduce((a, b) => a + b, 0)
      const sum = weight.reduce((a, w, i) => a + w * steps[i]!.reward, 0)
      expect(body.n).toBeCloseTo(n, 12)
      expect(body.sum).toBeCloseTo(sum, 12)
      expect(body.m2).toBeCloseTo(
        weight.reduce((a, w, i) => a + w * (steps[i]!.reward - sum / n) ** 2, 0),
        10,
      )
    })
  })

  test('a floor is kept, and options that cannot be meant are refused', () => {
    const bandit = thompsonBeta({ floor: 0.05 })
    const sure = bandit.update(
      bandit.start(ids),
      Array.from({ length: 600 }, (_, i) => ({ arm: ids[i % 3]!, reward: i % 3 === 0 ? 1 : 0 })),
    )
    bandit.probabilities(sure).probabilities.forEach((p, k) => {
      expect(p).toBeCloseTo([0.9, 0.05, 0.05][k]!, 9)
    })
    for (const make of [
      () => epsilonGreedy({ epsilon: 1.5 }),
      () => ucb1({ alpha: -1 }),
      () => ucb1({ memory: { discount: 1 } }),
      () => ucb1({ memory: { window: 0 } }),
      () => ucb1({ memory: 'some' as never }),
      () => softmax({ temperature: 0 }),
      () => exp3({ gamma: 0 }),
      () => thompsonBeta({ prior: [0, 1] }),
      () => thompsonBeta({ floor: Number.NaN }),
      () => thompsonGaussian({ prior: { sd: 0 } }),
      () => topTwoThompson({ beta: 0 }),
      () => topTwoThompson({ posterior: { kind: 'gamma' as never } }),
      () => linUcb({ dimension: 0 }),
      () => linUcb({ dimension: 2, l2: 0 }),
      () => linThompson({ dimension: 2, noiseSd: -1 }),
      () => squareCb({ dimension: 2, gamma: 0 }),
      () => logisticThompson({ dimension: 2, discount: 0 }),
    ])
      expect(make).toThrowError(code('abtest.invalid-option'))
  })
})

describe('the linear models', () => {
  test('rank-one updates stay at the fresh inverse over 50 000 of them, also ill-conditioned', () => {
    const d = 8
    const bandit = linUcb({ dimension: d, l2: 0.01 })
    const rng = createRng(6)
    const run = bandit.run(['a'], { rng })
    for (let i = 0; i < 50_000; i++) {
      const shared = rng.next()
      // Features that are nearly the same: the condition number goes to about 1e8.
      const x = Array.from({ length: d }, () => shared + 1e-2 * (rng.next() - 0.5))
      run.update({ arm: 'a', context: x, reward: shared })
    }
    const { gram, inverse, sinceFactor } = run.state().arms[0]!.body
    expect(sinceFactor).toBeGreaterThan(0)
    const fresh = new Float64Array(d * d)
    for (let i = 0, at = 0; i < d; i++)
      for (let j = i; j < d; j++, at++) {
        fresh[i * d + j] = gram[at]!
        fresh[j * d + i] = gram[at]!
      }
    invert(fresh, 0.01, d)
    const scale = fresh.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
    for (let i = 0, at = 0; i < d; i++)
      for (let j = i; j < d; j++, at++)
        expect(Math.abs(inverse[at]! - fresh[i * d + j]!) / scale).toBeLessThan(1e-8)
  })

  test('the inverse is the inverse', () => {
    const rng = createRng(1)
    for (let d = 1; d <= 12; d++) {
      const m = new Float64Array(d * d)
      for (let r = 0; r < 2 * d; r++) {
        const x = Array.from({ length: d }, () => rng.next() - 0.5)
        for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) m[i * d + j]! += x[i]! * x[j]!
      }
      const inverse = m.slice()
      invert(inverse, 0.5, d)
      for (let i = 0; i < d; i++) {
        for (let j = 0; j < d; j++) {
          let sum = 0
          for (let k = 0; k < d; k++)
            sum += (m[i * d + k]! + (i === k ? 0.5 : 0)) * inverse[k * d + j]!
          expect(sum).toBeCloseTo(i === j ? 1 : 0, 11)
        }
      }
    }
    expect(() => invert(Float64Array.of(1, 2, 2, 1), 1e-9, 2)).toThrowError(
      code('abtest.bad-context'),
    )
  })

  test('with a discount the model is the weighted ridge regression', () => {
    const bandit = linThompson({ dimension: 1, discount: 0.8, l2: 0.5, noiseSd: 2 })
    const steps = outcomes(9, 20, ['a', 'b']).map((o) => ({ ...o, context: [o.context![1]!] }))
    const { scores } = bandit.probabilities(bandit.update(bandit.start(['a', 'b']), steps), {
      context: [1],
    })
    ;['a', 'b'].forEach((id, k) => {
      let [xx, xy] = [0.5, 0]
      steps.forEach(({ arm, context: [x], reward }, i) => {
        if (arm !== id) return
        xx += 0.8 ** (steps.length - 1 - i) * x! * x!
        xy += 0.8 ** (steps.length - 1 - i) * x! * reward
      })
      expect(scores[k]).toBeCloseTo(xy / xx, 10)
    })
  })
})
