// Brings an MLflow database and its files over. It can be run again: what is there stays as it is.
//   node import.mjs mlflow.db mlartifacts sqlite:ours.db blobs
import { mkdir } from 'node:fs/promises'
import { createRegistry } from '@mlops/registry-core'
import { importMlflow } from '@mlops/registry-core/import-mlflow'
import { openStore } from '@mlops/store'
import { openDiskBlobs } from '@mlops/store/blobs'

const [database, directory, url, blobs] = process.argv.slice(2)
await mkdir(blobs, { recursive: true })
const store = await openStore(url)
const registry = await createRegistry({ store, blobs: await openDiskBlobs(blobs) })
const options = {
  registry,
  database,
  artifacts: [{ uri: 'mlflow-artifacts:/', directory }],
  by: { type: 'service', id: 'import' },
}
const report = await importMlflow(options)
console.log(JSON.stringify(report, undefined, 2))
await store.close()
