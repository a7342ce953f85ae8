import { isMlopsError } from '@mlops/core'
import type { Transaction } from 'kysely'
import type { RegistryTables } from '../sql/tables.ts'
import type { RegistryContext } from './context.ts'

/** What became of one of several calls: its result, or why it was refused and left no trace. */
export type Outcome<Result> = { readonly result: Result } | { readonly error: unknown }

interface Call<Command, Result> {
  readonly command: Command
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

interface Batch<Command, Result> {
  readonly calls: Call<Command, Result>[]
  weight: number
}

/**
 * Runs calls of one kind, under the same key, that wait for the database at the same time as one
 * transaction with one set of statements, in the order in which they came. A call is told of success once
 * its change is durable. Where the whole fails for another reason than that the database is out of reach,
 * each is run by itself.
 */
export function together<Command, Result>(
  { db, log }: Pick<RegistryContext, 'db' | 'log'>,
  work: (
    tx: Transaction<RegistryTables>,
    commands: readonly Command[],
  ) => Promise<readonly Outcome<Result>[]>,
  {
    most,
    weigh = () => 1,
  }: { readonly most: number; readonly weigh?: (command: Command) => number },
): (key: string, command: Command) => Promise<Result> {
  const open = new Map<string, Batch<Command, Result>>()

  async function run(key: string, batch: Batch<Command, Result>): Promise<void> {
    // From its beginning on nothing is added: later calls begin another batch.
    const close = () => {
      if (open.get(key) === batch) open.delete(key)
    }
    try {
      await settle(batch.calls, close)
    } catch (error) {
      const apart = batch.calls.length > 1 && !(isMlopsError(error) && error.kind === 'unavailable')
      for (const call of batch.calls) {
        if (apart) await settle([call]).catch(call.reject)
        else call.reject(error)
      }
    } finally {
      close()
    }
  }

  async function settle(calls: readonly Call<Command, Result>[], begun = () => {}): Promise<void> {
    const outcomes = await db.transaction(async (tx) => {
      begun()
      await log.expectAppend(tx)
      return work(
        tx,
        calls.map(({ command }) => command),
      )
    })
    for (const [at, { resolve, reject }] of calls.entries()) {
      const outcome = outcomes[at]!
      if ('result' in outcome) resolve(outcome.result)
      else reject(outcome.error)
    }
  }

  return (key, command) =>
    new Promise<Result>((resolve, reject) => {
      db.assertOutside()
      const call = { command, resolve, reject }
      const weight = weigh(command)
      const known = open.get(key)
      if (known && known.weight + weight <= most) {
        known.calls.push(call)
        known.weight += weight
        return
      }
      const batch = { calls: [call], weight }
      open.set(key, batch)
      void run(key, batch)
    })
}
