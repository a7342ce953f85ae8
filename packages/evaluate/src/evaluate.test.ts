import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { createRng } from '@mlops/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classificationPerformance } from './classification-performance.ts'
import { confusionRates } from './confusion.ts'
import { estimateDle, fitDle } from './dle.ts'
import { estimateCbpe, expectedPerformance } from './estimate-cbpe.ts'
import { expectedCalibrationError } from './expected-calibration-error.ts'
import { fitCbpe } from './fit-cbpe.ts'
import { applyIsotonic, fitIsotonic } from './isotonic.ts'
import type { PerformanceSeries } from './performance-series.ts'
import { rankedPerformance } from './ranked-performance.ts'
import { regressionPerformance } from './regression-performance.ts'

const golden = JSON.parse(
  readFileSync(new URL('./__golden__/evaluate.json', import.meta.url), 'utf8'),
)

const code = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'nothing thrown'
}

const NAMES: Readonly<Record<string, string>> = { roc_auc: 'rocAuc' }

interface Expected {
  readonly estimated: number[]
  readonly samplingError: number[]
  readonly realised: number[]
  readonly bandUpper: number[]
  readonly alarm: boolean[]
  readonly lower: number
  readonly upper: number
}

describe('metrics', () => {
  it('agree with scikit-learn, ties and all', () => {
    for (const { scores, targets, at, isotonic, metrics } of golden.metrics) {
      const found = classificationPerformance({ scores, targets }).metrics
      for (const [name, value] of Object.entries(metrics))
        expect([name, found[name as 'f1'].value]).toEqual([
          name,
          expect.closeTo(value as number, 10),
        ])
      applyIsotonic(fitIsotonic(scores, targets), at).forEach((value, i) => {
        expect(value).toBeCloseTo(isotonic[i], 10)
      })
    }
    const { metrics, ...multi } = golden.multiclassMetrics
    const found = classificationPerformance(multi).metrics
    for (const [name, value] of Object.entries(metrics))
      expect([name, found[name as 'f1'].value]).toEqual([name, expect.closeTo(value as number, 7)])
    const { predictions, targets, ...errors } = golden.regression
    const regression = regressionPerformance({ predictions, targets })
    for (const [name, value] of Object.entries(errors))
      expect(regression[name as 'mae'].value).toBeCloseTo(value as number, 10)
  })

  it('are null with a reason where undefined, never 0', () => {
    const never = classificationPerformance({ scores: [0.1, 0.2, null], targets: [0, 0, 1] })
    expect(never).toMatchObject({ rows: 2, dropped: 1 })
    for (const name of [
      'precision',
      'recall',
      'f1',
      'rocAuc',
      'averagePrecision',
      'mcc',
      'kappa',
    ] as const) {
      expect([name, never.metrics[name].value]).toEqual([name, null])
      expect(never.metrics[name].reason).toBeTruthy()
    }
    expect(never.metrics.specificity.value).toBe(1)
    expect(confusionRates({ tp: 0, fp: 0, fn: 0, tn: 0 }).accuracy).toBeNull()
    expect(regressionPerformance({ predictions: [1, 2], targets: [3, 3] }).r2).toMatchObject({
      value: null,
    })
    expect(regressionPerformance({ predictions: [1], targets: [null] }).mae.value).toBeNull()
    const gone = classificationPerformance({ scores: [0.2], targets: [null] })
    expect(gone.metrics.accuracy.value).toBeNull()
    const classes = classificationPerformance({
      scores: { a: [0.6, 0.7], b: [0.4, 0.3] },
      targets: ['a', 'a'],
    })
    expect(classes.metrics.rocAuc.value).toBeNull()
    expect(classes.metrics.accuracy.value).toBe(1)
  })

  it('rank as a comparison of all pairs does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 1 })), {
          minLength: 2,
          maxLength: 30,
        }),
        (rows) => {
          const [pos, neg] = [1, 0].map((label) =>
            rows.filter(([, y]) => y === label).map(([s]) => s),
          )
          const { rocAuc } = rankedPerformance(
            Float64Array.from(rows, ([s]) => s),
            rows.map(([, y]) => y),
          )
          if (pos!.length * neg!.length === 0) expect(rocAuc).toBeNull()
          else {
            let wins = 0
            for (const p of pos!) for (const q of neg!) wins += p > q ? 1 : p === q ? 0.5 : 0
            expect(rocAuc).toBeCloseTo(wins / (pos!.length * neg!.length), 12)
          }
        },
      ),
    )
  })

  it('have intervals that cover', () => {
    const rng = createRng('coverage')
    const hits = { accuracy: 0, f1: 0, brier: 0, rmse: 0 }
    for (let run = 0; run < 300; run++) {
      // Scores 0.3 and 0.8, calibrated: accuracy 0.75, brier 0.185, F1 = 0.8/(0.5 + 0.55) of expected counts.
      const scores = Array.from({ length: 200 }, () => (rng.next() < 0.5 ? 0.3 : 0.8))
      const { metrics } = classificationPerformance({
        scores,
        targets: scores.map((p) => rng.next() < p),
      })
      const inside = (name: 'accuracy' | 'f1' | 'brier', truth: number) => {
        const { lower, upper } = metrics[name].interval!
        if (lower <= truth && truth <= upper) hits[name]++
      }
      inside('accuracy', 0.75)
      inside('f1', 0.8 / 1.05)
      inside('brier', 0.185)
      const normal = () =>
        Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
      const { rmse } = regressionPerformance({
        predictions: scores,
        targets: scores.map((p) => p + 2 * normal()),
      })
      if (rmse.interval!.lower <= 2 && rmse.interval!.upper >= 2) hits.rmse++
    }
    // 95 % ± 3.2 standard errors.
    for (const [name, count] of Object.entries(hits))
      expect([name, Math.abs(count / 300 - 0.95) < 0.04]).toEqual([name, true])
  })
})

describe('isotonic regression', () => {
  it('has the least squared error of all monotone fits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 12 }),
        (y) => {
          const fitted = applyIsotonic(fitIsotonic([...y.keys()], y), [...y.keys()])
          // Max-min formula: max over starts of min over ends of the mean.
          const mean = (a: number, b: number) =>
            y.slice(a, b + 1).reduce((s, v) => s + v, 0) / (b - a + 1)
          y.forEach((_, i) => {
            let best = Number.NEGATIVE_INFINITY
            for (let a = 0; a <= i; a++) {
              let least = Number.POSITIVE_INFINITY
              for (let b = i; b < y.length; b++) least = Math.min(least, mean(a, b))
              best = Math.max(best, least)
            }
            expect(fitted[i]).toBeCloseTo(best, 10)
          })
        },
      ),
    )
  })
})

describe('calibration error', () => {
  it('bins by count, the rest in the last', () => {
    expect(expectedCalibrationError([0.1, 0.9], [0, 1])).toBeNull()
    expect(expectedCalibrationError([0, 0, 1, 1, null], [0, 0, 1, 1, 1])).toBe(0)
    expect(expectedCalibrationError([1, 1, 1, 1], [0, 0, 0, 0])).toBe(1)
    // Nine values, four bins of width 2, the last with three.
    const p = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    const own = expectedCalibrationError(p, [0, 1, 0, 0, 1, 1, 0, 1, 1], { bins: 4 })
    const gap = (from: number, to: number, ones: number) =>
      Math.abs(p.slice(from, to).reduce((s, v) => s + v, 0) - ones) / 9
    expect(own).toBeCloseTo(gap(0, 2, 1) + gap(2, 4, 0) + gap(4, 6, 2) + gap(6, 9, 2), 12)
  })
})

function agrees(series: PerformanceSeries, expected: Record<string, Expected>, tolerance: number) {
  for (const [name, one] of Object.entries(expected)) {
    const line = series.metrics.find((metric) => metric.name === (NAMES[name] ?? name))!
    expect(line.limits.lower).toBeCloseTo(one.lower, 7)
    expect(line.limits.upper).toBeCloseTo(one.upper, 7)
    line.points.forEach((point, at) => {
      expect(Math.abs(point.estimated! - one.estimated[at]!), name).toBeLessThan(tolerance)
      expect(point.realised, name).toBeCloseTo(one.realised[at]!, 7)
      expect(point.samplingError, name).toBeCloseTo(one.samplingError[at]!, 5)
      expect(Math.abs(point.band!.upper - one.bandUpper[at]!), name).toBeLessThan(2 * tolerance)
      expect(point.alarm, name).toBe(one.alarm[at])
    })
  }
}

describe('CBPE', () => {
  it('is that of NannyML: binary, scores to be calibrated', () => {
    const { reference, current, calibrates, metrics } = golden.cbpe.bent
    const fitted = fitCbpe(reference, { chunks: 5 })
    expect(fitted.classes[0]!.calibrator !== null).toBe(calibrates)
    agrees(
      estimateCbpe(JSON.parse(JSON.stringify(fitted)), current, {
        chunk: { by: 'count', count: 5 },
      }),
      metrics,
      2e-5,
    )
  })

  it('is that of NannyML: binary, calibrated scores', () => {
    const { reference, current, calibrates, metrics } = golden.cbpe.calibrated
    // Whether calibration pays is a close call here, and the splits are random: take NannyML's answer.
    const fitted = fitCbpe(reference, { chunks: 5, calibration: calibrates ? 'isotonic' : 'none' })
    agrees(estimateCbpe(fitted, current, { chunk: { by: 'count', count: 5 } }), metrics, 2e-5)
  })

  it('is that of NannyML: three classes', () => {
    const { reference, current, calibrates, metrics } = golden.cbpe.multiclass
    const fitted = fitCbpe(reference, { chunks: 5 })
    expect(
      Object.fromEntries(fitted.classes.map(({ name, calibrator }) => [name, calibrator !== null])),
    ).toEqual(calibrates)
    agrees(estimateCbpe(fitted, current, { chunk: { by: 'count', count: 5 } }), metrics, 2e-5)
  })

  it('gives the counts that simulated labels have on average', () => {
    const rng = createRng('expected')
    const probabilities = Array.from({ length: 40 }, () => rng.next())
    const expected = expectedPerformance({ probabilities })
    let tp = 0
    for (let run = 0; run < 4000; run++)
      tp += probabilities.filter((p) => p >= 0.5 && rng.next() < p).length / 4000
    expect(Math.abs(expected.tp - tp)).toBeLessThan(0.12)
    expect(expected.tp + expected.fp + expected.fn + expected.tn).toBeCloseTo(40, 10)
  })

  const scores = Array.from({ length: 600 }, (_, i) => ((i * 37) % 100) / 100)
  const targets = scores.map((p, i) => Number((i * 61) % 97 < 97 * p))

  it('counts what is missing, and cuts by size and label', () => {
    const fitted = fitCbpe({ scores, targets })
    const gappy = scores.map((p, i) => (i % 10 === 0 ? null : p))
    const labels = scores.map((_, i) => (i < 200 ? 'May' : 'June'))
    const series = estimateCbpe(
      fitted,
      { scores: gappy, targets: targets.map((y, i) => (i % 2 ? y : null)) },
      { chunk: { by: 'label', labels } },
    )
    expect(
      series.chunks.map(({ label, rows, dropped, labelled }) => [label, rows, dropped, labelled]),
    ).toEqual([
      ['May', 180, 20, 100],
      ['June', 360, 40, 200],
    ])
    expect(series.warnings.map((warning) => warning.code)).toEqual([
      'evaluate.assumes-no-concept-shift',
    ])
    expect(inspect(series)).toContain('CBPE')
    const blind = estimateCbpe(fitted, { scores }, { chunk: { by: 'size', size: 250 } })
    expect(blind.chunks.map(({ rows }) => rows)).toEqual([250, 250, 100])
    expect(
      blind.metrics.every(({ points }) => points.every(({ realised }) => realised === null)),
    ).toBe(true)
    const nothing = estimateCbpe(
      fitted,
      { scores: [null, null] },
      { chunk: { by: 'count', count: 1 } },
    )
    expect(nothing.verdict).toBe('inconclusive')
    expect(nothing.metrics[0]!.points[0]).toMatchObject({
      estimated: null,
      samplingError: null,
      band: null,
      alarm: null,
    })
  })

  it('refuses bad input by code', () => {
    const fitted = fitCbpe({ scores, targets })
    const estimate = (data: Parameters<typeof estimateCbpe>[1]) => () =>
      estimateCbpe(fitted, data, { chunk: { by: 'count', count: 1 } })
    expect(code(estimate({ scores: [1.5] }))).toBe('evaluate.bad-probability')
    expect(code(estimate({ scores: [Infinity] }))).toBe('evaluate.bad-number')
    expect(code(estimate({ scores: [0.5], predictions: [2] }))).toBe('evaluate.bad-label')
    expect(code(estimate({ scores: [0.5], targets: [0, 1] }))).toBe('evaluate.unequal-lengths')
    expect(code(estimate({ scores: [] }))).toBe('evaluate.no-rows')
    expect(code(estimate({ scores: { a: [0.5], b: [0.5] } }))).toBe('evaluate.other-classes')
    expect(code(estimate({ scores: { a: [0.5] } }))).toBe('evaluate.too-few-classes')
    expect(code(estimate({ scores: { a: [0.5], b: [0.5] }, predictions: ['c'] }))).toBe(
      'evaluate.unknown-class',
    )
    expect(code(() => fitCbpe({ scores }))).toBe('evaluate.no-labels')
    expect(code(() => fitCbpe({ scores: [0.1, 0.2], targets: [1, 1] }))).toBe('evaluate.one-class')
    expect(code(() => fitCbpe({ scores, targets }, { chunks: 1 }))).toBe('evaluate.too-few-chunks')
    expect(code(() => fitCbpe({ scores, targets }, { metrics: ['best' as 'f1'] }))).toBe(
      'evaluate.bad-option',
    )
    expect(
      code(() =>
        estimateCbpe({} as typeof fitted, { scores }, { chunk: { by: 'count', count: 1 } }),
      ),
    ).toBe('evaluate.not-a-reference')
    expect(
      code(() =>
        estimateCbpe(
          { ...fitted, formatVersion: 2 as 1 },
          { scores },
          { chunk: { by: 'count', count: 1 } },
        ),
      ),
    ).toBe('evaluate.unsupported-format')
    expect(code(() => estimateCbpe(fitted, { scores }, { chunk: { by: 'size', size: 0 } }))).toBe(
      'evaluate.bad-option',
    )
    expect(code(() => expectedPerformance({ probabilities: [null] }))).toBe('evaluate.bad-number')
  })
})

describe('DLE', () => {
  it('tracks the realised errors as NannyML does, with its limits and sampling errors', () => {
    const { reference, current, metrics } = golden.dle
    const fitted = fitDle(reference, { chunks: 5 })
    const series = estimateDle(JSON.parse(JSON.stringify(fitted)), current, {
      chunk: { by: 'count', count: 5 },
    })
    for (const [name, one] of Object.entries<Expected>(metrics)) {
      const line = series.metrics.find((metric) => metric.name === name)!
      expect(line.limits.upper).toBeCloseTo(one.upper, 7)
      line.points.forEach((point, at) => {
        expect(point.realised).toBeCloseTo(one.realised[at]!, 7)
        expect(point.samplingError).toBeCloseTo(one.samplingError[at]!, 7)
        // Two boostings of the same losses: the means over a chunk agree within some percent.
        expect(Math.abs(point.estimated! / one.estimated[at]! - 1), name).toBeLessThan(
          name === 'mse' ? 0.15 : 0.08,
        )
      })
    }
  })

  const x = Array.from({ length: 400 }, (_, i) => (i * 37) % 100)
  const data = {
    features: { x, kind: x.map((v) => (v % 2 ? 'odd' : 'even')) },
    predictions: x,
    targets: x.map((v, i) => v + ((i * 13) % 7) - 3),
  }

  it('reads missing features and unseen categories, and counts missing predictions', () => {
    const fitted = fitDle(data, { metrics: ['mae', 'rmse'] })
    const later = {
      features: {
        x: x.map((v, i) => (i % 3 ? v : null)),
        kind: x.map((_, i) => (i % 5 ? 'new' : null)),
      },
      predictions: x.map((v, i) => (i % 4 ? v : null)),
    }
    const series = estimateDle(fitted, later, { chunk: { by: 'count', count: 2 } })
    expect(series.chunks[0]).toMatchObject({ rows: 150, dropped: 50, labelled: 0 })
    for (const { points } of series.metrics)
      for (const { estimated, realised } of points) {
        expect(estimated! > 0 && estimated! < 5).toBe(true)
        expect(realised).toBeNull()
      }
  })

  it('refuses bad input by code', () => {
    const fitted = fitDle(data)
    const chunk = { by: 'count', count: 1 } as const
    expect(code(() => fitDle({ ...data, targets: x.map(() => null) }))).toBe('evaluate.no-labels')
    expect(code(() => fitDle(data, { types: { kind: 'text' } }))).toBe('evaluate.bad-feature')
    expect(code(() => fitDle(data, { metrics: ['best' as 'mae'] }))).toBe('evaluate.bad-option')
    expect(code(() => estimateDle(fitted, { ...data, features: { x } }, { chunk }))).toBe(
      'evaluate.missing-feature',
    )
    expect(code(() => estimateDle(fitted, { ...data, features: { x, kind: x } }, { chunk }))).toBe(
      'evaluate.bad-feature',
    )
    expect(code(() => estimateDle(fitted, { ...data, predictions: [1] }, { chunk }))).toBe(
      'evaluate.unequal-lengths',
    )
    expect(code(() => estimateDle({} as typeof fitted, data, { chunk }))).toBe(
      'evaluate.not-a-reference',
    )
  })
})

describe('without labels', () => {
  const rng = createRng('shifts')
  const normal = () => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
  const people = (n: number, shift: number, flip = 1) => {
    const x = Array.from({ length: n }, () => shift + normal())
    const p = x.map((v) => 1 / (1 + Math.exp(-2 * v)))
    return { scores: p, targets: x.map((v) => rng.next() < 1 / (1 + Math.exp(-2 * flip * v))) }
  }

  it('CBPE follows the accuracy under covariate shift, and cannot see concept shift', () => {
    const fitted = fitCbpe(people(5000, 0), { metrics: ['accuracy'] })
    const gap = (data: ReturnType<typeof people>) => {
      const { estimated, realised } = estimateCbpe(fitted, data, {
        chunk: { by: 'count', count: 1 },
      }).metrics[0]!.points[0]!
      return Math.abs(estimated! - realised!)
    }
    expect(gap(people(4000, -1))).toBeLessThan(0.03)
    expect(gap(people(4000, 1.5))).toBeLessThan(0.03)
    // Labels that follow less from x: the scores are the same, so is the estimate, and it is wrong.
    expect(gap(people(4000, 0, 0.2))).toBeGreaterThan(0.15)
  })
})
