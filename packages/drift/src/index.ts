export type { CompareOptions } from './compare.ts'
export { compare } from './compare.ts'
export type { Adjustment, ColumnRule } from './decision.ts'
export type {
  BinnedCounts,
  CategoricalReference,
  ColumnReference,
  DriftReference,
  FitReferenceOptions,
  NumericReference,
} from './reference.ts'
export { checkReference, fitReference } from './reference.ts'
export type {
  ColumnDecision,
  ColumnDrift,
  Distances,
  Distribution,
  DriftMethod,
  DriftReport,
  SideSummary,
} from './report.ts'
