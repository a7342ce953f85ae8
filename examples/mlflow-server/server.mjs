// MLflow's tracking server and model registry, without Python:
//   node server.mjs --port 5000 --db sqlite:mlflow.db --default-artifact-root mlflow-artifacts:/
// It trusts whoever can reach it, so it listens on this machine only until --host says otherwise.
import { mkdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { isMlopsError } from '@mlops/core'
import { serve } from '@mlops/http/node'
import { createRegistry } from '@mlops/registry-core'
import { createMlflowHandler, openAccess } from '@mlops/registry-core/mlflow'
import { openStore } from '@mlops/store'
import { openDiskBlobs } from '@mlops/store/blobs'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '5000' },
    host: { type: 'string', default: '127.0.0.1' },
    db: { type: 'string', default: 'sqlite:mlflow.db' },
    // `wal` commits with one flush of the disk instead of five; on Node 20 only for a file that nothing else opens meanwhile.
    'journal-mode': { type: 'string' },
    'default-artifact-root': { type: 'string', default: 'mlflow-artifacts:/' },
    'artifacts-destination': { type: 'string', default: 'mlartifacts' },
    'allowed-host': { type: 'string', multiple: true, default: [] },
  },
})

try {
  await mkdir(values['artifacts-destination'], { recursive: true })
  const journalMode = values['journal-mode']
  const store = await openStore(values.db, { ...(journalMode && { journalMode }) })
  const blobs = await openDiskBlobs(values['artifacts-destination'])
  const registry = await createRegistry({ store, blobs })
  const handler = createMlflowHandler({
    registry,
    auth: openAccess({ type: 'service', id: 'mlflow-client' }),
    artifactRoot: values['default-artifact-root'],
    relativeTo: process.cwd(),
    allowedHosts: ['localhost', '127.0.0.1', '[::1]', ...values['allowed-host']],
  })
  const port = Number(values.port)
  const server = await serve({ fetch: handler }, { port, host: values.host })
  console.log(`listening on ${server.url}`)
  const stop = async () => {
    await server.close({ drainMs: 5000 })
    await store.close()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
} catch (error) {
  console.error(isMlopsError(error) ? `${error.code}: ${error.message}` : error)
  process.exitCode = 1
}
