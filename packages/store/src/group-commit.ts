import { AsyncResource } from 'node:async_hooks'
import { setImmediate as arrivals } from 'node:timers/promises'
import type { Transaction } from 'kysely'
import { CompiledQuery } from 'kysely'
import { isContention } from './driver-errors.ts'
import { sendLater } from './send-later.ts'
import { memoryOf } from './transaction-memory.ts'

/** Jobs that one commit makes durable, at most. */
const LARGEST_GROUP = 64

interface Job {
  readonly work: (tx: Transaction<unknown>) => Promise<unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Runs transactions that wait for each other as one: each behind a savepoint of its own, all made durable
 * by one commit, which is what costs the time. Nobody is told of success before that commit; a job that
 * fails is undone alone.
 *
 * `begin` opens a transaction, runs what it is given, and commits. A job may run more than once. Where
 * the transaction sees a snapshot, nobody joins it after its first job has begun: they would miss what
 * others committed between that and their own beginning.
 */
export function groupCommit(
  begin: (work: (tx: Transaction<unknown>) => Promise<void>) => Promise<void>,
  { snapshot }: { readonly snapshot: boolean },
): <Result>(work: (tx: Transaction<unknown>) => Promise<Result>) => Promise<Result> {
  const waiting: Job[] = []
  let draining = false

  async function drain(): Promise<void> {
    while (waiting.length > 0) await group()
    draining = false
  }

  async function group(): Promise<void> {
    const done: { readonly job: Job; readonly result: unknown }[] = []
    const failed = new Set<Job>()
    let current: Job | undefined
    let broken = false
    const hoping = [...waiting]
    try {
      await begin(async (tx) => {
        let most = LARGEST_GROUP
        for (let taken = 0; taken < most; taken++) {
          // A database in this process leaves the event loop no time to take in those who are arriving.
          if (waiting.length === 0 || taken === 0) await arrivals()
          if (snapshot && taken === 0) most = Math.min(most, waiting.length)
          const job = waiting.shift()
          if (job === undefined) return
          current = job
          const undo = memoryOf(tx)?.mark()
          // It travels with the job's first statement, and its release with what the job left waiting.
          await sendLater(tx, CompiledQuery.raw('savepoint job'))
          try {
            const result = await job.work(tx)
            await tx.executeQuery(CompiledQuery.raw('release savepoint job'))
            done.push({ job, result })
          } catch (error) {
            if (isContention(error)) throw error
            failed.add(job)
            job.reject(error)
            broken = true
            await undoJob(tx)
            undo?.()
            broken = false
          }
        }
      })
    } catch (error) {
      if (current === undefined) {
        // No transaction could be opened: those who waited for this one need not wait for the next.
        for (const job of hoping) job.reject(error)
        waiting.splice(0, hoping.length)
        return
      }
      const others = [...done.map(({ job }) => job), current]
      const left = [...new Set(others)].filter((job) => !failed.has(job))
      // The database gave up the whole transaction with one job: the others are run again without it.
      if (broken) waiting.unshift(...left)
      else for (const job of left) job.reject(error)
      return
    }
    for (const { job, result } of done) job.resolve(result)
  }

  return <Result>(work: (tx: Transaction<unknown>) => Promise<Result>) =>
    new Promise<Result>((resolve, reject) => {
      // Each job runs in the asynchronous context of its own caller.
      waiting.push({
        work: AsyncResource.bind(work),
        resolve: resolve as (result: unknown) => void,
        reject,
      })
      if (draining) return
      draining = true
      void drain()
    })
}

/** Undoes one job and keeps the transaction. What the job left waiting may fail at first. */
async function undoJob(tx: Transaction<unknown>): Promise<void> {
  const undo = async () => {
    await sendLater(tx, CompiledQuery.raw('rollback to savepoint job'))
    await tx.executeQuery(CompiledQuery.raw('release savepoint job'))
  }
  await undo().catch(undo)
}
