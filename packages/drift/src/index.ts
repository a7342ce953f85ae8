export type { CompareOptions } from './compare.ts'
export { compare } from './compare.ts'
export type { Adjustment, ColumnRule } from './decision.ts'
export type { FitReferenceOptions } from './fit-reference.ts'
export { fitReference } from './fit-reference.ts'
export type {
  BinnedCounts,
  CategoricalReference,
  ColumnReference,
  DriftReference,
  NumericReference,
} from './reference.ts'
export { checkReference } from './reference.ts'
export type {
  Bound,
  ColumnDecision,
  ColumnDrift,
  Distances,
  Distribution,
  DriftMethod,
  DriftReport,
  EstimateBounds,
  SideSummary,
} from './report.ts'
