import { readFileSync } from 'node:fs'
import { createRng } from '@mlops/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rocAuc } from '../ranking/roc-auc.ts'
import { energyTest } from './energy-test.ts'
import { fitGradientBoosting, predictGradientBoosting } from './gradient-boosting.ts'
import { type Matrix, matrixOf, stackRows } from './matrix.ts'
import { mmdSquared, mmdTest } from './mmd.ts'
import { permutationPValue, permutedPairSums } from './pair-sums.ts'
import { rbfBandwidth } from './rbf-bandwidth.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

const golden = JSON.parse(
  readFileSync(new URL('./__golden__/multivariate.json', import.meta.url), 'utf8'),
)

const code = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'nothing thrown'
}

function normals(
  rng: ReturnType<typeof createRng>,
  rows: number,
  columns: number,
  rho = 0,
): Matrix {
  const draw = () => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
  return matrixOf(
    Array.from({ length: rows }, () => {
      const shared = draw()
      return Array.from(
        { length: columns },
        () => Math.sqrt(rho) * shared + Math.sqrt(1 - rho) * draw(),
      )
    }),
  )
}

describe('symmetricEigen', () => {
  it('agrees with numpy', () => {
    for (const { a, values, vectors } of golden.matrices) {
      const found = symmetricEigen(matrixOf(a))
      found.values.forEach((value, i) => {
        expect(value).toBeCloseTo(values[i], 9)
      })
      if (!vectors) continue
      for (let i = 0; i < values.length; i++) {
        const dot = vectors[i].reduce(
          (sum: number, v: number, k: number) =>
            sum + v * found.vectors.values[i * values.length + k]!,
          0,
        )
        expect(Math.abs(dot)).toBeCloseTo(1, 9)
      }
    }
  })

  it('rebuilds the matrix from orthonormal vectors', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer(), (n, seed) => {
        const rng = createRng(seed)
        const a = Array.from({ length: n }, () => new Array<number>(n).fill(0))
        for (let i = 0; i < n; i++)
          for (let j = i; j < n; j++)
            a[i]![j] = a[j]![i] = rng.int(7) === 0 ? 0 : rng.next() * 10 - 5
        const { values, vectors } = symmetricEigen(matrixOf(a))
        const v = (i: number, k: number) => vectors.values[i * n + k]!
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            let rebuilt = 0
            let dot = 0
            for (let k = 0; k < n; k++) {
              rebuilt += values[k]! * v(k, i) * v(k, j)
              dot += v(i, k) * v(j, k)
            }
            expect(Math.abs(rebuilt - a[i]![j]!)).toBeLessThan(1e-11)
            expect(Math.abs(dot - Number(i === j))).toBeLessThan(1e-12)
          }
        }
      }),
    )
  })

  it('refuses what is not square or not finite', () => {
    expect(code(() => symmetricEigen(matrixOf([[1, 2]])))).toBe('stats.bad-matrix')
    expect(code(() => symmetricEigen(matrixOf([[Number.NaN]])))).toBe('stats.infinite-value')
  })
})

describe('MMD and energy', () => {
  it('agree with numpy', () => {
    for (const sample of golden.samples) {
      const [x, y] = [matrixOf(sample.x), matrixOf(sample.y)]
      expect(rbfBandwidth(x, y)).toBeCloseTo(sample.widths.median, 9)
      expect(rbfBandwidth(x, x, 'alibi')).toBeCloseTo(sample.widths.alibiReference, 9)
      expect(rbfBandwidth(x, y, 'alibi')).toBeCloseTo(sample.widths.alibiBoth, 9)
      expect(rbfBandwidth(x, y, 'evidently')).toBeCloseTo(sample.widths.evidently, 9)
      expect(mmdSquared(x, y)).toBeCloseTo(sample.unbiased, 9)
      expect(mmdSquared(x, y, { estimator: 'biased', bandwidth: 'frouros' })).toBeCloseTo(
        sample.biased,
        9,
      )
      const linear = mmdTest(x, y, { rng: createRng(1), estimator: 'linear', bandwidth: 1 })
      if (sample.linear) {
        expect(linear.statistic).toBeCloseTo(sample.linear.mean, 9)
        expect(linear.permutations).toBeNull()
      } else expect(linear.status).toBe('insufficient-data')
      expect(energyTest(x, y, { rng: createRng(1), permutations: 9 }).statistic).toBeCloseTo(
        sample.energy,
        9,
      )
    }
  })

  it('sums pairs as the definition does, for every relabelling', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer(),
        (n, m, seed) => {
          const x = normals(createRng(seed), n + m, 2)
          const sums = permutedPairSums(x, n, Math.sqrt, { permutations: 3, rng: createRng(seed) })
          const distance = (i: number, j: number) =>
            Math.hypot(
              x.values[2 * i]! - x.values[2 * j]!,
              x.values[2 * i + 1]! - x.values[2 * j + 1]!,
            )
          let [withinX, withinY, between] = [0, 0, 0]
          for (let i = 0; i < n + m; i++)
            for (let j = 0; j < i; j++) {
              if (i < n) withinX += distance(i, j)
              else if (j >= n) withinY += distance(i, j)
              else between += distance(i, j)
            }
          expect(sums[0]!.withinX).toBeCloseTo(withinX, 9)
          expect(sums[0]!.withinY).toBeCloseTo(withinY, 9)
          expect(sums[0]!.between).toBeCloseTo(between, 9)
          for (const one of sums)
            expect(one.withinX + one.withinY + one.between).toBeCloseTo(
              withinX + withinY + between,
              9,
            )
        },
      ),
    )
  })

  it('relabel uniformly: all choices of 2 of 4 rows come equally often', () => {
    // Distances 1, 2, 4, … tell which pair is together.
    const x = matrixOf([[0], [1], [3], [7]])
    const sums = permutedPairSums(x, 2, Math.sqrt, { permutations: 6000, rng: createRng(3) })
    const counts = new Map<string, number>()
    for (const { withinX } of sums.slice(1))
      counts.set(String(withinX), (counts.get(String(withinX)) ?? 0) + 1)
    expect(counts.size).toBe(6)
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130)
  })

  it('count the labelling at hand: p is never 0', () => {
    expect(permutationPValue([5, 1, 2, 3])).toBe(0.25)
    expect(permutationPValue([1, 1, 1])).toBe(1)
    expect(permutationPValue([2, 3, 1, 2])).toBe(0.75)
  })

  it('swapping the samples changes nothing', () => {
    const [x, y] = [normals(createRng(1), 20, 3), normals(createRng(2), 31, 3)]
    for (const estimator of ['unbiased', 'biased'] as const)
      expect(mmdSquared(x, y, { estimator })).toBeCloseTo(mmdSquared(y, x, { estimator })!, 12)
  })

  it('raise false alarms as often as they say, and see a change of correlation', () => {
    const rng = createRng('null')
    const alarms = { mmd: 0, linear: 0, energy: 0 }
    const runs = 300
    for (let run = 0; run < runs; run++) {
      const [x, y] = [normals(rng, 30, 3), normals(rng, 25, 3)]
      if (mmdTest(x, y, { rng, permutations: 99 }).pValue! <= 0.1) alarms.mmd++
      if (mmdTest(x, y, { rng, estimator: 'linear' }).pValue! <= 0.1) alarms.linear++
      if (energyTest(x, y, { rng, permutations: 99 }).pValue! <= 0.1) alarms.energy++
    }
    // 0.1 ± 3.3 standard errors of 300 runs; the linear test's normal law is for many rows.
    expect(Math.abs(alarms.mmd / runs - 0.1)).toBeLessThan(0.058)
    expect(Math.abs(alarms.energy / runs - 0.1)).toBeLessThan(0.058)
    expect(Math.abs(alarms.linear / runs - 0.1)).toBeLessThan(0.08)
    const [x, y] = [normals(rng, 200, 2), normals(rng, 200, 2, 0.8)]
    expect(mmdTest(x, y, { rng }).pValue).toBe(0.002)
    expect(energyTest(x, y, { rng }).pValue).toBeLessThan(0.05)
  })

  it('say what is undefined', () => {
    const same = matrixOf([[1], [1], [1]])
    expect(mmdTest(same, same, { rng: createRng(1) })).toMatchObject({
      status: 'undefined',
      pValue: null,
    })
    expect(energyTest(same, same, { rng: createRng(1) })).toMatchObject({
      status: 'undefined',
      pValue: null,
    })
    const one = matrixOf([[1]])
    expect(mmdTest(one, same, { rng: createRng(1) }).status).toBe('insufficient-data')
    expect(mmdSquared(one, same)).toBeNull()
    const none = { rows: 0, columns: 1, values: new Float64Array(0) }
    expect(energyTest(none, same, { rng: createRng(1) }).status).toBe('insufficient-data')
  })

  it('refuse bad input by code', () => {
    const x = matrixOf([[1], [2]])
    expect(code(() => mmdSquared(x, matrixOf([[1, 2]])))).toBe('stats.bad-matrix')
    expect(code(() => mmdSquared(x, matrixOf([[1], [Number.POSITIVE_INFINITY]])))).toBe(
      'stats.infinite-value',
    )
    expect(code(() => mmdSquared(x, x, { bandwidth: -1 }))).toBe('stats.bad-bandwidth')
    expect(code(() => mmdSquared(x, x, { estimator: 'best' as 'linear' }))).toBe(
      'stats.bad-estimator',
    )
    expect(code(() => energyTest(x, x, { rng: createRng(1), permutations: 0 }))).toBe(
      'stats.bad-resamples',
    )
    expect(code(() => matrixOf([[1], [1, 2]]))).toBe('stats.bad-matrix')
  })
})

describe('rocAuc', () => {
  it('agrees with scikit-learn and with DeLong by definition', () => {
    for (const { scores, labels, auc, se } of golden.aucs) {
      const found = rocAuc(scores, labels)
      expect(found.value).toBeCloseTo(auc, 12)
      expect(found.standardError).toBeCloseTo(se, 12)
    }
  })

  it('is undefined without both classes, and its interval covers', () => {
    expect(rocAuc([1, 2], [1, 1])).toMatchObject({
      status: 'undefined',
      value: null,
      interval: null,
    })
    expect(rocAuc([1, 2], [true, false]).value).toBe(0)
    const rng = createRng('delong')
    let covered = 0
    for (let run = 0; run < 300; run++) {
      const values = normals(rng, 80, 1).values
      const labels = Array.from(values, (_, i) => i % 2)
      const { interval } = rocAuc(
        values.map((x, i) => x + (i % 2) * Math.SQRT2),
        labels,
      )
      // Shift sqrt(2): the true area is Φ(1).
      if (interval!.lower <= 0.8413447 && interval!.upper >= 0.8413447) covered++
    }
    expect(covered / 300).toBeGreaterThan(0.91)
    expect(covered / 300).toBeLessThan(0.99)
  })

  it('refuses bad input by code', () => {
    expect(code(() => rocAuc([1], []))).toBe('stats.unequal-lengths')
    expect(code(() => rocAuc([Number.NaN, 1], [0, 1]))).toBe('stats.not-a-number')
  })
})

describe('gradient boosting', () => {
  const missing = (rows: (number | null)[][]) =>
    matrixOf(rows.map((row) => row.map((v) => v ?? Number.NaN)))
  const { train, target, test, truth, fits } = golden.boosting
  const [x, x2] = [missing(train), missing(test)]

  it('predicts as well as HistGradientBoosting', () => {
    for (const fit60 of fits) {
      const { depth, mse, auc, first } = fit60
      const fit = fitGradientBoosting(x, target, { iterations: 60, maxDepth: depth })
      const predicted = predictGradientBoosting(fit, x2)
      const own = predicted.reduce((sum, p, i) => sum + (p - truth[i]) ** 2, 0) / truth.length
      expect(Math.abs(own / mse - 1)).toBeLessThan(0.003)
      // Ties between equal gains may fall the other way, so single rows agree loosely.
      const gap = first
        .map((p: number, i: number) => Math.abs(p - predicted[i]!))
        .sort((a: number, b: number) => a - b)
      expect(gap[5]).toBeLessThan(1e-4)
      const labels = target.map((y: number) => Number(y > 1))
      const classifier = fitGradientBoosting(x, labels, {
        iterations: 60,
        maxDepth: depth,
        loss: 'logistic',
      })
      const p = predictGradientBoosting(classifier, x2)
      expect(
        rocAuc(
          p,
          truth.map((y: number) => y > 1),
        ).value,
      ).toBeGreaterThan(auc - 0.01)
      const logLoss = (q: Float64Array) =>
        q.reduce((sum, v, i) => sum - Math.log(truth[i] > 1 ? v : 1 - v), 0) / truth.length
      // Later trees differ where two splits gain the same but for rounding.
      expect(Math.abs(logLoss(p) / fit60.logLoss - 1)).toBeLessThan(0.05)
      const five = fitGradientBoosting(x, labels, {
        iterations: 5,
        maxDepth: depth,
        loss: 'logistic',
      })
      expect(logLoss(predictGradientBoosting(five, x2))).toBeCloseTo(fit60.logLossOfFive, 7)
    }
  })

  it('finds the best single split, as an exhaustive search does', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.integer({ min: 0, max: 8 }),
            fc.integer({ min: 0, max: 5 }),
            fc.integer({ min: -9, max: 9 }),
          ),
          {
            minLength: 8,
            maxLength: 40,
          },
        ),
        (rows) => {
          const features = matrixOf(rows.map(([a, b]) => [a, b]))
          const y = rows.map(([, , v]) => v)
          const fit = fitGradientBoosting(features, y, {
            iterations: 1,
            maxDepth: 1,
            learningRate: 1,
            minLeaf: 2,
          })
          const error = (predicted: ArrayLike<number>) =>
            y.reduce((sum, v, i) => sum + (v - predicted[i]!) ** 2, 0)
          const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length
          let best = error(y.map(() => mean(y)))
          for (const k of [0, 1] as const)
            for (let cut = 0; cut < 8; cut++) {
              const sides = [
                y.filter((_, i) => rows[i]![k] <= cut),
                y.filter((_, i) => rows[i]![k] > cut),
              ]
              if (sides.some((side) => side.length < 2)) continue
              best = Math.min(
                best,
                error(y.map((_, i) => mean(sides[rows[i]![k] <= cut ? 0 : 1]!))),
              )
            }
          expect(error(predictGradientBoosting(fit, features))).toBeCloseTo(best, 6)
        },
      ),
    )
  })

  it('is deterministic, survives JSON, and learns from what is missing', () => {
    const fit = fitGradientBoosting(x, target)
    expect(fitGradientBoosting(x, target)).toEqual(fit)
    expect(predictGradientBoosting(JSON.parse(JSON.stringify(fit)), x2)).toEqual(
      predictGradientBoosting(fit, x2),
    )
    const gaps = matrixOf(Array.from({ length: 80 }, (_, i) => [i % 2 ? Number.NaN : i % 7]))
    const learned = fitGradientBoosting(
      gaps,
      Array.from({ length: 80 }, (_, i) => i % 2),
    )
    const [present, absent] = predictGradientBoosting(learned, matrixOf([[3], [Number.NaN]]))
    expect(present).toBeLessThan(0.01)
    expect(absent).toBeGreaterThan(0.99)
  })

  it('stays finite on constants and one class', () => {
    const flat = matrixOf(Array.from({ length: 50 }, () => [1, Number.NaN]))
    expect(predictGradientBoosting(fitGradientBoosting(flat, new Array(50).fill(2)), flat)[0]).toBe(
      2,
    )
    const one = fitGradientBoosting(flat, new Array(50).fill(1), { loss: 'logistic' })
    const p = predictGradientBoosting(one, flat)[0]!
    expect(p).toBeGreaterThan(0.98)
    expect(p).toBeLessThanOrEqual(1)
    expect(stackRows(flat, flat).rows).toBe(100)
  })

  it('refuses bad input by code', () => {
    const two = matrixOf([[1], [2]])
    expect(code(() => fitGradientBoosting(two, [1]))).toBe('stats.unequal-lengths')
    expect(code(() => fitGradientBoosting(two, [1, Number.NaN]))).toBe('stats.infinite-value')
    expect(code(() => fitGradientBoosting(two, [1, 2], { loss: 'logistic' }))).toBe(
      'stats.bad-target',
    )
    expect(code(() => fitGradientBoosting(two, [1, 2], { maxDepth: 0 }))).toBe('stats.bad-option')
    expect(code(() => fitGradientBoosting(matrixOf([[Infinity], [1]]), [1, 2]))).toBe(
      'stats.infinite-value',
    )
    expect(code(() => fitGradientBoosting(matrixOf([]), []))).toBe('stats.bad-matrix')
    expect(
      code(() => predictGradientBoosting(fitGradientBoosting(two, [1, 2]), matrixOf([[1, 2]]))),
    ).toBe('stats.bad-matrix')
  })
})
