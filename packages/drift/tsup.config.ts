import { library } from '../../tools/tsup-preset.ts'

export default library({
  index: 'src/index.ts',
  profile: 'src/profile/index.ts',
  parquet: 'src/parquet/index.ts',
  sql: 'src/sql/index.ts',
})
