import { createRng } from '@mlops/core'
import { expect, test } from 'vitest'
import { fitReference } from '../index.ts'
import { createMonitor, observeBatch, startMonitor } from './index.ts'

const rng = createRng(31)
const table = (rows: number, { shift = 0, gone = 0.1, share = 0.3, plans = 'abc' } = {}) => ({
  amount: Float64Array.from({ length: rows }, () => 10 * rng.next() + shift),
  gappy: Float64Array.from({ length: rows }, () => (rng.next() < gone ? Number.NaN : rng.next())),
  plan: Array.from({ length: rows }, () => plans[rng.int(plans.length)] as string),
  active: Array.from({ length: rows }, () => rng.next() < share),
  day: Array.from({ length: rows }, (_, i) => new Date(Date.UTC(2026, 0, 1, i))),
})
const reference = fitReference(table(1500))
const code = (wanted: string) => expect.objectContaining({ code: wanted })

test('without drift it stays calm, and says what it promises', () => {
  const monitor = createMonitor(reference)
  expect(monitor.report().verdict).toBe('inconclusive')
  let report = monitor.report()
  for (let i = 0; i < 60; i++) report = monitor.observe(table(50))
  expect(report.verdict).toBe('pass')
  expect(report.rows).toBe(3000)
  expect(report.columns.map(({ name }) => name).sort()).toEqual([
    'active',
    'amount',
    'gappy',
    'plan',
  ])
  expect(report.reasons.at(-1)).toContain('at most 5.0 %')
  for (const { share } of report.columns) {
    expect(share.interval.lower).toBeLessThan(share.reference)
    expect(share.interval.upper).toBeGreaterThan(share.reference)
  }
})

test.each([
  ['amount', { shift: 2 }, /the distribution changed/],
  ['gappy', { gone: 0.3 }, /missing at another rate/],
  ['plan', { plans: 'abcd' }, /the distribution changed/],
  ['plan', { plans: 'ab' }, /the distribution changed/],
  ['active', { share: 0.5 }, /'false'/],
] as const)('finds a change of %s: %o', (name, change, reason) => {
  const monitor = createMonitor(reference)
  monitor.observe(table(400))
  let report = monitor.report()
  for (let i = 0; i < 30 && report.verdict !== 'fail'; i++)
    report = monitor.observe(table(50, change))
  expect(report.verdict).toBe('fail')
  expect(report.columns.filter(({ alarm }) => alarm).map((column) => column.name)).toEqual([name])
  expect(report.columns[0]!.reason).toMatch(reason)
  // An alarm stands when the world returns.
  expect(monitor.observe(table(500)).columns[0]!.alarmAt).toBe(report.columns[0]!.alarmAt)
})

test('the state survives JSON, and going on equals not having stopped', () => {
  const batches = Array.from({ length: 6 }, (_, i) => table(80, { shift: i / 3 }))
  const whole = createMonitor(reference)
  let state = startMonitor(reference)
  for (const batch of batches) {
    whole.observe(batch)
    state = JSON.parse(JSON.stringify(observeBatch(state, batch)))
  }
  const resumed = createMonitor(state)
  expect(JSON.parse(JSON.stringify(resumed.report()))).toEqual(
    JSON.parse(JSON.stringify(whole.report())),
  )
  expect(JSON.stringify(state).length).toBeLessThan(20_000)
})

test('e-BH as the budget finds a large change as well', () => {
  const monitor = createMonitor(reference, { budget: 'e-benjamini-hochberg' })
  let report = monitor.report()
  for (let i = 0; i < 40; i++) report = monitor.observe(table(50, { shift: 4, share: 0.8 }))
  const alarmed = report.columns.filter(({ alarm }) => alarm).map(({ name }) => name)
  expect(alarmed.sort()).toEqual(['active', 'amount'])
})

test('a small version of the simulation: over all columns and reads at most alpha', () => {
  let alarms = 0
  for (let run = 0; run < 60; run++) {
    const monitor = createMonitor(fitReference(table(300)), { alpha: 0.2, seed: run })
    for (let i = 0; i < 20; i++) monitor.observe(table(100))
    if (monitor.report().verdict === 'fail') alarms++
  }
  expect(alarms).toBeLessThan(24) // 12 on average at most
})

test('what cannot be watched is refused', () => {
  expect(() => createMonitor({} as never)).toThrowError(code('drift.not-a-reference'))
  expect(() => createMonitor(reference, { alpha: 2 })).toThrowError(code('drift.invalid-option'))
  expect(() => createMonitor(reference, { ignore: ['nothing'] })).toThrowError(
    code('drift.unknown-column'),
  )
  const names = ['amount', 'gappy', 'plan', 'active']
  expect(() => createMonitor(reference, { ignore: names })).toThrowError(
    code('drift.nothing-to-monitor'),
  )
  const monitor = createMonitor(reference)
  expect(() => monitor.observe({ amount: [1, 2] })).toThrowError(code('drift.missing-column'))
  expect(monitor.report().rows).toBe(0)
  expect(() => createMonitor(monitor.state(), { alpha: 0.1 })).toThrowError(
    code('drift.invalid-option'),
  )
  expect(() => observeBatch({ kind: 'x' } as never, {})).toThrowError(
    code('drift.not-an-anytime-state'),
  )
})
