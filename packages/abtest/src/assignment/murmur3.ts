/**
 * MurmurHash3 x86 of the first `length` bytes, 32 bits.
 *
 * Source: Appleby, MurmurHash3.cpp (public domain), `MurmurHash3_x86_32`.
 */
export function murmur3x86Hash32(bytes: Uint8Array, length: number, seed: number): number {
  let h = seed | 0
  const whole = length & ~3
  for (let i = 0; i < whole; i += 4) {
    h ^= scrambled(wordAt(bytes, i), 0xcc9e2d51, 15, 0x1b873593)
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let i = length - 1; i >= whole; i--) tail = (tail << 8) | bytes[i]!
  if (length > whole) h ^= scrambled(tail, 0xcc9e2d51, 15, 0x1b873593)
  return finalMix(h ^ length) >>> 0
}

/**
 * MurmurHash3 x86, 128 bits, seed 0, of which the first 53 bits become a number in [0, 1): the first
 * word gives the high 32 bits, the second the 21 below.
 *
 * Source: Appleby, MurmurHash3.cpp (public domain), `MurmurHash3_x86_128`.
 */
export function murmur3Share(bytes: Uint8Array, length: number): number {
  let h1 = 0
  let h2 = 0
  let h3 = 0
  let h4 = 0
  const whole = length & ~15
  for (let i = 0; i < whole; i += 16) {
    h1 ^= scrambled(wordAt(bytes, i), C1, 15, C2)
    h1 = (h1 << 19) | (h1 >>> 13)
    h1 = (Math.imul((h1 + h2) | 0, 5) + 0x561ccd1b) | 0
    h2 ^= scrambled(wordAt(bytes, i + 4), C2, 16, C3)
    h2 = (h2 << 17) | (h2 >>> 15)
    h2 = (Math.imul((h2 + h3) | 0, 5) + 0x0bcaa747) | 0
    h3 ^= scrambled(wordAt(bytes, i + 8), C3, 17, C4)
    h3 = (h3 << 15) | (h3 >>> 17)
    h3 = (Math.imul((h3 + h4) | 0, 5) + 0x96cd1c35) | 0
    h4 ^= scrambled(wordAt(bytes, i + 12), C4, 18, C1)
    h4 = (h4 << 13) | (h4 >>> 19)
    h4 = (Math.imul((h4 + h1) | 0, 5) + 0x32ac3b17) | 0
  }
  let k1 = 0
  let k2 = 0
  let k3 = 0
  let k4 = 0
  for (let i = length - 1; i >= whole; i--) {
    const at = i - whole
    if (at >= 12) k4 = (k4 << 8) | bytes[i]!
    else if (at >= 8) k3 = (k3 << 8) | bytes[i]!
    else if (at >= 4) k2 = (k2 << 8) | bytes[i]!
    else k1 = (k1 << 8) | bytes[i]!
  }
  h4 ^= scrambled(k4, C4, 18, C1)
  h3 ^= scrambled(k3, C3, 17, C4)
  h2 ^= scrambled(k2, C2, 16, C3)
  h1 ^= scrambled(k1, C1, 15, C2)
  h1 ^= length
  h2 ^= length
  h3 ^= length
  h4 ^= length
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = finalMix((h2 + h1) | 0)
  h3 = finalMix((h3 + h1) | 0)
  h4 = finalMix((h4 + h1) | 0)
  h1 = (finalMix(h1) + h2 + h3 + h4) | 0
  h2 = (h2 + h1) | 0
  return ((h1 >>> 0) * 2097152 + (h2 >>> 11)) / 9007199254740992
}

const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

function wordAt(bytes: Uint8Array, i: number): number {
  return bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
}

function scrambled(k: number, before: number, turn: number, after: number): number {
  const x = Math.imul(k, before)
  return Math.imul((x << turn) | (x >>> (32 - turn)), after)
}

function finalMix(h: number): number {
  let x = h
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
