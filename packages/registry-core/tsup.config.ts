import { library } from '../../tools/tsup-preset.ts'

export default library({
  index: 'src/index.ts',
  http: 'src/http/index.ts',
  mlflow: 'src/mlflow/index.ts',
  webhooks: 'src/webhooks/index.ts',
  'import-mlflow': 'src/import-mlflow/index.ts',
})
