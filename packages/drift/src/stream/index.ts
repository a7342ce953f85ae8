export type { AdwinBody, AdwinOptions } from './adwin.ts'
export { adwin } from './adwin.ts'
export type { BocdBody, BocdOptions, Hazard } from './bocd.ts'
export { bocd } from './bocd.ts'
export type { CusumBody, CusumOptions } from './cusum.ts'
export { cusum } from './cusum.ts'
export type { CusumRunningMeanBody, CusumRunningMeanOptions } from './cusum-running-mean.ts'
export { cusumRunningMean } from './cusum-running-mean.ts'
export type { DdmBody, DdmOptions } from './ddm.ts'
export { ddm } from './ddm.ts'
export type { DetectorDefinition, Signal } from './define-detector.ts'
export { defineDetector } from './define-detector.ts'
export type { FieldKind } from './detector-state.ts'
export type { EcddBody, EcddOptions } from './ecdd.ts'
export { ecdd } from './ecdd.ts'
export type { EddmBody, EddmOptions } from './eddm.ts'
export { eddm } from './eddm.ts'
export type {
  DetectionScores,
  DetectorEvaluation,
  EvaluateDetectionsOptions,
} from './evaluate-detector.ts'
export { evaluateDetections, evaluateDetector } from './evaluate-detector.ts'
export type { EwmaBody, EwmaOptions } from './ewma.ts'
export { ewma } from './ewma.ts'
export type { FhddmBody, FhddmOptions } from './fhddm.ts'
export { fhddm } from './fhddm.ts'
export type {
  GeometricMovingAverageBody,
  GeometricMovingAverageOptions,
} from './geometric-moving-average.ts'
export { geometricMovingAverage } from './geometric-moving-average.ts'
export type { HddmABody, HddmAOptions } from './hddm-a.ts'
export { hddmA } from './hddm-a.ts'
export type { HddmWBody, HddmWOptions, WeightedMean } from './hddm-w.ts'
export { hddmW } from './hddm-w.ts'
export type { DrawPlaces, KswinBody, KswinOptions } from './kswin.ts'
export { kswin } from './kswin.ts'
export type { AlarmMatch, KnownDrift, MatchAlarmsOptions, NoticedDrift } from './match-alarms.ts'
export { matchAlarms } from './match-alarms.ts'
export type { PageHinkleyBody, PageHinkleyOptions } from './page-hinkley.ts'
export { pageHinkley } from './page-hinkley.ts'
export type { PrequentialErrorOptions, PrequentialErrorState } from './prequential-error.ts'
export { emptyPrequentialError, prequentialError } from './prequential-error.ts'
export type { Direction } from './require-option.ts'
export type { SlidingKs } from './sliding-ks.ts'
export { slidingKs } from './sliding-ks.ts'
export type { SlidingMean } from './sliding-mean.ts'
export { slidingMean } from './sliding-mean.ts'
export type { StepdBody, StepdOptions } from './stepd.ts'
export { stepd } from './stepd.ts'
export type {
  DetectorOptions,
  DetectorReading,
  DetectorRun,
  DetectorState,
  StreamDetector,
  StreamValue,
  StreamVerdict,
} from './stream-detector.ts'
export type { WstdBody, WstdOptions } from './wstd.ts'
export { wstd } from './wstd.ts'
