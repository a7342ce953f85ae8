export type { Allocation, AllocationSegment, ArmWeights } from './allocation.ts'
export { allocate, allocationWeights, reallocate } from './allocation.ts'
export type { Exposure } from './assign-sticky.ts'
export { assignSticky, exposure } from './assign-sticky.ts'
export type { AssignmentAlgorithm, BucketPurpose } from './bucket-of.ts'
export { bucketOf, md5Shard, unleashNormalized } from './bucket-of.ts'
export type { Attributes, AttributeValue, Condition, ConditionOutcome } from './condition.ts'
export { meetsCondition } from './condition.ts'
export type { Assigner, Assignment, AssignmentReason } from './create-assigner.ts'
export { createAssigner } from './create-assigner.ts'
export type { CheckedExperiment, Experiment, ExperimentArm } from './experiment.ts'
export type { BucketRange } from './growthbook.ts'
export {
  chooseRange,
  equalWeights,
  growthbookHash,
  growthbookRanges,
  inGrowthbookNamespace,
} from './growthbook.ts'
export type { InMode, MemoryStickyStore, StickyDocument, StickyStore } from './sticky-store.ts'
export { memoryStickyStore } from './sticky-store.ts'
