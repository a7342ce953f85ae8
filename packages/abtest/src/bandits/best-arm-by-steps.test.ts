import type { Rng } from '@mlops/core'
import { createRng } from '@mlops/core'
import { erfc, regularizedBeta } from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import { betaLaws, tLaws } from './arm-laws.ts'
import { fillBestArm } from './best-arm.ts'
import { bestArmBySteps, stepOf } from './best-arm-by-steps.ts'
import { steppedBeta } from './stepped-beta.ts'
import type { SteppedLaws } from './stepped-laws.ts'
import { steppedT } from './stepped-t.ts'

type Law = readonly [number, number, number]

interface Kind {
  make(arms: number, error: number): SteppedLaws & { setLaw(k: number, law: Law): void }
  exact(laws: readonly Law[]): Float64Array
  draw(rng: Rng, spread: number): Law
  /** The probability above t. */
  tail(law: Law, t: number): number
}

const column = (laws: readonly Law[], at: number) => laws.map((law) => law[at]!)

const beta: Kind = {
  make(arms, error) {
    const laws = steppedBeta(arms, error)
    return { ...laws, setLaw: (k, [a, b]) => laws.set(k, a, b) }
  },
  exact(laws) {
    const out = new Float64Array(laws.length)
    fillBestArm(betaLaws(column(laws, 0), column(laws, 1)), out)
    return out
  },
  draw(rng, spread) {
    const n = 10 ** (spread * rng.next())
    const rate = rng.next() < 0.5 ? rng.next() : 0.3 + 0.3 * rng.next()
    const prior = rng.next() < 0.2 ? 0.05 : 1
    return [prior + n * rate, prior + n * (1 - rate), 0]
  },
  // Of the smaller of x and 1 − x, for the larger is rounded.
  tail: ([a, b], t) =>
    t > 0
      ? regularizedBeta(b, a, 1 / (1 + Math.exp(t)), false)
      : regularizedBeta(a, b, 1 / (1 + Math.exp(-t)), true),
}

const tLaw = (df: (rng: Rng) => number): Kind => ({
  make(arms, error) {
    const laws = steppedT(arms, error)
    return { ...laws, setLaw: (k, law) => laws.set(k, ...law) }
  },
  exact(laws) {
    const out = new Float64Array(laws.length)
    fillBestArm(tLaws(column(laws, 0), column(laws, 1), column(laws, 2)), out)
    return out
  },
  draw: (rng, spread) => [df(rng), 4 * rng.next(), 10 ** (-0.5 * spread * rng.next())],
  tail([df, centre, scale], t) {
    const z = (t - centre) / scale
    if (df === Number.POSITIVE_INFINITY) return 0.5 * erfc(z / Math.SQRT2)
    const half = 0.5 * regularizedBeta(df / 2, 0.5, df / (df + z * z), false)
    return z > 0 ? half : 1 - half
  },
})

const kinds = {
  beta,
  "Student's t": tLaw((rng) => (rng.next() < 0.3 ? 1 + rng.int(4) : 1 + 30 * rng.next())),
  normal: tLaw(() => Number.POSITIVE_INFINITY),
}

function answer(kind: Kind, laws: readonly Law[], error: number): Float64Array | undefined {
  const stepped = kind.make(laws.length, error)
  laws.forEach((law, k) => {
    stepped.setLaw(k, law)
  })
  const out = new Float64Array(laws.length)
  return bestArmBySteps(stepped, error)(out) ? out : undefined
}

const apart = (a: Float64Array, b: Float64Array) =>
  a.reduce((sum, p, i) => sum + Math.abs(p - b[i]!), 0) / 2

/** Alike, of unlike widths, equal, one far ahead, one hardly known. */
function drawSet(kind: Kind, rng: Rng, turn: number): Law[] {
  const arms = 2 + rng.int(turn % 10 === 0 ? 49 : 11)
  const laws = Array.from({ length: arms }, () => kind.draw(rng, [0.5, 2, 4][turn % 3]!))
  if (turn % 7 === 0) return laws.map(() => laws[0]!)
  if (turn % 7 === 1) laws[0] = kind.draw(rng, 0)
  if (turn % 7 === 2) laws[0] = kind === beta ? [5000, 3, 0] : [30, 9, 0.2]
  return laws
}

describe.each(Object.entries(kinds))('%s', (_, kind) => {
  test.each([0.05, 0.005, 5e-6])('within %f of the quadrature to eleven digits', (error) => {
    const rng = createRng(17)
    let answered = 0
    for (let turn = 0; turn < 1200; turn++) {
      const laws = drawSet(kind, rng, turn)
      const got = answer(kind, laws, error)
      if (got === undefined) continue
      answered++
      expect(apart(got, kind.exact(laws)), JSON.stringify(laws)).toBeLessThanOrEqual(error)
      expect(Math.abs(got.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-12)
      expect(got.every((p) => p >= 0)).toBe(true)
    }
    expect(answered).toBeGreaterThan(error < 1e-4 ? 250 : 700)
  })

  test('the same whatever was asked before', () => {
    const rng = createRng(3)
    const arms = 8
    const error = 0.005
    const laws = Array.from({ length: arms }, () => kind.draw(rng, 1))
    const kept = kind.make(arms, error)
    laws.forEach((law, k) => {
      kept.setLaw(k, law)
    })
    const fill = bestArmBySteps(kept, error)
    let answered = 0
    for (let turn = 0; turn < 600; turn++) {
      const k = rng.int(arms)
      laws[k] = kind.draw(rng, turn % 100 === 99 ? 5 : 1 + turn / 300)
      kept.setLaw(k, laws[k]!)
      const out = new Float64Array(arms)
      const wanted = answer(kind, laws, error)
      expect(fill(out)).toBe(wanted !== undefined)
      if (wanted === undefined) continue
      answered++
      expect([...out]).toEqual([...wanted])
    }
    expect(answered).toBeGreaterThan(200)
  })

  test('equal laws get equal shares, hopeless ones none', () => {
    const law = kind.draw(createRng(1), 0)
    expect(new Set(answer(kind, [law, law, law, law], 0.005))).toEqual(new Set([0.25]))
    const [hopeless, sure]: [Law, Law] =
      kind === beta
        ? [
            [10, 1e5, 0],
            [5, 5, 0],
          ]
        : [
            [30, 0, 0.1],
            [30, 9, 0.1],
          ]
    expect([...answer(kind, [hopeless, sure], 0.005)!]).toEqual([0, 1])
    expect([...answer(kind, [law], 0.005)!]).toEqual([1])
  })

  test('what is promised of the laws: ends, and the density off the axis', () => {
    const rng = createRng(11)
    for (let turn = 0; turn < 25; turn++) {
      const law = kind.draw(rng, 3)
      const { low, high, start, bend, reach, setLaw } = kind.make(1, 0.005)
      setLaw(0, law)
      expect(kind.tail(law, high[0]!)).toBeLessThan(0.005 / 27)
      expect(1 - kind.tail(law, low[0]!)).toBeLessThan(0.005 / 27)
      expect(start[0]!).toBeLessThanOrEqual(high[0]!)
      expect(kind.tail(law, start[0]!)).toBeLessThan(Math.sqrt(0.005 / 6))
      const far = Math.min(reach[0]!, Math.sqrt(6 / bend[0]!))
      for (const y of [0.3 * far, 0.7 * far, 0.999 * far]) {
        const mass = integral(kind, law, y)
        expect(mass, JSON.stringify([law, y])).toBeLessThanOrEqual(
          Math.exp(bend[0]! * y * y) * (1 + 1e-6),
        )
        expect(mass).toBeGreaterThan(1)
      }
    }
  })

  test('the step keeps what is proven of rule and distribution functions', () => {
    const rng = createRng(23)
    for (let turn = 0; turn < 60; turn++) {
      const arms = 2 + rng.int(30)
      const share = [0.002, 2e-4, 2e-6][turn % 3]!
      const stepped = kind.make(arms, 3 * share)
      for (let k = 0; k < arms; k++) stepped.setLaw(k, kind.draw(rng, turn % 4))
      const h = stepOf(
        stepped,
        Int32Array.from({ length: arms }, (_, k) => k),
        arms,
        share,
      )
      const { bend, reach } = stepped
      const bends = bend.reduce((a, b) => a + b, 0)
      const far = Math.min(
        reach.reduce((a, b) => Math.min(a, b)),
        10 / Math.sqrt(bends),
      )
      let rule = Number.POSITIVE_INFINITY
      let sums = Number.POSITIVE_INFINITY
      for (let i = 1; i <= 80; i++) {
        const d = (far * i) / 80
        rule = Math.min(rule, (2 * Math.exp(bends * d * d)) / Math.expm1((2 * Math.PI * d) / h))
        const rho =
          ((3 * i) / 80) *
          Math.min(reach.reduce((a, b) => Math.min(a, b)) / 3, 1 / Math.sqrt(Math.max(...bend)))
        sums = Math.min(
          sums,
          bend.reduce((sum, c) => sum + endError(c, rho, h), 0),
        )
      }
      expect(rule).toBeLessThanOrEqual(share)
      expect(sums).toBeLessThanOrEqual(share)
      // And it is no shorter than it must be.
      expect(Math.max(rule, sums)).toBeGreaterThan(share / 40)
    }
  })

  test('distribution functions are as exact as that', () => {
    const rng = createRng(29)
    for (let turn = 0; turn < 40; turn++) {
      const law = kind.draw(rng, 2)
      const { bend, reach, high, low, columns, setLaw, beyond, lengthen } = kind.make(1, 1e-10)
      setLaw(0, law)
      const rho = Math.min(reach[0]!, Math.sqrt(3.5 / bend[0]!))
      for (const wanted of [1e-3, 1e-5, 1e-8]) {
        const h = rho * (wanted / endError(bend[0]!, rho, rho)) ** (1 / 6)
        const begin = Math.floor(high[0]! / h)
        const length = Math.min(200, Math.ceil((high[0]! - low[0]!) / h))
        columns.begin[0] = begin
        columns.length[0] = 0
        columns.sum[0] = beyond(0, begin, h)
        lengthen(0, h, length)
        for (let i = 0; i < length; i += 1 + Math.floor(length / 12)) {
          const exact = kind.tail(law, (begin - i) * h)
          expect(Math.abs(1 - exact - columns.below[i]!)).toBeLessThan(wanted + 1e-9)
        }
      }
    }
  })
})

/** What Euler and Maclaurin's terms may leave of a law with this bend, on a circle of radius rho. */
function endError(bend: number, rho: number, h: number): number {
  let mean = 0
  for (let i = 0; i < 64; i++)
    mean += Math.exp(bend * rho * rho * Math.sin((Math.PI * (i + 0.5)) / 64) ** 2) / 64
  return ((h / rho) ** 6 / 21) * mean
}

/** `∫ |f(t + iy)| dt` by many small steps, of a density that is 1 in all at y = 0. */
function integral(kind: Kind, law: Law, y: number): number {
  const [centre, scale] = kind === beta ? [Math.log(law[0] / law[1]), 1] : [law[1], law[2]]
  let part = 0
  let whole = 0
  // A grid that widens outwards, t = centre + scale·sinh(u).
  for (let u = -14; u <= 14; u += 1 / 128) {
    const t = centre + scale * Math.sinh(u)
    const weight = scale * Math.cosh(u)
    whole += weight * Math.exp(logDensity(kind, law, t, 0))
    part += weight * Math.exp(logDensity(kind, law, t, y))
  }
  return part / whole
}

/** ln |f(t + iy)| up to a constant. */
function logDensity(kind: Kind, [p, q, s]: Law, t: number, y: number): number {
  if (kind === beta) {
    // |1 + e^(t + iy)|, and the same turned round so that nothing overflows.
    const e = Math.exp(-Math.abs(t))
    const log = 0.5 * Math.log1p(e * (2 * Math.cos(y) + e))
    const peak = Math.log(p / q)
    return (
      (t > 0 ? -q * t : p * t) -
      (p + q) * log +
      p * Math.log1p(Math.exp(-peak)) +
      q * Math.log1p(Math.exp(peak))
    )
  }
  const z = (t - q) / s
  const v = y / s
  if (p === Number.POSITIVE_INFINITY) return 0.5 * (v * v - z * z)
  const [re, im] = [1 + (z * z - v * v) / p, (2 * z * v) / p]
  return -0.25 * (p + 1) * Math.log(re * re + im * im)
}
