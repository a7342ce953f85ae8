import { invalid, MlopsError } from '@mlops/core'
import type { DetectorState, StreamVerdict } from './stream-detector.ts'

/** What a field of a detector's body holds. */
export type FieldKind = 'count' | 'number' | 'numbers' | 'counts' | 'any'

const VERDICTS: readonly StreamVerdict[] = ['stable', 'warning', 'drift']

/** What a state must be like to be continued. */
export interface StateOutline<Body> {
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
  readonly shape: Readonly<Record<keyof Body & string, FieldKind>>
  /** What else is wrong with the body; undefined when nothing is. */
  readonly fault?: (body: Body) => string | undefined
}

/** Throws unless `state` is one that a detector of this outline wrote. */
export function checkState<Body>(state: DetectorState<Body>, outline: StateOutline<Body>): void {
  const { name, options } = outline
  if (state?.kind !== 'detector-state') throw notAState(name, 'it is no detector state', {})
  if (state.formatVersion !== 1) {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'drift.unsupported-format',
      message: `the detector state has format ${String(state.formatVersion)}, this version reads format 1; start afresh, or update @mlops/drift`,
      details: { formatVersion: state.formatVersion },
    })
  }
  if (state.detector !== name)
    throw notAState(name, `it is one of ${String(state.detector)}`, { detector: state.detector })
  if (canonical(state.options) !== canonical(options))
    throw notAState(name, 'it was written under other options', { options: state.options })
  for (const field of ['seen', 'skipped', 'detections'] as const)
    if (!isCount(state[field])) throw notAState(name, `'${field}' is no count`, { field })
  if (!VERDICTS.includes(state.verdict)) throw notAState(name, "'verdict' is no verdict", {})
  for (const field of ['statistic', 'threshold'] as const)
    if (state[field] !== null && !Number.isFinite(state[field]))
      throw notAState(name, `'${field}' is no number`, { field })
  const fault = bodyFault(state.body, outline)
  if (fault !== undefined) throw notAState(name, fault, {})
}

function bodyFault<Body>(
  body: Body,
  { shape, fault }: Pick<StateOutline<Body>, 'shape' | 'fault'>,
): string | undefined {
  if (typeof body !== 'object' || body === null) return "'body' is missing"
  for (const [field, kind] of Object.entries<FieldKind>(shape)) {
    if (!fits((body as Record<string, unknown>)[field], kind))
      return `'body.${field}' is not of the kind ${kind}`
  }
  return fault?.(body)
}

function fits(value: unknown, kind: FieldKind): boolean {
  switch (kind) {
    case 'any':
      return value !== undefined
    case 'count':
      return isCount(value)
    case 'number':
      return Number.isFinite(value)
    case 'numbers':
      return Array.isArray(value) && value.every((item) => Number.isFinite(item))
    case 'counts':
      return Array.isArray(value) && value.every(isCount)
  }
}

/** Whether `value` is a whole number from 0 on. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function canonical(options: unknown): string {
  const entries = Object.entries((options ?? {}) as Record<string, unknown>)
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function notAState(name: string, why: string, details: Record<string, unknown>) {
  return invalid(
    'drift.not-a-detector-state',
    `the state cannot be continued by ${name}: ${why}; give a state that this detector's state() returned, or start afresh`,
    { expected: name, ...details },
  )
}
