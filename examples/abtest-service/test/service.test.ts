import type { Rng } from '@mlops/core'
import { createRng, manualClock, verifyEvidence } from '@mlops/core'
import { afterEach, describe, expect, test } from 'vitest'
import type { Delivery } from '../src/models.ts'
import { rushHour } from '../src/models.ts'
import type { Opened } from '../src/open.ts'
import { open } from '../src/open.ts'

const clock = manualClock('2026-03-02T09:00:00Z')
let opened: Opened
afterEach(() => opened.close())

// Answers are read as a client would: whatever is there.
// biome-ignore lint/suspicious/noExplicitAny: JSON of many routes
type Answer = any
async function call(method: string, path: string, body?: unknown) {
  const response = await opened.service.fetch(
    new Request(`http://localhost${path}`, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    }),
  )
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: (await response.json()) as Answer,
  }
}
const post = (path: string, body: unknown) => call('POST', path, body)
const page = async (path: string) => await (await opened.service.fetch(new Request(`http://localhost${path}`))).text()

/** About normal: the sum of twelve uniforms, centred. */
function noise(rng: Rng): number {
  let sum = -6
  for (let i = 0; i < 12; i++) sum += rng.next()
  return sum
}

const fixed = {
  key: 'green-button',
  hypothesis: 'a green button sells more',
  metric: { name: 'conversion', better: 'higher', outcome: 'conversion' },
  schedule: {
    kind: 'fixed',
    sampleSize: { control: 300, treatment: 300 },
    notBefore: '2026-03-16T09:00:00Z',
  },
}

/** Deals `count` users, and lets each do what `does` says of its arm. */
async function traffic(key: string, from: number, count: number, does: (arm: string, at: number) => number | null) {
  const outcomes: { unit: string; value: number }[] = []
  const arms: Record<string, number> = {}
  for (let i = from; i < from + count; i++) {
    const { body } = await post(`/experiments/${key}/assignments`, { unit: `user-${i}` })
    arms[body.arm] = (arms[body.arm] ?? 0) + 1
    const value = body.arm === null ? null : does(body.arm, i)
    if (value !== null) outcomes.push({ unit: `user-${i}`, value })
  }
  const kept = await post(`/experiments/${key}/outcomes`, { outcomes })
  expect(kept.body).toEqual({ kept: outcomes.length, repeated: 0, unknown: 0 })
  return arms
}

test('a fixed experiment: designed, dealt, not read early, read once, stopped for good', async () => {
  opened = await open('sqlite::memory:', { clock })
  expect((await call('GET', '/sample-size?control=0.1&treatment=0.2')).body).toMatchObject({ control: 199 })
  const registered = await post('/experiments', fixed)
  expect(registered.status).toBe(201)
  expect(registered.body.plan.digest).toMatch(/^sha256:/)

  const rng = createRng('shoppers')
  const buys = (arm: string) => (rng.next() < (arm === 'treatment' ? 0.3 : 0.15) ? 1 : null)
  const arms = await traffic('green-button', 0, 800, buys)
  expect(Math.min(arms['control']!, arms['treatment']!)).toBeGreaterThan(300)
  // Asked again, nobody moves and nothing is counted twice.
  const first = await post('/experiments/green-button/assignments', { unit: 'user-0' })
  expect(await post('/experiments/green-button/assignments', { unit: 'user-0' })).toEqual(first)
  expect((await call('GET', '/experiments/green-button')).body.units).toEqual([arms['control'], arms['treatment']])

  const early = await post('/experiments/green-button/looks', {})
  expect([early.status, early.type, early.body.code]).toEqual([409, 'application/problem+json', 'abtest.too-early'])
  expect((await call('GET', '/experiments/green-button/readout')).body.code).toBe('experiments.no-readout')
  expect(
    (await post('/experiments/green-button/stop', { decision: 'treatment', reason: 'I like it', by: 'ada' })).body,
  ).toMatchObject({ code: 'experiments.not-shown', status: 409 })

  clock.advance(14 * 86_400_000)
  const { body: readout } = await post('/experiments/green-button/looks', {})
  expect(readout).toMatchObject({ kind: 'ab-readout', verdict: 'pass' })
  // What comes in later does not change what was read.
  await traffic('green-button', 800, 50, () => 1)
  expect((await post('/experiments/green-button/looks', {})).body).toEqual(readout)

  const { body: evidence } = await post('/experiments/green-button/stop', {
    decision: 'treatment',
    reason: 'sells more, checks are fine',
    by: 'ada',
  })
  expect(verifyEvidence(evidence)).toBe(true)
  expect(evidence).toMatchObject({ kind: 'ab-readout', verdict: 'pass', result: { plan: { name: 'green-button' } } })
  expect((await post('/experiments/green-button/assignments', { unit: 'new' })).body).toMatchObject({
    arm: 'treatment',
    reason: 'stopped',
  })
  for (const [path, body] of [
    ['outcomes', { outcomes: [{ unit: 'user-1', value: 1 }] }],
    ['looks', {}],
    ['stop', { decision: 'control', reason: 'changed my mind', by: 'bob' }],
  ] as const)
    expect((await post(`/experiments/green-button/${path}`, body)).body.code).toBe('experiments.stopped')

  const html = await page('/experiments/green-button/readout?format=html')
  for (const part of ['<svg', 'a green button sells more', 'Checks of the experiment', evidence.digest.slice(0, 16)])
    expect(html).toContain(part)
  expect(await page('/experiments/green-button/readout?format=markdown')).toContain('conversion')
  expect(await opened.log.verify()).toMatchObject({ status: 'intact' })
  const { items } = await opened.log.read()
  expect(items.map(({ action }) => action)).toEqual([
    'experiment.registered',
    'experiment.looked-at',
    'experiment.looked-at',
    'experiment.stopped',
  ])
})

test('a sequential experiment: looks are kept, and end when the difference is shown', async () => {
  opened = await open('sqlite::memory:', { clock })
  await post('/experiments', {
    key: 'ranker-3',
    hypothesis: 'the new ranker finds things faster',
    metric: { name: 'seconds to click', better: 'lower' },
    schedule: {
      kind: 'sequential',
      method: { kind: 'group-sequential', maxUnits: 2000, spending: 'lan-demets-obrien-fleming' },
    },
  })
  expect((await post('/experiments/ranker-3/looks', {})).body.code).toBe('abtest.too-early')
  const rng = createRng('clicks')
  const seconds = (arm: string) => 20 + 4 * noise(rng) - (arm === 'treatment' ? 1.5 : 0)
  await traffic('ranker-3', 0, 300, seconds)
  const first = (await post('/experiments/ranker-3/looks', {})).body
  expect(first).toMatchObject({ look: 1, decision: 'continue', verdict: 'inconclusive' })
  expect((await post('/experiments/ranker-3/looks', {})).body.code).toBe('abtest.no-new-data')
  // Stopping now keeps control: nothing is shown yet.
  const want = { decision: 'treatment', reason: 'hope', by: 'ada' }
  expect((await post('/experiments/ranker-3/stop', want)).body.code).toBe('experiments.not-shown')

  await traffic('ranker-3', 300, 900, seconds)
  const second = (await post('/experiments/ranker-3/looks', {})).body
  expect(second).toMatchObject({ look: 2, decision: 'stop', verdict: 'pass' })
  expect((await post('/experiments/ranker-3/looks', {})).body.code).toBe('abtest.already-stopped')
  const { body: evidence } = await post('/experiments/ranker-3/stop', want)
  expect(evidence).toMatchObject({ kind: 'ab-peek', verdict: 'pass' })
  const markdown = await page('/experiments/ranker-3/readout?format=markdown')
  expect(markdown).toContain('look 2')
})

test('outcomes that are lost unevenly forbid the treatment', async () => {
  opened = await open('sqlite::memory:', { clock })
  await post('/experiments', {
    ...fixed,
    key: 'leaky',
    metric: { name: 'rating', better: 'higher', outcome: 'value' },
    schedule: { kind: 'fixed', sampleSize: { control: 100, treatment: 100 } },
  })
  // Unhappy users of the treatment say nothing.
  const rng = createRng('ratings')
  await traffic('leaky', 0, 800, (arm) => {
    const rating = noise(rng)
    return arm === 'treatment' && rating < -0.5 ? null : rating
  })
  expect((await post('/experiments/leaky/looks', {})).body.verdict).not.toBe('fail')
  const { checks } = (await call('GET', '/experiments/leaky')).body
  expect(checks).toMatchObject({ verdict: 'fail', findings: [{ check: 'attrition', verdict: 'fail' }, {}] })
  const stop = (decision: string) => post('/experiments/leaky/stop', { decision, reason: 'end', by: 'ada' })
  expect((await stop('treatment')).body.code).toBe('experiments.not-shown')
  expect((await stop('control')).status).toBe(200)
})

test('champion and challenger answer the same requests; a failing challenger hurts nobody', async () => {
  let failing = false
  const rng = createRng('deliveries')
  const challenger = ({ distanceKm, hour }: Delivery) => {
    if (failing) throw new Error('out of memory')
    return 10 + 2 * distanceKm + (rushHour(hour) ? 6 : 0)
  }
  opened = await open('sqlite::memory:', { clock, challenger })
  await post('/experiments', {
    key: 'rush-hours',
    hypothesis: 'knowing the rush hours errs less',
    metric: { name: 'absolute error, minutes', better: 'lower' },
    schedule: { kind: 'shadow', pairs: 200 },
  })
  const truths: { id: string; value: number }[] = []
  for (let i = 0; i < 220; i++) {
    failing = i >= 210
    const [distanceKm, hour] = [1 + 9 * rng.next(), rng.int(24)]
    const { body } = await post('/experiments/rush-hours/predictions', { id: `r${i}`, distanceKm, hour })
    expect(body).toEqual({ minutes: 12 + 2.1 * distanceKm, model: 'champion' })
    truths.push({ id: `r${i}`, value: 10 + 2 * distanceKm + (rushHour(hour) ? 6 : 0) + noise(rng) })
  }
  const settle = (from: number, to: number) =>
    post('/experiments/rush-hours/truths', { truths: truths.slice(from, to) })
  await settle(0, 150)
  expect((await post('/experiments/rush-hours/looks', {})).body.code).toBe('abtest.too-early')
  expect((await settle(100, 220)).body).toEqual({ kept: 70, left: 50 })
  const { body } = await post('/experiments/rush-hours/looks', {})
  expect(body).toMatchObject({ design: 'paired', verdict: 'pass', arms: [{ n: 210, dropped: 10 }, { n: 210 }] })
  expect((await post('/experiments/rush-hours/assignments', { unit: 'a' })).body.code).toBe('experiments.shadow')
  failing = false
  await post('/experiments/rush-hours/stop', { decision: 'treatment', reason: 'errs less', by: 'ada' })
  const after = await post('/experiments/rush-hours/predictions', { id: 'after', distanceKm: 1, hour: 8 })
  expect(after.body).toEqual({ minutes: 18, model: 'challenger' })
})

test('a bandit learns from late rewards, reports propensities, and its log values other policies', async () => {
  opened = await open('sqlite::memory:', { clock })
  const rates: Record<string, number> = { blue: 0.1, green: 0.2, red: 0.5 }
  const rng = createRng('visitors')
  let waiting: { choice: string; reward: number }[] = []
  let last: { choice: string; reward: number }[] = []
  for (let i = 0; i < 1200; i++) {
    const { body, status } = await post('/banners/choices', {})
    expect(status).toBe(201)
    expect(body.propensity).toBeGreaterThanOrEqual(0.05)
    waiting.push({ choice: body.id, reward: rng.next() < rates[body.arm]! ? 1 : 0 })
    if (waiting.length < 60) continue
    const { body: counts } = await post('/banners/rewards', { rewards: waiting })
    expect(counts).toEqual({ kept: 60, repeated: 0, unknown: 0 })
    last = waiting
    waiting = []
  }
  const again = await post('/banners/rewards', { rewards: [...last.slice(0, 2), { choice: 'nobody', reward: 1 }] })
  expect(again.body).toEqual({ kept: 0, repeated: 2, unknown: 1 })
  const { body } = await call('GET', '/banners')
  expect(body).toMatchObject({ arms: ['blue', 'green', 'red'], rewards: 1200 })
  expect(body.probabilities[2]).toBeGreaterThan(0.8)
  for (const [arm, rate] of Object.entries(rates)) {
    const { interval } = (await call('GET', `/banners/${arm}/value`)).body
    expect(interval.lower).toBeLessThan(rate)
    expect(interval.upper).toBeGreaterThan(rate)
  }
  const one = { choice: (await post('/banners/choices', {})).body.id, reward: 2 }
  expect((await post('/banners/rewards', { rewards: [one] })).body.code).toBe('abtest.bad-reward')
  // Refused as a whole: the choice waits for its reward still.
  expect((await post('/banners/rewards', { rewards: [{ ...one, reward: 1 }] })).body.kept).toBe(1)
})

describe('what cannot be meant is a problem with a code', () => {
  const shadow = { kind: 'shadow', pairs: 100 }
  test.each([
    ['POST', '/experiments', '{', 400, 'http.invalid-json'],
    ['POST', '/experiments', null, 400, 'service.body'],
    ['POST', '/experiments', { ...fixed, key: 'Ä' }, 400, 'service.body'],
    ['POST', '/experiments', { ...fixed, unknown: 1 }, 400, 'service.body'],
    ['POST', '/experiments', { ...fixed, treatmentShare: 1 }, 400, 'service.body'],
    ['POST', '/experiments', { ...fixed, alpha: 2 }, 400, 'abtest.invalid-option'],
    [
      'POST',
      '/experiments',
      { ...fixed, schedule: { kind: 'fixed', sampleSize: { control: 0, treatment: 9 } } },
      400,
      'service.body',
    ],
    ['POST', '/experiments', fixed, 409, 'experiments.exists'],
    ['POST', '/experiments/none/looks', {}, 404, 'experiments.unknown'],
    ['POST', '/experiments/none/assignments', { unit: 'a' }, 404, 'experiments.unknown'],
    ['POST', '/experiments/green-button/assignments', { unit: '' }, 400, 'service.body'],
    [
      'POST',
      '/experiments/green-button/outcomes',
      { outcomes: [{ unit: 'a', value: 0.5 }] },
      400,
      'experiments.no-conversion',
    ],
    ['POST', '/experiments/green-button/outcomes', { outcomes: [{ unit: 'a', value: null }] }, 400, 'service.body'],
    [
      'POST',
      '/experiments/green-button/predictions',
      { id: 'a', distanceKm: 1, hour: 1 },
      409,
      'experiments.no-shadow',
    ],
    ['POST', '/experiments/green-button/stop', { decision: 'both', reason: 'x', by: 'y' }, 400, 'service.body'],
    [
      'POST',
      '/experiments',
      { ...fixed, key: 'b', schedule: shadow, metric: { name: '', better: 'lower' } },
      400,
      'service.body',
    ],
    ['GET', '/sample-size?control=0.1', undefined, 400, 'service.query'],
    ['GET', '/sample-size?control=0.1&treatment=7', undefined, 400, 'abtest.invalid-design'],
    ['GET', '/banners/violet/value', undefined, 404, 'banners.unknown'],
    ['GET', '/banners/red/value', undefined, 409, 'banners.no-log'],
    ['GET', '/nowhere', undefined, 404, 'http.no-route'],
    ['PUT', '/experiments', {}, 405, 'http.method-not-allowed'],
  ])('%s %s %j', async (method, path, body, status, code) => {
    opened = await open('sqlite::memory:', { clock })
    await post('/experiments', fixed)
    const answer = await call(method, path, body === undefined ? undefined : body === null ? 'null' : body)
    expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { code, status } })
  })
})
