export type { MultivariateMethod } from '../report.ts'
export type { ClassifierDriftOptions } from './classifier-drift.ts'
export { classifierDrift } from './classifier-drift.ts'
export type { EnergyDriftOptions } from './energy-drift.ts'
export { energyDrift } from './energy-drift.ts'
export type { FitPcaOptions, PcaReference } from './fit-pca.ts'
export { checkPcaReference, fitPca } from './fit-pca.ts'
export type { JointTestOptions } from './joint-samples.ts'
export type { MmdDriftOptions } from './mmd-drift.ts'
export { mmdDrift } from './mmd-drift.ts'
export type { MultivariateDrift } from './multivariate-drift.ts'
export type {
  CompareChunk,
  LearnedMultivariateLimits,
  LearnMultivariateLimitsOptions,
  MultivariateSeriesOptions,
} from './multivariate-series.ts'
export { learnMultivariateLimits, multivariateSeries } from './multivariate-series.ts'
export type { PcaDriftOptions } from './pca-drift.ts'
export { pcaDrift } from './pca-drift.ts'
export type { CategoryEncoding, ColumnEncoding, EncodingOptions } from './table-encoding.ts'
