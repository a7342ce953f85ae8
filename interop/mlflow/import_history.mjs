// Brings an MLflow database over, twice; the second time must add nothing.
//   node import_history.mjs mlflow.db mlartifacts sqlite:ours.db blobs
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
const first = await importMlflow(options)
const second = await importMlflow(options)
const added = Object.values(second.counts).reduce((sum, { added }) => sum + added, 0)
console.log(JSON.stringify(first.counts), JSON.stringify(first.leftOut))
await store.close()
if (first.counts.runs.added === 0 || first.leftOut.length > 0 || added > 0) process.exitCode = 1
