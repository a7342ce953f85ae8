export type { ArmData, CompareArmsOptions } from './analysis/compare-arms.ts'
export { compareArms } from './analysis/compare-arms.ts'
export type { ComparePairsOptions } from './analysis/compare-pairs.ts'
export { comparePairs } from './analysis/compare-pairs.ts'
export { SRM_ALPHA, sampleRatio } from './analysis/sample-ratio.ts'
export type { MannWhitneyDesign } from './design/mann-whitney.ts'
export { sampleSizeForMannWhitney } from './design/mann-whitney.ts'
export type { McNemarDesign } from './design/mcnemar.ts'
export { sampleSizeForMcNemar } from './design/mcnemar.ts'
export type { MarginDesign, NonInferiorityDesign } from './design/non-inferiority.ts'
export {
  proportionsApart,
  sampleSizeForEquivalence,
  sampleSizeForNonInferiority,
} from './design/non-inferiority.ts'
export { noncentralTSf } from './design/noncentral-t.ts'
export { tPower, zPower } from './design/power.ts'
export type {
  DesignOptions,
  MeansDesign,
  ProportionsDesign,
  SampleSize,
} from './design/sample-size.ts'
export {
  sampleSizeForMeans,
  sampleSizeForPairs,
  sampleSizeForProportions,
} from './design/sample-size.ts'
export type { FixedHorizonPlan } from './plan.ts'
export { amendFixedPlan, registerPlan } from './plan.ts'
export type { PlanInput } from './plan-input.ts'
export type { Amendment, AmendmentReason } from './plan-seal.ts'
export type { PlanData } from './read-plan.ts'
export { readPlan } from './read-plan.ts'
export type { AbReadout, ArmSummary, Estimate } from './readout.ts'
