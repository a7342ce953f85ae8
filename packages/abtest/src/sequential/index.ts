export type { AlwaysValidEstimate, EarlierLook } from './always-valid.ts'
export type { AsymptoticSequenceOptions } from './asymptotic-sequence.ts'
export { asymptoticScale, asymptoticSequence } from './asymptotic-sequence.ts'
export type { BoundedMeanOptions, BoundedSum } from './bounded-mean.ts'
export { boundedDifferenceSequence, boundedMeanSequence } from './bounded-mean.ts'
export type { GroupSequentialBounds, GroupSequentialOptions, SequentialLook } from './bounds.ts'
export { groupSequentialBounds } from './bounds.ts'
export type { Crossing, CrossingInput } from './crossing.ts'
export { crossingProbabilities } from './crossing.ts'
export type { FutilityBounds, FutilityOptions } from './futility.ts'
export { futilityBounds } from './futility.ts'
export type { GroupSequentialInference } from './inference.ts'
export { groupSequentialInference } from './inference.ts'
export type { MixtureBoundary, MixtureOptions, SidedMixtureOptions } from './mixture-bounds.ts'
export {
  betaBinomialMixture,
  gammaExponentialMixture,
  gammaPoissonMixture,
  normalMixture,
  normalMixtureScale,
} from './mixture-bounds.ts'
export type { MixtureSprtOptions } from './mixture-sprt.ts'
export { logMixtureRatio, mixtureSprt } from './mixture-sprt.ts'
export type { PeekHistory, PeekOptions, PeekReadout } from './peek-plan.ts'
export { peekPlan } from './peek-plan.ts'
export type { GroupSequentialPower } from './power.ts'
export { groupSequentialPower } from './power.ts'
export type { QuantileComparisonOptions } from './quantile-comparison.ts'
export { quantileComparison } from './quantile-comparison.ts'
export type {
  AllocationPhase,
  AnytimeSampleRatio,
  AnytimeSampleRatioOptions,
} from './sample-ratio-sequence.ts'
export { anytimeSampleRatio } from './sample-ratio-sequence.ts'
export type { SequentialMethod, SequentialPlan, SequentialPlanInput } from './sequential-plan.ts'
export { amendPlan, registerSequentialPlan } from './sequential-plan.ts'
export type { SpendingFunction } from './spending.ts'
export { errorSpent } from './spending.ts'
export type { StitchingOptions } from './stitched-bounds.ts'
export {
  doubleStitchingBound,
  empiricalProcessBound,
  polynomialStitchingBound,
} from './stitched-bounds.ts'
