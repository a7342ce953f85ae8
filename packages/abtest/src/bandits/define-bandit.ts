import { invalid, MlopsError } from '@mlops/core'
import { given } from '../given.ts'
import { requireOption } from '../require-option.ts'
import { plain, same, withoutInfinity } from './arm-shares.ts'
import type {
  ArmProbabilities,
  Bandit,
  BanditArm,
  BanditChoice,
  BanditContext,
  BanditOutcome,
  BanditRun,
  BanditState,
} from './bandit.ts'
import { checkArms, checkState } from './bandit-state.ts'

/**
 * A bandit as its author writes it: a working state that `learn` changes in place, and its way to JSON
 * and back. `Arm` and `Shared` are plain JSON; `Work` may hold typed arrays.
 */
export interface BanditDefinition<Arm extends object, Shared extends object, Work> {
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
  /** Number of features; undefined for a bandit without context. */
  readonly dimension?: number
  /** Least and largest reward. */
  readonly rewards: readonly [least: number, most: number]
  /** @default 'optional' */
  readonly propensity?: 'required' | 'optional'
  /** The body of a new arm beside those that are active. */
  freshArm(active: readonly Arm[]): Arm
  freshShared(): Shared
  load(arms: readonly BanditArm<Arm>[], shared: Shared): Work
  save(work: Work): { readonly arms: readonly Arm[]; readonly shared: Shared }
  /** Fills in scores and probabilities, one for each of the active arms; both start as zeros. */
  decide(
    work: Work,
    active: readonly number[],
    scores: Float64Array,
    probabilities: Float64Array,
    context: Float64Array,
  ): void
  learn(
    work: Work,
    arm: number,
    outcome: BanditOutcome,
    active: readonly number[],
    context: Float64Array,
  ): void
  /** Whether, after what was just learned, probabilities are still what they were. @default never */
  decisionStands?(work: Work): boolean
  mergeArms(a: Arm, b: Arm): Arm
  mergeShared(a: Shared, b: Shared): Shared
  /** What is wrong with the body of an arm or the shared part; undefined when nothing is. */
  faultOf(body: Arm | Shared, part: 'arm' | 'shared'): string | undefined
}

/** Makes a {@link Bandit} of a definition: checks what comes in, draws arms, and keeps the arms' list. */
export function defineBandit<Arm extends object, Shared extends object, Work>(
  definition: BanditDefinition<Arm, Shared, Work>,
): Bandit<Arm, Shared> {
  type State = BanditState<Arm, Shared>
  const { name } = definition
  const options = Object.freeze({ ...definition.options })

  function start(arms: readonly string[]): State {
    checkArms(arms)
    const sorted = [...arms].sort(byCodeUnit)
    return {
      kind: 'bandit-state',
      formatVersion: 1,
      bandit: name,
      options,
      updates: 0,
      arms: sorted.map((id) => ({ id, status: 'active', body: definition.freshArm([]) })),
      shared: definition.freshShared(),
    }
  }

  function check(state: State): void {
    checkState(state, { name, options, faultOf: definition.faultOf })
  }

  function withArm(state: State, id: string): State {
    check(state)
    const known = state.arms.find((arm) => arm.id === id)
    if (known !== undefined)
      throw invalid(
        'abtest.arm-exists',
        known.status === 'active'
          ? `there is an arm '${id}' already`
          : `there was an arm '${id}', and ids are never used again: its rewards would count for the new one. Take another id`,
        { arm: id },
      )
    const active = state.arms.filter(({ status }) => status === 'active')
    const body = definition.freshArm(active.map((arm) => arm.body))
    const arms = [...state.arms, { id, status: 'active' as const, body }]
    checkArms(arms.map((arm) => arm.id))
    return { ...state, arms: arms.sort((a, b) => byCodeUnit(a.id, b.id)) }
  }

  function withoutArm(state: State, id: string): State {
    check(state)
    if (!state.arms.some((arm) => arm.id === id && arm.status === 'active')) throw unknownArm(id)
    const arms = state.arms.map((arm) =>
      arm.id === id ? { ...arm, status: 'removed' as const } : arm,
    )
    if (!arms.some(({ status }) => status === 'active'))
      throw invalid('abtest.no-arms', `'${id}' is the last arm; add another one before`, {
        arm: id,
      })
    return { ...state, arms }
  }

  function merge(a: State, b: State): State {
    check(a)
    check(b)
    const [left, right] = [
      new Map(a.arms.map((arm) => [arm.id, arm])),
      new Map(b.arms.map((arm) => [arm.id, arm])),
    ]
    const ids = [...new Set([...left.keys(), ...right.keys()])].sort(byCodeUnit)
    const arms = ids.map((id): BanditArm<Arm> => {
      const [x, y] = [left.get(id), right.get(id)]
      if (x === undefined || y === undefined) return (x ?? y)!
      const status = x.status === 'removed' ? x.status : y.status
      return { id, status, body: definition.mergeArms(x.body, y.body) }
    })
    const shared = definition.mergeShared(a.shared, b.shared)
    return { ...a, updates: a.updates + b.updates, arms, shared }
  }

  function resume(state: State): Resumed<Arm, Shared> {
    check(state)
    return resumed(definition, options, state)
  }

  return Object.freeze({
    name,
    options,
    start,
    merge,
    addArm: withArm,
    removeArm: withoutArm,
    probabilities: (state: State, options: { context?: BanditContext } = {}) =>
      resume(state).decide(given(options).context),
    select: (state: State, options: { rng: { next(): number }; context?: BanditContext }) =>
      resume(state).select(requireRng(name, options), options.context),
    update(state: State, outcomes: BanditOutcome | readonly BanditOutcome[]) {
      const one = resume(state)
      for (const outcome of isBatch(outcomes) ? outcomes : [outcomes]) one.update(outcome)
      return one.state()
    },
    run(from: readonly string[] | State, options: { rng: { next(): number } }) {
      const rng = requireRng(name, options)
      const one = resume(isIds(from) ? start(from) : from)
      const run: BanditRun<Arm, Shared> = {
        select: (context) => one.select(rng, context),
        update: one.update,
        state: one.state,
      }
      return run
    },
  })
}

interface Resumed<Arm, Shared> {
  decide(context: BanditContext | undefined): ArmProbabilities
  select(rng: { next(): number }, context: BanditContext | undefined): BanditChoice
  update(outcome: BanditOutcome): void
  state(): BanditState<Arm, Shared>
}

function resumed<Arm extends object, Shared extends object, Work>(
  definition: BanditDefinition<Arm, Shared, Work>,
  options: BanditState['options'],
  state: BanditState<Arm, Shared>,
): Resumed<Arm, Shared> {
  const { name, dimension, rewards, propensity: need } = definition
  const work = definition.load(state.arms, state.shared)
  const outline = state.arms.map(({ id, status }) => ({ id, status }))
  const indexOf = new Map(outline.map(({ id }, at) => [id, at]))
  const active = outline.flatMap(({ status }, at) => (status === 'active' ? [at] : []))
  const arms = Object.freeze(active.map((at) => outline[at]!.id))
  const [least, most] = rewards
  let updates = state.updates
  let decision: ArmProbabilities | undefined
  let last: ArmProbabilities | undefined
  const scores = new Float64Array(arms.length)
  const probabilities = new Float64Array(arms.length)
  const x = new Float64Array(dimension ?? 0)

  function decide(context: BanditContext | undefined): ArmProbabilities {
    if (dimension === undefined) {
      if (decision !== undefined) return decision
    } else copyContext(name, x, context)
    // A loop, for fill and includes of so short an array take longer than the rest of a choice.
    for (let i = 0; i < scores.length; i++) {
      scores[i] = 0
      probabilities[i] = 0
    }
    definition.decide(work, active, scores, probabilities, x)
    const before = last?.probabilities
    last = {
      arms,
      probabilities:
        before !== undefined && same(before, probabilities) ? before : plain(probabilities),
      scores: withoutInfinity(scores),
    }
    decision = last
    return decision
  }

  function select(rng: { next(): number }, context: BanditContext | undefined): BanditChoice {
    const { probabilities: shown, scores: held } = decide(context)
    let u = rng.next()
    let chosen = -1
    for (let i = 0; i < probabilities.length; i++) {
      const p = probabilities[i]!
      if (p > 0) {
        chosen = i
        u -= p
        if (u < 0) break
      }
    }
    return {
      kind: 'bandit-choice',
      bandit: name,
      arm: arms[chosen]!,
      propensity: probabilities[chosen]!,
      arms,
      probabilities: shown,
      scores: held,
    }
  }

  function update(outcome: BanditOutcome): void {
    const { arm, reward, context, propensity } = outcome ?? {}
    const at = indexOf.get(arm)
    if (arm === undefined || at === undefined) throw unknownArm(arm)
    if (!(typeof reward === 'number' && reward >= least && reward <= most)) {
      throw invalid(
        'abtest.bad-reward',
        `${name} takes rewards that are numbers within [${least}, ${most}], got ${String(reward)} for arm '${arm}'; leave an outcome out until its reward is known, and scale rewards of another range`,
        { arm, reward: String(reward) },
      )
    }
    if (dimension !== undefined) copyContext(name, x, context)
    if (propensity === undefined ? need === 'required' : !(propensity > 0 && propensity <= 1)) {
      throw invalid(
        'abtest.bad-propensity',
        `${name} needs the propensity of the choice, above 0 and at most 1, got ${String(propensity)}; hand on that of the choice`,
        { arm, propensity: String(propensity) },
      )
    }
    definition.learn(work, at, outcome, active, x)
    updates++
    if (definition.decisionStands?.(work) !== true) decision = undefined
  }

  return {
    decide,
    select,
    update,
    state() {
      const saved = definition.save(work)
      return {
        kind: 'bandit-state',
        formatVersion: 1,
        bandit: name,
        options,
        updates,
        arms: outline.map(({ id, status }, at) => ({ id, status, body: saved.arms[at]! })),
        shared: saved.shared,
      }
    },
  }
}

/** Merging is refused where order matters and nothing tells it. */
export function cannotMerge(name: string, why: string): MlopsError {
  return new MlopsError({
    kind: 'unsupported',
    code: 'abtest.cannot-merge',
    message: `states of ${name} cannot be merged: ${why}`,
    details: { bandit: name },
  })
}

function copyContext(name: string, into: Float64Array, context: BanditContext | undefined): void {
  if (context?.length === into.length) {
    let fine = true
    for (let i = 0; i < into.length; i++) {
      into[i] = context[i]!
      if (!(Math.abs(into[i]!) < 1e100)) fine = false
    }
    if (fine) return
  }
  throw invalid(
    'abtest.bad-context',
    `${name} needs a context of ${into.length} finite numbers, got ${context === undefined || context === null ? 'none' : `[${Array.from(context).slice(0, 20).join(', ')}]`}`,
    { dimension: into.length, length: context?.length ?? 0 },
  )
}

function requireRng(name: string, options: { rng: { next(): number } }) {
  const { rng } = given(options)
  requireOption(
    'rng',
    rng,
    typeof rng?.next === 'function',
    `draw the arms of ${name}: createRng(7)`,
  )
  return rng
}

function isIds<State>(from: readonly string[] | State): from is readonly string[] {
  return Array.isArray(from)
}

function unknownArm(arm: string | undefined) {
  return invalid(
    'abtest.unknown-arm',
    `there is no arm '${String(arm)}'; add it with addArm, or hand on the arm of the choice`,
    { arm },
  )
}

function isBatch(o: BanditOutcome | readonly BanditOutcome[]): o is readonly BanditOutcome[] {
  return Array.isArray(o)
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
