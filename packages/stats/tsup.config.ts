import { library } from '../../tools/tsup-preset.ts'

export default library({
  index: 'src/index.ts',
  multivariate: 'src/multivariate/index.ts',
  workers: 'src/workers/index.ts',
  'stats-worker': 'src/workers/stats-worker.ts',
})
