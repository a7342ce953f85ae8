export type { AttritionOptions } from './attrition.ts'
export { attrition } from './attrition.ts'
export type { AttritionBounds } from './attrition-bounds.ts'
export { leeBounds, worstCaseBounds } from './attrition-bounds.ts'
export type { ExperimentCheck, ExperimentData } from './check-experiment.ts'
export { checkExperiment } from './check-experiment.ts'
export type { EffectTrend, EffectTrendOptions, RepeatedOutcomes } from './effect-trend.ts'
export { effectTrend } from './effect-trend.ts'
export type { Finding } from './finding.ts'
export type {
  ExposureLog,
  MultipleExposures,
  MultipleExposuresOptions,
} from './multiple-exposures.ts'
export { multipleExposures } from './multiple-exposures.ts'
export type { PrePeriodMetric, PrePeriodOptions } from './pre-period-balance.ts'
export { prePeriodBalance } from './pre-period-balance.ts'
export type { RetroAa, RetroAaOptions } from './retro-aa.ts'
export { retroAa } from './retro-aa.ts'
