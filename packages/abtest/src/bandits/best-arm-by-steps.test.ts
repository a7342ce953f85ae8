import type { Rng } from '@mlops/core'
import { createRng } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import { betaLaws, tLaws } from './arm-laws.ts'
import { fillBestArm } from './best-arm.ts'
import { bestArmBySteps } from './best-arm-by-steps.ts'
import { steppedBeta } from './stepped-beta.ts'
import type { SteppedLaws } from './stepped-laws.ts'
import { steppedT } from './stepped-t.ts'

type Law = readonly [number, number, number]

interface Kind {
  make(arms: number, error: number): SteppedLaws & { setLaw(k: number, law: Law): void }
  exact(laws: readonly Law[]): Float64Array
  draw(rng: Rng, spread: number): Law
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
    for (let turn = 0; turn < 60; turn++) {
      const law = kind.draw(rng, 3)
      const { low, high, start, bend, reach, setLaw } = kind.make(1, 0.005)
      setLaw(0, law)
      const of = (y: number, from: number, to: number) => integral(kind, law, y, from, to)
      expect(of(0, high[0]!, Number.POSITIVE_INFINITY)).toBeLessThan(0.005 / 27)
      expect(of(0, Number.NEGATIVE_INFINITY, low[0]!)).toBeLessThan(0.005 / 27)
      expect(start[0]!).toBeLessThanOrEqual(high[0]!)
      expect(of(0, start[0]!, Number.POSITIVE_INFINITY)).toBeLessThan(Math.sqrt(0.005 / 6))
      const far = Math.min(reach[0]!, Math.sqrt(6 / bend[0]!))
      for (const y of [0.3 * far, 0.7 * far, 0.999 * far]) {
        const mass = of(y, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
        expect(mass, JSON.stringify([law, y])).toBeLessThanOrEqual(
          Math.exp(bend[0]! * y * y) * (1 + 1e-6),
        )
        expect(mass).toBeGreaterThan(1)
      }
    }
  })
})

/** `∫ |f(t + iy)| dt` by many small steps, of a density that is 1 in all at y = 0. */
function integral(kind: Kind, law: Law, y: number, from: number, to: number): number {
  const [centre, scale] = kind === beta ? [Math.log(law[0] / law[1]), 1] : [law[1], law[2]]
  let part = 0
  let whole = 0
  // A grid that widens outwards, t = centre + scale·sinh(u).
  for (let u = -14; u <= 14; u += 1 / 512) {
    const t = centre + scale * Math.sinh(u)
    const weight = scale * Math.cosh(u)
    whole += weight * Math.exp(logDensity(kind, law, t, 0))
    if (t >= from && t <= to) part += weight * Math.exp(logDensity(kind, law, t, y))
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
