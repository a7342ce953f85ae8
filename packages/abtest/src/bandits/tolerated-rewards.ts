import { requireShare } from '../require-option.ts'
import type {
  ArmRewards,
  BanditMemory,
  RewardCounts,
  RewardsWork,
  RewardWindow,
} from './arm-rewards.ts'
import { rewardCounting } from './arm-rewards.ts'
import type { BanditArm } from './bandit.ts'
import { numbersFault } from './bandit-state.ts'
import type { BanditDefinition } from './define-bandit.ts'
import type { BestArm, Posteriors } from './posteriors.ts'
import { COMPUTED_SHARE } from './posteriors.ts'

/** Rewards, and those of them that the probabilities know of. */
export interface ToleratedWork extends RewardsWork {
  readonly known: RewardCounts
  /** How far the posterior of each arm has moved since. */
  readonly moved: Float64Array
  readonly best: BestArm
  /** Whether what was just learned left `known` as it was. */
  stands: boolean
}

type Part = Pick<
  BanditDefinition<ArmRewards, RewardWindow, ToleratedWork>,
  | 'freshArm'
  | 'load'
  | 'save'
  | 'learn'
  | 'decisionStands'
  | 'mergeArms'
  | 'freshShared'
  | 'mergeShared'
  | 'faultOf'
>

/**
 * {@link rewardCounting} for bandits whose probabilities cost much: they stay until the posteriors have moved so far
 * that a probability of being best may be off by more than `tolerance`.
 *
 * With J the divergences of the arms' posteriors, then and now, `½·sqrt(Σ J)` bounds the total variation between
 * draws of all posteriors, and so between the laws of the arm that is best in such a draw (Pinsker's inequality; what
 * is computed of two draws differs no more than they do). {@link COMPUTED_SHARE} of the tolerance is kept back for
 * the error of the probabilities themselves. What the probabilities know of is in the state and follows
 * from the rewards alone, so a continued bandit chooses as one that ran on; with 0 it is always all.
 */
export function toleratedRewards(
  name: string,
  memory: BanditMemory,
  tolerance: number,
  posteriors: Posteriors,
): Part {
  requireShare('tolerance', tolerance)
  const counting = rewardCounting(name, memory)
  const { divergence } = posteriors
  const bestOf = (arms: readonly BanditArm<ArmRewards>[]): BestArm => {
    // Made when it is asked for: most states are loaded only to learn.
    let best: BestArm | undefined
    return {
      fill(known, active, scores, probabilities) {
        best ??= posteriors.best(arms.filter(({ status }) => status === 'active').length)
        best.fill(known, active, scores, probabilities)
      },
    }
  }
  if (tolerance === 0) {
    return {
      ...counting,
      load(arms, shared) {
        const work = counting.load(arms, shared)
        return Object.assign(work, {
          known: work,
          moved: new Float64Array(0),
          best: bestOf(arms),
          stands: false,
        })
      },
    }
  }
  // In the divergences' unit.
  const most = (2 * (1 - COMPUTED_SHARE) * tolerance) ** 2

  return {
    ...counting,
    freshArm: () => ({ ...counting.freshArm([]), known: { n: 0, sum: 0, m2: 0 } }),
    load(arms, shared) {
      const work = counting.load(arms, shared)
      const of = (key: 'n' | 'sum' | 'm2') =>
        Float64Array.from(arms, ({ body }) => body.known![key])
      const known = { n: of('n'), sum: of('sum'), m2: of('m2') }
      const moved = Float64Array.from(arms, (_, k) => divergence(known, work, k))
      return Object.assign(work, { known, moved, best: bestOf(arms), stands: false })
    },
    save(work) {
      const { arms, shared } = counting.save(work)
      const { n, sum, m2 } = work.known
      return {
        arms: arms.map((arm, k) => ({ ...arm, known: { n: n[k]!, sum: sum[k]!, m2: m2[k]! } })),
        shared,
      }
    },
    learn(work, arm, outcome, active, context) {
      const { known, moved } = work
      counting.learn(work, arm, outcome, active, context)
      if (memory === 'all') moved[arm] = divergence(known, work, arm)
      else for (let k = 0; k < moved.length; k++) moved[k] = divergence(known, work, k)
      let sum = 0
      for (let i = 0; i < active.length; i++) sum += moved[active[i]!]!
      work.stands = sum <= most
      if (work.stands) return
      known.n.set(work.n)
      known.sum.set(work.sum)
      known.m2.set(work.m2)
      moved.fill(0)
    },
    decisionStands: ({ stands }) => stands,
    mergeArms(a, b) {
      const { n, sum, m2 } = counting.mergeArms(a, b)
      return { n, sum, m2, known: { n, sum, m2 } }
    },
    faultOf(body, part) {
      const fault = counting.faultOf(body, part)
      if (fault !== undefined || part === 'shared') return fault
      const { known } = body as ArmRewards
      if (typeof known !== 'object' || known === null) return "'known' is missing"
      return numbersFault(known, ['n', 'sum', 'm2'])
    },
  }
}
