import { library } from '../../tools/tsup-preset.ts'

export default library({
  index: 'src/index.ts',
  multivariate: 'src/multivariate/index.ts',
  stream: 'src/stream/index.ts',
  'stream-contract': 'src/stream-contract/index.ts',
  anytime: 'src/anytime/index.ts',
  workers: 'src/workers/index.ts',
  'drift-worker': 'src/workers/drift-worker.ts',
  profile: 'src/profile/index.ts',
  parquet: 'src/parquet/index.ts',
  sql: 'src/sql/index.ts',
})
