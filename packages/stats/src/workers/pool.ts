import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type ErrorKind, invalid, MlopsError } from '@mlops/core'
import type { Answer, Question } from './protocol.ts'

export interface PoolOptions {
  /** How many threads. @default one for each processor core */
  readonly threads?: number
}

/** Threads that answer questions: functions of a worker file, by name. */
export interface Pool {
  readonly threads: number
  /**
   * Calls a function of the worker once for each list of arguments and returns the results in that
   * order. Calls start as soon as a thread is free; the first one that fails fails the whole.
   */
  map(name: string, calls: readonly (readonly unknown[])[]): Promise<unknown[]>
  /** Ends the threads. Calls under way fail with `stats.pool-closed`; a second call does nothing. */
  close(): Promise<void>
}

/** More would exhaust the machine before it helped. */
const MOST_THREADS = 256

interface Call {
  readonly question: Question
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Opens threads that run a worker file (one that calls `answerCalls`), for work on other packages'
 * functions; for those of this package see `openWorkers`.
 *
 * Input: the URL of the worker file. Threads start at once; while nothing is to be done they do not keep
 * the process alive. A thread that dies fails its call and is replaced.
 *
 * @throws `invalid`, `stats.invalid-option`, for a number of threads that is no integer from 1 to 256.
 */
export function openPool(
  worker: URL,
  { threads = availableParallelism() }: PoolOptions = {},
): Pool {
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    throw invalid(
      'stats.invalid-option',
      `threads must be an integer from 1 to ${MOST_THREADS}, got ${threads}`,
      { threads },
    )
  }
  const waiting: Call[] = []
  const idle: Worker[] = []
  const busy = new Map<Worker, Call>()
  let lastId = 0
  let closed = false
  for (let t = 0; t < threads; t++) idle.push(start())

  function start(): Worker {
    const thread = new Worker(worker)
    thread.unref()
    thread.on('message', (answer: Answer) => settle(thread, answer))
    thread.on('error', (cause) => lose(thread, cause))
    thread.on('exit', () => lose(thread, undefined))
    return thread
  }

  function hand(): void {
    while (idle.length > 0 && waiting.length > 0) {
      const thread = idle.pop()!
      const call = waiting.shift()!
      try {
        thread.postMessage(call.question)
      } catch (cause) {
        idle.push(thread)
        call.reject(notSendable(call.question, cause))
        continue
      }
      thread.ref()
      busy.set(thread, call)
    }
  }

  function settle(thread: Worker, answer: Answer): void {
    const call = busy.get(thread)
    if (!call) return
    busy.delete(thread)
    thread.unref()
    idle.push(thread)
    if ('error' in answer) call.reject(errorOf(answer.error))
    else call.resolve(answer.result)
    hand()
  }

  function lose(thread: Worker, cause: unknown): void {
    const at = idle.indexOf(thread)
    const call = busy.get(thread)
    if (at >= 0) idle.splice(at, 1)
    busy.delete(thread)
    if (closed || (at < 0 && !call)) return
    call?.reject(
      new MlopsError({
        kind: 'unavailable',
        code: 'stats.worker-lost',
        message: `the thread that computed ${call.question.name} ended before it answered; the other calls go on. Out of memory? Then give fewer threads or less data at once.`,
        details: { name: call.question.name },
        cause,
      }),
    )
    // A thread that dies without a call to do would die again: the file cannot be run.
    if (call) idle.push(start())
    else if (idle.length + busy.size === 0) failAll(brokenWorker(worker, cause))
    hand()
  }

  function failAll(reason: MlopsError): void {
    for (const { reject } of waiting.splice(0)) reject(reason)
  }

  return {
    threads,
    async map(name, calls) {
      if (closed) throw poolClosed()
      const results = calls.map(
        (args) =>
          new Promise<unknown>((resolve, reject) => {
            waiting.push({ question: { id: ++lastId, name, args }, resolve, reject })
          }),
      )
      hand()
      return await Promise.all(results)
    },
    async close() {
      if (closed) return
      closed = true
      const threadsLeft = [...idle, ...busy.keys()]
      const reason = poolClosed()
      for (const { reject } of busy.values()) reject(reason)
      failAll(reason)
      await Promise.all(threadsLeft.map((thread) => thread.terminate()))
    },
  }
}

function errorOf({ kind, code, message, details }: Extract<Answer, { error: unknown }>['error']) {
  return new MlopsError({ kind: kind as ErrorKind, code, message, details })
}

function notSendable({ name }: Question, cause: unknown): MlopsError {
  return new MlopsError({
    kind: 'invalid',
    code: 'stats.not-sendable',
    message: `an argument of ${name} cannot be sent to another thread: ${(cause as Error).message}. Functions and random generators cannot; call ${name} itself.`,
    details: { name },
    cause,
  })
}

function brokenWorker(worker: URL, cause: unknown): MlopsError {
  return new MlopsError({
    kind: 'unavailable',
    code: 'stats.worker-lost',
    message: `no thread could run ${worker.href}; where a bundler moved the file, give its new place`,
    details: { worker: worker.href },
    cause,
  })
}

function poolClosed(): MlopsError {
  return new MlopsError({
    kind: 'unavailable',
    code: 'stats.pool-closed',
    message: 'the threads were closed; open them anew',
    details: {},
  })
}
