import {
  type ArmPosterior,
  bestArmProbabilities,
  exp3,
  inverseGapWeights,
  klUcbIndex,
  linUcb,
  type PolicyEstimator,
  type PolicyValueOptions,
  policyValue,
  ucb1,
} from '@mlops/abtest/bandits'
import type { Method, RawCase } from './case.ts'

/** The log of `off_policy_evaluation`, which another case refers to. */
let lastLog: RawCase['input'] | undefined

/** The bandit and off-policy methods of abtest.json. */
export const banditMethods: Readonly<Record<string, Method>> = {
  exp3: ({ input, params }) => {
    const bandit = exp3({ gamma: params['gamma'] })
    const arms = Array.from({ length: params['arms'] }, (_, k) => armId(k))
    let state = bandit.start(arms)
    const before: (readonly number[])[] = []
    for (const [arm, reward] of input['plays'] as [number, number][]) {
      const { probabilities } = bandit.probabilities(state)
      before.push(probabilities)
      state = bandit.update(state, { arm: armId(arm), reward, propensity: probabilities[arm]! })
    }
    return {
      probs_before_each_play: before,
      final_weights: state.arms.map(({ body }) => Math.exp(body.entry + body.gain)),
    }
  },
  kl_ucb_bernoulli: ({ input, params }) => ({
    index: klUcbIndex(input as { mean: number; n: number; t: number }, { c: params['c'] }),
  }),
  linucb: ({ input, params }) => {
    const bandit = linUcb({
      dimension: input['query'][0].length,
      alpha: params['alpha'],
      l2: params['l2'] ?? 1,
    })
    const { state } = learned(bandit, input)
    return {
      scores: input['query'].map(
        (context: number[]) => bandit.probabilities(state, { context }).scores,
      ),
    }
  },
  off_policy_evaluation: ({ input, params }) => {
    lastLog = input
    const of = (estimator: PolicyEstimator) => valueBy(input, { estimator })
    return {
      ips: of('ips').value,
      ips_se: of('ips').standardError,
      snips: of('snips').value,
      snips_se: of('snips').standardError,
      dm: of('dm').value,
      dr: of('dr').value,
      dr_se: of('dr').standardError,
      sndr: of('sndr').value,
      clipped_ips: valueBy(input, { estimator: 'clipped-ips', clip: params['clip_lambda'] ?? 1 })
        .value,
      ess: of('ips').effectiveSampleSize,
      mean_weight: of('ips').meanWeight,
    }
  },
  off_policy_switch_dr: ({ input, params, expected }) => {
    const log = input['same_as'] === 'off_policy_evaluation' ? lastLog! : input
    const shrunk = Object.keys(expected as object).filter((key) => key.startsWith('dros_lambda_'))
    return {
      switch_dr: valueBy(log, { estimator: 'switch-dr', tau: params['tau'] }).value,
      ...Object.fromEntries(
        shrunk.map((key) => [
          key,
          valueBy(log, { estimator: 'dr-os', lambda: Number(key.slice('dros_lambda_'.length)) })
            .value,
        ]),
      ),
    }
  },
  ridge: ({ input, params }) => {
    const d = input['query'].length
    const bandit = linUcb({ dimension: d, alpha: 0, l2: params['l2'] })
    const state = bandit.update(
      bandit.start(['only']),
      input['X'].map((context: number[], i: number) => ({
        arm: 'only',
        context,
        reward: input['y'][i],
      })),
    )
    const at = (context: number[]) => bandit.probabilities(state, { context }).scores[0]
    return {
      beta: Array.from({ length: d }, (_, j) =>
        at(Array.from({ length: d }, (_, i) => (i === j ? 1 : 0))),
      ),
      prediction: at(input['query']),
    }
  },
  squarecb_weights: ({ input, params }) => ({
    weights: inverseGapWeights(Object.values(input['scores']), {
      gamma: params['gamma'],
      floor: params['floor'] ?? 0,
    }),
  }),
  thompson_beta_best_arm: ({ input }) => ({
    p_best: bestArmProbabilities(
      input['posteriors'].map(([a, b]: [number, number]): ArmPosterior => ({ kind: 'beta', a, b })),
    ),
  }),
  thompson_gaussian_best_arm: ({ input, expected }) => {
    const best = bestArmProbabilities(
      input['means'].map(
        (mean: number, k: number): ArmPosterior => ({ kind: 'normal', mean, sd: input['sds'][k] }),
      ),
    )
    const floors = Object.keys(expected as object).filter((key) => key.startsWith('with_floor_'))
    return {
      p_best: best,
      ...Object.fromEntries(
        floors.map((key) => {
          const floor = Number.parseFloat(key.slice('with_floor_'.length))
          return [key, best.map((p) => floor + (1 - best.length * floor) * p)]
        }),
      ),
    }
  },
  ucb1: ({ input, params }) => {
    const bandit = ucb1({ alpha: params['alpha'] })
    const { state, ids } = learned(bandit, input)
    const { scores } = bandit.probabilities(state)
    return Object.fromEntries(
      ids.flatMap((id, k) => {
        const { n, sum } = state.arms[k]!.body
        return [
          [`mean_arm${Number(id)}`, sum / n],
          [`ucb_arm${Number(id)}`, scores[k]],
        ]
      }),
    )
  },
  ucb1_choice: ({ input, params }) => {
    const bandit = ucb1({ alpha: params['alpha'] })
    const { state, ids } = learned(bandit, input)
    const { probabilities } = bandit.probabilities(state)
    return { arm: Number(ids[probabilities.indexOf(1)]) }
  },
}

interface Learner<State> {
  start(arms: readonly string[]): State
  update(state: State, outcomes: { arm: string; reward: number; context?: number[] }[]): State
}

function learned<State>(bandit: Learner<State>, input: RawCase['input']) {
  const { decisions, rewards, contexts, arms = decisions } = input
  const ids = [...new Set((arms as number[]).map(armId))].sort()
  const outcomes = (decisions as number[]).map((arm, i) => ({
    arm: armId(arm),
    reward: rewards![i] as number,
    ...(contexts && { context: contexts[i] as number[] }),
  }))
  return { state: bandit.update(bandit.start(ids), outcomes), ids }
}

/** Ids in the order of their numbers. */
function armId(arm: number): string {
  return String(arm).padStart(4, '0')
}

function valueBy(input: RawCase['input'], options: PolicyValueOptions) {
  return policyValue(
    {
      action: input['action'],
      reward: input['reward'],
      propensity: input['propensity'],
      target: input['eval_policy'].flat(),
      predicted: input['q_hat'].flat(),
    },
    options,
  )
}
