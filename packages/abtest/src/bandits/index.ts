export type { CrossFitOptions } from '../off-policy/cross-fitted-rewards.ts'
export { crossFittedRewards } from '../off-policy/cross-fitted-rewards.ts'
export type { PolicyEstimator } from '../off-policy/estimators.ts'
export type { LoggedChoice, LoggedColumns } from '../off-policy/logged-data.ts'
export { loggedColumns } from '../off-policy/logged-data.ts'
export type { PolicyValue, PolicyValueOptions } from '../off-policy/policy-value.ts'
export { policyValue } from '../off-policy/policy-value.ts'
export type { ArmRewards, BanditMemory, RewardWindow } from './arm-rewards.ts'
export type {
  ArmProbabilities,
  Bandit,
  BanditArm,
  BanditChoice,
  BanditContext,
  BanditOutcome,
  BanditRun,
  BanditState,
} from './bandit.ts'
export type { ArmPosterior } from './best-arm.ts'
export { bestArmProbabilities } from './best-arm.ts'
export type { EpsilonGreedyOptions } from './epsilon-greedy.ts'
export { epsilonGreedy } from './epsilon-greedy.ts'
export type { Exp3Arm, Exp3Options } from './exp3.ts'
export { exp3 } from './exp3.ts'
export type { GaussianPrior } from './gaussian-posteriors.ts'
export type { KlUcbOptions } from './kl-ucb.ts'
export { klUcb, klUcbIndex } from './kl-ucb.ts'
export type { LinThompsonOptions } from './lin-thompson.ts'
export { linThompson } from './lin-thompson.ts'
export type { LinUcbOptions } from './lin-ucb.ts'
export { linUcb } from './lin-ucb.ts'
export type { LinearArm, LinearOptions, NoShared } from './linear-arms.ts'
export type { LogisticThompsonOptions } from './logistic-thompson.ts'
export { logisticThompson } from './logistic-thompson.ts'
export type { SoftmaxOptions } from './softmax.ts'
export { softmax } from './softmax.ts'
export type { SquareCbOptions } from './square-cb.ts'
export { inverseGapWeights, squareCb } from './square-cb.ts'
export type { ThompsonBetaOptions } from './thompson-beta.ts'
export { thompsonBeta } from './thompson-beta.ts'
export type { ThompsonGaussianOptions } from './thompson-gaussian.ts'
export { thompsonGaussian } from './thompson-gaussian.ts'
export type { TopTwoThompsonOptions } from './top-two-thompson.ts'
export { topTwoThompson } from './top-two-thompson.ts'
export type { Ucb1Options } from './ucb1.ts'
export { ucb1 } from './ucb1.ts'
