export type { Chunk, ChunkBy } from './chunk.ts'
export { chunk } from './chunk.ts'
export type { RuleOptions } from './column-rules.ts'
export { compare } from './compare.ts'
export type { CompareChunksOptions } from './compare-chunks.ts'
export { compareChunks } from './compare-chunks.ts'
export type { CompareOptions } from './compare-options.ts'
export type { Adjustment } from './decision.ts'
export type { DriftPoint, DriftSeries } from './drift-series.ts'
export type {
  DriftSegment,
  FindDriftSegmentsOptions,
  SegmentReport,
} from './find-drift-segments.ts'
export { findDriftSegments } from './find-drift-segments.ts'
export type { FitReferenceOptions } from './fit-reference.ts'
export { fitReference } from './fit-reference.ts'
export type { LearnThresholdsOptions } from './learn-thresholds.ts'
export { learnThresholds } from './learn-thresholds.ts'
export type { ColumnFacts } from './presets.ts'
export { evidentlyRule } from './presets.ts'
export type {
  BinnedCounts,
  CalendarReference,
  CategoricalReference,
  ColumnReference,
  CycleCounts,
  DriftReference,
  EmbeddingReference,
  LearnedLimit,
  NumericReference,
  TextReference,
  VocabularyReference,
  WordCount,
} from './reference.ts'
export { checkReference } from './reference.ts'
export type {
  Bound,
  ColumnDecision,
  ColumnDrift,
  Direction,
  DistanceMethod,
  Distances,
  Distribution,
  DriftMethod,
  DriftReport,
  EffectName,
  EstimateBounds,
  MultivariateMethod,
  PartDrift,
  ShareChange,
  SideSummary,
  TestMethod,
} from './report.ts'
export type { ColumnRule } from './rule.ts'
export type { SegmentCondition } from './segment-codes.ts'
