import { readFileSync } from 'node:fs'
import { createRng } from '@mlops/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detectorContract } from '../stream-contract/index.ts'
import {
  bernsteinSequence,
  bettingMean,
  bettingSequence,
  categoryExchangeability,
  eBenjaminiHochberg,
  eDetector,
  eLond,
  emptyBernstein,
  emptyBettingMean,
  emptyOnlineFdr,
  emptyPairedTwoSample,
  exchangeability,
  lordPlusPlus,
  numericExchangeability,
  pairedTwoSample,
  riskMonitor,
  saffron,
  spendAlpha,
  startBettingSequence,
  startExchangeability,
  startRiskMonitor,
} from './index.ts'

interface Golden {
  readonly tolerance: number
  readonly every: number
  readonly samples: Record<
    string,
    {
      readonly x: number[]
      readonly bernstein: [number, number][]
      readonly hedged: ([number, number] | null)[]
      readonly agrapa: [number, number][]
      readonly newton: number[]
    }
  >
  readonly pValues: number[]
  readonly lord: { readonly levels: number[]; readonly rejections: number[] }
  readonly saffron: { readonly levels: number[]; readonly rejections: number[] }
}
const golden: Golden = JSON.parse(
  readFileSync(new URL('./__golden__/anytime.json', import.meta.url), 'utf8'),
)
const close = (got: number, want: number) =>
  expect(Math.abs(got - want)).toBeLessThanOrEqual(golden.tolerance * Math.max(1, Math.abs(want)))
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
const LOG_20 = Math.log(20)
const code = (wanted: string) => expect.objectContaining({ code: wanted })
const gaussian = (rng: ReturnType<typeof createRng>) =>
  Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())

describe.each(Object.entries(golden.samples))('%s equals numpy', (_, sample) => {
  const at = (i: number) => (i + 1) / golden.every - 1
  const checked = (i: number) => (i + 1) % golden.every === 0

  test('empirical Bernstein sequence', () => {
    let { state } = { state: emptyBernstein }
    sample.x.forEach((x, i) => {
      const step = bernsteinSequence(json(state), x)
      state = step.state
      if (!checked(i)) return
      const [low, high] = sample.bernstein[at(i)]!
      if (low > high) return // the mean moved; only ours closes to a point
      close(step.interval.lower, low)
      close(step.interval.upper, high)
    })
  })

  test('betting sequence', () => {
    let state = startBettingSequence({ gridSize: 200 })
    sample.x.forEach((x, i) => {
      const step = bettingSequence(i % 50 === 0 ? json(state) : state, x)
      state = step.state
      const want = checked(i) ? sample.hedged[at(i)] : undefined
      if (!want) return
      close(step.interval.lower, want[0])
      close(step.interval.upper, want[1])
    })
  })

  test('betting on a mean: aGRAPA and Newton steps', () => {
    let state = emptyBettingMean
    let newton = emptyBettingMean
    sample.x.forEach((x, i) => {
      state = bettingMean(json(state), x, { mean: 0.3 }).state
      const step = bettingMean(newton, x, { mean: 0.3, alternative: 'greater', bets: 'newton' })
      newton = step.state
      if (!checked(i)) return
      close(state.logUp, sample.agrapa[at(i)]![0])
      close(state.logDown, sample.agrapa[at(i)]![1])
      close(step.logEValue, sample.newton[at(i)]!)
    })
  })
})

test('bounds other than 0 and 1 are only another scale', () => {
  let unit = emptyBettingMean
  let wide = emptyBettingMean
  let cs = emptyBernstein
  let wideCs = emptyBernstein
  for (const x of golden.samples['beta']!.x) {
    const bounds = { lower: -5, upper: 15 }
    const a = bettingMean(unit, x, { mean: 0.3 })
    const b = bettingMean(wide, 20 * x - 5, { mean: 1, ...bounds })
    close(b.logEValue, a.logEValue)
    const c = bernsteinSequence(cs, x)
    const d = bernsteinSequence(wideCs, 20 * x - 5, bounds)
    close(d.interval.upper, 20 * c.interval.upper - 5)
    ;[unit, wide, cs, wideCs] = [a.state, b.state, c.state, d.state]
  }
})

test('LORD++ and SAFFRON equal numpy, e-LOND its formula', () => {
  for (const [decide, want] of [
    [lordPlusPlus, golden.lord],
    [saffron, golden.saffron],
  ] as const) {
    let state = emptyOnlineFdr
    golden.pValues.forEach((p, i) => {
      const step = decide(json(state), p)
      close(step.level, want.levels[i]!)
      state = step.state
    })
    expect(state.rejections).toEqual(want.rejections)
    expect(want.rejections.length).toBeGreaterThan(3)
  }
  const first = eLond(emptyOnlineFdr, 1e6)
  const second = eLond(first.state, 1)
  expect(first.rejected).toBe(true)
  const gamma2 = (0.07720838 * Math.log(2)) / (2 * Math.exp(Math.sqrt(Math.log(2))))
  close(second.level, 0.05 * gamma2 * 2)
  const total = Array.from({ length: 100_000 }, (_, k) => spendAlpha(k + 1)).reduce((a, b) => a + b)
  expect(total).toBeLessThan(0.05)
  expect(total).toBeGreaterThan(0.04999)
})

test('LORD++ keeps the false discovery rate under the level', () => {
  const rng = createRng(17)
  let rate = 0
  for (let run = 0; run < 300; run++) {
    let state = emptyOnlineFdr
    let falseOnes = 0
    for (let t = 0; t < 200; t++) {
      const alternative = rng.next() < 0.2
      const p = alternative ? rng.next() ** 8 : rng.next()
      const step = lordPlusPlus(state, p, { alpha: 0.1 })
      state = step.state
      if (step.rejected && !alternative) falseOnes++
    }
    rate += falseOnes / Math.max(1, state.rejections.length)
  }
  expect(rate / 300).toBeLessThan(0.1)
})

test('e-BH rejects what a search over all counts would', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.double({ min: 0, max: 500, noNaN: true }), fc.constant(Infinity)), {
        maxLength: 12,
      }),
      (eValues) => {
        const alpha = 0.1
        const most = eValues
          .map((_, i) => i + 1)
          .filter((k) => eValues.filter((e) => e >= eValues.length / (alpha * k)).length >= k)
          .at(-1)
        const { rejected, count } = eBenjaminiHochberg(eValues, { alpha })
        expect(rejected.filter(Boolean).length).toBe(count)
        expect(count).toBe(
          most === undefined
            ? 0
            : eValues.filter((e) => e >= eValues.length / (alpha * most)).length,
        )
      },
    ),
  )
})

describe('exchangeability', () => {
  test('its gaps are where a further value would fall: exactly, also with ties', () => {
    // Every order of the reference and one more value is equally likely.
    const pool = [1, 1, 1, 2, 2, 5, 5, 5, 5, 7, 9]
    const rng = createRng(3)
    const hits = new Array<number>(4).fill(0)
    const runs = 40_000
    for (let run = 0; run < runs; run++) {
      const out = rng.int(pool.length)
      const rest = pool.filter((_, i) => i !== out)
      const reference = numericExchangeability(rest, { bins: 4, rng })
      const start = startExchangeability(reference, { seed: run })
      const { counts } = exchangeability(reference, start, [pool[out]!]).state
      hits[counts.indexOf(1)]!++
    }
    const { gaps } = numericExchangeability(pool.slice(1), { bins: 4 })
    const chi = gaps.reduce((sum, gap, j) => {
      const expected = (runs * gap) / 11
      return sum + (hits[j]! - expected) ** 2 / expected
    }, 0)
    expect(chi).toBeLessThan(16.3) // 0.999 quantile of chi-square with 3 degrees of freedom
  })

  test('categories: the same, new ones among them', () => {
    const pool = ['a', 'a', 'a', 'b', 'c', 'c', 'd']
    const rng = createRng(4)
    let atLeastFour = 0
    let highest = 0
    const runs = 40_000
    for (let run = 0; run < runs; run++) {
      const out = rng.int(pool.length)
      const counts = new Map<string, number>()
      pool.forEach((category, i) => {
        if (i !== out) counts.set(category, (counts.get(category) ?? 0) + 1)
      })
      const reference = categoryExchangeability(counts, { rng })
      expect(reference.gaps.reduce((a, b) => a + b, 0)).toBe(7)
      const bin = exchangeability(reference, startExchangeability(reference, { seed: run }), [
        pool[out]!,
      ]).state.counts.indexOf(1)
      if (bin === reference.gaps.length - 1) atLeastFour++
      highest += reference.gaps[bin]!
    }
    // The bin above all has one gap of seven, whatever the categories.
    expect(Math.abs(atLeastFour / runs - 1 / 7)).toBeLessThan(4 * Math.sqrt(6 / 49 / runs))
    expect(highest / runs).toBeGreaterThan(1)
  })

  test('equals bets settled one by one, written plainly', () => {
    const rng = createRng(5)
    const sample = Array.from({ length: 60 }, () => rng.int(20))
    const stream = Array.from({ length: 150 }, (_, i) => rng.int(20) + (i > 80 ? 6 : 0))
    const reference = numericExchangeability(sample, { bins: 5 })
    const memories = [50, 200, 1000, Infinity]
    let state = startExchangeability(reference)
    const bins: number[] = []
    let money = [0.5, 0.125, 0.125, 0.125, 0.125]
    let capital = 1
    for (const x of stream) {
      const before = state.counts
      state = exchangeability(reference, json(state), [x]).state
      const bin = state.counts.findIndex((count, j) => count > before[j]!)
      const fair = reference.gaps.map((gap, j) => (gap + before[j]!) / (61 + bins.length))
      const stakes = memories.map((memory) => {
        const weights = bins.map((_, i) => (1 - 1 / memory) ** (bins.length - 1 - i))
        const total = weights.reduce((a, b) => a + b, 0)
        return fair.map((p, j) => {
          const seen = weights.reduce((sum, w, i) => sum + (bins[i] === j ? w : 0), 0)
          return (20 * p + seen) / (20 + total)
        })
      })
      for (const stake of stakes) expect(stake.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10)
      const grown = [
        money[0]!,
        ...stakes.map((stake, e) => (money[e + 1]! * stake[bin]!) / fair[bin]!),
      ]
      const won = grown.reduce((a, b) => a + b, 0)
      capital *= won
      bins.push(bin)
      const moved = 1 / (bins.length + 20)
      money = grown.map(
        (m, e) => (1 - moved) * (m / won) + moved * [0.5, 0.125, 0.125, 0.125, 0.125][e]!,
      )
      expect(state.logEValue).toBeCloseTo(Math.log(capital), 9)
    }
    expect(state.logPeak).toBeGreaterThan(2)
  })

  test('batches of any size give the same, through JSON', () => {
    const rng = createRng(6)
    const reference = numericExchangeability(Float64Array.from({ length: 300 }, () => rng.next()))
    const stream = Float64Array.from({ length: 400 }, () => rng.next() * 1.2)
    const whole = exchangeability(reference, startExchangeability(reference), stream).state
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (sizes) => {
        let state = startExchangeability(reference)
        for (let from = 0, k = 0; from < stream.length; k++) {
          const to = from + sizes[k % sizes.length]!
          state = exchangeability(json(reference), json(state), stream.subarray(from, to)).state
          from = to
        }
        expect(state).toEqual({
          ...whole,
          faded: state.faded,
          weights: state.weights,
          logEValue: state.logEValue,
          logPeak: state.logPeak,
        })
        expect(state.logPeak).toBeCloseTo(whole.logPeak, 9)
        expect(state.logEValue).toBeCloseTo(whole.logEValue, 9)
      }),
      { numRuns: 25 },
    )
  })

  test('false alarms over 5000 reads stay under alpha, and shifts are found', () => {
    let alarms = 0
    let found = 0
    const runs = 150
    for (let run = 0; run < runs; run++) {
      const rng = createRng(`calibration/${run}`)
      const reference = numericExchangeability(
        Float64Array.from({ length: 200 }, () => gaussian(rng)),
      )
      const stream = Float64Array.from({ length: 5000 }, () => gaussian(rng))
      const { logPeak, state } = exchangeability(
        reference,
        startExchangeability(reference, { seed: run }),
        stream,
      )
      if (logPeak >= LOG_20) alarms++
      const later = exchangeability(
        reference,
        { ...state, logPeak: 0 },
        stream.map((x) => x + 1).subarray(0, 400),
      )
      if (later.logEValue > state.logEValue + 3) found++
    }
    // Of 150 runs 7.5 may alarm on average; 16 would happen once in 400 times at the limit.
    expect(alarms).toBeLessThan(16)
    expect(found).toBeGreaterThan(0.9 * runs)
  })

  test('what is no reference, no state or no value is refused', () => {
    const reference = numericExchangeability([1, 2, 3])
    const start = startExchangeability(reference)
    expect(() => numericExchangeability([])).toThrowError(code('drift.empty-reference'))
    expect(() => numericExchangeability([1, Number.NaN])).toThrowError(code('drift.bad-value'))
    expect(() => categoryExchangeability([['a', -1]])).toThrowError(code('drift.bad-count'))
    expect(() => startExchangeability({} as never)).toThrowError(
      code('drift.not-an-exchangeability-reference'),
    )
    expect(() => exchangeability(reference, {} as never, [1])).toThrowError(
      code('drift.not-an-anytime-state'),
    )
    expect(() => exchangeability(reference, start, [Number.NaN])).toThrowError(
      code('drift.bad-value'),
    )
    expect(() => exchangeability(reference, start, ['a'] as never)).toThrowError(
      code('drift.bad-value'),
    )
    expect(() =>
      exchangeability(reference, start, [1], { treatReferenceAs: 'x' as never }),
    ).toThrowError(code('drift.invalid-option'))
  })
})

test('sequences cover at all times, and bets seldom win against the truth', () => {
  const runs = 300
  let missed = 0
  let missedGrid = 0
  let won = 0
  for (let run = 0; run < runs; run++) {
    const rng = createRng(`coverage/${run}`)
    const mean = 0.1 + 0.8 * rng.next()
    let cs = { state: emptyBernstein, interval: { lower: 0, upper: 1 } }
    let grid = { state: startBettingSequence({ gridSize: 100 }), interval: { lower: 0, upper: 1 } }
    let bet = { state: emptyBettingMean, logEValue: 0 }
    let peak = 0
    for (let i = 0; i < 400; i++) {
      const x = rng.next() < mean ? 1 : 0
      cs = bernsteinSequence(cs.state, x, { alpha: 0.2 })
      grid = bettingSequence(grid.state, x, { alpha: 0.2 })
      bet = bettingMean(bet.state, x, { mean })
      peak = Math.max(peak, bet.logEValue)
    }
    if (mean < cs.interval.lower || mean > cs.interval.upper) missed++
    if (mean < grid.interval.lower || mean > grid.interval.upper) missedGrid++
    if (peak >= Math.log(5)) won++
  }
  // 0.2 · 300 = 60 on average at most; 84 is three and a half standard deviations above.
  expect(missed).toBeLessThan(84)
  expect(missedGrid).toBeLessThan(84)
  expect(won).toBeLessThan(84)
  // And they do something: an empty bet or an interval of everything would never err.
  expect(missedGrid + won).toBeGreaterThan(5)
})

test.each(['ks', 'mean', 'kernel'] as const)(
  'paired streams, %s: seldom false, soon true',
  (payoff) => {
    let alarms = 0
    let found = 0
    const runs = 60
    for (let run = 0; run < runs; run++) {
      const rng = createRng(`paired/${payoff}/${run}`)
      for (const shift of [0, 0.3]) {
        let state = emptyPairedTwoSample
        let peak = 0
        for (let i = 0; i < 150; i++) {
          const options = { payoff, memory: 60, lower: 0, upper: 1.3 }
          const step = pairedTwoSample(state, rng.next(), rng.next() + shift, options)
          state = step.state
          peak = Math.max(peak, step.logEValue)
        }
        if (peak >= LOG_20) shift === 0 ? alarms++ : found++
      }
    }
    expect(alarms).toBeLessThan(9) // 3 on average at most
    expect(found).toBeGreaterThan(45)
  },
)

test('the risk monitor alarms on harm, not on chance, and says when it cannot', () => {
  const rng = createRng(8)
  const losses = (p: number, n: number) => Array.from({ length: n }, () => (rng.next() < p ? 1 : 0))
  let alarms = 0
  for (let run = 0; run < 60; run++) {
    let state = startRiskMonitor(losses(0.2, 300), { tolerance: 0 })
    for (const loss of losses(0.2, 600)) state = riskMonitor(state, loss).state
    if (state.alarmAt !== null) alarms++
  }
  expect(alarms).toBeLessThanOrEqual(6)
  let state = startRiskMonitor(losses(0.1, 800))
  expect(state.source.upperLimit).toBeGreaterThan(state.source.mean)
  let last = riskMonitor(state, 0)
  for (const loss of losses(0.4, 300)) {
    last = riskMonitor(json(state), loss)
    state = last.state
  }
  expect(last.reading.verdict).toBe('fail')
  expect(state.alarmAt).toBeLessThan(120)
  expect(last.reading.targetLowerLimit).toBeGreaterThan(0.2)
  const blind = riskMonitor(startRiskMonitor([0, 1]), 1).reading
  expect(blind.verdict).toBe('inconclusive')
  expect(() => startRiskMonitor([])).toThrowError(code('drift.empty-reference'))
  expect(() => riskMonitor(state, 2)).toThrowError(code('drift.bad-value'))
})

const rates = [...Array(300)].map((_, i) => (i % 4 === 0 ? 1 : 0)).concat(Array(100).fill(1))
for (const form of ['shiryaev-roberts', 'cusum'] as const) {
  detectorContract({
    test,
    make: () => eDetector({ mean: 0.3, form }),
    makeSkipping: () => eDetector({ mean: 0.3, form, badValue: 'skip' }),
    values: rates,
    badValue: 1.5,
  })
}

test('e-detectors keep the promised time between false alarms, at the acceptable mean', () => {
  const alarmsOf = (form: 'shiryaev-roberts' | 'cusum', direction: 'up' | 'down') => {
    const rng = createRng(9)
    const run = eDetector({ mean: 0.3, alpha: 0.01, form, direction }).run()
    for (let i = 0; i < 200_000; i++) run.update(rng.next() < 0.3 ? 1 : 0)
    return run.reading().detections
  }
  for (const form of ['shiryaev-roberts', 'cusum'] as const)
    for (const direction of ['up', 'down'] as const) {
      const alarms = alarmsOf(form, direction)
      expect(alarms).toBeLessThan(2000) // at least 100 values apart
      expect(alarms).toBeGreaterThan(20)
    }
})

test('impossible options are refused', () => {
  const bad: (() => unknown)[] = [
    () => bettingMean(emptyBettingMean, 0.5, { mean: 1 }),
    () => bettingMean(emptyBettingMean, 0.5, { mean: 0.5, lower: 2, upper: 1 }),
    () => bernsteinSequence(emptyBernstein, 0.5, { alpha: 0 }),
    () => startBettingSequence({ gridSize: 3 }),
    () => eDetector({ mean: 0 }),
    () => spendAlpha(0),
    () => saffron(emptyOnlineFdr, 0.1, { initialWealth: 0.04 }),
  ]
  for (const run of bad) expect(run).toThrowError(code('drift.invalid-option'))
  expect(() => bettingMean(emptyBettingMean, 2, { mean: 0.5 })).toThrowError(
    code('drift.bad-value'),
  )
  expect(() => bettingMean({} as never, 1, { mean: 0.5 })).toThrowError(
    code('drift.not-an-anytime-state'),
  )
  expect(() => lordPlusPlus(emptyOnlineFdr, 1.1)).toThrowError(code('drift.bad-p-value'))
  expect(() => eBenjaminiHochberg([-1])).toThrowError(code('drift.bad-e-value'))
  expect(() => eLond(emptyOnlineFdr, Number.NaN)).toThrowError(code('drift.bad-e-value'))
  expect(() => pairedTwoSample(emptyPairedTwoSample, Number.NaN, 1)).toThrowError(
    code('drift.bad-value'),
  )
})
