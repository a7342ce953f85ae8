export type { AuditCheckpoint, AuditProof, AuditTrail } from './audit.ts'
export { auditTrail, verifyAuditGrowth, verifyAuditProof } from './audit.ts'
export type { Contribution, RiskClassification } from './classify.ts'
export { classify } from './classify.ts'
export type { Answer, Answers, Condition } from './condition.ts'
export { conditionSchema, holds } from './condition.ts'
export type { GateDecision } from './gate.ts'
export { evaluateGate } from './gate.ts'
export type { MeasureFinding, UnmetReason } from './measure-finding.ts'
export type { TreeHash } from './merkle.ts'
export {
  consistencyProof,
  inclusionProof,
  leafHash,
  merkleRoot,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'
export type { Gate, Measure, Policy, PolicyInput } from './policy.ts'
export { definePolicy, policyDigest, policySchema } from './policy.ts'
export type { SubmittedRelease, UseCase } from './records.ts'
export type { GateInput, Release } from './release.ts'
export { createGovernance } from './service/create-governance.ts'
export type { Governance, GovernanceOptions } from './service/governance.ts'
export type {
  Delegation,
  SignOff,
  SignOffContext,
  SignOffJudgement,
  SignOffRefusal,
} from './sign-off.ts'
export { judgeSignOff } from './sign-off.ts'
export type { SignOffFinding } from './sign-off-finding.ts'
export type { StageAnswer, StageChange } from './stage-gate.ts'
export { stageGate } from './stage-gate.ts'
export type { Waiver, WaiverFault } from './waiver.ts'
export { faultsOfWaiver } from './waiver.ts'
