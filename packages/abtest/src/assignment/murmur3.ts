import type { Utf8Scratch } from './utf8.ts'

/**
 * MurmurHash3 x86 of the bytes, 32 bits.
 *
 * Source: Appleby, MurmurHash3.cpp (public domain), `MurmurHash3_x86_32`.
 */
export function murmur3x86Hash32({ bytes, view, length }: Utf8Scratch, seed: number): number {
  let h = seed | 0
  const whole = length & ~3
  for (let i = 0; i < whole; i += 4) {
    h ^= scrambled(view.getInt32(i, true), 0xcc9e2d51, 15, 0x1b873593)
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let i = length - 1; i >= whole; i--) tail = (tail << 8) | bytes[i]!
  if (length > whole) h ^= scrambled(tail, 0xcc9e2d51, 15, 0x1b873593)
  return finalMix(h ^ length) >>> 0
}

/** A hash after some whole blocks of 16 bytes. */
export interface Murmur3State {
  readonly hashed: number
  readonly words: Int32Array
}

/** The hash after the whole blocks of these bytes, for texts that begin with them; seed 0. */
export function murmur3Start({ view, length }: Utf8Scratch): Murmur3State {
  const words = new Int32Array(4)
  const hashed = length & ~15
  addBlocks(view, 0, hashed, words)
  return { hashed, words }
}

const running = new Int32Array(4)

/**
 * MurmurHash3 x86, 128 bits, seed 0, of which the first 53 bits become a number in [0, 1): the first
 * word gives the high 32 bits, the second the 21 below. The bytes begin with those that `start` is of.
 *
 * Source: Appleby, MurmurHash3.cpp (public domain), `MurmurHash3_x86_128`.
 */
export function murmur3Share({ bytes, view, length }: Utf8Scratch, start: Murmur3State): number {
  for (let i = 0; i < 4; i++) running[i] = start.words[i]!
  const whole = length & ~15
  addBlocks(view, start.hashed, whole, running)
  // The last block is filled up with zeros, which leave words as they are.
  for (let i = length; i < whole + 16; i++) bytes[i] = 0
  let h1 = running[0]! ^ scrambled(view.getInt32(whole, true), C1, 15, C2)
  let h2 = running[1]! ^ scrambled(view.getInt32(whole + 4, true), C2, 16, C3)
  let h3 = running[2]! ^ scrambled(view.getInt32(whole + 8, true), C3, 17, C4)
  let h4 = running[3]! ^ scrambled(view.getInt32(whole + 12, true), C4, 18, C1)
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

/** Adds the blocks from byte `from` to `to` to the hash. */
function addBlocks(view: DataView, from: number, to: number, words: Int32Array): void {
  let h1 = words[0]!
  let h2 = words[1]!
  let h3 = words[2]!
  let h4 = words[3]!
  for (let i = from; i < to; i += 16) {
    h1 ^= scrambled(view.getInt32(i, true), C1, 15, C2)
    h1 = (h1 << 19) | (h1 >>> 13)
    h1 = (Math.imul((h1 + h2) | 0, 5) + 0x561ccd1b) | 0
    h2 ^= scrambled(view.getInt32(i + 4, true), C2, 16, C3)
    h2 = (h2 << 17) | (h2 >>> 15)
    h2 = (Math.imul((h2 + h3) | 0, 5) + 0x0bcaa747) | 0
    h3 ^= scrambled(view.getInt32(i + 8, true), C3, 17, C4)
    h3 = (h3 << 15) | (h3 >>> 17)
    h3 = (Math.imul((h3 + h4) | 0, 5) + 0x96cd1c35) | 0
    h4 ^= scrambled(view.getInt32(i + 12, true), C4, 18, C1)
    h4 = (h4 << 13) | (h4 >>> 19)
    h4 = (Math.imul((h4 + h1) | 0, 5) + 0x32ac3b17) | 0
  }
  words[0] = h1
  words[1] = h2
  words[2] = h3
  words[3] = h4
}

const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

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
