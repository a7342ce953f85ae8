import { parentPort } from 'node:worker_threads'
import { isMlopsError } from '@mlops/core'
import type { Answer, Question } from './protocol.ts'

/**
 * Makes the current thread answer the calls of an `openPool`: the whole of a worker file.
 *
 * Input: the functions that may be called, by name; arguments and results must survive a structured
 * clone. Outside a worker thread it does nothing.
 */
export function answerCalls(functions: Readonly<Record<string, unknown>>): void {
  parentPort?.on('message', (question: Question) => {
    const answer = answerTo(question, functions)
    try {
      parentPort!.postMessage(answer)
    } catch (cause) {
      parentPort!.postMessage(failure(question.id, cause))
    }
  })
}

function answerTo(
  { id, name, args }: Question,
  functions: Readonly<Record<string, unknown>>,
): Answer {
  const called = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (typeof called !== 'function') {
    const message = `the threads know no function '${name}'`
    return {
      id,
      error: { kind: 'invalid', code: 'stats.unknown-function', message, details: { name } },
    }
  }
  try {
    return { id, result: called(...args) }
  } catch (cause) {
    return failure(id, cause)
  }
}

function failure(id: number, cause: unknown): Answer {
  if (isMlopsError(cause)) {
    const { kind, code, message, details } = cause
    return { id, error: { kind, code, message, details: details ?? {} } }
  }
  const message = cause instanceof Error ? cause.message : String(cause)
  return { id, error: { kind: 'internal', code: 'stats.call-failed', message, details: {} } }
}
