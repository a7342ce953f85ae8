import type * as stats from '../index.ts'
import { openPool, type PoolOptions } from './pool.ts'

type Stats = typeof stats

/** Names of the functions of `@mlops/stats`. */
export type StatsFunction = {
  [Name in keyof Stats]: Stats[Name] extends (...args: never[]) => unknown ? Name : never
}[keyof Stats]

type Called<Name extends StatsFunction> = Extract<Stats[Name], (...args: never[]) => unknown>

/** The functions of `@mlops/stats` on several threads. */
export interface StatsWorkers {
  readonly threads: number
  /**
   * Calls one function for many lists of arguments, and returns the results in their order.
   * The first call that fails fails the whole, with the error of the function itself.
   */
  map<Name extends StatsFunction>(
    name: Name,
    calls: readonly Readonly<Parameters<Called<Name>>>[],
  ): Promise<ReturnType<Called<Name>>[]>
  /** Ends the threads. */
  close(): Promise<void>
}

export interface OpenWorkersOptions extends PoolOptions {
  /** Where `stats-worker.js` of this package lies, for bundlers that move it. */
  readonly workerUrl?: URL
}

/**
 * Opens threads that call functions of this package: many columns at once, one on each core.
 *
 * Arguments are copied to the thread; those over a SharedArrayBuffer are not (see {@link sharedColumn}).
 * Options that hold functions or random generators cannot be sent. Results are those of the functions,
 * to the last bit. Cost: about 50 ms a thread to start, 0.05 ms a call.
 *
 * @throws `invalid`: `stats.invalid-option`. `map` rejects with what the function throws, or with
 *   `stats.not-sendable`, `stats.worker-lost`, `stats.pool-closed`.
 * @example
 * ```ts
 * import { openWorkers, sharedColumn } from '@mlops/stats/workers'
 *
 * const reference = sharedColumn([1, 2, 3, 4])
 * const current = sharedColumn([4, 5, 6, 7])
 *
 * const workers = openWorkers({ threads: 2 })
 * const [test] = await workers.map('ksTwoSampleTest', [[reference, current]])
 * await workers.close()
 * console.log(test?.statistic) // 0.75
 * ```
 */
export function openWorkers({
  workerUrl = new URL('./stats-worker.js', import.meta.url),
  ...options
}: OpenWorkersOptions = {}): StatsWorkers {
  return openPool(workerUrl, options) as StatsWorkers
}
