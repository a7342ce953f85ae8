export type { AuditCheckpoint, AuditProof, AuditTrail } from './audit.ts'
export { auditTrail, verifyAuditGrowth, verifyAuditProof } from './audit.ts'
export type { Contribution, RiskClassification } from './classify.ts'
export { classify } from './classify.ts'
export type { Answer, Answers, Condition } from './condition.ts'
export { conditionSchema, holds } from './condition.ts'
export type {
  GateDecision,
  GateInput,
  MeasureFinding,
  Release,
  SignOffFinding,
  UnmetReason,
} from './gate.ts'
export { evaluateGate } from './gate.ts'
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
export type { Governance, GovernanceOptions } from './service.ts'
export { createGovernance } from './service.ts'
export type {
  Delegation,
  SignOff,
  SignOffContext,
  SignOffJudgement,
  SignOffRefusal,
} from './sign-off.ts'
export { judgeSignOff } from './sign-off.ts'
export type { StageAnswer, StageChange } from './stage-gate.ts'
export { stageGate } from './stage-gate.ts'
export type { Waiver, WaiverFault } from './waiver.ts'
export { faultsOfWaiver } from './waiver.ts'
