export type { AnalysisOptions, UnpairedOptions } from './analysis/analysis-options.ts'
export type { ArmData } from './analysis/arm-data.ts'
export type { ArmMeasures } from './analysis/arm-functional.ts'
export type {
  ArmColumns,
  ArmStats,
  ArmSums,
  ArmVariable,
  VariableSums,
} from './analysis/arm-stats.ts'
export { armStats, armStatsOfSums, mergeArmStats } from './analysis/arm-stats.ts'
export type {
  BootstrapDifferenceOptions,
  CompareArmsOptions,
  DifferenceInterval,
  ProportionTest,
  UnpairedTest,
} from './analysis/arm-tests.ts'
export type { DecisionOptions } from './analysis/bayesian-decision.ts'
export type { BetaShapes } from './analysis/beta-comparison.ts'
export type { ArmStatistic } from './analysis/bootstrap-difference.ts'
export type { ClusteredValues, ClusterIds } from './analysis/cluster-sums.ts'
export { clusterStats } from './analysis/cluster-sums.ts'
export { compareArms } from './analysis/compare-arms.ts'
export type { BayesianOptions } from './analysis/compare-bayesian.ts'
export { compareBayesian } from './analysis/compare-bayesian.ts'
export type { CupedOptions } from './analysis/compare-cuped.ts'
export { compareCuped } from './analysis/compare-cuped.ts'
export type { CompareManyArmsOptions } from './analysis/compare-many-arms.ts'
export { compareManyArms } from './analysis/compare-many-arms.ts'
export { comparePairs } from './analysis/compare-pairs.ts'
export type { CompareQuantilesOptions } from './analysis/compare-quantiles.ts'
export { compareQuantiles } from './analysis/compare-quantiles.ts'
export { compareClusters, compareRatios } from './analysis/compare-ratios.ts'
export type { CovariateColumns, RegressionOptions } from './analysis/compare-regression.ts'
export { compareRegression } from './analysis/compare-regression.ts'
export type { StratifiedStats, StratifiedValues } from './analysis/compare-strata.ts'
export { comparePostStratified } from './analysis/compare-strata.ts'
export type { FamilyMember, FamilyOptions } from './analysis/family.ts'
export { readFamily } from './analysis/family.ts'
export type { FamilyDesign } from './analysis/family-corrections.ts'
export { familyCorrections } from './analysis/family-corrections.ts'
export type { ClusterErrors, RobustErrors } from './analysis/least-squares.ts'
export type { MarginEstimate, MarginOptions, MarginTest } from './analysis/margin.ts'
export { equivalence, marginTest, nonInferiority } from './analysis/margin.ts'
export type { BayesianReadoutOptions, NormalPrior } from './analysis/normal-posterior.ts'
export { bayesianReadout, normalLoss } from './analysis/normal-posterior.ts'
export type { OmnibusOptions, OmnibusTest } from './analysis/omnibus-test.ts'
export { omnibusTest } from './analysis/omnibus-test.ts'
export { pValueInterval } from './analysis/p-value-interval.ts'
export type { ComparePairsOptions, PairedTest } from './analysis/paired-options.ts'
export type { QuantileStats, QuantileStatsOptions } from './analysis/quantile-stats.ts'
export { quantileStats } from './analysis/quantile-stats.ts'
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
export type {
  AbReadout,
  ArmSummary,
  BayesianReadout,
  Effect,
  EffectScale,
  Estimate,
  ExpectedLoss,
  ExperimentReadout,
  FamilyReadout,
  FamilyRow,
  Hypothesis,
  Metric,
  MultiplicityMethod,
  VarianceReduction,
} from './readout.ts'
export { NO_EFFECT } from './readout.ts'
