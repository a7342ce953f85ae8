import type { BanditState, PolicyValue } from '@mlops/abtest/bandits'
import { loggedColumns, policyValue, thompsonBeta } from '@mlops/abtest/bandits'
import type { Clock, IdSource } from '@mlops/core'
import { createRng, isoTime } from '@mlops/core'
import type { Store } from '@mlops/store'
import { conflict, notFound } from './errors.ts'
import type { Tables } from './tables.ts'

const NAME = 'banners'

/** A bandit over banners: chooses with a known propensity, learns from rewards that come late. */
export interface Banners {
  choose(): Promise<{ id: string; arm: string; propensity: number }>
  /** Learns; choices that are unknown, or have their reward already, are counted and left out. */
  reward(
    rewards: readonly { readonly choice: string; readonly reward: number }[],
  ): Promise<{ kept: number; repeated: number; unknown: number }>
  standing(): { arms: readonly string[]; probabilities: readonly number[]; rewards: number }
  /** What always showing one arm would have earned, from the log alone. */
  valueOf(arm: string): Promise<PolicyValue>
}

export async function openBanners({
  store,
  clock,
  ids,
  arms,
  seed,
}: {
  readonly store: Store<Tables>
  readonly clock: Clock
  readonly ids: IdSource
  readonly arms: readonly string[]
  readonly seed: string
}): Promise<Banners> {
  // No arm dies out: each keeps 5 %, so that the log can value any other policy.
  const bandit = thompsonBeta({ floor: 0.05 })
  type State = ReturnType<typeof bandit.start>
  const { state, seen } = await store.transaction(async (tx) => {
    const kept = await tx.selectFrom('bandits').select('state').where('name', '=', NAME).executeTakeFirst()
    const { count } = await tx
      .selectFrom('choices')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('bandit', '=', NAME)
      .executeTakeFirstOrThrow()
    if (kept !== undefined) return { state: JSON.parse(kept.state) as State, seen: count }
    const fresh = bandit.start(arms)
    await tx
      .insertInto('bandits')
      .values({ name: NAME, state: JSON.stringify(fresh) })
      .execute()
    return { state: fresh, seen: 0 }
  })
  // A restart must not repeat the draws of the run before.
  const rng = createRng(`${seed}/${seen}`)
  let run = bandit.run(state, { rng })

  return {
    async choose() {
      const { arm, propensity } = run.select()
      const id = ids.next()
      const row = { id, bandit: NAME, arm, propensity, reward: null, at: isoTime(clock) }
      await store.query.insertInto('choices').values(row).execute()
      return { id, arm, propensity }
    },

    async reward(rewards) {
      const { next, ...counts } = await store.transaction(async (tx) => {
        const { state: text } = await tx
          .selectFrom('bandits')
          .select('state')
          .where('name', '=', NAME)
          .executeTakeFirstOrThrow()
        const wanted = rewards.map(({ choice }) => choice)
        const rows = await tx.selectFrom('choices').select(['id', 'arm', 'reward']).where('id', 'in', wanted).execute()
        const open = new Map(rows.filter(({ reward }) => reward === null).map(({ id, arm }) => [id, arm]))
        const found = new Set(rows.map(({ id }) => id))
        const outcomes = rewards.flatMap(({ choice, reward }) => {
          const arm = open.get(choice)
          open.delete(choice)
          return arm === undefined ? [] : [{ choice, arm, reward }]
        })
        const learned = bandit.update(JSON.parse(text) as State, outcomes)
        for (const { choice, reward } of outcomes)
          await tx.updateTable('choices').set({ reward }).where('id', '=', choice).execute()
        // What was learned and the log that it was learned from: both, or neither.
        await tx
          .updateTable('bandits')
          .set({ state: JSON.stringify(learned) })
          .where('name', '=', NAME)
          .execute()
        const unknown = rewards.filter(({ choice }) => !found.has(choice)).length
        const kept = outcomes.length
        return { next: learned, kept, repeated: rewards.length - kept - unknown, unknown }
      })
      run = bandit.run(next, { rng })
      return counts
    },

    standing() {
      const now: BanditState = run.state()
      return { ...bandit.probabilities(run.state()), rewards: now.updates }
    },

    async valueOf(arm) {
      if (!arms.includes(arm)) throw notFound('banners.unknown', `there is no banner '${arm}'`, { arms })
      const rows = await store.query
        .selectFrom('choices')
        .select(['arm', 'propensity', 'reward'])
        .where('bandit', '=', NAME)
        .orderBy('id')
        .execute()
      if (rows.length === 0) throw conflict('banners.no-log', 'nothing was chosen yet', {})
      return policyValue(loggedColumns(rows, { arms, target: () => arms.map((one) => Number(one === arm)) }))
    },
  }
}
