import type { Clock } from '@mlops/core'
import { invalid, isoTime } from '@mlops/core'
import { given } from '../given.ts'
import { requireClock } from '../plan-seal.ts'
import type { Attributes } from './condition.ts'
import type { Assigner, Assignment } from './create-assigner.ts'
import type { StickyDocument, StickyStore } from './sticky-store.ts'

/**
 * Assigns a unit and keeps its arm: what is stored counts, what is new is stored. Of two requests at
 * once both get the arm that was stored first.
 *
 * Input: an assigner, the unit's attributes, a store. Output: the {@link Assignment}; a promise of it
 * when the store answers with promises. Units that do not take part are not stored.
 * Cost: one or two reads and, the first time, one write.
 *
 * @example
 * ```ts
 * import { assignSticky, createAssigner, memoryStickyStore } from '@mlops/abtest/assignment'
 *
 * const store = memoryStickyStore()
 * const arms = (treatment: number) => [
 *   { key: 'control', weight: 1 - treatment },
 *   { key: 'treatment', weight: treatment },
 * ]
 * const before = createAssigner({ key: 'checkout', arms: arms(1) })
 * const after = createAssigner({ key: 'checkout', arms: arms(0) })
 * console.log(assignSticky(before, { id: 'user-1' }, { store }).arm) // treatment
 * const { arm, reason } = assignSticky(after, { id: 'user-1' }, { store })
 * console.log(arm, reason) // treatment sticky
 * ```
 */
export function assignSticky(
  assigner: Assigner,
  attributes: Attributes,
  options: { readonly store: StickyStore<'sync'> },
): Assignment
export function assignSticky(
  assigner: Assigner,
  attributes: Attributes,
  options: { readonly store: StickyStore },
): Assignment | Promise<Assignment>
export function assignSticky(
  assigner: Assigner,
  attributes: Attributes,
  options: { readonly store: StickyStore },
): Assignment | Promise<Assignment> {
  const { store } = given(options)
  if (typeof store?.find !== 'function' || typeof assigner?.assign !== 'function')
    throw invalid(
      'abtest.invalid-option',
      'assignSticky takes an assigner of createAssigner, and { store } with find and putIfAbsent',
      {},
    )
  if (typeof attributes !== 'object' || attributes === null) return assigner.assign(attributes)
  const { unit, fallbackUnit, sticky } = assigner.experiment
  if (sticky === 'off') return assigner.assign(attributes)
  const found = [unit, fallbackUnit].flatMap((attribute) => {
    const value =
      attribute !== undefined && Object.hasOwn(attributes, attribute) && attributes[attribute]
    const usable = typeof value === 'string' || typeof value === 'number'
    return usable ? [store.find(attribute as string, String(value))] : []
  })
  if (found.some((document) => document instanceof Promise))
    return Promise.all(found).then((documents) => settle(documents))
  return settle(found as (StickyDocument | undefined)[])

  function settle(documents: (StickyDocument | undefined)[]): Assignment | Promise<Assignment> {
    const known = documents.filter((document) => document !== undefined)
    const assignment = assigner.assign(attributes, known)
    const { unit: own, arm, reason } = assignment
    if (own === null || arm === null) return assignment
    const kept = known.find((d) => d.attribute === own.attribute)?.assignments
    if (reason === 'sticky' && kept?.[assigner.stickyEntry] === arm) return assignment
    // An entry that names no arm of the experiment stands in the way, and would stand for ever.
    if (kept !== undefined && Object.hasOwn(kept, assigner.stickyEntry)) return assignment
    const stands = store.putIfAbsent(own.attribute, own.value, assigner.stickyEntry, arm)
    return stands instanceof Promise ? stands.then(agreed) : agreed(stands)

    function agreed(stored: string): Assignment {
      if (stored === arm || !assigner.experiment.arms.includes(stored)) return assignment
      return { ...assignment, arm: stored, reason: 'sticky', propensity: null }
    }
  }
}

/** An assignment that took effect at a time: what analysis counts as an exposure. */
export interface Exposure extends Omit<Assignment, 'kind'> {
  readonly kind: 'ab-exposure'
  /** ISO 8601. */
  readonly at: string
}

/**
 * The record of an exposure: the assignment, when the unit met its arm.
 *
 * Log it where the arm makes a difference, not where it is looked up: units that never met the
 * difference only dilute it.
 *
 * @example
 * ```ts
 * import { manualClock } from '@mlops/core'
 * import { createAssigner, exposure } from '@mlops/abtest/assignment'
 *
 * const assigner = createAssigner({ key: 'checkout', arms: [{ key: 'only' }] })
 * const clock = manualClock('2026-03-02T09:00:00Z')
 * const { arm, at } = exposure(assigner.assign({ id: 7 }), { clock })
 * console.log(arm, at) // only 2026-03-02T09:00:00.000Z
 * ```
 */
export function exposure(assignment: Assignment, options: { readonly clock: Clock }): Exposure {
  if (given(assignment).kind !== 'ab-assignment')
    throw invalid('abtest.invalid-option', 'exposure takes what an assigner returned', {})
  const clock = requireClock(options)
  return { ...assignment, kind: 'ab-exposure', at: isoTime(clock) }
}
