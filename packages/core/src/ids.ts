import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import type { Rng } from './rng.ts'

/** Where library code takes new identifiers from. */
export interface IdSource {
  /** A new identifier, different from all before it. */
  next(): string
}

export interface UuidV7Options {
  /** @default systemClock */
  readonly clock?: Clock
  /** Random bits for repeatable ids; without it the platform's secure random numbers. */
  readonly rng?: Rng
}

/**
 * UUIDs of version 7: they sort by the time they were made, and strictly so within one source even
 * in the same millisecond or when the clock steps back (a 12-bit counter, then a borrowed millisecond).
 *
 * @example
 * ```ts
 * import { createRng, manualClock, uuidV7 } from '@mlops/core'
 *
 * const ids = uuidV7({ clock: manualClock('2026-01-01T00:00:00Z'), rng: createRng(1) })
 * console.log(ids.next() < ids.next()) // true
 * ```
 * Source: RFC 9562, section 5.7 and section 6.2 method 1.
 */
export function uuidV7({ clock = systemClock, rng }: UuidV7Options = {}): IdSource {
  let lastMs = -1
  let counter = 0
  // Asking the platform for random numbers takes longer than all the rest: they are drawn in advance.
  const pool = new Uint8Array(rng ? 16 : 16 * 128)
  let next = pool.length
  const draw = (): Uint8Array => {
    if (next === pool.length) {
      if (rng) for (let i = 0; i < pool.length; i++) pool[i] = rng.int(256)
      else globalThis.crypto.getRandomValues(pool)
      next = 0
    }
    next += 16
    return pool.subarray(next - 16, next)
  }
  return {
    next() {
      const bytes = draw()

      const now = Math.floor(clock.now())
      if (now > lastMs) {
        lastMs = now
        // Half the counter's range is left for the ids of the same millisecond.
        counter = ((bytes[6]! << 8) | bytes[7]!) & 0x7ff
      } else {
        counter += 1
        if (counter > 0xfff) {
          counter = 0
          lastMs += 1
        }
      }
      let ms = lastMs
      for (let i = 5; i >= 0; i--) {
        bytes[i] = ms % 256
        ms = Math.floor(ms / 256)
      }
      bytes[6] = 0x70 | (counter >> 8)
      bytes[7] = counter & 0xff
      bytes[8] = 0x80 | (bytes[8]! & 0x3f)
      return format(bytes)
    },
  }
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function format(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += HEX[byte]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
