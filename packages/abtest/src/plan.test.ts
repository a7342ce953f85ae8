import { createEvidence, digestOf, manualClock, verifyEvidence } from '@mlops/core'
import { expect, test } from 'vitest'
import { amendFixedPlan, registerPlan } from './plan.ts'
import type { PlanInput } from './plan-input.ts'
import { readPlan } from './read-plan.ts'

const input: PlanInput = {
  name: 'shadow',
  hypothesis: 'the challenger errs less',
  metric: { name: 'error', better: 'lower' },
  unit: 'request',
  design: 'paired',
  test: 'paired-t',
  sampleSize: { control: 5, treatment: 5 },
  notBefore: '2026-01-08T00:00:00Z',
}
const clock = manualClock('2026-01-01T00:00:00Z')
const after = manualClock('2026-01-08T00:00:00Z')
const data = { control: [5, 6, 7, 8, 9], treatment: [4, 5.5, 6, 7.5, 8] }

test('a plan is fixed, dated and sealed', () => {
  const plan = registerPlan(input, { clock })
  const { digest, ...body } = plan
  expect(digestOf(body)).toBe(digest)
  expect(plan).toMatchObject({
    registeredAt: '2026-01-01T00:00:00.000Z',
    alpha: 0.05,
    alternative: 'two-sided',
    horizon: 'fixed',
  })
  expect(() => {
    ;(plan.metric as { better: string }).better = 'higher'
  }).toThrowError(TypeError)
})

test('an early read is refused, by units and by time, and says when it may be made', () => {
  const plan = registerPlan(input, { clock })
  const early = (details: object) =>
    expect.objectContaining({
      kind: 'conflict',
      code: 'abtest.too-early',
      details: expect.objectContaining(details),
    })
  const few = { control: [5, 6, 7, null], treatment: [4, 5.5, 6, 7] }
  expect(() => readPlan(plan, few, { clock: after })).toThrowError(
    early({ have: { control: 3, treatment: 3 }, need: { control: 5, treatment: 5 } }),
  )
  expect(() => readPlan(plan, data, { clock })).toThrowError(
    early({ notBefore: '2026-01-08T00:00:00Z' }),
  )
  expect(readPlan(plan, data, { clock: after })).toMatchObject({
    verdict: 'pass',
    plan: { name: 'shadow', digest: plan.digest },
  })
})

test('a plan survives JSON, and one that was changed is refused', () => {
  const plan = JSON.parse(JSON.stringify(registerPlan(input, { clock })))
  expect(readPlan(plan, data, { clock: after }).verdict).toBe('pass')
  for (const change of [
    { alpha: 0.2 },
    { metric: { name: 'error', better: 'higher' } },
    { sampleSize: { control: 2, treatment: 2 } },
  ]) {
    expect(() => readPlan({ ...plan, ...change }, data, { clock: after })).toThrowError(
      expect.objectContaining({ kind: 'conflict', code: 'abtest.plan-changed' }),
    )
  }
})

test('an unpaired plan counts units in both arms and checks their ratio', () => {
  const plan = registerPlan(
    {
      ...input,
      design: 'unpaired',
      test: 'two-proportion-z',
      metric: { name: 'sale', better: 'higher' },
      sampleSize: { control: 1000, treatment: 1000 },
    },
    { clock },
  )
  const arm = (successes: number, n: number) => ({ successes, n })
  expect(() =>
    readPlan(plan, { control: arm(100, 2000), treatment: arm(60, 999) }, { clock: after }),
  ).toThrowError(expect.objectContaining({ code: 'abtest.too-early' }))
  const readout = readPlan(
    plan,
    { control: arm(100, 2000), treatment: arm(150, 1000) },
    { clock: after },
  )
  expect(readout.verdict).toBe('inconclusive')
  expect(readout.warnings[0]!.code).toBe('abtest.sample-ratio-mismatch')
})

test('plans that contradict themselves are refused', () => {
  const bad: Partial<PlanInput>[] = [
    { test: 'welch' },
    { design: 'unpaired' },
    { sampleSize: { control: 5, treatment: 6 } },
    { sampleSize: { control: 1.5, treatment: 1.5 } },
    { allocation: [0.5, 0.6] },
    { allocation: [1, 0] },
    { notBefore: 'next week' },
  ]
  for (const change of bad) {
    expect(
      () => registerPlan({ ...input, ...change }, { clock }),
      JSON.stringify(change),
    ).toThrowError(expect.objectContaining({ code: 'abtest.invalid-plan' }))
  }
  expect(() => registerPlan({ ...input, alpha: 2 }, { clock })).toThrowError(
    expect.objectContaining({ code: 'abtest.invalid-option' }),
  )
})

test('what is no plan, and no data, is a typed error', () => {
  for (const nothing of [null, undefined, {}, 'plan']) {
    expect(() => registerPlan(nothing as never, { clock })).toThrowError(
      expect.objectContaining({ code: 'abtest.invalid-plan' }),
    )
    expect(() => readPlan(nothing as never, data, { clock })).toThrowError(
      expect.objectContaining({ code: 'abtest.not-a-plan' }),
    )
  }
  expect(() =>
    readPlan(registerPlan(input, { clock }), {} as never, { clock: after }),
  ).toThrowError(expect.objectContaining({ code: 'abtest.not-a-plan' }))
})

test('a plan freezes population, exclusions, power and effect, and becomes evidence', () => {
  const full = {
    ...input,
    population: 'requests from Norway',
    exclusions: ['robots'],
    power: 0.9,
    minimumEffect: -0.2,
  }
  const plan = registerPlan(full, { clock })
  expect(plan).toMatchObject(full)
  expect('population' in registerPlan(input, { clock })).toBe(false)
  for (const change of [{ population: 'all' }, { exclusions: [] }, { power: 0.5 }])
    expect(() => readPlan({ ...plan, ...change }, data, { clock: after })).toThrowError(
      expect.objectContaining({ code: 'abtest.plan-changed' }),
    )
  const evidence = createEvidence(
    {
      kind: 'ab-plan',
      subject: { type: 'experiment', name: plan.name },
      verdict: 'inconclusive',
      result: plan,
      producedBy: { type: 'human', id: 'ann' },
    },
    { clock },
  )
  expect(verifyEvidence(evidence)).toBe(true)
  expect(readPlan(evidence.result, data, { clock: after }).plan?.digest).toBe(plan.digest)
})

test('an amendment is on the record, and one after a look says so in the readout', () => {
  const plan = registerPlan(input, { clock })
  const wider = { ...input, sampleSize: { control: 4, treatment: 4 }, exclusions: ['robots'] }
  const blind = amendFixedPlan(plan, wider, { clock, reason: 'robots found', looks: 0 })
  expect(blind.amends).toEqual({
    digest: plan.digest,
    reason: 'robots found',
    looks: 0,
    changed: ['exclusions', 'sampleSize'],
  })
  const { digest, ...body } = blind
  expect(digestOf(body)).toBe(digest)
  const read = readPlan(blind, data, { clock: after })
  expect(read.adjustments[1]).toContain('amended before any look at the outcomes')
  expect(read.warnings).toEqual([])
  const seen = amendFixedPlan(blind, input, { clock, reason: 'a dashboard', looks: 2 })
  expect(seen.amends!.digest).toBe(blind.digest)
  expect(readPlan(seen, data, { clock: after }).warnings.map(({ code }) => code)).toEqual([
    'abtest.amended-after-look',
  ])
})

test('amendments that are none, or too late, are refused', () => {
  const plan = registerPlan(input, { clock })
  const other = { ...input, alpha: 0.01 }
  const why = { clock, reason: 'stricter', looks: 0 }
  const invalid = (code: string) => expect.objectContaining({ kind: 'invalid', code })
  for (const make of [
    () => amendFixedPlan(plan, input, why),
    () => amendFixedPlan(plan, other, { ...why, reason: ' ' }),
    () => amendFixedPlan(plan, other, { ...why, looks: -1 }),
    () => amendFixedPlan(plan, { ...other, unit: '' }, why),
  ])
    expect(make).toThrowError(invalid('abtest.invalid-plan'))
  expect(() => amendFixedPlan({} as never, other, why)).toThrowError(invalid('abtest.not-a-plan'))
  expect(() => amendFixedPlan({ horizon: 'sequential' } as never, other, why)).toThrowError(
    invalid('abtest.not-fixed'),
  )
  expect(() => amendFixedPlan({ ...plan, alpha: 0.2 }, other, why)).toThrowError(
    expect.objectContaining({ kind: 'conflict', code: 'abtest.plan-changed' }),
  )
  const readout = readPlan(plan, data, { clock: after })
  expect(() => amendFixedPlan(plan, other, { ...why, readout })).toThrowError(
    expect.objectContaining({ kind: 'conflict', code: 'abtest.already-read' }),
  )
})

test('a plan whose effect lies on the other side of its test is refused', () => {
  expect(() =>
    registerPlan({ ...input, alternative: 'less', minimumEffect: 0.2 }, { clock }),
  ).toThrowError(expect.objectContaining({ kind: 'invalid', code: 'abtest.wrong-tail' }))
  for (const change of [
    { minimumEffect: 0 },
    { power: 1 },
    { population: '' },
    { exclusions: 'robots' as never },
    { alternative: 'larger' as never },
    { allocation: null as never },
  ])
    expect(() => registerPlan({ ...input, ...change }, { clock })).toThrowError(
      expect.objectContaining({ code: 'abtest.invalid-plan' }),
    )
})

test('every test that needs no draws can be planned and read', () => {
  for (const name of ['wilcoxon', 'sign'] as const) {
    const plan = registerPlan({ ...input, test: name }, { clock })
    expect(readPlan(plan, data, { clock: after }).test.status).toBe('ok')
  }
  const unpaired = { ...input, design: 'unpaired' } as const
  for (const name of ['yuen', 'mann-whitney', 'brunner-munzel'] as const) {
    const plan = registerPlan({ ...unpaired, test: name }, { clock })
    expect(readPlan(plan, data, { clock: after }).test.status).toBe('ok')
  }
  for (const [name, alternative] of [
    ['bootstrap', 'two-sided'],
    ['permutation', 'two-sided'],
    ['chi-square', 'less'],
  ] as const)
    expect(() =>
      registerPlan({ ...unpaired, test: name as never, alternative }, { clock }),
    ).toThrowError(expect.objectContaining({ code: 'abtest.invalid-plan' }))
})
