import { createRng } from '@mlops/core'
import { bootstrap } from '@mlops/stats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LoggedColumns, PolicyEstimator, PolicyValueOptions } from '../bandits/index.ts'
import { crossFittedRewards, loggedColumns, policyValue, softmax } from '../bandits/index.ts'

const code = (wanted: string) => expect.objectContaining({ kind: 'invalid', code: wanted })
const ALL: readonly PolicyEstimator[] = [
  'ips',
  'snips',
  'clipped-ips',
  'dm',
  'dr',
  'sndr',
  'switch-dr',
  'dr-os',
]
const limits: Partial<Record<PolicyEstimator, PolicyValueOptions>> = {
  'clipped-ips': { clip: 3 },
  'switch-dr': { tau: 3 },
  'dr-os': { lambda: 5 },
}

/** A world of two features and three arms: rates, a logging and a target policy. */
function world(seed: number, n: number) {
  const rng = createRng(seed)
  const contexts = new Float64Array(2 * n)
  const target = new Float64Array(3 * n)
  const truth = new Float64Array(3 * n)
  const logging = new Float64Array(3 * n)
  const action = new Int32Array(n)
  const reward = new Float64Array(n)
  const propensity = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const [u, v] = [rng.next(), rng.next()]
    contexts.set([u, v], 2 * i)
    truth.set([0.2 + 0.5 * u, 0.6 - 0.4 * v, 0.3 + 0.2 * u * v], 3 * i)
    const a = 0.15 + 0.5 * v
    logging.set([a, 0.85 - a, 0.15], 3 * i)
    target.set(u > 0.5 ? [0.8, 0.1, 0.1] : [0.1, 0.7, 0.2], 3 * i)
    const draw = rng.next()
    const arm = draw < a ? 0 : draw < 0.85 ? 1 : 2
    action[i] = arm
    propensity[i] = logging[3 * i + arm]!
    reward[i] = rng.next() < truth[3 * i + arm]! ? 1 : 0
  }
  return { contexts, truth, target, logging, action, reward, propensity }
}

/** By numeric integration over the features: what the target earns. */
const TRUE_VALUE = (() => {
  let sum = 0
  const steps = 400
  for (let i = 0; i < steps; i++) {
    for (let j = 0; j < steps; j++) {
      const [u, v] = [(i + 0.5) / steps, (j + 0.5) / steps]
      const rates = [0.2 + 0.5 * u, 0.6 - 0.4 * v, 0.3 + 0.2 * u * v]
      const shares = u > 0.5 ? [0.8, 0.1, 0.1] : [0.1, 0.7, 0.2]
      sum += rates.reduce((total, rate, k) => total + rate * shares[k]!, 0)
    }
  }
  return sum / steps ** 2
})()

function fittedWorld(seed: number, n: number): LoggedColumns {
  const log = world(seed, n)
  return { ...log, predicted: crossFittedRewards(log, { arms: 3, dimension: 2 }) }
}

describe('estimators', () => {
  test('agree with their formulas, row by row', () => {
    const { target, action, reward, propensity } = world(1, 60)
    const predicted = Float64Array.from({ length: 180 }, (_, i) => ((i * 7) % 11) / 11)
    const log = { target, action, reward, propensity, predicted }
    const rows = Array.from(action, (arm, i) => ({
      w: target[3 * i + arm]! / propensity[i]!,
      r: reward[i]!,
      q: predicted[3 * i + arm]!,
      v: [0, 1, 2].reduce((s, k) => s + target[3 * i + k]! * predicted[3 * i + k]!, 0),
    }))
    const mean = (f: (row: (typeof rows)[number]) => number) =>
      rows.reduce((s, row) => s + f(row), 0) / rows.length
    const meanW = mean(({ w }) => w)
    const wanted: Record<PolicyEstimator, number> = {
      ips: mean(({ w, r }) => w * r),
      snips: mean(({ w, r }) => w * r) / meanW,
      'clipped-ips': mean(({ w, r }) => Math.min(w, 3) * r),
      dm: mean(({ v }) => v),
      dr: mean(({ w, r, q, v }) => v + w * (r - q)),
      sndr: mean(({ v }) => v) + mean(({ w, r, q }) => w * (r - q)) / meanW,
      'switch-dr': mean(({ w, r, q, v }) => v + (w <= 3 ? w * (r - q) : 0)),
      'dr-os': mean(({ w, r, q, v }) => v + ((5 * w) / (w * w + 5)) * (r - q)),
    }
    for (const estimator of ALL)
      expect(policyValue(log, { estimator, ...limits[estimator] }).value, estimator).toBeCloseTo(
        wanted[estimator],
        12,
      )
    const { effectiveSampleSize, meanWeight, maxWeight } = policyValue(log)
    expect(effectiveSampleSize).toBeCloseTo(
      (60 * meanW) ** 2 / rows.reduce((s, { w }) => s + w * w, 0),
      9,
    )
    expect(meanWeight).toBeCloseTo(meanW, 12)
    expect(maxWeight).toBe(Math.max(...rows.map(({ w }) => w)))
  })

  test('the policy that logged is worth the mean of its rewards, under every estimator', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 20, max: 80 }), (seed, n) => {
        const { action, reward } = world(seed, n)
        const uniform = Float64Array.from({ length: 3 * n }, () => 1 / 3)
        const log = {
          action,
          reward,
          propensity: uniform.slice(0, n),
          target: uniform,
          predicted: new Float64Array(3 * n),
          logging: uniform,
        }
        const mean = reward.reduce((a, b) => a + b, 0) / n
        for (const estimator of ['ips', 'snips', 'clipped-ips', 'dr', 'sndr', 'switch-dr'] as const)
          expect(policyValue(log, { estimator, ...limits[estimator] }).value).toBeCloseTo(mean, 12)
        expect(policyValue(log).effectiveSampleSize).toBeCloseTo(n, 8)
      }),
    )
  })

  test('limits: dr-os at infinity is dr, at 0 dm; no clip is ips', () => {
    const log = fittedWorld(3, 200)
    const of = (options: PolicyValueOptions) => policyValue(log, options).value
    expect(of({ estimator: 'dr-os', lambda: Number.POSITIVE_INFINITY })).toBe(
      of({ estimator: 'dr' }),
    )
    expect(of({ estimator: 'dr-os', lambda: 0 })).toBeCloseTo(of({ estimator: 'dm' })!, 12)
    expect(of({ estimator: 'switch-dr', tau: 0 })).toBeCloseTo(of({ estimator: 'dm' })!, 12)
    expect(of({ estimator: 'switch-dr', tau: 1e9 })).toBe(of({ estimator: 'dr' }))
    expect(of({ estimator: 'clipped-ips', clip: 1e9 })).toBe(of({ estimator: 'ips' }))
  })

  test('the analytic standard error is that of the bootstrap', () => {
    const log = fittedWorld(4, 1500)
    for (const estimator of ['ips', 'snips', 'dr', 'sndr'] as const) {
      const analytic = policyValue(log, { estimator })
      const resampled = policyValue(log, {
        estimator,
        bootstrap: { rng: createRng(1), resamples: 2000 },
      })
      expect(resampled.interval!.method).toBe('bootstrap')
      expect(resampled.value).toBe(analytic.value)
      for (const side of ['lower', 'upper'] as const)
        expect(Math.abs(resampled.interval![side] - analytic.interval![side])).toBeLessThan(
          0.2 * analytic.standardError!,
        )
    }
    const { weights, rewards } = (() => {
      const { target, action, propensity, reward } = log as ReturnType<typeof world>
      return {
        weights: Array.from(action, (k, i) => target[3 * i + k]! / propensity[i]!),
        rewards: reward,
      }
    })()
    const naive = bootstrap(
      weights.map((_, i) => i),
      (rows) => {
        let [a, b] = [0, 0]
        for (const i of rows) {
          a += weights[i]! * rewards[i]!
          b += weights[i]!
        }
        return a / b
      },
      { rng: createRng(2), kind: 'percentile', resamples: 1000 },
    )
    expect(naive.standardError! / policyValue(log).standardError!).toBeCloseTo(1, 1)
  })
})

test('intervals cover as often as they say, and the estimators are unbiased', () => {
  const runs = 300
  const cover: Record<string, number> = {}
  const bias: Record<string, number> = {}
  for (let run = 0; run < runs; run++) {
    const log = fittedWorld(1000 + run, 400)
    for (const estimator of ['ips', 'snips', 'dr', 'sndr'] as const) {
      const { value, interval } = policyValue(log, { estimator })
      if (interval!.lower <= TRUE_VALUE && TRUE_VALUE <= interval!.upper)
        cover[estimator] = (cover[estimator] ?? 0) + 1
      bias[estimator] = (bias[estimator] ?? 0) + (value! - TRUE_VALUE) / runs
    }
  }
  for (const estimator of ['ips', 'snips', 'dr', 'sndr']) {
    // Binomial at 0.95 over 300 runs has an sd of 0.0126.
    expect(cover[estimator]! / runs, estimator).toBeGreaterThan(0.91)
    expect(Math.abs(bias[estimator]!), estimator).toBeLessThan(0.01)
  }
})

describe('refusals', () => {
  const log = world(2, 50)

  test('a propensity that is missing or impossible', () => {
    const withOne = (value: unknown) => ({
      ...log,
      propensity: Array.from(log.propensity, (p, i) => (i === 7 ? value : p)) as number[],
    })
    for (const value of [null, undefined, Number.NaN])
      expect(() => policyValue(withOne(value))).toThrowError(code('abtest.missing-propensity'))
    for (const value of [0, -1, 1.01])
      expect(() => policyValue(withOne(value))).toThrowError(code('abtest.bad-propensity'))
  })

  test('columns, policies, rewards, predictions and options that cannot be meant', () => {
    const bad = (change: object, wanted: string, options?: PolicyValueOptions) =>
      expect(() => policyValue({ ...log, ...change }, options), wanted).toThrowError(code(wanted))
    bad({ reward: [1] }, 'abtest.length-mismatch')
    bad({ target: [1] }, 'abtest.length-mismatch')
    bad({ predicted: [1] }, 'abtest.length-mismatch')
    bad({ action: new Int32Array(50).fill(3) }, 'abtest.unknown-arm')
    bad({ target: new Float64Array(150).fill(0.5) }, 'abtest.bad-policy')
    bad(
      { target: Float64Array.from({ length: 150 }, (_, i) => [2, -1, 0][i % 3]!) },
      'abtest.bad-policy',
    )
    bad({ reward: new Float64Array(50).fill(Number.POSITIVE_INFINITY) }, 'abtest.bad-reward')
    bad({ predicted: new Float64Array(150).fill(Number.NaN) }, 'abtest.bad-prediction')
    bad({ logging: new Float64Array(150).fill(1 / 3) }, 'abtest.bad-propensity')
    for (const estimator of ['dm', 'dr', 'sndr', 'switch-dr', 'dr-os'] as const)
      bad({}, 'abtest.invalid-option', { estimator, tau: 1, lambda: 1 })
    bad({}, 'abtest.invalid-option', { estimator: 'clipped-ips' })
    bad({}, 'abtest.invalid-option', { estimator: 'magic' as never })
    bad({}, 'abtest.invalid-option', { confidence: 1 })
    bad({}, 'abtest.invalid-option', { bootstrap: { rng: createRng(1), resamples: 1 } })
  })

  test('a target outside the log has no value, unless a model answers, and that is said', () => {
    const two = {
      action: [0, 1, 0, 1],
      reward: [1, 0, 1, 1],
      propensity: [0.5, 0.5, 0.5, 0.5],
      target: [0, 0.5, 0.5, 0, 0.5, 0.5, 0, 0.5, 0.5, 0, 0.5, 0.5],
      predicted: new Float64Array(12).fill(0.5),
    }
    for (const estimator of ['ips', 'snips', 'clipped-ips'] as const)
      expect(policyValue(two, { estimator, clip: 1 })).toMatchObject({
        status: 'outside-support',
        value: null,
        interval: null,
        unsupported: 0.5,
      })
    expect(policyValue(two, { maxUnsupported: 0.5 }).status).toBe('ok')
    const modelled = policyValue(two, { estimator: 'dr' })
    expect(modelled.status).toBe('ok')
    expect(modelled.warnings.map(({ code: c }) => c)).toContain('abtest.outside-support')
    // The whole logging policy shows what a sample cannot: arm 1 was impossible in half of the rows.
    const logging = [1, 0, 0.5, 0.5, 1, 0, 0.5, 0.5]
    const exact = {
      action: [0, 1, 0, 0],
      reward: [1, 1, 1, 1],
      propensity: [1, 0.5, 1, 0.5],
      target: [0.4, 0.6, 0.4, 0.6, 0.4, 0.6, 0.4, 0.6],
      logging,
    }
    expect(policyValue(exact).unsupported).toBeCloseTo(0.3, 12)
    expect(policyValue(exact).status).toBe('outside-support')
  })

  test('nothing to say is said', () => {
    expect(policyValue({ action: [], reward: [], propensity: [], target: [] }).status).toBe(
      'insufficient-data',
    )
    const one = { action: [0, 0], reward: [1, null], propensity: [1, 1], target: [1, 1] }
    expect(policyValue(one)).toMatchObject({
      status: 'insufficient-data',
      n: 1,
      dropped: 1,
      value: null,
    })
    const never = { action: [0, 1], reward: [1, 1], propensity: [0.5, 0.5], target: [0, 1, 1, 0] }
    for (const estimator of ['ips', 'snips'] as const)
      expect(policyValue(never, { estimator })).toMatchObject({
        status: 'undefined',
        value: null,
        effectiveSampleSize: null,
      })
  })

  test('warnings: wrong propensities, few effective rows, clipping, trust in a model', () => {
    const warnings = (columns: LoggedColumns, options?: PolicyValueOptions) =>
      policyValue(columns, options).warnings.map(({ code: c }) => c)
    const large = fittedWorld(9, 4000)
    expect(warnings(large)).toEqual([])
    const wrong = {
      ...large,
      logging: undefined as never,
      propensity: Float64Array.from(large.propensity as Float64Array, (p) => p / 2),
    }
    expect(warnings(wrong)).toEqual(['abtest.weights-off'])
    expect(warnings(world(9, 20))).toContain('abtest.few-effective-rows')
    expect(warnings(large, { estimator: 'clipped-ips', clip: 1 })).toContain(
      'abtest.biased-by-design',
    )
    expect(warnings(large, { estimator: 'dm' })).toEqual(['abtest.model-trusted'])
  })
})

describe('rows', () => {
  test('a bandit’s choices flow into off-policy evaluation', () => {
    const bandit = softmax({ temperature: 0.5 })
    const arms = ['a', 'b', 'c']
    const rates = [0.2, 0.5, 0.7]
    const rng = createRng(3)
    const run = bandit.run(arms, { rng })
    const rows = Array.from({ length: 6000 }, () => {
      const { arm, propensity, probabilities } = run.select()
      const reward = rng.next() < rates[arms.indexOf(arm)]! ? 1 : 0
      run.update({ arm, reward, propensity })
      return { arm, propensity, reward, probabilities }
    })
    const log = loggedColumns(rows, {
      arms,
      target: () => [0, 0.5, 0.5],
      logging: ({ probabilities }) => probabilities,
    })
    // The first three choices were among the arms never tried: the others were impossible.
    expect(policyValue(log)).toMatchObject({ status: 'outside-support', value: null })
    const { value, interval, standardError, unsupported } = policyValue(log, {
      maxUnsupported: 0.001,
    })
    expect(unsupported).toBeGreaterThan(0)
    expect(Math.abs(value! - 0.6)).toBeLessThan(3 * standardError!)
    expect(interval!.upper - interval!.lower).toBeLessThan(0.08)
  })

  test('are checked, and the result prints', () => {
    const rows = [{ arm: 'a', propensity: 1, reward: 1 }]
    expect(() => loggedColumns(rows, { arms: ['b'], target: () => [1] })).toThrowError(
      code('abtest.unknown-arm'),
    )
    expect(() => loggedColumns(rows, { arms: ['a'], target: () => [] })).toThrowError(
      code('abtest.bad-policy'),
    )
    const result = policyValue(fittedWorld(9, 4000))
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
    const text = (result as never as Record<symbol, () => string>)[
      Symbol.for('nodejs.util.inspect.custom')
    ]!()
    expect(text).toMatch(/^Policy value by snips\n0\.\d+ for each choice \(95 % interval/)
  })
})

describe('cross-fitted rewards', () => {
  test('are those of ridge regressions on the other rows', () => {
    const { contexts, action, reward } = world(5, 200)
    const some = Array.from(reward, (r, i) => (i % 9 === 0 ? null : r))
    const got = crossFittedRewards(
      { contexts, action, reward: some },
      { arms: 3, dimension: 2, folds: 4, l2: 0.3 },
    )
    for (const i of [0, 5, 18, 39]) {
      for (let arm = 0; arm < 3; arm++) {
        const rows = Array.from(action, (_, j) => j).filter(
          (j) => j % 4 !== i % 4 && action[j] === arm && some[j] !== null,
        )
        const mean = (f: (j: number) => number) => rows.reduce((s, j) => s + f(j), 0) / rows.length
        const x = (j: number, k: number) => contexts[2 * j + k]!
        const [m0, m1, mr] = [mean((j) => x(j, 0)), mean((j) => x(j, 1)), mean((j) => some[j]!)]
        const sum = (f: (j: number) => number) => rows.reduce((s, j) => s + f(j), 0)
        const a = sum((j) => (x(j, 0) - m0) ** 2) + 0.3
        const b = sum((j) => (x(j, 0) - m0) * (x(j, 1) - m1))
        const c = sum((j) => (x(j, 1) - m1) ** 2) + 0.3
        const u = sum((j) => (x(j, 0) - m0) * (some[j]! - mr))
        const v = sum((j) => (x(j, 1) - m1) * (some[j]! - mr))
        const det = a * c - b * b
        const wanted =
          mr + ((c * u - b * v) / det) * (x(i, 0) - m0) + ((a * v - b * u) / det) * (x(i, 1) - m1)
        expect(got[3 * i + arm]).toBeCloseTo(wanted, 10)
      }
    }
  })

  test('an arm without rows is predicted by the mean; nonsense is refused', () => {
    const log = { contexts: [0, 1, 2, 3], action: [0, 0, 0, 0], reward: [1, 2, 3, 4] }
    const predicted = crossFittedRewards(log, { arms: 2, dimension: 1, folds: 2 })
    expect([predicted[1], predicted[3]]).toEqual([3, 2])
    const bad = (change: object, wanted: string, options: object = {}) =>
      expect(() =>
        crossFittedRewards({ ...log, ...change }, { arms: 2, dimension: 1, ...options }),
      ).toThrowError(code(wanted))
    bad({ contexts: [1] }, 'abtest.length-mismatch')
    bad({ contexts: [1, 2, 3, Number.NaN] }, 'abtest.bad-context')
    bad({ action: [0, 1, 2, 0] }, 'abtest.unknown-arm')
    bad({ reward: [null, null, null, null] }, 'abtest.insufficient-data')
    bad({}, 'abtest.invalid-option', { folds: 1 })
  })
})
