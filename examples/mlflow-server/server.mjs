// MLflow's tracking server and model registry, without Python:
//   node server.mjs --port 5000 --db sqlite:mlflow.db --default-artifact-root mlflow-artifacts:/
// and beside it approvals, deployments, retention and history under /api/registry/v1.
// It trusts whoever can reach it, so it listens on this machine only until --host says otherwise.
import { mkdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { isMlopsError } from '@mlops/core'
import { serve } from '@mlops/http/node'
import { createRegistry } from '@mlops/registry-core'
import { createRegistryService } from '@mlops/registry-core/http'
import { createMlflowHandler } from '@mlops/registry-core/mlflow'
import { createWebhooks } from '@mlops/registry-core/webhooks'
import { openStore } from '@mlops/store'
import { openDiskBlobs } from '@mlops/store/blobs'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '5000' },
    host: { type: 'string', default: '127.0.0.1' },
    db: { type: 'string', default: 'sqlite:mlflow.db' },
    // Other processes may open the SQLite file meanwhile; its commits are slower then.
    'shared-db': { type: 'boolean', default: false },
    'default-artifact-root': { type: 'string', default: 'mlflow-artifacts:/' },
    'artifacts-destination': { type: 'string', default: 'mlartifacts' },
    'allowed-host': { type: 'string', multiple: true, default: [] },
    'request-timeout': { type: 'string', default: '300' },
    'user-header': { type: 'string' },
    'require-approval': { type: 'string', multiple: true, default: [] },
    'webhook-reach': { type: 'string', multiple: true, default: [] },
  },
})

try {
  await mkdir(values['artifacts-destination'], { recursive: true })
  const store = await openStore(values.db, { exclusive: !values['shared-db'], detectNesting: false })
  const blobs = await openDiskBlobs(values['artifacts-destination'])
  const approvals = Object.fromEntries(values['require-approval'].map((stage) => [stage, {}]))
  const registry = await createRegistry({ store, blobs, approvals })
  const webhooks = await openWebhooks(store)
  const allowedHosts = ['localhost', '127.0.0.1', '[::1]', ...values['allowed-host']]
  const mlflow = createMlflowHandler({
    registry,
    webhooks,
    auth: { authenticate, authorize: () => true },
    artifactRoot: values['default-artifact-root'],
    relativeTo: process.cwd(),
    allowedHosts,
  })
  const basePath = '/api/registry/v1'
  const port = { allows: () => true }
  const service = createRegistryService({ registry, store, authenticate, port, basePath, allowedHosts })
  const handler = (request) =>
    new URL(request.url).pathname.startsWith(`${basePath}/`) ? service.fetch(request) : mlflow(request)
  const requestTimeoutMs = Number(values['request-timeout']) * 1000
  const listen = { port: Number(values.port), host: values.host, requestTimeoutMs, replaceGlobals: true }
  const server = await serve({ fetch: handler }, listen)
  console.log(`listening on ${server.url}`)
  const stopping = new AbortController()
  const sending = webhooks?.run({ signal: stopping.signal })
  const stop = async () => {
    stopping.abort()
    await server.close({ drainMs: 5000 })
    await sending
    await store.close()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
} catch (error) {
  console.error(isMlopsError(error) ? `${error.code}: ${error.message}` : error)
  process.exitCode = 1
}

/** Everybody is one service, unless a proxy in front says in a header who they are. */
function authenticate(request) {
  const header = values['user-header']
  if (header === undefined) return { type: 'service', id: 'mlflow-client' }
  const id = request.headers.get(header)
  return id ? { type: 'human', id } : null
}

/** Webhooks need a key for their secrets: 32 bytes as base64url, under the name that MLflow has for it. */
async function openWebhooks(store) {
  const key = process.env['MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY']
  if (!key) return undefined
  const addresses = values['webhook-reach']
  return createWebhooks({
    store,
    keys: { current: 'environment', keys: { environment: Buffer.from(key, 'base64url') } },
    reach: { http: addresses.length > 0, addresses },
  })
}
