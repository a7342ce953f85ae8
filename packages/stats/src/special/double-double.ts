/**
 * Double-double arithmetic: a number is the unevaluated sum of two doubles, about 32 digits.
 *
 * The density of a distribution in its far tail is exp(-E) with E up to 700. One rounding of E
 * already costs 1e-13 of the result, and forming E from parameters near 1e6 costs 1e-10. So every E
 * in this package is formed here. A function returns the high part and leaves the low part in
 * {@link low}, which spares an allocation per operation.
 *
 * Source: T. J. Dekker, "A floating-point technique for extending the available precision",
 * Numer. Math. 18 (1971); D. E. Knuth, TAOCP 2, 4.2.2.
 */

/** The low part of the last result. Read it before the next call. */
export const low = new Float64Array(1)

const SPLITTER = 134217729
const LN2_HIGH = Math.LN2
const LN2_LOW = 2.3190468138462996e-17
// the first 32 bits of log 2, and the rest
const LN2_FIRST = 0.6931471803691238
const LN2_SECOND = 1.9082149292705877e-10

/** a + b exactly. */
export function twoSum(a: number, b: number): number {
  const s = a + b
  const c = s - a
  low[0] = a - (s - c) + (b - c)
  return s
}

/** a * b exactly, while no intermediate leaves the range of normal doubles. */
export function twoProduct(a: number, b: number): number {
  const p = a * b
  const as = SPLITTER * a
  const ah = as - (as - a)
  const al = a - ah
  const bs = SPLITTER * b
  const bh = bs - (bs - b)
  const bl = b - bh
  low[0] = ah * bh - p + ah * bl + al * bh + al * bl
  return p
}

/** (ah + al) + (bh + bl). */
export function addDouble2(ah: number, al: number, bh: number, bl: number): number {
  const s = twoSum(ah, bh)
  const e = low[0]! + (al + bl)
  const h = s + e
  low[0] = e - (h - s)
  return h
}

/** (ah + al) * (bh + bl). */
export function multiplyDouble2(ah: number, al: number, bh: number, bl: number): number {
  const p = twoProduct(ah, bh)
  const e = low[0]! + (ah * bl + al * bh)
  const h = p + e
  low[0] = e - (h - p)
  return h
}

/** (ah + al) / (bh + bl). */
export function divideDouble2(ah: number, al: number, bh: number, bl: number): number {
  const q = ah / bh
  const p = twoProduct(q, bh)
  const e = (ah - p - low[0]! + al - q * bl) / bh
  const h = q + e
  low[0] = e - (h - q)
  return h
}

// log(1 + i/128), less log 2 from i = 54 on, for i = 0..128: high parts, then low parts.
const LOG_TABLE = /* @__PURE__ */ logTable()

function logTable(): Float64Array {
  const table = new Float64Array(258)
  for (let i = 1; i <= 128; i++) {
    // 2 atanh(i / (256 + i))
    const sh = divideDouble2(i, 0, 256 + i, 0)
    const sl = low[0]!
    const wh = multiplyDouble2(sh, sl, sh, sl)
    const wl = low[0]!
    let h = 0
    let l = 0
    for (let k = 33; k >= 0; k--) {
      h = multiplyDouble2(h, l, wh, wl)
      l = low[0]!
      const th = divideDouble2(2, 0, 2 * k + 1, 0)
      h = addDouble2(h, l, th, low[0]!)
      l = low[0]!
    }
    const folded = i > 53 ? 1 : 0
    h = multiplyDouble2(h, l, sh, sl)
    table[i] = addDouble2(h, low[0]!, -folded * LN2_HIGH, -folded * LN2_LOW)
    table[129 + i] = low[0]!
  }
  return table
}

const float64 = new Float64Array(1)
const bits = new BigUint64Array(float64.buffer)
const words = new Uint32Array(float64.buffer)
bits[0] = 1n
const HIGH_WORD = words[0] === 1 ? 1 : 0

/**
 * The natural logarithm of h + l, with an absolute error below 3e-23 (h > 0, |l| at most half an ulp
 * of h). The mantissa is divided by the nearest multiple of 1/128, the rest is an atanh series.
 */
export function logDouble2(h: number, l = 0): number {
  let k = 0
  if (h < 2.3e-308) {
    if (h === 0) {
      low[0] = 0
      return Number.NEGATIVE_INFINITY
    }
    h *= 18014398509481984
    l *= 18014398509481984
    k = -54
  } else if (h > 1.7e308 && h === Number.POSITIVE_INFINITY) {
    low[0] = 0
    return h
  }
  float64[0] = h
  const word = words[HIGH_WORD]!
  const exponent = (word >>> 20) - 1023
  k += exponent
  words[HIGH_WORD] = (word & 0xfffff) | 0x3ff00000
  const m = float64[0]!
  const ml =
    l === 0 ? 0 : exponent < -1000 ? l * 2 ** 60 * 2 ** (-exponent - 60) : l * 2 ** -exponent
  const i = Math.round((m - 1) * 128)
  if (i > 53) k += 1
  const c = 1 + i / 128
  // s = (m - c) / (m + c), |s| < 1/500, with its rounding sl
  const nh = m - c + ml
  const nl = ml - (nh - (m - c))
  const dh = m + c
  const dl = (c > m ? m - (dh - c) : c - (dh - m)) + ml
  const s = nh / dh
  const ss = SPLITTER * s
  const s1 = ss - (ss - s)
  const s2 = s - s1
  const ds = SPLITTER * dh
  const d1 = ds - (ds - dh)
  const d2 = dh - d1
  const sl = (nh - s1 * d1 - (s1 * d2 + s2 * d1) - s2 * d2 + nl - s * dl) / dh
  const w = s * s
  const tail =
    s * w * (0.6666666666666666 + w * (0.4 + w * (0.2857142857142857 + w * 0.2222222222222222)))
  // k log 2 + log c + 2 s + tail, every k LN2_FIRST being exact
  const kh = k * LN2_FIRST
  const th = LOG_TABLE[i]!
  const ah = kh + th
  const ac = ah - kh
  const al = kh - (ah - ac) + (th - ac) + (k * LN2_SECOND + LOG_TABLE[129 + i]!)
  const bh = ah + 2 * s
  const bc = bh - ah
  const e = ah - (bh - bc) + (2 * s - bc) + (al + (2 * sl + tail))
  const r = bh + e
  low[0] = e - (r - bh)
  return r
}

/** exp(h + l), with a relative error near 1e-30 while the result is a normal double. */
export function expDouble2(h: number, l: number): number {
  if (h > 709.8) {
    low[0] = 0
    return Number.POSITIVE_INFINITY
  }
  if (h < -745.2) {
    low[0] = 0
    return 0
  }
  const k = Math.round(h / LN2_HIGH)
  const kh = twoProduct(-k, LN2_HIGH)
  const kl = low[0]! - k * LN2_LOW
  let rh = addDouble2(h, l, kh, kl) / 256
  let rl = low[0]! / 256
  // exp(r) - 1 by its series, then squared eight times as (1 + e)^2 - 1 = 2e + e^2
  let eh = 0
  let el = 0
  for (let j = 9; j >= 1; j--) {
    eh = addDouble2(eh, el, 1, 0)
    const sh = multiplyDouble2(eh, low[0]!, rh, rl)
    eh = divideDouble2(sh, low[0]!, j, 0)
    el = low[0]!
  }
  for (let j = 0; j < 8; j++) {
    rh = multiplyDouble2(eh, el, eh, el)
    rl = low[0]!
    eh = addDouble2(2 * eh, 2 * el, rh, rl)
    el = low[0]!
  }
  eh = addDouble2(eh, el, 1, 0)
  el = low[0]!
  const scale = k < -1000 ? 2 ** (k + 100) : 2 ** k
  const rest = k < -1000 ? 2 ** -100 : 1
  low[0] = el * scale * rest
  return eh * scale * rest
}

/** exp(-(eh + el)) * factor as one double, safe where exp alone would leave the normal range. */
export function expNegative(eh: number, el: number, factor: number): number {
  if (eh > 600) return Math.exp(600 - eh) * (1 - el) * factor * 2.65039655300431e-261
  return Math.exp(-eh) * (1 - el) * factor
}

/** Horner's rule, coefficients lowest power first. */
export function polynomial(c: readonly number[], x: number): number {
  let s = 0
  for (let i = c.length - 1; i >= 0; i--) s = s * x + c[i]!
  return s
}
