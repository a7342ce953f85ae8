import type { Actor } from '@mlops/core'
import type { Store } from '@mlops/store'
import { openStore } from '@mlops/store'
import { memoryBlobs } from '@mlops/store/blobs'
import { expect } from 'vitest'
import type { Registry } from '../../src/index.ts'
import { createRegistry } from '../../src/index.ts'
import type { MlflowHandlerOptions } from '../../src/mlflow/index.ts'
import { createMlflowHandler, openAccess } from '../../src/mlflow/index.ts'

export const actor: Actor = { type: 'service', id: 'training' }
// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, checked by the expectations
export type Json = any

/** The door over a database in memory, as an attacker sees it. */
export interface Door {
  readonly registry: Registry
  readonly store: Store
  readonly handler: (request: Request) => Promise<Response>
  /** A JSON call below /api/2.0/mlflow. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; json: Json }>
  /** Any request, by its path. */
  send(method: string, path: string, init?: RequestInit): Promise<Response>
  run(): Promise<string>
  close(): Promise<void>
}

export async function openDoor(options: Partial<MlflowHandlerOptions> = {}): Promise<Door> {
  const store = await openStore('sqlite::memory:')
  const registry = await createRegistry({ store, blobs: memoryBlobs() })
  const handler = createMlflowHandler({ registry, auth: openAccess(actor), ...options })
  const send: Door['send'] = (method, path, init = {}) =>
    handler(new Request(`http://localhost${path}`, { method, ...init }))
  const call: Door['call'] = async (method, path, body) => {
    const response = await send(method, `/api/2.0/mlflow/${path}`, {
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    })
    const json = (await response.json()) as Json
    expectQuiet(JSON.stringify(json))
    return { status: response.status, json }
  }
  return {
    registry,
    store,
    handler,
    call,
    send,
    async run() {
      const { json } = await call('POST', 'runs/create', { experiment_id: '0', start_time: 5 })
      return json.run.info.run_id as string
    },
    close: () => store.close(),
  }
}

/** No SQL, no stack, no path of this machine, no name of an internal error. */
export function expectQuiet(text: string): void {
  expect(text).not.toMatch(
    /\bselect .* from\b|insert into|registry_\w+|sqlite|SQLITE|node_modules|\.ts:\d+|\bat \w+ \(|RangeError|TypeError|SyntaxError|URIError/i,
  )
  expect(text).not.toContain(process.cwd())
}

/** Every way to write `../` that a server has once fallen for. */
export const climbs: readonly string[] = [
  '../',
  '..%2f',
  '%2e%2e/',
  '%2e%2e%2f',
  '.%2e/',
  '%252e%252e%252f',
  '%25252e%25252e%25252f',
  '%2525252e%2525252e%2525252f',
  '..%5c',
  '..%255c',
  '%5c..%5c',
  '..;/',
  '..%3b/',
  '..%00/',
  '%c0%ae%c0%ae%c0%af',
  '%e0%80%ae%e0%80%ae/',
  '%uff0e%uff0e/',
  '..%c0%af',
  '....//',
  '..././',
  '.%00./',
  '%09../',
  '..%0d%0a/',
]
