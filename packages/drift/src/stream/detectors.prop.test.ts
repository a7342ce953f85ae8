import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamDetector, StreamValue } from './index.ts'
import {
  adwin,
  bocd,
  cusum,
  cusumRunningMean,
  ddm,
  ecdd,
  eddm,
  ewma,
  fhddm,
  geometricMovingAverage,
  hddmA,
  hddmW,
  kswin,
  pageHinkley,
  stepd,
  wstd,
} from './index.ts'

const numeric: StreamDetector[] = [
  adwin({ clock: 1, gracePeriod: 1, minWindowLength: 1 }),
  pageHinkley({ minSamples: 1, threshold: 1 }),
  cusum({ minSamples: 2 }),
  cusumRunningMean({ minSamples: 1 }),
  ewma({ minSamples: 1 }),
  geometricMovingAverage({ minSamples: 1, direction: 'both' }),
  kswin({ windowSize: 8, statSize: 4, alpha: 0.2 }),
  bocd({ minSamples: 1, maxRuns: 5 }),
]
const binary: StreamDetector[] = [
  ddm({ warmUp: 0 }),
  eddm({ warmUp: 0 }),
  ecdd({ minSamples: 1 }),
  hddmA({ direction: 'both', driftConfidence: 0.2, warningConfidence: 0.4 }),
  hddmW({ direction: 'both', driftConfidence: 0.2, warningConfidence: 0.4 }),
  fhddm({ windowSize: 5, shortWindowSize: 2, confidence: 0.3 }),
  stepd({ windowSize: 3 }),
  wstd({ recentSize: 3, olderSize: 6, minSamples: 2 }),
]
const anyNumber = fc.oneof(
  fc.double({ min: -1e100, max: 1e100, noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0, -0, 1e-300, 1e100, -1e100, 5e-324),
)

for (const [detectors, value] of [
  [numeric, anyNumber],
  [binary, fc.constantFrom<number | boolean>(0, 1, true, false)],
] as const) {
  test.each(detectors.map((detector) => [detector.name, detector] as const))(
    '%s: any values go in, plain JSON comes out, and the way through it leaves no trace',
    (_, detector) => {
      fc.assert(
        fc.property(fc.array(value, { maxLength: 60 }), fc.nat(60), (values, cut) => {
          const whole = detector.run()
          let split = detector.run()
          values.forEach((x, at) => {
            if (at === cut) split = detector.run(JSON.parse(JSON.stringify(split.state())))
            expect(split.update(x)).toBe(whole.update(x))
          })
          const state = whole.state()
          const text = JSON.stringify(state)
          expect(JSON.stringify(split.state())).toBe(text)
          // Nothing became null on the way: no infinity, no NaN.
          expect(JSON.stringify(detector.run(JSON.parse(text)).state())).toBe(text)
        }),
        { numRuns: 60 },
      )
    },
  )
}

test('whatever is fed, it is taken or refused with a typed error', () => {
  const odd = fc.oneof(
    anyNumber,
    fc.constantFrom<unknown>(
      Number.NaN,
      null,
      undefined,
      true,
      'a',
      {},
      [],
      1n,
      Infinity,
      -Infinity,
    ),
  )
  fc.assert(
    fc.property(fc.array(odd, { maxLength: 30 }), (values) => {
      for (const detector of [...numeric, ...binary]) {
        const run = detector.run()
        let taken = 0
        for (const x of values) {
          try {
            run.update(x as StreamValue)
            taken++
          } catch (error) {
            expect(error).toMatchObject({ code: 'drift.bad-value', kind: 'invalid' })
          }
        }
        expect(run.reading().seen).toBe(taken)
      }
    }),
    { numRuns: 60 },
  )
})

test('a common shift of numeric values, or a common scale, changes no alarm of the scale-free ones', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 40, maxLength: 120 }),
      fc.constantFrom(2, 8, 0.25),
      (values, factor) => {
        const of = (xs: number[]) => {
          const run = cusum().run()
          return xs.map((x) => run.update(x))
        }
        // Powers of two scale doubles without rounding.
        expect(of(values.map((x) => x * factor))).toEqual(of(values))
      },
    ),
    { numRuns: 40 },
  )
})
