import { canonicalJson, invalid, MlopsError } from '@mlops/core'
import type { BanditState } from './bandit.ts'

/** What a state must be like to be continued. */
export interface StateOutline<Arm, Shared> {
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
  faultOf(body: Arm | Shared, part: 'arm' | 'shared'): string | undefined
}

/** Throws unless `state` is one that a bandit of this outline wrote. */
export function checkState<Arm, Shared>(
  state: BanditState<Arm, Shared>,
  { name, options, faultOf }: StateOutline<Arm, Shared>,
): void {
  if (state?.kind !== 'bandit-state') throw notAState(name, 'it is no bandit state')
  if (state.formatVersion !== 1) {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'abtest.unsupported-format',
      message: `the bandit state has format ${String(state.formatVersion)}, this version reads format 1; start afresh, or update @mlops/abtest`,
      details: { formatVersion: state.formatVersion },
    })
  }
  if (state.bandit !== name) throw notAState(name, `it is one of ${String(state.bandit)}`)
  if (state.options !== options && !sameOptions(state.options, options))
    throw notAState(name, 'it was written under other options')
  if (!(Number.isSafeInteger(state.updates) && state.updates >= 0))
    throw notAState(name, "'updates' is no count")
  const { arms } = state
  if (!Array.isArray(arms) || arms.length === 0) throw notAState(name, 'it has no arms')
  let before: string | undefined
  let active = 0
  for (const { id, status, body } of arms) {
    if (typeof id !== 'string' || (before !== undefined && !(before < id)))
      throw notAState(name, 'its arms are not in the order of their ids')
    if (status === 'active') active++
    else if (status !== 'removed') throw notAState(name, `the status of arm '${id}' is unknown`)
    const fault = isObject(body) ? faultOf(body as Arm, 'arm') : 'its body is missing'
    if (fault !== undefined) throw notAState(name, `arm '${id}': ${fault}`)
    before = id
  }
  if (active === 0) throw notAState(name, 'no arm is active')
  const fault = isObject(state.shared) ? faultOf(state.shared, 'shared') : 'it is missing'
  if (fault !== undefined) throw notAState(name, `the shared part: ${fault}`)
}

/** Throws `abtest.no-arms` or `abtest.invalid-arm` unless there are arms, each with a name of its own. */
export function checkArms(arms: readonly string[]): void {
  if (!Array.isArray(arms) || arms.length === 0)
    throw invalid('abtest.no-arms', 'a bandit needs arms: a list of ids', {})
  const seen = new Set<string>()
  for (const id of arms) {
    if (typeof id !== 'string' || id === '' || seen.has(id)) {
      const why = seen.has(id) ? 'is there twice' : 'is no id: take a text that is not empty'
      throw invalid('abtest.invalid-arm', `${JSON.stringify(id) ?? String(id)} ${why}`, { arm: id })
    }
    seen.add(id)
  }
}

/** Says which of the named fields is no finite number (or list of them); undefined when all are. */
export function numbersFault(body: object, fields: readonly string[]): string | undefined {
  for (const field of fields) {
    const value = (body as Record<string, unknown>)[field]
    const fine = Array.isArray(value) ? value.every(Number.isFinite) : Number.isFinite(value)
    if (!fine) return `'${field}' is no number`
  }
  return undefined
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** Whatever the order of their keys, which some databases change. */
function sameOptions(a: unknown, b: unknown): boolean {
  try {
    return canonicalJson(a) === canonicalJson(b)
  } catch {
    return false
  }
}

function notAState(name: string, why: string) {
  return invalid(
    'abtest.not-a-bandit-state',
    `the state cannot be continued by ${name}: ${why}; give a state that this bandit returned, or start afresh`,
    { bandit: name },
  )
}
