import { createEvidence, createRng, manualClock, verifyEvidence } from '@mlops/core'
import { chiSquareContingency, normal, welchT } from '@mlops/stats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attrition } from './attrition.ts'
import { leeBounds, worstCaseBounds } from './attrition-bounds.ts'
import { checkExperiment } from './check-experiment.ts'
import { effectTrend } from './effect-trend.ts'
import { multipleExposures } from './multiple-exposures.ts'
import { prePeriodBalance } from './pre-period-balance.ts'
import { retroAa } from './retro-aa.ts'

const invalid = expect.objectContaining({ kind: 'invalid' })
const gaussian = (seed: number) => {
  const rng = createRng(seed)
  return () => normal.quantile(Math.max(1e-12, rng.next()))
}

describe('multiple exposures', () => {
  /** `per` units of each arm; of them so many cross to the other arm later. */
  const logOf = (per: number, crossing: readonly [number, number]) => {
    const [units, arms]: [string[], string[]] = [[], []]
    for (const [arm, name] of ['control', 'treatment'].entries())
      for (let i = 0; i < per; i++) {
        units.push(`${name}${i}`, `${name}${i}`)
        arms.push(name, i < crossing[arm]! ? ['treatment', 'control'][arm]! : name)
      }
    return { units, arms }
  }

  test('the rule decides who stays', () => {
    const log = logOf(100, [3, 5])
    const excluded = multipleExposures(log)
    expect(excluded).toMatchObject({
      units: 200,
      crossing: 8,
      crossingByFirst: [3, 5],
      share: 0.04,
      kept: [97, 95],
    })
    expect(excluded.assignment).toHaveLength(192)
    expect(excluded.assignment.some(({ unit }) => unit === 'control0')).toBe(false)
    const first = multipleExposures(log, { rule: 'first' })
    expect(first.kept).toEqual([100, 100])
    expect(first.assignment[0]).toEqual({ unit: 'control0', arm: 'control' })
    expect(() => multipleExposures(log, { rule: 'refuse' })).toThrowError(
      expect.objectContaining({ kind: 'conflict', code: 'abtest.multiple-exposures' }),
    )
    expect(multipleExposures(logOf(50, [0, 0]), { rule: 'refuse' }).crossing).toBe(0)
  })

  test('few are fine, many are warned of, an uneven split fails', () => {
    expect(multipleExposures(logOf(100, [3, 5])).finding.verdict).toBe('ok')
    expect(multipleExposures(logOf(1000, [20, 22])).finding.verdict).toBe('warn')
    expect(multipleExposures(logOf(1000, [20, 22]), { tolerated: 0.05 }).finding.verdict).toBe('ok')
    const uneven = multipleExposures(logOf(1000, [10, 45])).finding
    expect(uneven.verdict).toBe('fail')
    // The p-value is that of the table of crossing units by first arm.
    const table = chiSquareContingency([
      [10, 45],
      [990, 955],
    ])
    expect(uneven.pValue).toBe(table.pValue)
    expect(multipleExposures({ units: [], arms: [] }).finding.verdict).toBe('insufficient-data')
  })

  test('agrees with a naive count', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom('a', 'b', 'c'))),
        (rows) => {
          const result = multipleExposures(
            { units: rows.map(([unit]) => unit), arms: rows.map(([, arm]) => arm) },
            { arms: ['a', 'b', 'c'] },
          )
          const seen = [...new Set(rows.map(([unit]) => unit))]
          const armsOf = (unit: number) =>
            new Set(rows.filter(([u]) => u === unit).map(([, a]) => a))
          expect(result.crossing).toBe(seen.filter((unit) => armsOf(unit).size > 1).length)
          const loyal = seen.filter((unit) => armsOf(unit).size === 1)
          expect(result.kept).toEqual(
            ['a', 'b', 'c'].map(
              (arm) => loyal.filter((unit) => armsOf(unit).has(arm as 'a')).length,
            ),
          )
        },
      ),
    )
  })
})

describe('attrition', () => {
  test('even losses are fine, uneven ones fail, no losses need no test', () => {
    expect(attrition([5000, 5000], [4600, 4580]).verdict).toBe('ok')
    expect(attrition([5000, 5000, 5000], [4600, 4580, 4300]).verdict).toBe('fail')
    expect(attrition([50, 60], [50, 60])).toMatchObject({ verdict: 'ok', pValue: null })
    expect(attrition([0, 0], [0, 0]).verdict).toBe('insufficient-data')
  })

  test('Lee: without attrition the bounds meet in the difference, with a two-sided interval', () => {
    const [a, b] = [
      [1, 2, 4, 7],
      [3, 5, 6, 11, 2],
    ]
    const { lower, upper, interval, trimmed, trimmedArm } = leeBounds(a, b)
    const { difference, standardError } = welchT(b, a)
    expect([trimmed, trimmedArm]).toEqual([0, null])
    expect(lower).toBeCloseTo(difference!, 12)
    expect(upper).toBeCloseTo(difference!, 12)
    expect(interval!.lower).toBeCloseTo(difference! - normal.quantileSf(0.025) * standardError!, 6)
  })

  test('Lee: trims the arm with more outcomes, and mirrors', () => {
    const control = [1, 2, 3, 4, 5, 6, null, null, null, null]
    const treatment = [2, 3, 4, 5, 6, 7, 8, 9, null, Number.NaN]
    // q = 0.6 and 0.8: a quarter of 8 values goes, so the means of 2…7 and 4…9 less 3.5.
    const bounds = leeBounds(control, treatment)
    expect(bounds).toMatchObject({ lower: 1, upper: 3, trimmedArm: 'treatment', observed: [6, 8] })
    expect(bounds.trimmed).toBeCloseTo(0.25, 12)
    const mirrored = leeBounds(treatment, control)
    expect(mirrored).toMatchObject({ lower: -3, upper: -1, trimmedArm: 'control' })
    expect(mirrored.interval!.lower).toBeCloseTo(-bounds.interval!.upper, 12)
    expect(leeBounds([1, null], [1, 2]).status).toBe('insufficient-data')
  })

  test('worst case: every way to fill the gaps lies within', () => {
    const outcome = fc.option(fc.integer({ min: 0, max: 1 }), { nil: null })
    const arm = fc.array(outcome, { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(arm, arm, (control, treatment) => {
        const { lower, upper } = worstCaseBounds(control, treatment, { range: [0, 1] })
        const mean = (values: readonly (number | null)[], fill: number) =>
          values.reduce<number>((sum, value) => sum + (value ?? fill), 0) / values.length
        const ways = [0, 1].flatMap((c) => [0, 1].map((t) => mean(treatment, t) - mean(control, c)))
        expect(lower).toBeCloseTo(Math.min(...ways), 12)
        expect(upper).toBeCloseTo(Math.max(...ways), 12)
      }),
    )
    expect(() => worstCaseBounds([2], [0, 1], { range: [0, 1] })).toThrowError(invalid)
  })
})

describe('pre-period balance', () => {
  const summary = (mean: number) => ({ n: 5000, mean, variance: 9 })

  test('adjusts for the number of metrics and names the worst', () => {
    const one = prePeriodBalance({ visits: [summary(3), summary(3.16)] })
    const p = welchT(summary(3.16), summary(3)).pValue!
    expect(one).toMatchObject({ pValue: p, verdict: 'warn' })
    const many = prePeriodBalance({
      visits: [summary(3), summary(3.16)],
      spend: [summary(3), summary(3)],
      age: [summary(3), summary(3), summary(3.01)],
    })
    expect(many.pValue).toBeCloseTo(4 * p, 12)
    expect(many.verdict).toBe('ok')
    expect(prePeriodBalance({ visits: [summary(3), summary(3.3)] }).verdict).toBe('fail')
    expect(prePeriodBalance({ visits: [[1], [2]] }).verdict).toBe('insufficient-data')
  })
})

describe('retro A/A', () => {
  test('finds that requests of one user are alike, and leaves users in peace', () => {
    const next = gaussian(3)
    const users = Array.from({ length: 300 }, next)
    const units = Array.from({ length: 3000 }, (_, i) => i % 300)
    const values = units.map((user) => users[user]! + next())
    const byRequest = retroAa(values, { rng: createRng(4), units })
    expect(byRequest.finding.verdict).toBe('fail')
    // Variance of a cluster mean against that of independent values: (1 + 0.1)/(2/10).
    expect(byRequest.varianceRatio).toBeGreaterThan(4)
    expect(byRequest.varianceRatio).toBeLessThan(7)
    const byUser = retroAa(users, { rng: createRng(4) })
    expect(byUser.finding.verdict).toBe('ok')
    expect(Math.abs(byUser.varianceRatio! - 1)).toBeLessThan(0.15)
  })

  test('too few units are no all-clear', () => {
    expect(retroAa([1, 2, 3], { rng: createRng(1) })).toMatchObject({
      falseAlarms: null,
      varianceRatio: null,
      finding: { verdict: 'insufficient-data', pValue: null },
    })
    expect(retroAa(new Array<number>(50).fill(1), { rng: createRng(1) }).finding.verdict).toBe(
      'insufficient-data',
    )
  })
})

describe('novelty and primacy', () => {
  /** 120 units over 8 days; the treatment's effect moves by `slope` a day. */
  const outcomes = (slope: number, start: number, seed: number) => {
    const next = gaussian(seed)
    const rows = Array.from({ length: 120 * 8 }, (_, i) => [i >> 3, i % 8] as const)
    const level = Array.from({ length: 120 }, next)
    return {
      units: rows.map(([unit]) => unit),
      arms: rows.map(([unit]) => unit % 2),
      periods: rows.map(([, day]) => day),
      values: rows.map(
        ([unit, day]) => level[unit]! + Math.sin(day) + next() + (unit % 2) * (start + slope * day),
      ),
    }
  }

  test('names the pattern, and the slope is that of the effect', () => {
    const fading = effectTrend(outcomes(-0.4, 3, 1))
    expect(fading.pattern).toBe('novelty')
    expect(Math.abs(fading.slope! + 0.4)).toBeLessThan(0.15)
    expect(fading.byPeriod).toHaveLength(8)
    expect(fading.byPeriod[0]!.n).toEqual([60, 60])
    expect(effectTrend(outcomes(0.4, 0.5, 2)).pattern).toBe('primacy')
    expect(effectTrend(outcomes(-0.4, -0.5, 2)).pattern).toBe('primacy')
    expect(effectTrend(outcomes(0, 3, 3)).pattern).toBe('steady')
    expect(effectTrend(outcomes(-0.4, 3, 1), { time: 'log' }).finding.verdict).toBe('warn')
  })

  test('one period has no trend; a unit in both arms is refused', () => {
    const one = effectTrend({
      units: [1, 2, 3, 4],
      arms: [0, 1, 0, 1],
      periods: [0, 0, 0, 0],
      values: [1, 2, 3, 4],
    })
    expect(one).toMatchObject({ pattern: 'unknown', slope: null })
    expect(one.byPeriod[0]!.effect).toBe(1)
    expect(() =>
      effectTrend({ units: [1, 1], arms: [0, 1], periods: [0, 1], values: [1, 2] }),
    ).toThrowError(invalid)
  })
})

describe('all checks of an experiment', () => {
  test('runs what the data allow, worst first, and says what it skipped', () => {
    const check = checkExperiment({
      assigned: [5000, 5030],
      observed: [4600, 4380],
      prePeriod: {
        visits: [
          [1, 2, 3, 2, 1],
          [2, 1, 3, 2, 2],
        ],
      },
    })
    expect(check.verdict).toBe('fail')
    expect(check.findings.map(({ check: name }) => name)).toEqual([
      'attrition',
      'sample-ratio',
      'pre-period',
    ])
    expect(check.skipped.map(({ check: name }) => name)).toEqual([
      'multiple-exposures',
      'variance',
      'novelty',
    ])
    expect(checkExperiment({}).verdict).toBe('inconclusive')
  })

  test('an arm without units alarms, however few the others have', () => {
    for (const assigned of [
      [5, 0],
      [0, 3],
      [40, 41, 0],
    ])
      expect(checkExperiment({ assigned }).findings[0]).toMatchObject({
        check: 'sample-ratio',
        verdict: 'fail',
      })
    expect(checkExperiment({ assigned: [0, 0] }).verdict).toBe('inconclusive')
    expect(checkExperiment({ assigned: [500, 0], allocation: [1, 0] }).verdict).not.toBe('fail')
  })

  test('phases hold each allocation against its own shares', () => {
    const phases = [
      { counts: [1800, 1200], allocation: [0.6, 0.4] },
      { counts: [3500, 3500], allocation: [0.5, 0.5] },
    ]
    expect(checkExperiment({ assigned: [5300, 4700] }).verdict).toBe('fail')
    expect(checkExperiment({ assigned: [5300, 4700], phases }).verdict).toBe('pass')
    expect(
      checkExperiment({ phases: [...phases, { counts: [6, 0], allocation: [0.5, 0.5] }] }),
    ).toMatchObject({ verdict: 'warn', findings: [{ method: 'dirichlet-multinomial' }] })
  })

  test('is JSON, and evidence', () => {
    const check = checkExperiment({ assigned: [500, 520], observed: [480, 490] })
    expect(JSON.parse(JSON.stringify(check))).toEqual({ ...check })
    const evidence = createEvidence(
      {
        kind: 'experiment-check',
        subject: { type: 'experiment', name: 'ranker-2' },
        verdict: check.verdict,
        result: check,
        producedBy: { type: 'service', id: 'checks' },
      },
      { clock: manualClock('2026-03-02T09:00:00Z') },
    )
    expect(verifyEvidence(evidence)).toBe(true)
  })
})

describe('wrong input is a typed error', () => {
  test.each<[string, () => unknown]>([
    ['nothing', () => checkExperiment(null as never)],
    ['negative counts', () => checkExperiment({ assigned: [-1, 5] })],
    ['broken counts', () => checkExperiment({ assigned: [1.5, 5] })],
    ['one arm', () => checkExperiment({ assigned: [5] })],
    ['three shares', () => checkExperiment({ assigned: [5, 5], allocation: [1, 1, 1] })],
    ['an aa of null', () => checkExperiment({ aa: null as never })],
    ['more outcomes than units', () => attrition([5, 5], [6, 5])],
    ['null options', () => attrition([5, 5], [5, 5], null as never)],
    ['alpha', () => attrition([5, 5], [5, 5], { alpha: 2 })],
    ['no log', () => multipleExposures(null as never)],
    ['an unknown arm', () => multipleExposures({ units: [1], arms: ['x'] }, { arms: ['a'] })],
    ['a rule', () => multipleExposures({ units: [1], arms: ['x'] }, { rule: 'last' as never })],
    ['text outcomes', () => leeBounds(['a'] as never, [1, 2])],
    ['no outcomes', () => leeBounds(null as never, [1, 2])],
    ['infinite outcomes', () => leeBounds([1, Number.POSITIVE_INFINITY], [1, 2])],
    ['no range', () => worstCaseBounds([1], [1], {} as never)],
    ['no metrics', () => prePeriodBalance({})],
    ['an arm of null', () => prePeriodBalance({ visits: [null, [1]] as never })],
    ['no rng', () => retroAa([1, 2], {} as never)],
    ['units of another length', () => retroAa([1, 2], { rng: createRng(1), units: [1] })],
    [
      'an arm of 2',
      () => effectTrend({ units: [1], arms: [2] as never, periods: [0], values: [1] }),
    ],
    ['a period of -1', () => effectTrend({ units: [1], arms: [1], periods: [-1], values: [1] })],
    ['columns missing', () => effectTrend(null as never)],
  ])('%s', (_what, make) => {
    expect(make).toThrowError(invalid)
  })
})
