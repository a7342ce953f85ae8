import { requireCount, requireOption } from '../require-option.ts'
import type { BanditArm } from './bandit.ts'
import { numbersFault } from './bandit-state.ts'
import type { BanditDefinition } from './define-bandit.ts'
import { cannotMerge } from './define-bandit.ts'

/**
 * Which rewards count: all; all, each fading by `discount` with every later reward of any arm; or the
 * last `window` rewards over all arms.
 */
export type BanditMemory = 'all' | { readonly discount: number } | { readonly window: number }

/** Number, sum and squared deviations of an arm's rewards; with a discount they are weighted. */
export interface ArmRewards {
  readonly n: number
  readonly sum: number
  readonly m2: number
  /** Those that the probabilities know of; absent where they know of all. */
  readonly known?: { readonly n: number; readonly sum: number; readonly m2: number }
}

/** The rewards inside the window, oldest first, and how many came in since the last full count. */
export interface RewardWindow {
  readonly recent: readonly { readonly arm: string; readonly reward: number }[]
  readonly sinceCount: number
}

/** Number, sum and squared deviations of the rewards of all arms. */
export interface RewardCounts {
  readonly n: Float64Array
  readonly sum: Float64Array
  readonly m2: Float64Array
}

/** {@link ArmRewards} of all arms, ready for work. */
export interface RewardsWork extends RewardCounts {
  readonly ids: readonly string[]
  /** A ring: the rewards inside the window and their arms. */
  readonly ringArm: Int32Array
  readonly ringReward: Float64Array
  next: number
  filled: number
  sinceCount: number
}

type Part = Pick<
  BanditDefinition<ArmRewards, RewardWindow, RewardsWork>,
  'freshArm' | 'freshShared' | 'load' | 'save' | 'learn' | 'mergeArms' | 'mergeShared' | 'faultOf'
>

/** What the bandits without context have in common: they count rewards. */
export function rewardCounting(name: string, memory: BanditMemory): Part {
  checkMemory(memory)
  const discount = typeof memory === 'object' && 'discount' in memory ? memory.discount : 1
  const size = typeof memory === 'object' && 'window' in memory ? memory.window : 0

  return {
    freshArm: () => ({ n: 0, sum: 0, m2: 0 }),
    freshShared: () => ({ recent: [], sinceCount: 0 }),
    load: (arms, shared) => loaded(arms, shared, size),
    save: (work) => ({
      arms: work.ids.map((_, k) => ({ n: work.n[k]!, sum: work.sum[k]!, m2: work.m2[k]! })),
      shared: {
        recent: Array.from({ length: work.filled }, (_, i) => {
          const at = (work.next - work.filled + i + size) % size
          return { arm: work.ids[work.ringArm[at]!]!, reward: work.ringReward[at]! }
        }),
        sinceCount: work.sinceCount,
      },
    }),
    learn(work, arm, { reward }) {
      if (discount < 1) fade(work, discount)
      else if (size > 0) slide(work, arm, reward, size)
      add(work, arm, reward)
      // Taking rewards out again leaves rounding errors: a fresh count clears them.
      if (size > 0 && ++work.sinceCount >= size) recount(work)
    },
    mergeArms: mergeRewards,
    mergeShared(a, b) {
      if (size > 0)
        throw cannotMerge(
          name,
          'which rewards are the last ones over both replicas is not known; keep one state, or use a discount',
        )
      return { recent: [], sinceCount: a.sinceCount + b.sinceCount }
    },
    faultOf(body, part) {
      if (part === 'arm') {
        const { n, m2 } = body as ArmRewards
        return (
          numbersFault(body, ['n', 'sum', 'm2']) ??
          (n >= 0 && m2 >= 0 ? undefined : 'a negative count')
        )
      }
      const { recent } = body as RewardWindow
      if (!Array.isArray(recent) || recent.length > size) return "'recent' does not fit the window"
      const fine = recent.every(
        ({ arm, reward }) => typeof arm === 'string' && Number.isFinite(reward),
      )
      return fine ? numbersFault(body, ['sinceCount']) : "'recent' holds what is no reward"
    },
  }
}

/** The rewards of two replicas put together. Source: Chan, Golub & LeVeque 1983. */
export function mergeRewards(a: ArmRewards, b: ArmRewards): ArmRewards {
  if (a.n === 0) return b
  if (b.n === 0) return a
  const gap = a.sum / a.n - b.sum / b.n
  const n = a.n + b.n
  return { n, sum: a.sum + b.sum, m2: a.m2 + b.m2 + (gap * gap * (a.n * b.n)) / n }
}

function checkMemory(memory: BanditMemory): void {
  if (memory === 'all') return
  if (typeof memory === 'object' && memory !== null && 'window' in memory)
    requireCount('memory.window', memory.window, 1)
  else if (typeof memory === 'object' && memory !== null && 'discount' in memory) {
    const { discount } = memory
    requireOption('memory.discount', discount, discount > 0 && discount < 1, 'lie between 0 and 1')
  } else requireOption('memory', memory, false, "be 'all', { discount } or { window }")
}

function loaded(
  arms: readonly BanditArm<ArmRewards>[],
  { recent, sinceCount }: RewardWindow,
  size: number,
): RewardsWork {
  const ids = arms.map(({ id }) => id)
  const ringArm = new Int32Array(size)
  const ringReward = new Float64Array(size)
  recent.forEach(({ arm, reward }, i) => {
    ringArm[i] = ids.indexOf(arm)
    ringReward[i] = reward
  })
  return {
    ids,
    n: Float64Array.from(arms, ({ body }) => body.n),
    sum: Float64Array.from(arms, ({ body }) => body.sum),
    m2: Float64Array.from(arms, ({ body }) => body.m2),
    ringArm,
    ringReward,
    next: size === 0 ? 0 : recent.length % size,
    filled: recent.length,
    sinceCount,
  }
}

function add({ n, sum, m2 }: RewardsWork, arm: number, reward: number): void {
  const before = n[arm]! > 0 ? sum[arm]! / n[arm]! : 0
  n[arm]! += 1
  sum[arm]! += reward
  m2[arm]! += (reward - before) * (reward - sum[arm]! / n[arm]!)
}

function fade({ n, sum, m2 }: RewardsWork, discount: number): void {
  for (let k = 0; k < n.length; k++) {
    n[k]! *= discount
    sum[k]! *= discount
    m2[k]! *= discount
  }
}

function slide(work: RewardsWork, arm: number, reward: number, size: number): void {
  const { n, sum, m2, ringArm, ringReward, next } = work
  if (work.filled === size) {
    const old = ringArm[next]!
    const x = ringReward[next]!
    const before = sum[old]! / n[old]!
    n[old]! -= 1
    sum[old]! -= x
    const after = n[old]! > 0 ? sum[old]! / n[old]! : 0
    m2[old] = n[old]! > 0 ? Math.max(0, m2[old]! - (x - before) * (x - after)) : 0
    if (n[old] === 0) sum[old] = 0
  } else work.filled++
  ringArm[next] = arm
  ringReward[next] = reward
  work.next = (next + 1) % size
}

function recount(work: RewardsWork): void {
  const { n, sum, m2, ringArm, ringReward, filled } = work
  n.fill(0)
  sum.fill(0)
  m2.fill(0)
  const size = ringArm.length
  for (let i = 0; i < filled; i++) {
    const at = (work.next - filled + i + size) % size
    add(work, ringArm[at]!, ringReward[at]!)
  }
  work.sinceCount = 0
}
