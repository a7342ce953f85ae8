import { expect, test } from 'vitest'
import { createRng, shuffle } from './rng.ts'

// Reference outputs of the Rust crate rand_xoshiro 0.6.0, Xoshiro128StarStar.
const FROM_STATE_1234 = [
  11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
  4258142804,
]
const FROM_SEED_42 = [
  1776835114, 4165204688, 17111135, 2317295270, 2792088233, 2554630222, 2940343271, 2244566231,
  3567603786, 2928476417,
]
const AFTER_JUMP = [1194304935, 745561276, 25819468, 3320478005]

const state1234 = { algorithm: 'xoshiro128**', words: [1, 2, 3, 4] } as const

test('agrees with the reference implementation, from a state and from a seed', () => {
  const a = createRng(state1234)
  expect(FROM_STATE_1234.map(() => a.uint32())).toEqual(FROM_STATE_1234)
  const b = createRng(42)
  expect(FROM_SEED_42.map(() => b.uint32())).toEqual(FROM_SEED_42)
})

test('split() leaps as the reference jump() does, and the child continues in the old place', () => {
  const parent = createRng(state1234)
  const child = parent.split()
  expect(AFTER_JUMP.map(() => parent.uint32())).toEqual(AFTER_JUMP)
  expect(FROM_STATE_1234.map(() => child.uint32())).toEqual(FROM_STATE_1234)
})

test('the state survives JSON at any point', () => {
  const rng = createRng('a text seed')
  for (let i = 0; i < 17; i++) rng.next()
  const copy = createRng(JSON.parse(JSON.stringify(rng.state())))
  for (let i = 0; i < 100; i++) expect(copy.uint32()).toBe(rng.uint32())
})

test('next() is uniform on [0, 1) and int(n) even over n', () => {
  const rng = createRng(7)
  const draws = 60_000
  const counts = new Array<number>(6).fill(0)
  let sum = 0
  let outside = 0
  for (let i = 0; i < draws; i++) {
    counts[rng.int(6)]!++
    const u = rng.next()
    if (!(u >= 0 && u < 1)) outside++
    sum += u
  }
  expect(outside).toBe(0)
  const chi = counts.reduce((total, n) => total + (n - draws / 6) ** 2 / (draws / 6), 0)
  expect(chi).toBeLessThan(20.5) // 0.999 quantile of chi-square with 5 degrees of freedom
  expect(Math.abs(sum / draws - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / draws))
})

test('int reaches the top of its range and refuses what it cannot serve', () => {
  const rng = createRng(3)
  expect(rng.int(1)).toBe(0)
  expect(rng.int(4294967296)).toBeGreaterThanOrEqual(0)
  for (const n of [0, -1, 1.5, Number.NaN, 4294967297]) {
    expect(() => rng.int(n)).toThrowError(expect.objectContaining({ code: 'core.invalid-bound' }))
  }
})

test('bad seeds and states are refused', () => {
  const bad = [
    1.5,
    Number.NaN,
    { algorithm: 'xoshiro128**', words: [0, 0, 0, 0] },
    { algorithm: 'pcg', words: [1, 2, 3, 4] },
    null,
  ]
  for (const seed of bad) {
    expect(() => createRng(seed as never)).toThrowError(
      expect.objectContaining({ code: 'core.invalid-seed' }),
    )
  }
})

test('shuffle makes every order of three equally likely', () => {
  const rng = createRng(11)
  const counts = new Map<string, number>()
  for (let i = 0; i < 6000; i++) {
    const key = shuffle([0, 1, 2], rng).join('')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  expect(counts.size).toBe(6)
  const chi = [...counts.values()].reduce((total, n) => total + (n - 1000) ** 2 / 1000, 0)
  expect(chi).toBeLessThan(20.5)
})
