export { answerCalls } from './answer-calls.ts'
export {
  type OpenWorkersOptions,
  openWorkers,
  type StatsFunction,
  type StatsWorkers,
} from './open-workers.ts'
export { openPool, type Pool, type PoolOptions } from './pool.ts'
export { sharedColumn } from './shared-column.ts'
