export type {
  DatasetInput,
  Emitter,
  FacetInput,
  FacetInputs,
  RunEventInput,
} from './openlineage/build.ts'
export { datasetEvent, jobEvent, runEvent, subjectDataset } from './openlineage/build.ts'
export type {
  DatasetEvent,
  EventDataset,
  EventKind,
  EventType,
  Facet,
  Facets,
  JobEvent,
  Named,
  OpenLineageEvent,
  RunEvent,
} from './openlineage/event.ts'
export { sortableInstant } from './openlineage/instant.ts'
export type { EventIssue, EventVerdict } from './openlineage/judge.ts'
export { judgeEvent, mendEvent } from './openlineage/judge.ts'
export type { NodeRef } from './rules/facts.ts'
export type { RunStatus } from './rules/merge.ts'
export type { Lineage, LineageOptions, RecordOptions, RecordOutcome } from './service/lineage.ts'
export { createLineage } from './service/lineage.ts'
export type { DatasetView, JobView, RunDatasetView, RunView } from './service/lookups.ts'
export type { LineageGraph, LineageNode, TraverseOptions } from './service/traverse.ts'
