import { createRng, digestOf, manualClock } from '@mlops/core'
import { chiSquare } from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import { registerPlan } from '../plan.ts'
import { readPlan } from '../read-plan.ts'
import type { PeekHistory } from './peek-plan.ts'
import { peekPlan } from './peek-plan.ts'
import { anytimeSampleRatio } from './sample-ratio-sequence.ts'
import type { SequentialPlanInput } from './sequential-plan.ts'
import { amendPlan, registerSequentialPlan } from './sequential-plan.ts'

const clock = manualClock('2026-03-02T09:00:00Z')
const base: SequentialPlanInput = {
  name: 'ranker-2',
  hypothesis: 'the new ranker sells more',
  metric: { name: 'conversion', better: 'higher' },
  unit: 'user',
  method: {
    kind: 'group-sequential',
    maxUnits: 10_000,
    spending: 'lan-demets-obrien-fleming',
  },
}
const coded = (kind: string, code: string) => expect.objectContaining({ kind, code })
const rates = (c: number, t: number, n: number) => ({
  control: { successes: c, n },
  treatment: { successes: t, n },
})

describe('a sequential plan', () => {
  test('is sealed, survives JSON, and refuses changes', () => {
    const plan = registerSequentialPlan(base, { clock })
    const { digest, ...body } = plan
    expect(digestOf(body)).toBe(digest)
    const saved = JSON.parse(JSON.stringify(plan))
    expect(peekPlan(saved, rates(150, 160, 1500), { clock }).decision).toBe('continue')
    expect(() => peekPlan({ ...saved, alpha: 0.2 }, rates(150, 160, 1500), { clock })).toThrowError(
      coded('conflict', 'abtest.plan-changed'),
    )
  })

  test('is looked at, a plan with a fixed horizon is not, and the other way round', () => {
    const fixed = registerPlan(
      { ...base, design: 'unpaired', test: 'welch', sampleSize: { control: 5, treatment: 5 } },
      { clock },
    )
    expect(() => peekPlan(fixed as never, rates(150, 160, 1500), { clock })).toThrowError(
      coded('invalid', 'abtest.not-sequential'),
    )
    const plan = registerSequentialPlan(base, { clock })
    expect(() => readPlan(plan as never, rates(150, 160, 1500), { clock })).toThrowError(
      coded('invalid', 'abtest.not-fixed'),
    )
  })

  test('an amendment is on the record, as a chain of digests', () => {
    const plan = registerSequentialPlan(base, { clock })
    const second = amendPlan(
      plan,
      { ...base, alpha: 0.01 },
      { clock, reason: 'a second metric', looks: 1 },
    )
    expect(second.amends).toEqual({
      digest: plan.digest,
      reason: 'a second metric',
      looks: 1,
      changed: ['alpha'],
    })
    const { history } = peekPlan(plan, rates(150, 160, 1500), { clock })
    expect(() => peekPlan(second, rates(300, 310, 3000), { clock, history })).toThrowError(
      coded('conflict', 'abtest.foreign-history'),
    )
    expect(() => amendPlan(plan, base, { clock, reason: ' ', looks: 1 })).toThrowError(
      coded('invalid', 'abtest.invalid-plan'),
    )
    expect(() =>
      amendPlan({ ...plan, unit: 'x' }, base, { clock, reason: 'r', looks: 0 }),
    ).toThrowError(coded('conflict', 'abtest.plan-changed'))
  })

  test('bounds of earlier looks stay, and a plan that stopped stays read', () => {
    const plan = registerSequentialPlan(base, { clock })
    const first = peekPlan(plan, rates(150, 160, 1500), { clock })
    const history: PeekHistory = JSON.parse(JSON.stringify(first.history))
    const second = peekPlan(plan, rates(300, 380, 3000), { clock, history })
    expect(second).toMatchObject({ look: 2, decision: 'stop', verdict: 'pass' })
    expect(second.effect.method).toBe('group-sequential-stagewise')
    expect(second.effect.interval!.lower!).toBeGreaterThan(0)
    expect(() =>
      peekPlan(plan, rates(400, 480, 4000), { clock, history: second.history }),
    ).toThrowError(coded('conflict', 'abtest.already-stopped'))
    for (const data of [rates(150, 160, 1500), rates(100, 110, 1000)])
      expect(() => peekPlan(plan, data, { clock, history })).toThrowError(
        coded('conflict', 'abtest.no-new-data'),
      )
    expect(() => peekPlan(plan, rates(9, 10, 99), { clock })).toThrowError(
      coded('conflict', 'abtest.too-early'),
    )
    expect(() => peekPlan(plan, rates(0, 0, 500), { clock })).toThrowError(
      coded('invalid', 'abtest.invalid-arms'),
    )
  })

  test('it ends when all of the level is spent', () => {
    const plan = registerSequentialPlan(base, { clock })
    const first = peekPlan(plan, rates(300, 310, 3000), { clock })
    const over = peekPlan(plan, rates(600, 610, 6000), { clock, history: first.history })
    expect(over).toMatchObject({ decision: 'stop', verdict: 'inconclusive' })
    const early = peekPlan(plan, rates(400, 410, 4000), {
      clock,
      history: first.history,
      stage: 'final',
    })
    expect(early).toMatchObject({ decision: 'stop', verdict: 'inconclusive' })
    expect(early.history.looks.at(-1)!.stopped).toBe(true)
  })

  test('direction: lower is better, and one-sided tests look one way', () => {
    const lower = { ...base, metric: { name: 'errors', better: 'lower' as const } }
    const plan = registerSequentialPlan(lower, { clock })
    expect(peekPlan(plan, rates(800, 600, 5000), { clock }).verdict).toBe('pass')
    expect(peekPlan(plan, rates(600, 800, 5000), { clock }).verdict).toBe('fail')
    const less = registerSequentialPlan({ ...lower, alternative: 'less' }, { clock })
    const down = peekPlan(less, rates(800, 600, 5000), { clock })
    expect(down.verdict).toBe('pass')
    expect(down.effect.interval).toMatchObject({ lower: null })
    expect(down.effect.interval!.upper!).toBeLessThan(0)
    expect(peekPlan(less, rates(600, 800, 5000), { clock }).verdict).toBe('inconclusive')
  })

  test.each([
    { kind: 'asymptotic-sequence', tightestAt: 5000 } as const,
    { kind: 'mixture-sprt', effectSd: 0.02 } as const,
  ])('$kind keeps what it showed', (method) => {
    const plan = registerSequentialPlan({ ...base, method }, { clock })
    const first = peekPlan(plan, rates(150, 185, 1500), { clock })
    expect(first.decision).toBe('continue')
    const second = peekPlan(plan, rates(300, 305, 3000), { clock, history: first.history })
    expect(second.pValue).toBe(first.pValue)
    const third = peekPlan(plan, rates(500, 700, 5000), { clock, history: second.history })
    expect(third).toMatchObject({ decision: 'stop', verdict: 'pass', look: 3 })
    expect(third.pValue).toBeLessThan(0.05)
  })

  test('a split that is not as planned comes before any effect, unless its phases explain it', () => {
    const plan = registerSequentialPlan(base, { clock })
    const data = { control: { successes: 300, n: 3000 }, treatment: { successes: 400, n: 2500 } }
    const bad = peekPlan(plan, data, { clock })
    expect(bad.verdict).toBe('inconclusive')
    expect(bad.warnings.map(({ code }) => code)).toEqual(['abtest.sample-ratio-mismatch'])
    const phases = [
      { counts: [1000, 500], allocation: [2, 1] },
      { counts: [2000, 2000], allocation: [0.5, 0.5] },
    ]
    expect(peekPlan(plan, data, { clock, phases }).verdict).toBe('pass')
  })

  test('what is no plan is refused', () => {
    for (const change of [
      { method: undefined },
      { method: { kind: 'group-sequential', maxUnits: 0, spending: 'lan-demets-pocock' } },
      { method: { kind: 'mixture-sprt', effectSd: 0 } },
      { method: { kind: 'mixture-sprt', effectSd: 1 }, alternative: 'less' },
      { method: { kind: 'asymptotic-sequence', tightestAt: Number.NaN } },
      { minUnits: 1 },
      { name: '' },
    ])
      expect(() =>
        registerSequentialPlan({ ...base, ...change } as SequentialPlanInput, { clock }),
      ).toThrowError(coded('invalid', 'abtest.invalid-plan'))
  })
})

describe('a fixed plan that was read', () => {
  test('shows the same outcomes again, and refuses others', () => {
    const plan = registerPlan(
      {
        ...base,
        design: 'unpaired',
        test: 'two-proportion-z',
        sampleSize: { control: 100, treatment: 100 },
      },
      { clock },
    )
    const readout = readPlan(plan, rates(10, 12, 100), { clock })
    expect(readPlan(plan, rates(10, 12, 100), { clock, readout }).test).toEqual(readout.test)
    for (const data of [rates(20, 30, 200), rates(10, 25, 100)])
      expect(() => readPlan(plan, data, { clock, readout })).toThrowError(
        coded('conflict', 'abtest.already-read'),
      )
  })
})

describe('the anytime sample-ratio check', () => {
  const halves = [0.5, 0.5]

  test('the e-value has mean 1 under the planned split', () => {
    const theta = [0.7, 0.3]
    let mean = 0
    for (let k = 0; k <= 12; k++) {
      let choose = 1
      for (let i = 0; i < k; i++) choose *= (12 - i) / (i + 1)
      const { logEValue } = anytimeSampleRatio([{ counts: [k, 12 - k], allocation: theta }])
      mean += choose * 0.7 ** k * 0.3 ** (12 - k) * Math.exp(logEValue!)
    }
    expect(mean).toBeCloseTo(1, 12)
  })

  test('an arm without units alarms, and so does one that was off', () => {
    const alone = (n: number) => anytimeSampleRatio([{ counts: [n, 0], allocation: halves }])
    expect(alone(1)).toMatchObject({ mismatch: false, starved: [1] })
    expect(alone(13).mismatch).toBe(false)
    expect(alone(14).mismatch).toBe(true)
    const off = anytimeSampleRatio([{ counts: [5, 5, 1], allocation: [1, 1, 0] }])
    expect(off).toMatchObject({ mismatch: true, logEValue: null, pValue: 0 })
    expect(anytimeSampleRatio([{ counts: [5, 5, 0], allocation: [1, 1, 0] }]).starved).toEqual([])
  })

  test('phases multiply, earlier looks stay', () => {
    const a = { counts: [600, 400], allocation: [0.6, 0.4] }
    const b = { counts: [520, 480], allocation: halves }
    const [one, two] = [anytimeSampleRatio([a]), anytimeSampleRatio([b])]
    expect(anytimeSampleRatio([a, b]).logEValue).toBeCloseTo(one.logEValue! + two.logEValue!, 10)
    expect(anytimeSampleRatio([a], { earlierP: 1e-5 })).toMatchObject({
      mismatch: true,
      pValue: 1e-5,
    })
  })

  test('looked at after every 20 units it errs no more than alpha, where daily chi-squares do', () => {
    const rng = createRng(3)
    const runs = 500
    let [ours, naive] = [0, 0]
    for (let run = 0; run < runs; run++) {
      let [n, k] = [0, 0]
      let [bad, worse] = [false, false]
      while (n < 2000) {
        for (let i = 0; i < 20; i++) k += rng.next() < 0.5 ? 1 : 0
        n += 20
        if (
          anytimeSampleRatio([{ counts: [k, n - k], allocation: halves }], { alpha: 0.05 }).mismatch
        )
          bad = true
        if (chiSquare.sf((2 * k - n) ** 2 / n, 1) < 0.05) worse = true
      }
      ours += bad ? 1 : 0
      naive += worse ? 1 : 0
    }
    // Four standard errors of 500 runs.
    expect(ours / runs).toBeLessThan(0.05 + 0.039)
    expect(naive / runs).toBeGreaterThan(0.25)
  })

  test('bad input is refused', () => {
    for (const phases of [
      [],
      [{ counts: [1], allocation: [1] }],
      [{ counts: [1, -1], allocation: halves }],
      [{ counts: [1, 0.5], allocation: halves }],
      [{ counts: [1, 2, 3], allocation: halves }],
    ])
      expect(() => anytimeSampleRatio(phases)).toThrowError(coded('invalid', 'abtest.invalid-arms'))
    for (const make of [
      () => anytimeSampleRatio([{ counts: [1, 1], allocation: [1, 0] }]),
      () => anytimeSampleRatio([{ counts: [1, 1], allocation: [1, Number.NaN] }]),
      () => anytimeSampleRatio([{ counts: [1, 1], allocation: halves }], { prior: [1] }),
      () => anytimeSampleRatio([{ counts: [1, 1], allocation: halves }], { earlierP: 2 }),
      () => anytimeSampleRatio([{ counts: [1, 1], allocation: halves }], { alpha: 0 }),
    ])
      expect(make).toThrowError(coded('invalid', 'abtest.invalid-option'))
  })
})
