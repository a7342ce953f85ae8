import { ksTwoSampleTest } from '@mlops/stats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  adwin,
  cusum,
  emptyPrequentialError,
  evaluateDetections,
  evaluateDetector,
  matchAlarms,
  prequentialError,
  slidingKs,
  slidingMean,
} from './index.ts'

const code = (wanted: string) => expect.objectContaining({ code: wanted })

describe('matching alarms to known drifts', () => {
  const indices = fc
    .array(fc.nat(300), { maxLength: 15 })
    .map((list) => [...new Set(list)].sort((a, b) => a - b))

  test('equals a plain search, and loses no alarm and no drift', () => {
    fc.assert(
      fc.property(
        indices,
        indices,
        fc.integer({ min: 1, max: 60 }),
        fc.nat(20),
        (alarms, drifts, maxDelay, maxLead) => {
          const { noticed, falseAlarms, missed } = matchAlarms(alarms, drifts, {
            maxDelay,
            maxLead,
          })
          const ownerOf = (alarm: number) =>
            drifts.findIndex((drift) => alarm >= drift - maxLead && alarm <= drift + maxDelay)
          expect(falseAlarms).toEqual(alarms.filter((alarm) => ownerOf(alarm) < 0))
          for (const { drift, alarms: own, delay } of noticed) {
            expect(own).toEqual(alarms.filter((alarm) => ownerOf(alarm) === drift))
            expect(delay).toBe(own[0]! - drifts[drift]!)
          }
          expect([...noticed.map(({ drift }) => drift), ...missed].sort((a, b) => a - b)).toEqual(
            drifts.map((_, i) => i),
          )
        },
      ),
    )
  })

  test('bounds count, a gradual drift lasts to its end', () => {
    const ends = matchAlarms([50, 99, 250, 251], [[100, 200]], { maxDelay: 50, maxLead: 50 })
    expect(ends.noticed).toEqual([{ drift: 0, alarms: [50, 99, 250], delay: -50 }])
    expect(ends.falseAlarms).toEqual([251])
  })

  test('what is no alarm or no drift is refused', () => {
    expect(() => matchAlarms([5, 3], [], { maxDelay: 5 })).toThrowError(code('drift.bad-alarm'))
    expect(() => matchAlarms([-1], [], { maxDelay: 5 })).toThrowError(code('drift.bad-alarm'))
    expect(() => matchAlarms([], [[5, 4]], { maxDelay: 5 })).toThrowError(
      code('drift.bad-known-drift'),
    )
    expect(() => matchAlarms([], [], { maxDelay: 0 })).toThrowError(code('drift.invalid-option'))
    expect(() => evaluateDetections([7], [], { length: 7, maxDelay: 5 })).toThrowError(
      code('drift.invalid-option'),
    )
  })
})

describe('scores', () => {
  test('undefined is null, never 0', () => {
    const { scores } = evaluateDetections([], [], { length: 100, maxDelay: 10 })
    expect(scores).toEqual({
      alarms: 0,
      noticed: 0,
      missed: 0,
      falseAlarms: 0,
      recall: null,
      precision: null,
      f1: null,
      meanDelay: null,
      falseAlarmRate: 0,
      meanTimeBetweenFalseAlarms: null,
      meanTimeRatio: null,
    })
  })

  test('by hand: two drifts, one noticed late, two false alarms', () => {
    const { scores } = evaluateDetections([40, 130, 145, 440], [100, 300], {
      length: 500,
      maxDelay: 50,
    })
    expect(scores.recall).toBe(0.5)
    expect(scores.precision).toBe(0.5)
    expect(scores.f1).toBe(0.5)
    expect(scores.meanDelay).toBe(30)
    expect(scores.falseAlarmRate).toBe(2 / 500)
    expect(scores.meanTimeBetweenFalseAlarms).toBe(400)
    expect(scores.meanTimeRatio).toBeCloseTo((400 / 30) * 0.5, 12)
  })

  test('a detector that knows nothing can beat an honest one, and is shown beside it', () => {
    const drifts = [200, 400, 600, 800]
    const honest = evaluateDetections([230, 640], drifts, { length: 1000, maxDelay: 100 })
    expect(honest.baselines.alwaysFire.recall).toBe(1)
    expect(honest.baselines.alwaysFire.meanDelay).toBe(0)
    expect(honest.baselines.clockwork.recall).toBe(1)
    expect(honest.baselines.clockwork.recall! > honest.scores.recall!).toBe(true)
    expect(honest.baselines.neverFire.alarms).toBe(0)
    expect(honest.baselines.neverFire.recall).toBe(0)
    expect(JSON.parse(JSON.stringify(honest))).toEqual(honest)
  })

  test('a detector is run over the stream; a skipped value is no alarm', () => {
    const stream = Array.from({ length: 300 }, (_, i) => (i < 150 ? i % 2 : 4 + (i % 2)))
    const clean = evaluateDetector(cusum(), stream, [150], { maxDelay: 20 })
    expect(clean.scores.alarms).toBe(1)
    expect(clean.scores.noticed).toBe(1)
    const at = 150 + clean.scores.meanDelay!
    const gap = [...stream.slice(0, at + 1), null, null, ...stream.slice(at + 1)]
    const dirty = evaluateDetector(cusum({ badValue: 'skip' }), gap, [150], { maxDelay: 20 })
    expect(dirty.scores).toEqual({ ...clean.scores, falseAlarmRate: 0 })
    expect(dirty.values).toBe(302)
    expect(() => evaluateDetector(adwin(), gap, [], { maxDelay: 20 })).toThrowError(
      code('drift.bad-value'),
    )
  })
})

describe('running statistics', () => {
  test('the prequential error is a weighted mean; without fading the mean', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 40 }),
        fc.constantFrom(1, 0.9, 0.5),
        (errors, fadingFactor) => {
          let step = { state: emptyPrequentialError, value: 0 }
          for (const e of errors)
            step = prequentialError(JSON.parse(JSON.stringify(step.state)), e, { fadingFactor })
          const weights = errors.map((_, i) => fadingFactor ** (errors.length - 1 - i))
          const total = weights.reduce((a, b) => a + b, 0)
          expect(step.value).toBeCloseTo(
            errors.reduce((s, e, i) => s + e * weights[i]!, 0) / total,
            12,
          )
        },
      ),
    )
    expect(() => prequentialError(emptyPrequentialError, Number.NaN)).toThrowError(
      code('drift.bad-value'),
    )
    expect(() => prequentialError({} as never, 1)).toThrowError(code('drift.not-a-detector-state'))
  })

  test('sliding mean and sliding KS equal what is computed afresh, through JSON', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        (reference, stream, size) => {
          let mean = slidingMean({ size })
          let ks = slidingKs(reference, { windowSize: size })
          stream.forEach((x, at) => {
            if (at % 5 === 0) {
              mean = slidingMean({ size }, JSON.parse(JSON.stringify(mean.state())))
              ks = slidingKs(
                reference,
                { windowSize: size },
                JSON.parse(JSON.stringify(ks.state())),
              )
            }
            const window = stream.slice(Math.max(0, at + 1 - size), at + 1)
            expect(mean.update(x)).toBeCloseTo(
              window.reduce((a, b) => a + b, 0) / window.length,
              10,
            )
            const d = ks.update(x)
            if (window.length < size) expect(d).toBeNull()
            else expect(d).toBeCloseTo(ksTwoSampleTest(reference, window).statistic!, 12)
          })
        },
      ),
    )
    expect(() => slidingKs([], { windowSize: 3 })).toThrowError(code('drift.empty-reference'))
    expect(() => slidingMean({ size: 2 }, { recent: [1, 2, 3] })).toThrowError(
      code('drift.not-a-detector-state'),
    )
    expect(() => slidingMean({ size: 2 }).update(Infinity)).toThrowError(code('drift.bad-value'))
  })
})
