const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

const double = new Float64Array(1)
const halves = new Int32Array(double.buffer)
const utf8 = /* @__PURE__ */ new TextEncoder()

/** 64 bits of a hash as two signed 32-bit halves: `[high, low]`. */
export type HashWords = Int32Array

/**
 * The first 64 bits of MurmurHash3_x86_128 (seed 0) over bytes; it needs 32-bit multiplications only,
 * so it costs the same on every runtime.
 *
 * Source: Appleby, MurmurHash3 (public domain).
 */
export function hashBytes(bytes: Uint8Array, out: HashWords): void {
  const length = bytes.length
  const blocks = length - (length % 16)
  let h1 = 0
  let h2 = 0
  let h3 = 0
  let h4 = 0
  for (let at = 0; at < blocks; at += 16) {
    h1 ^= scramble(word(bytes, at), C1, 15, C2)
    h1 = (Math.imul(rotl(h1, 19) + h2, 5) + 0x561ccd1b) | 0
    h2 ^= scramble(word(bytes, at + 4), C2, 16, C3)
    h2 = (Math.imul(rotl(h2, 17) + h3, 5) + 0x0bcaa747) | 0
    h3 ^= scramble(word(bytes, at + 8), C3, 17, C4)
    h3 = (Math.imul(rotl(h3, 15) + h4, 5) + 0x96cd1c35) | 0
    h4 ^= scramble(word(bytes, at + 12), C4, 18, C1)
    h4 = (Math.imul(rotl(h4, 13) + h1, 5) + 0x32ac3b17) | 0
  }
  h4 ^= scramble(word(bytes, blocks + 12), C4, 18, C1)
  h3 ^= scramble(word(bytes, blocks + 8), C3, 17, C4)
  h2 ^= scramble(word(bytes, blocks + 4), C2, 16, C3)
  h1 ^= scramble(word(bytes, blocks), C1, 15, C2)
  finish(h1, h2, h3, h4, length, out)
}

/** {@link hashBytes} of a text as UTF-8. */
export function hashText(text: string, out: HashWords): void {
  hashBytes(utf8.encode(text), out)
}

/** {@link hashBytes} of the 8 little-endian bytes of a double; −0 counts as 0. */
export function hashNumber(x: number, out: HashWords): void {
  double[0] = x + 0
  finish(scramble(halves[0]!, C1, 15, C2), scramble(halves[1]!, C2, 16, C3), 0, 0, 8, out)
}

/** {@link hashNumber} of many at once: `out` takes both halves of each. */
export function hashNumbers(values: Float64Array, out: HashWords): void {
  const bits = new Int32Array(values.buffer, values.byteOffset, 2 * values.length)
  for (let i = 0; i < bits.length; i += 2) {
    const low = bits[i]!
    const high = bits[i + 1]!
    // The sign bit alone is −0, which counts as 0.
    const top = low === 0 && high === -0x80000000 ? 0 : high
    const a = Math.imul(rotl(Math.imul(low, C1), 15), C2) ^ 8
    const b = Math.imul(rotl(Math.imul(top, C2), 16), C3) ^ 8
    let h1 = (a + b + 16) | 0
    const h2 = avalanche(b + h1)
    const h3 = avalanche(8 + h1)
    h1 = (avalanche(h1) + h2 + h3 + h3) | 0
    out[i] = h1
    out[i + 1] = h2 + h1
  }
}

function finish(a: number, b: number, c: number, d: number, length: number, out: HashWords): void {
  let h1 = a ^ length
  let h2 = b ^ length
  let h3 = c ^ length
  let h4 = d ^ length
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = avalanche(h2 + h1)
  h3 = avalanche(h3 + h1)
  h4 = avalanche(h4 + h1)
  h1 = avalanche(h1)
  h1 = (h1 + h2 + h3 + h4) | 0
  out[0] = h1
  out[1] = h2 + h1
}

function scramble(k: number, first: number, turn: number, second: number): number {
  return Math.imul(rotl(Math.imul(k, first), turn), second)
}

function rotl(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by))
}

function avalanche(x: number): number {
  let h = x | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** Four little-endian bytes; those beyond the end are 0. */
function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  )
}
