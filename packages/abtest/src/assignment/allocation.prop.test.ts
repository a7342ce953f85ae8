import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { armAt, checkAllocation } from './allocation.ts'
import type { ArmWeights } from './index.ts'
import { allocate, allocationWeights, createAssigner, reallocate } from './index.ts'

const code = (wanted: string) => expect.objectContaining({ kind: 'invalid', code: wanted })

const weights = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 })
  .chain((arms) =>
    fc.tuple(
      fc.constant(arms),
      fc.array(fc.integer({ min: 0, max: 20 }), { minLength: arms.length, maxLength: arms.length }),
    ),
  )
  .map(([arms, parts]): ArmWeights => {
    const total = parts.reduce((sum, part) => sum + part, 0)
    return Object.fromEntries(
      arms.map((arm, i) => [arm, total === 0 ? (i === 0 ? 1 : 0) : parts[i]! / total]),
    )
  })

describe('allocations', () => {
  test('have the weights asked for, through any chain of changes, each moving the least mass', () => {
    fc.assert(
      fc.property(weights, fc.array(weights, { minLength: 1, maxLength: 6 }), (first, changes) => {
        let allocation = allocate(first)
        for (const wanted of changes) {
          const next = checkAllocation(reallocate(allocation, wanted))
          const before = allocationWeights(allocation)
          const after = allocationWeights(next)
          const arms = [
            ...new Set([...Object.keys(before), ...Object.keys(after), ...Object.keys(wanted)]),
          ]
          let apart = 0
          for (const arm of arms) {
            expect(after[arm] ?? 0).toBeCloseTo(wanted[arm] ?? 0, 8)
            apart += Math.abs((after[arm] ?? 0) - (before[arm] ?? 0)) / 2
          }
          expect(movedMass(allocation, next)).toBeCloseTo(apart, 8)
          allocation = next
        }
      }),
    )
  })

  test('the same weights change nothing', () => {
    fc.assert(
      fc.property(weights, (same) => {
        const allocation = allocate(same)
        expect(reallocate(allocation, same)).toEqual(allocation)
      }),
    )
  })

  test('an arm is found by search as by looking at every segment', () => {
    fc.assert(
      fc.property(
        weights,
        weights,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (a, b, at) => {
          const allocation = reallocate(allocate(a), b)
          const found = allocation.segments.filter(({ from, to }) => at >= from && at < to)
          expect(found.map(({ arm }) => arm)).toEqual([armAt(allocation, at)])
        },
      ),
    )
  })

  test('what cannot be meant is refused', () => {
    for (const bad of [
      {},
      { a: 0.5 },
      { a: 0.6, b: 0.6 },
      { a: -0.5, b: 1.5 },
      { a: Number.NaN },
      { '': 1 },
    ])
      expect(() => allocate(bad)).toThrowError(code('abtest.invalid-weights'))
    for (const segments of [
      [],
      [{ arm: 'a', from: 0, to: 0.5 }],
      [
        { arm: 'a', from: 0, to: 0.5 },
        { arm: 'b', from: 0.6, to: 1 },
      ],
      [{ arm: '', from: 0, to: 1 }],
    ])
      expect(() => reallocate({ segments }, { a: 1 })).toThrowError(
        code('abtest.invalid-allocation'),
      )
  })
})

test('raising the coverage moves nobody, under every algorithm', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('mlops-v1', 'growthbook-v1', 'growthbook-v2', 'unleash-murmur3', 'md5-shard'),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      weights,
      (algorithm, x, y, shares) => {
        const [low, high] = [Math.min(x, y), Math.max(x, y)].map((coverage) =>
          createAssigner({ key: 'e', algorithm, coverage, arms: allocate(shares) }),
        )
        for (let id = 0; id < 40; id++) {
          const before = low!.assign({ id }).arm
          if (before !== null) expect(high!.assign({ id }).arm).toBe(before)
        }
      },
    ),
  )
})

/** By walking over all ends of segments of both. */
function movedMass(a: ReturnType<typeof allocate>, b: ReturnType<typeof allocate>): number {
  const ends = [...new Set([...a.segments, ...b.segments].flatMap(({ from, to }) => [from, to]))]
  ends.sort((x, y) => x - y)
  let moved = 0
  for (let i = 1; i < ends.length; i++) {
    const middle = (ends[i - 1]! + ends[i]!) / 2
    if (armAt(a, middle) !== armAt(b, middle)) moved += ends[i]! - ends[i - 1]!
  }
  return moved
}
