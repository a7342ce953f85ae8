import { givenOptions, invalid } from '@mlops/core'
import { isCount } from './detector-state.ts'
import { requireCountOption } from './require-option.ts'

/** A known drift: the index at which it happens, or the first and last index of a gradual one. */
export type KnownDrift = number | readonly [first: number, last: number]

export interface MatchAlarmsOptions {
  /** How many values behind a drift an alarm may come and still be its. */
  readonly maxDelay: number
  /** How many values before it. @default 0 */
  readonly maxLead?: number
}

/** A drift that was noticed, with all its alarms in order. */
export interface NoticedDrift {
  /** Place in the list of known drifts. */
  readonly drift: number
  readonly alarms: readonly number[]
  /** Values from the drift's start to its first alarm. */
  readonly delay: number
}

export interface AlarmMatch {
  readonly noticed: readonly NoticedDrift[]
  readonly falseAlarms: readonly number[]
  /** Places of the drifts without an alarm. */
  readonly missed: readonly number[]
}

/**
 * Gives each alarm to the drift it belongs to, or calls it false.
 *
 * An alarm belongs to the first drift with `start − maxLead <= alarm <= end + maxDelay`.
 *
 * Input: indices of the alarms and the known drifts, each in order. Output: noticed, false and missed.
 * Cost: O(alarms · drifts).
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-alarm`, `drift.bad-known-drift`.
 * @example
 * ```ts
 * import { matchAlarms } from '@mlops/drift/stream'
 *
 * const { noticed, falseAlarms } = matchAlarms([110, 130, 900], [100, 500], { maxDelay: 50 })
 * console.log(noticed, falseAlarms) // [ { drift: 0, alarms: [ 110, 130 ], delay: 10 } ] [ 900 ]
 * ```
 * Source: river's drift.evaluate (2026), whose windows these are.
 */
export function matchAlarms(
  alarms: readonly number[],
  drifts: readonly KnownDrift[],
  options: MatchAlarmsOptions,
): AlarmMatch {
  const { maxDelay, maxLead = 0 } = givenOptions(options)
  requireCountOption('maxDelay', maxDelay, 1)
  requireCountOption('maxLead', maxLead)
  const windows = drifts.map(spanOf)
  const found = new Map<number, number[]>()
  const falseAlarms: number[] = []
  let before = -1
  for (const alarm of alarms) {
    if (!isCount(alarm) || alarm < before) {
      throw invalid(
        'drift.bad-alarm',
        `alarms must be indices from 0 on, in order; got ${alarm} behind ${before}`,
        { alarm },
      )
    }
    before = alarm
    const at = windows.findIndex(
      ([start, end]) => start - maxLead <= alarm && alarm <= end + maxDelay,
    )
    if (at < 0) falseAlarms.push(alarm)
    else if (found.has(at)) found.get(at)!.push(alarm)
    else found.set(at, [alarm])
  }
  return {
    noticed: [...found]
      .sort(([a], [b]) => a - b)
      .map(([drift, own]) => ({ drift, alarms: own, delay: own[0]! - windows[drift]![0] })),
    falseAlarms,
    missed: drifts.map((_, at) => at).filter((at) => !found.has(at)),
  }
}

function spanOf(drift: KnownDrift): readonly [number, number] {
  const [start, end] = typeof drift === 'number' ? [drift, drift] : drift
  if (isCount(start) && isCount(end) && start <= end) return [start, end]
  throw invalid(
    'drift.bad-known-drift',
    `a known drift is an index from 0 on, or a pair [first, last] of such in order; got ${JSON.stringify(drift)}`,
    { drift },
  )
}
