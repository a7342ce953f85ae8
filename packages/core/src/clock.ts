/** Where library code takes the time from. Nothing in `@mlops` reads the system clock by itself. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
}

/** The clock of the machine. The one place where `Date.now` is called. */
export const systemClock: Clock = { now: () => Date.now() }

/** A clock that moves only when told to. */
export interface ManualClock extends Clock {
  /** Moves the time forward by `ms` milliseconds. */
  advance(ms: number): void
}

/**
 * A clock for tests and replays: it stands at `start` until advanced.
 *
 * @example
 * ```ts
 * import { isoTime, manualClock } from '@mlops/core'
 *
 * const clock = manualClock('2026-01-01T00:00:00.000Z')
 * clock.advance(1500)
 * console.log(isoTime(clock)) // '2026-01-01T00:00:01.500Z'
 * ```
 */
export function manualClock(start: string | number): ManualClock {
  let now = typeof start === 'number' ? start : Date.parse(start)
  return {
    now: () => now,
    advance(ms) {
      now += ms
    },
  }
}

/** The clock's time as ISO 8601 in UTC with milliseconds. */
export function isoTime(clock: Clock): string {
  return new Date(clock.now()).toISOString()
}
