import { describe, expect, it } from 'vitest'
import {
  addDouble2,
  divideDouble2,
  expDouble2,
  logDouble2,
  low,
  multiplyDouble2,
  twoProduct,
  twoSum,
} from './double-double.ts'
import { erf, erfc, erfcx } from './error-function.ts'
import { regularizedBeta } from './incomplete-beta.ts'
import { regularizedGamma } from './incomplete-gamma.ts'
import {
  digamma,
  logBeta,
  logGamma,
  logGammaIncrement,
  logGammaOnePlus,
  stirlingError,
} from './stirling.ts'

const relative = (got: number, want: number) => (got === want ? 0 : Math.abs(got / want - 1))

describe('double-double', () => {
  it('adds and multiplies exactly', () => {
    for (let i = 0; i < 500; i++) {
      // 53-bit integers, whose product is exact over BigInt
      const a = 2 ** 52 + ((i * 2654435761) % 2 ** 31) * 97 + i
      const b = 2 ** 52 + ((i * 40503) % 2 ** 31) * 8191 + 3 * i + 1
      const p = twoProduct(a, b)
      expect(BigInt(p) + BigInt(low[0]!)).toBe(BigInt(a) * BigInt(b))
      const s = twoSum(a, b / 1024)
      expect(BigInt(s) * 1024n + BigInt(low[0]! * 1024)).toBe(BigInt(a) * 1024n + BigInt(b))
    }
  })

  it('divides and multiplies back', () => {
    for (const [a, b] of [
      [1, 3],
      [7, 1e5],
      [Math.PI, 1e-7],
      [1e200, 3e90],
    ] as const) {
      const q = divideDouble2(a, 0, b, 0)
      const p = multiplyDouble2(q, low[0]!, b, 0)
      const rest = addDouble2(p, low[0]!, -a, 0)
      expect(Math.abs(rest / a)).toBeLessThan(1e-31)
    }
  })

  it('has a logarithm and an exponential that are inverse to 22 digits', () => {
    for (let i = -300; i < 300; i += 7) {
      for (const x of [1.7 * 10 ** i, 0.999 + i * 1e-6, 1.1 ** i]) {
        const h = logDouble2(x)
        const back = expDouble2(h, low[0]!)
        const rest = addDouble2(back, low[0]!, -x, 0)
        expect(Math.abs(rest / x)).toBeLessThan(5e-23)
      }
    }
    expect(logDouble2(0)).toBe(Number.NEGATIVE_INFINITY)
    expect(relative(logDouble2(5e-324), -744.4400719213812)).toBeLessThan(2e-16)
    expect(expDouble2(-800, 0)).toBe(0)
    expect(expDouble2(800, 0)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('log gamma', () => {
  it('is the logarithm of the factorial', () => {
    let factorial = 1n
    for (let n = 1; n <= 170; n++) {
      factorial *= BigInt(n)
      expect(relative(logGamma(n + 1), Math.log(Number(factorial)))).toBeLessThan(1e-15)
    }
    expect(logGamma(0)).toBe(Number.POSITIVE_INFINITY)
    expect(logGamma(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY)
  })

  it('keeps its digits near its zeros', () => {
    const euler = 0.5772156649015329
    expect(relative(logGammaOnePlus(1e-12), -euler * 1e-12)).toBeLessThan(2e-12)
    expect(relative(logGammaOnePlus(1 + 2 ** -40), (1 - euler) * 2 ** -40)).toBeLessThan(1e-12)
  })

  it('steps by log x over all its pieces', () => {
    for (let x = 0.013; x < 40; x *= 1.03) {
      expect(Math.abs(logGamma(x + 1) - logGamma(x) - Math.log(x))).toBeLessThan(
        6e-15 * (1 + logGamma(x + 1)),
      )
      const step = (x + 0.5) * Math.log1p(1 / x) - 1
      expect(Math.abs(stirlingError(x) - stirlingError(x + 1) - step)).toBeLessThan(1e-15)
    }
  })

  it('has increments that do not cancel', () => {
    expect(relative(logGammaIncrement(1e6, 1e-10), 1e-10 * digamma(1e6))).toBeLessThan(1e-14)
    expect(relative(logGammaIncrement(3, 2), Math.log(12))).toBeLessThan(1e-15)
    expect(relative(logBeta(2, 3), -Math.log(12))).toBeLessThan(4e-16)
    expect(logBeta(2.5, 1e6)).toBe(logBeta(1e6, 2.5))
    expect(relative(digamma(1), -0.5772156649015329)).toBeLessThan(2e-15)
    expect(digamma(0)).toBe(Number.NEGATIVE_INFINITY)
  })
})

describe('error functions', () => {
  it('join their pieces', () => {
    for (let x = -6; x < 27; x += 0.01) {
      expect(Math.abs(erf(x) + erfc(x) - 1)).toBeLessThan(3e-16)
      if (x > -5 && x < 26)
        expect(relative(erfcx(x), Math.exp(x * x) * erfc(x))).toBeLessThan(3e-13)
      expect(erfc(x + 1e-4)).toBeLessThanOrEqual(erfc(x))
    }
    expect(erf(-0.3)).toBe(-erf(0.3))
    expect(erfc(40)).toBe(0)
    expect(erfcx(-30)).toBe(Number.POSITIVE_INFINITY)
    expect(relative(erfcx(1e8), 1 / (1e8 * Math.sqrt(Math.PI)))).toBeLessThan(3e-16)
  })
})

describe('incomplete functions', () => {
  it('are continuous where one method gives way to the next', () => {
    const steady = (f: (v: number) => number, v: number) =>
      expect(relative(f(v * (1 - 2e-16)), f(v * (1 + 2e-16)))).toBeLessThan(2e-13)
    for (const x of [0.3, 0.8, 1.5, 12]) steady((a) => regularizedGamma(a, x, true), 1)
    for (const x of [10, 19, 20, 25, 40]) {
      steady((a) => regularizedGamma(a, x, true), 20)
      steady((a) => regularizedGamma(a, x, false), 20)
    }
    for (const a of [0.4, 0.9]) steady((x) => regularizedGamma(a, x, true), 0.8)
    for (const a of [22, 300, 5000]) {
      for (const side of [0.2965, 0.2966, 2.11, 2.12])
        steady((x) => regularizedGamma(a, x, side > 1), a * side)
      steady((x) => regularizedGamma(a, x, true), a)
    }
    for (const b of [0.7, 3, 60]) {
      steady((a) => regularizedBeta(a, b, 0.3, true), 15)
      steady((x) => regularizedBeta(4, b, x, true), 0.4)
      steady((x) => regularizedBeta(30, b, x, true), 30 / (30 + b))
      steady((v) => regularizedBeta(50, v, 0.6, false), 20)
    }
  })
})

it('outside their domain the special functions are NaN, and end', () => {
  for (const bad of [Number.NaN, -1, -1e300, Number.NEGATIVE_INFINITY]) {
    expect(logGamma(bad)).toBeNaN()
    expect(digamma(bad)).toBeNaN()
    expect(logBeta(bad, 2)).toBeNaN()
    expect(logBeta(2, bad)).toBeNaN()
    for (const upper of [false, true]) {
      expect(regularizedGamma(bad, 1, upper)).toBeNaN()
      if (Number.isNaN(bad)) expect(regularizedGamma(1, bad, upper)).toBeNaN()
      expect(regularizedBeta(bad, 1, 0.5, upper)).toBeNaN()
      expect(regularizedBeta(1, bad, 0.5, upper)).toBeNaN()
      expect(regularizedBeta(1, 1, bad, upper)).toBeNaN()
    }
  }
  expect(regularizedBeta(1, 1, 1.5, false)).toBeNaN()
})
