export type { ArtifactDirectory } from './artifact-directories.ts'
export type {
  ImportCounts,
  LeftOut,
  MlflowImportOptions,
  MlflowImportReport,
} from './import-mlflow.ts'
export { importMlflow } from './import-mlflow.ts'
