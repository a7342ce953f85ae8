import { library } from '../../tools/tsup-preset.ts'

export default library({
  index: 'src/index.ts',
  sqlite: 'src/sqlite/index.ts',
  postgres: 'src/postgres/index.ts',
  blobs: 'src/blobs/index.ts',
  s3: 'src/s3/index.ts',
  contract: 'src/contract/index.ts',
})
