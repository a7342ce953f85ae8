import { expect } from 'vitest'
import type { Door, Json } from './attacks/door.ts'
import { expectQuiet, openDoor } from './attacks/door.ts'

/** The door as clients of traces use it. */
export interface TraceDoor extends Door {
  /** A JSON call below /api/3.0/mlflow/traces. */
  ask(method: string, path: string, body?: unknown): Promise<{ status: number; json: Json }>
  /** The same, expected to succeed. */
  ok(method: string, path: string, body?: unknown): Promise<Json>
  /** Tells of a trace in experiment 0. */
  start(id: string, more?: object): Promise<Json>
}

export async function openTraceDoor(): Promise<TraceDoor> {
  const door = await openDoor()
  const ask: TraceDoor['ask'] = async (method, path, body) => {
    const response = await door.send(method, `/api/3.0/mlflow/traces${path}`, {
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    })
    const json = (await response.json()) as Json
    expectQuiet(JSON.stringify(json))
    return { status: response.status, json }
  }
  const ok: TraceDoor['ok'] = async (method, path, body) => {
    const { status, json } = await ask(method, path, body)
    expect([path, status, status === 200 ? '' : json]).toEqual([path, 200, ''])
    return json
  }
  const start: TraceDoor['start'] = (id, more) =>
    ok('POST', '', { trace: { trace_info: traceInfo(id, more) } })
  return { ...door, ask, ok, start }
}

export const location = (id: string) => ({
  type: 'MLFLOW_EXPERIMENT',
  mlflow_experiment: { experiment_id: id },
})

/** A trace as clients tell of it. */
export const traceInfo = (trace_id: string, more: object = {}) => ({
  trace_id,
  trace_location: location('0'),
  request_time: '2025-12-31T23:59:59.123456789Z',
  execution_duration: '1.5s',
  state: 'OK',
  ...more,
})

/** An assessment as clients tell of it. */
export const feedback = {
  assessment_name: 'quality',
  feedback: { value: { rating: 4 } },
  source: { source_type: 'HUMAN', source_id: 'ada' },
}
