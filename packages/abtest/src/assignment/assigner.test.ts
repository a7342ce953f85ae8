import { manualClock } from '@mlops/core'
import { chiSquareContingency, chiSquareGoodnessOfFit } from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import { stickyStoreContract } from '../assignment-contract/index.ts'
import type { Experiment, StickyStore } from './index.ts'
import {
  allocate,
  assignSticky,
  createAssigner,
  exposure,
  memoryStickyStore,
  reallocate,
} from './index.ts'

const code = (wanted: string) => expect.objectContaining({ kind: 'invalid', code: wanted })
const arms = [{ key: 'control' }, { key: 'treatment' }]
const ids = Array.from({ length: 8000 }, (_, id) => ({ id }))

describe('assignment', () => {
  test.each(['mlops-v1', 'growthbook-v2', 'unleash-murmur3', 'md5-shard'] as const)(
    '%s: shares come out, independent of who takes part and of other experiments',
    (algorithm) => {
      const weighted = [
        { key: 'a', weight: 0.2 },
        { key: 'b', weight: 0.3 },
        { key: 'c', weight: 0.5 },
      ]
      const one = createAssigner({ key: 'one', algorithm, arms: weighted, coverage: 0.6 })
      const two = createAssigner({ key: 'two', algorithm, arms })
      const counts = [0, 0, 0]
      const table = [
        [0, 0],
        [0, 0],
        [0, 0],
      ]
      for (const unit of ids) {
        const { arm, propensity, reason } = one.assign(unit)
        if (arm === null) {
          expect(reason).toBe('outside-coverage')
          continue
        }
        const k = 'abc'.indexOf(arm)
        expect(propensity).toBeCloseTo(weighted[k]!.weight, 12)
        counts[k]!++
        table[k]![two.assign(unit).arm === 'control' ? 0 : 1]!++
      }
      expect(chiSquareGoodnessOfFit(counts, { weights: [0.2, 0.3, 0.5] }).pValue!).toBeGreaterThan(
        1e-4,
      )
      expect(chiSquareContingency(table).pValue!).toBeGreaterThan(1e-4)
      const inside = counts.reduce((a, b) => a + b, 0)
      expect(
        chiSquareGoodnessOfFit([inside, 8000 - inside], { weights: [0.6, 0.4] }).pValue!,
      ).toBeGreaterThan(1e-4)
    },
  )

  test('the same unit gets the same arm from text and number, and another salt deals anew', () => {
    const first = createAssigner({ key: 'e', arms })
    const again = createAssigner({ key: 'e', arms, salts: { variant: 'e-2' } })
    let same = 0
    for (const { id } of ids) {
      expect(first.assign({ id: String(id) })).toEqual(first.assign({ id }))
      if (first.assign({ id }).arm === again.assign({ id }).arm) same++
    }
    expect(Math.abs(same / ids.length - 0.5)).toBeLessThan(0.03)
  })

  test('namespaces exclude each other, holdouts exclude everybody else', () => {
    const part = (key: string, ranges: [number, number][]): Experiment => ({
      key,
      arms,
      namespace: { name: 'checkout', ranges },
      holdouts: [{ name: 'company', share: 0.1 }],
    })
    const [left, right] = [
      part('l', [[0, 0.5]]),
      part('r', [
        [0.5, 0.8],
        [0.8, 1],
      ]),
    ].map((one) => createAssigner(one))
    const seen = { left: 0, right: 0, held: 0 }
    for (const unit of ids) {
      const [l, r] = [left!.assign(unit), right!.assign(unit)]
      if (l.reason === 'holdout') {
        expect(r.reason).toBe('holdout')
        expect(l.detail).toBe('company')
        seen.held++
        continue
      }
      expect([l.arm === null, r.arm === null].filter(Boolean)).toHaveLength(1)
      if (l.arm === null) {
        expect(l.reason).toBe('outside-namespace')
        seen.right++
      } else seen.left++
    }
    expect(
      chiSquareGoodnessOfFit([seen.held, seen.left, seen.right], { weights: [0.1, 0.45, 0.45] })
        .pValue!,
    ).toBeGreaterThan(1e-4)
  })

  test('who is out, and why', () => {
    const assigner = createAssigner({
      key: 'e',
      arms,
      unit: 'user',
      fallbackUnit: 'device',
      condition: { attribute: 'country', op: 'eq', value: 'DE' },
    })
    expect(assigner.assign({ country: 'DE' })).toMatchObject({
      arm: null,
      reason: 'no-unit',
      unit: null,
    })
    expect(assigner.assign({ device: 'd', country: 'DE' })).toMatchObject({
      reason: 'assigned',
      unit: { attribute: 'device', value: 'd' },
    })
    expect(assigner.assign({ user: 'u', device: 'd', country: 'FR' })).toMatchObject({
      arm: null,
      reason: 'not-targeted',
      detail: 'country eq "DE"',
      propensity: null,
    })
    for (const user of ['', Number.NaN, Number.POSITIVE_INFINITY, true, ['u']])
      expect(() => assigner.assign({ user, country: 'DE' })).toThrowError(
        code('abtest.invalid-unit'),
      )
  })

  test('changed weights are noticed by the digest; coverage and targeting move nobody', () => {
    const { digest } = createAssigner({ key: 'e', arms })
    for (const same of [
      { coverage: 0.5 },
      { condition: { and: [] } },
      {
        arms: [
          { key: 'control', weight: 0.5 },
          { key: 'treatment', weight: 0.5 },
        ],
      },
    ])
      expect(createAssigner({ key: 'e', arms, ...same }, { digest }).digest).toBe(digest)
    for (const change of [
      {
        arms: [
          { key: 'control', weight: 0.4 },
          { key: 'treatment', weight: 0.6 },
        ],
      },
      { arms: [{ key: 'treatment' }, { key: 'control' }] },
      { salts: { variant: 'x' } },
      { algorithm: 'growthbook-v2' as const },
      { unit: 'device' },
    ])
      expect(() => createAssigner({ key: 'e', arms, ...change }, { digest })).toThrowError(
        expect.objectContaining({ kind: 'conflict', code: 'abtest.allocation-changed' }),
      )
  })

  test('an exposure is the assignment with its time', () => {
    const assignment = createAssigner({ key: 'e', arms }).assign({ id: 1 })
    const record = exposure(assignment, { clock: manualClock('2026-01-02T03:04:05Z') })
    expect(record).toEqual({ ...assignment, kind: 'ab-exposure', at: '2026-01-02T03:04:05.000Z' })
    expect(JSON.parse(JSON.stringify(record))).toEqual(record)
  })

  test.each<[string, unknown]>([
    ['abtest.invalid-experiment', undefined],
    ['abtest.invalid-experiment', { key: '', arms }],
    ['abtest.invalid-experiment', { key: 'e', arms: [] }],
    ['abtest.invalid-experiment', { key: 'e', arms: [{ key: 'a' }, { key: 'a' }] }],
    ['abtest.invalid-experiment', { key: 'e', arms: [{ key: 'a', weight: 1 }, { key: 'b' }] }],
    ['abtest.invalid-experiment', { key: 'e', arms, coverage: 1.1 }],
    ['abtest.invalid-experiment', { key: 'e', arms, coverage: Number.NaN }],
    ['abtest.invalid-experiment', { key: 'e', arms, algorithm: 'sha0' }],
    ['abtest.invalid-experiment', { key: 'e', arms, sticky: { version: 1, blockBelow: 2 } }],
    ['abtest.invalid-experiment', { key: 'e', arms, sticky: { version: -1 } }],
    ['abtest.invalid-experiment', { key: 'e', arms, holdouts: [{ name: 'h', share: 2 }] }],
    [
      'abtest.invalid-experiment',
      { key: 'e', arms, namespace: { name: 'n', ranges: [[0.5, 0.2]] } },
    ],
    [
      'abtest.invalid-weights',
      {
        key: 'e',
        arms: [
          { key: 'a', weight: 0.5 },
          { key: 'b', weight: 0.4 },
        ],
      },
    ],
    [
      'abtest.invalid-weights',
      {
        key: 'e',
        arms: [
          { key: 'a', weight: -0.5 },
          { key: 'b', weight: 1.5 },
        ],
      },
    ],
    ['abtest.invalid-allocation', { key: 'e', arms: { segments: [] } }],
    ['abtest.invalid-condition', { key: 'e', arms, condition: {} }],
  ])('%s for %j', (wanted, experiment) => {
    expect(() => createAssigner(experiment as Experiment)).toThrowError(code(wanted))
  })
})

describe('sticky assignment', () => {
  stickyStoreContract({ test, makeStore: () => memoryStickyStore() })
  stickyStoreContract({ test: (name, run) => test(`${name} (async)`, run), makeStore: slowStore })

  test('the contract finds stores that forget, overwrite or mix up', async () => {
    const failures = async (
      change: (store: StickyStore<'sync'>) => Partial<StickyStore<'sync'>>,
    ) => {
      const runs: [string, () => Promise<void>][] = []
      const broken = () => {
        const memory = memoryStickyStore()
        return { ...memory, ...change(memory) }
      }
      stickyStoreContract({ test: (name, run) => runs.push([name, run]), makeStore: broken })
      const failed: string[] = []
      for (const [name, run] of runs) await run().catch(() => failed.push(name))
      return failed
    }
    expect(await failures(() => ({}))).toEqual([])
    expect(await failures((m) => ({ find: (a, v) => m.find(a, v.toLowerCase()) }))).not.toEqual([])
    expect(await failures(() => ({ putIfAbsent: (_a, _v, _e, arm) => arm }))).not.toEqual([])
    expect(
      await failures((m) => ({
        putIfAbsent(a, v, e, arm) {
          m.putIfAbsent(a, v, e, arm)
          return arm
        },
      })),
    ).toContain('sticky store: the first arm stands')
    expect(
      await failures((m) => ({
        find: (a, v) => m.find('key', `${a}||${v}`),
        putIfAbsent: (a, v, e, arm) => m.putIfAbsent('key', `${a}||${v}`, e, arm),
      })),
    ).not.toEqual([])
  })

  test('an arm is kept when weights, coverage and targeting change', () => {
    const store = memoryStickyStore()
    const before = createAssigner({ key: 'e', arms })
    const after = createAssigner({
      key: 'e',
      arms: [
        { key: 'control', weight: 0 },
        { key: 'treatment', weight: 1 },
      ],
      coverage: 0,
      condition: { or: [] },
    })
    const first = ids.slice(0, 200).map((unit) => assignSticky(before, unit, { store }).arm)
    const later = ids.slice(0, 200).map((unit) => assignSticky(after, unit, { store }))
    expect(later.map(({ arm }) => arm)).toEqual(first)
    expect(new Set(first).size).toBe(2)
    expect(
      later.every(({ reason, propensity }) => reason === 'sticky' && propensity === null),
    ).toBe(true)
    expect(assignSticky(after, { id: 'new' }, { store })).toMatchObject({
      arm: null,
      reason: 'not-targeted',
    })
    expect(store.documents()).toHaveLength(200)
  })

  test('a holdout comes before what is stored; an arm that is gone does not count', () => {
    const store = memoryStickyStore([{ attribute: 'id', value: '1', assignments: { e__0: 'old' } }])
    const held = createAssigner({
      key: 'e',
      arms: [{ key: 'old' }],
      holdouts: [{ name: 'h', share: 1 }],
    })
    expect(assignSticky(held, { id: 1 }, { store }).reason).toBe('holdout')
    const without = createAssigner({ key: 'e', arms })
    expect(assignSticky(without, { id: 1 }, { store })).toMatchObject({ reason: 'assigned' })
    const named = createAssigner({ key: 'e', arms: [{ key: 'old' }, { key: 'new' }] })
    expect(assignSticky(named, { id: 1 }, { store })).toMatchObject({
      reason: 'sticky',
      arm: 'old',
    })
  })

  test('two requests at once agree on the first', async () => {
    const store = slowStore()
    const [one, other] = [0, 1].map((share) =>
      createAssigner({
        key: 'e',
        arms: [
          { key: 'a', weight: share },
          { key: 'b', weight: 1 - share },
        ],
      }),
    )
    const both = await Promise.all([one!, other!].map((a) => assignSticky(a, { id: 1 }, { store })))
    expect(both.map(({ arm }) => arm)).toEqual(['b', 'b'])
    expect(both[1]!.reason).toBe('sticky')
  })

  test('reallocating moves units only where shares moved, also for those not stored', () => {
    const allocation = allocate({ a: 1 / 3, b: 1 / 3, c: 1 / 3 })
    const next = reallocate(allocation, { a: 0.2, b: 0.4, c: 0.4 })
    const [before, after] = [allocation, next].map((to) => createAssigner({ key: 'e', arms: to }))
    let moved = 0
    for (const unit of ids) {
      const [x, y] = [before!.assign(unit).arm, after!.assign(unit).arm]
      if (x === y) continue
      moved++
      expect(x).toBe('a')
    }
    expect(moved / ids.length).toBeCloseTo(1 / 3 - 0.2, 1)
  })
})

/** The memory store behind promises that take their time. */
function slowStore(): StickyStore<'async'> {
  const memory = memoryStickyStore()
  const later = async () => {
    for (let i = 0; i < 3; i++) await Promise.resolve()
  }
  return {
    async find(attribute, value) {
      await later()
      return memory.find(attribute, value)
    },
    async putIfAbsent(attribute, value, entry, arm) {
      await later()
      return memory.putIfAbsent(attribute, value, entry, arm)
    },
  }
}
