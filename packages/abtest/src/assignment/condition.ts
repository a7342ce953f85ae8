import { invalid } from '@mlops/core'
import { compareSemver } from './semver.ts'

/** What an attribute can hold. Missing means undefined, null or NaN. */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly (string | number | boolean)[]

/** What is known of a unit, the unit's own identifiers included. */
export type Attributes = Readonly<Record<string, AttributeValue>>

type Scalar = string | number | boolean

/** Who takes part, as plain JSON. */
export type Condition =
  | { readonly and: readonly Condition[] }
  | { readonly or: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly attribute: string; readonly op: 'eq' | 'ne'; readonly value: Scalar }
  | { readonly attribute: string; readonly op: 'in' | 'not-in'; readonly value: readonly Scalar[] }
  | {
      readonly attribute: string
      /** Numbers by value; texts by UTF-16 code unit. */
      readonly op: 'gt' | 'gte' | 'lt' | 'lte'
      readonly value: number | string
    }
  | {
      readonly attribute: string
      readonly op: 'starts-with' | 'ends-with' | 'contains'
      /** For `contains` the attribute may be a list, which must then hold the value. */
      readonly value: string
    }
  | {
      readonly attribute: string
      readonly op: 'semver-eq' | 'semver-gt' | 'semver-gte' | 'semver-lt' | 'semver-lte'
      readonly value: string
    }
  | { readonly attribute: string; readonly op: 'exists' | 'missing' }

/** Whether a condition holds; when not, the first reason in words. */
export type ConditionOutcome =
  | { readonly holds: true }
  | { readonly holds: false; readonly reason: string }

/**
 * Whether a unit meets a condition.
 *
 * A comparison with a missing attribute, or with one of another type, cannot be decided, and neither
 * can its negation: what cannot be decided lets nobody in, and the reason says so. `or` holds where one
 * side holds, `and` fails where one side fails, whatever else cannot be decided. `exists` and `missing`
 * are always decided. An empty `and` holds, an empty `or` does not.
 *
 * @throws `invalid` `abtest.invalid-condition`.
 * @example
 * ```ts
 * import { meetsCondition } from '@mlops/abtest/assignment'
 *
 * const adults = { attribute: 'age', op: 'gte', value: 18 } as const
 * console.log(meetsCondition(adults, { age: 20 })) // { holds: true }
 * console.log(meetsCondition({ not: adults }, { age: '17' }))
 * // { holds: false, reason: 'age gte 18 cannot be decided: it is a string' }
 * ```
 * Differs from: GrowthBook, where `$ne` holds for a missing attribute and texts are turned into numbers.
 */
export function meetsCondition(condition: Condition, attributes: Attributes): ConditionOutcome {
  checkCondition(condition)
  return conditionOutcome(condition, attributes)
}

/** {@link meetsCondition} for a condition that was checked before. */
export function conditionOutcome(condition: Condition, attributes: Attributes): ConditionOutcome {
  const { truth, reason } = judge(condition, attributes)
  return truth === true ? HOLDS : { holds: false, reason }
}

const HOLDS: ConditionOutcome = { holds: true }

interface Judgement {
  readonly truth: boolean | 'undecided'
  readonly reason: string
}

function judge(condition: Condition, attributes: Attributes): Judgement {
  if ('and' in condition) return combined(condition.and, attributes, false)
  if ('or' in condition) return combined(condition.or, attributes, true)
  if ('not' in condition) {
    const { truth, reason } = judge(condition.not, attributes)
    return truth === 'undecided' ? { truth, reason } : { truth: !truth, reason: `not (${reason})` }
  }
  const { attribute } = condition
  const value = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined
  const missing = value === undefined || value === null || Number.isNaN(value)
  if (!('value' in condition)) {
    return condition.op === 'exists'
      ? { truth: !missing, reason: `${attribute} exists` }
      : { truth: missing, reason: `${attribute} is missing` }
  }
  const { op } = condition
  const reason = `${attribute} ${op} ${shown(condition.value)}`
  if (missing) return { truth: 'undecided', reason: `${reason} cannot be decided: it is missing` }
  const truth = compared(op, value, condition.value)
  if (truth !== undefined) return { truth, reason }
  const kind = Array.isArray(value) ? 'list' : typeof value
  const what = op.startsWith('semver') && kind === 'string' ? 'no semantic version' : `a ${kind}`
  return { truth: 'undecided', reason: `${reason} cannot be decided: it is ${what}` }
}

/** Kleene's logic: `decisive` on one side decides; otherwise undecided beats the rest. */
function combined(
  sides: readonly Condition[],
  attributes: Attributes,
  decisive: boolean,
): Judgement {
  let open: Judgement | undefined
  const rest: string[] = []
  for (const side of sides) {
    const found = judge(side, attributes)
    if (found.truth === decisive) return found
    if (found.truth === 'undecided') open ??= found
    rest.push(found.reason)
  }
  return open ?? { truth: !decisive, reason: rest.join(decisive ? ' or ' : ' and ') || 'nothing' }
}

function compared(
  op: string,
  actual: NonNullable<AttributeValue>,
  wanted: Scalar | readonly Scalar[],
): boolean | undefined {
  if (op === 'contains' && Array.isArray(actual)) return actual.includes(wanted as string)
  if (typeof actual === 'object') return undefined
  switch (op) {
    case 'eq':
      return typeof actual === typeof wanted ? actual === wanted : undefined
    case 'ne':
      return typeof actual === typeof wanted ? actual !== wanted : undefined
    case 'in':
    case 'not-in': {
      const list = wanted as readonly Scalar[]
      if (list.length > 0 && list.every((item) => typeof item !== typeof actual)) return undefined
      return list.includes(actual) === (op === 'in')
    }
  }
  if (op.startsWith('semver')) {
    if (typeof actual !== 'string') return undefined
    const order = compareSemver(actual, wanted as string)
    return order === undefined ? undefined : ordered(op.slice(7), order)
  }
  if (typeof actual !== typeof wanted || typeof actual === 'boolean') return undefined
  if (op === 'starts-with' || op === 'ends-with' || op === 'contains') {
    if (typeof actual !== 'string') return undefined
    const [text, part] = [actual, wanted as string]
    return op === 'contains'
      ? text.includes(part)
      : op === 'starts-with'
        ? text.startsWith(part)
        : text.endsWith(part)
  }
  return ordered(op, actual < (wanted as typeof actual) ? -1 : actual === wanted ? 0 : 1)
}

function ordered(op: string, order: number): boolean {
  if (op === 'eq') return order === 0
  if (op === 'gt') return order > 0
  if (op === 'gte') return order >= 0
  return op === 'lt' ? order < 0 : order <= 0
}

const SCALARS = ['string', 'number', 'boolean']
/** What stands beside each operator; `scalars` is a list. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  eq: SCALARS,
  ne: SCALARS,
  in: ['scalars'],
  'not-in': ['scalars'],
  gt: ['number', 'string'],
  gte: ['number', 'string'],
  lt: ['number', 'string'],
  lte: ['number', 'string'],
  'starts-with': ['string'],
  'ends-with': ['string'],
  contains: ['string'],
  'semver-eq': ['version'],
  'semver-gt': ['version'],
  'semver-gte': ['version'],
  'semver-lt': ['version'],
  'semver-lte': ['version'],
  exists: ['undefined'],
  missing: ['undefined'],
}

/** Throws `abtest.invalid-condition` unless `condition` is one. */
export function checkCondition(condition: Condition, depth = 0): void {
  const fault = (why: string) =>
    invalid('abtest.invalid-condition', `the condition cannot be read: ${why}`, { condition })
  if (typeof condition !== 'object' || condition === null) throw fault(`it is ${String(condition)}`)
  if (depth > 100) throw fault('it is nested more than 100 deep')
  for (const key of ['and', 'or'] as const) {
    if (!(key in condition)) continue
    const sides = (condition as Record<string, unknown>)[key]
    if (!Array.isArray(sides)) throw fault(`'${key}' takes a list`)
    for (const side of sides) checkCondition(side, depth + 1)
    return
  }
  if ('not' in condition) {
    checkCondition(condition.not, depth + 1)
    return
  }
  const { attribute, op, value } = condition as { attribute: unknown; op: string; value?: unknown }
  if (typeof attribute !== 'string' || attribute === '') throw fault('it names no attribute')
  const kinds = Object.hasOwn(VALUES, op) ? VALUES[op]! : undefined
  if (kinds === undefined)
    throw fault(`there is no operator '${String(op)}'; there are ${Object.keys(VALUES).join(', ')}`)
  if (!kinds.some((kind) => isOf(kind, value)))
    throw fault(`'${op}' takes a value of kind ${kinds.join(' or ')}, got ${shown(value)}`)
}

function isOf(kind: string, value: unknown): boolean {
  if (kind === 'scalars')
    return Array.isArray(value) && value.every((item) => SCALARS.some((one) => isOf(one, item)))
  if (kind === 'version')
    return typeof value === 'string' && compareSemver(value, '0.0.0') !== undefined
  if (kind === 'number') return Number.isFinite(value)
  return kind === typeof value
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
