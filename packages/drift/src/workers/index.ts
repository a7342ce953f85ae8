export {
  type DriftWorkers,
  type DriftWorkersOptions,
  openDriftWorkers,
} from './open-drift-workers.ts'
