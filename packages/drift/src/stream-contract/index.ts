export type { DetectorContractInput } from './detector-contract.ts'
export { detectorContract } from './detector-contract.ts'
