export type { BettingMeanOptions, BettingMeanState } from './betting-mean.ts'
export { bettingMean, emptyBettingMean } from './betting-mean.ts'
export type {
  BernsteinState,
  BettingSequenceOptions,
  BettingSequenceState,
  ConfidenceSequenceOptions,
} from './confidence-sequence.ts'
export {
  bernsteinSequence,
  bettingSequence,
  emptyBernstein,
  startBettingSequence,
} from './confidence-sequence.ts'
export { eBenjaminiHochberg } from './e-benjamini-hochberg.ts'
export type { EDetectorBody, EDetectorOptions } from './e-detector.ts'
export { eDetector } from './e-detector.ts'
export type { ExchangeabilityOptions, ExchangeabilityState } from './exchangeability.ts'
export { exchangeability, startExchangeability } from './exchangeability.ts'
export type {
  ExchangeabilityReference,
  ExchangeabilityReferenceOptions,
  JitteredEdge,
} from './exchangeability-reference.ts'
export { categoryExchangeability, numericExchangeability } from './exchangeability-reference.ts'
export type { DriftMonitor, MonitoredColumn, MonitorReport } from './monitor.ts'
export { createMonitor, observeBatch } from './monitor.ts'
export type { MonitorColumn, MonitorOptions, MonitorPart, MonitorState } from './monitor-state.ts'
export { startMonitor } from './monitor-state.ts'
export type { OnlineDecision, OnlineFdrState } from './online-fdr.ts'
export { eLond, emptyOnlineFdr, lordPlusPlus, saffron, spendAlpha } from './online-fdr.ts'
export type { PairedTwoSampleOptions, PairedTwoSampleState } from './paired-two-sample.ts'
export { emptyPairedTwoSample, pairedTwoSample } from './paired-two-sample.ts'
export type { RiskMonitorOptions, RiskMonitorState, RiskReading } from './risk-monitor.ts'
export { riskMonitor, startRiskMonitor } from './risk-monitor.ts'
