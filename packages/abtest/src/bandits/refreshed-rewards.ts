import type {
  ArmRewards,
  BanditMemory,
  RewardCounts,
  RewardsWork,
  RewardWindow,
} from './arm-rewards.ts'
import { rewardCounting } from './arm-rewards.ts'
import { numbersFault } from './bandit-state.ts'
import type { BanditDefinition } from './define-bandit.ts'
import { requireShare } from './require-option.ts'

/** Rewards, and those of them that the probabilities know of. */
export interface RefreshedWork extends RewardsWork {
  known: RewardCounts
  /** Rewards learned from since. */
  sinceRefresh: number
}

type Part = Pick<
  BanditDefinition<ArmRewards, RewardWindow, RefreshedWork>,
  | 'freshArm'
  | 'freshShared'
  | 'load'
  | 'save'
  | 'learn'
  | 'decisionStands'
  | 'mergeArms'
  | 'mergeShared'
  | 'faultOf'
>

/**
 * {@link rewardCounting} for bandits whose probabilities cost much: they know of the rewards up to a moment, which
 * moves on once `refresh` times as many came in since. The moment and what was known then are in the state, so that
 * a continued bandit chooses as one that ran on; with 0 it is always now.
 */
export function refreshedRewards(name: string, memory: BanditMemory, refresh: number): Part {
  requireShare('refresh', refresh)
  const counting = rewardCounting(name, memory)
  if (refresh === 0) {
    return {
      ...counting,
      load(arms, shared) {
        const work = counting.load(arms, shared)
        return Object.assign(work, { known: work, sinceRefresh: 0 })
      },
    }
  }

  return {
    ...counting,
    freshArm: () => ({ ...counting.freshArm([]), known: { n: 0, sum: 0, m2: 0 } }),
    freshShared: () => ({ ...counting.freshShared(), sinceRefresh: 0 }),
    load(arms, shared) {
      const work = counting.load(arms, shared)
      const { sinceRefresh = 0 } = shared
      // After a merge all is known, also of arms that one of the two did not have.
      const of = (key: 'n' | 'sum' | 'm2') =>
        Float64Array.from(arms, ({ body }) => (sinceRefresh === 0 ? body : body.known!)[key])
      return Object.assign(work, {
        known: { n: of('n'), sum: of('sum'), m2: of('m2') },
        sinceRefresh,
      })
    },
    save(work) {
      const { arms, shared } = counting.save(work)
      const { n, sum, m2 } = work.known
      return {
        arms: arms.map((arm, k) => ({ ...arm, known: { n: n[k]!, sum: sum[k]!, m2: m2[k]! } })),
        shared: { ...shared, sinceRefresh: work.sinceRefresh },
      }
    },
    learn(work, arm, outcome, active, context) {
      counting.learn(work, arm, outcome, active, context)
      let total = 0
      for (let k = 0; k < work.known.n.length; k++) total += work.known.n[k]!
      if (++work.sinceRefresh < refresh * total) return
      work.known.n.set(work.n)
      work.known.sum.set(work.sum)
      work.known.m2.set(work.m2)
      work.sinceRefresh = 0
    },
    decisionStands: ({ sinceRefresh }) => sinceRefresh > 0,
    mergeArms(a, b) {
      const merged = counting.mergeArms(a, b)
      const { n, sum, m2 } = merged
      return { ...merged, known: { n, sum, m2 } }
    },
    mergeShared: (a, b) => ({ ...counting.mergeShared(a, b), sinceRefresh: 0 }),
    faultOf(body, part) {
      const fault = counting.faultOf(body, part)
      if (fault !== undefined) return fault
      if (part === 'shared') return numbersFault(body, ['sinceRefresh'])
      const { known } = body as ArmRewards
      if (typeof known !== 'object' || known === null) return "'known' is missing"
      return numbersFault(known, ['n', 'sum', 'm2'])
    },
  }
}
