import { AsyncResource } from 'node:async_hooks'
import { setImmediate as arrivals } from 'node:timers/promises'
import { isMlopsError } from '@mlops/core'
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
 * fails is undone alone, and where it cannot be told which one failed, each is run again by itself.
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
  /** How many at the head of the line are run by themselves. */
  let apart = 0

  async function drain(): Promise<void> {
    while (waiting.length > 0) await group()
    draining = false
  }

  async function group(): Promise<void> {
    const taken: Job[] = []
    const done: { readonly job: Job; readonly result: unknown }[] = []
    const failed = new Set<Job>()
    const hoping = [...waiting]
    const alone = apart > 0
    let doubtful = false
    try {
      await begin(async (tx) => {
        let most = alone ? 1 : LARGEST_GROUP
        for (let at = 0; at < most; at++) {
          // A database in this process leaves the event loop no time to take in those who are arriving.
          if (waiting.length === 0 || at === 0) await arrivals()
          if (snapshot && at === 0) most = Math.min(most, waiting.length)
          const job = waiting.shift()
          if (job === undefined) return
          taken.push(job)
          if (most === 1) {
            done.push({ job, result: await job.work(tx) })
            return
          }
          const forget = memoryOf(tx)?.mark()
          // What a job leaves waiting travels with the next one's first statement, or with the commit.
          await sendLater(tx, CompiledQuery.raw(`savepoint job_${at}`))
          try {
            const result = await job.work(tx)
            await sendLater(tx, CompiledQuery.raw(`release savepoint job_${at}`))
            done.push({ job, result })
          } catch (error) {
            if (isContention(error)) throw error
            doubtful = true
            await undoJob(tx, at)
            doubtful = false
            forget?.()
            failed.add(job)
            job.reject(error)
          }
        }
      })
    } catch (error) {
      if (taken.length === 0) {
        // No transaction could be opened: those who waited for this one need not wait for the next.
        for (const job of hoping) job.reject(error)
        waiting.splice(0, hoping.length)
        apart = 0
        return
      }
      if (alone) apart--
      const left = taken.filter((job) => !failed.has(job))
      if (doubtful || (left.length > 1 && isRefusal(error))) {
        waiting.unshift(...left)
        apart = left.length
      } else for (const job of left) job.reject(error)
      return
    }
    if (alone) apart--
    for (const { job, result } of done) job.resolve(result)
  }

  return <Result>(work: (tx: Transaction<unknown>) => Promise<Result>) =>
    new Promise<Result>((resolve, reject) => {
      // Each job runs in the asynchronous context of its own caller.
      const caller = new AsyncResource('MlopsTransaction')
      waiting.push({
        work: (tx) => caller.runInAsyncScope(work, undefined, tx),
        resolve: resolve as (result: unknown) => void,
        reject,
      })
      if (draining) return
      draining = true
      void drain()
    })
}

/** Undoes one job and keeps the transaction. What the job left waiting may fail at first. */
async function undoJob(tx: Transaction<unknown>, at: number): Promise<void> {
  const undo = async () => {
    await sendLater(tx, CompiledQuery.raw(`rollback to savepoint job_${at}`))
    await tx.executeQuery(CompiledQuery.raw(`release savepoint job_${at}`))
  }
  await undo().catch(undo)
}

/** Whether the database refused a statement, so that nothing of the transaction can have happened. */
function isRefusal(error: unknown): boolean {
  return isMlopsError(error) && ['conflict', 'invalid', 'denied'].includes(error.kind)
}
