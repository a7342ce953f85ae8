import { limitedBody, readBytes } from '@mlops/http'
import { filePathSchema } from '../model/names.ts'
import type { FileEntry } from '../service/files.ts'
import type { Call, MlflowRoute, RouteAccess } from './call.ts'
import { named, optionalText, text } from './call.ts'
import { mlflowInvalid, mlflowMissing } from './errors.ts'
import { missingField } from './fields.ts'
import { downloadHeaders, fileResponse } from './file-response.ts'
import { runPlace } from './json.ts'
import { jsonResponse } from './json-response.ts'
import { readVersion } from './names.ts'
import { readPlace } from './places.ts'
import { runId } from './runs.ts'

const MIB = 1024 * 1024

const notImplemented = () => ({
  status: 501,
  error_code: 'NOT_IMPLEMENTED',
  message: 'this server takes files whole, over the artifact proxy',
})

/** A path of a file within something; absent is the thing itself. */
function relativePath(given: string | undefined): string {
  if (given === undefined || given === '' || given === '.') return ''
  const path = given.replace(/\/+$/, '')
  if (!filePathSchema.safeParse(path).success) throw mlflowInvalid('Invalid path')
  return path
}

async function entriesOf(call: Call, uri: string, path: string): Promise<readonly FileEntry[]> {
  const place = readPlace(uri)
  const below = (root: string) => (path === '' ? root : `${root}/${path}`)
  if (place?.kind === 'proxied') return call.registry.files.list(below(place.path))
  if (place?.kind === 'local' && call.localRoot?.holds(place.path)) {
    return call.localRoot.list(below(place.path))
  }
  throw elsewhere(uri)
}

async function download(call: Call, uri: string, path: string): Promise<Response> {
  const place = readPlace(uri)
  if (place?.kind === 'proxied') {
    return downloadFile(call, `${place.path}/${path}`)
  }
  if (place?.kind === 'local' && call.localRoot?.holds(place.path)) {
    const { size, content } = await call.localRoot.open(`${place.path}/${path}`)
    const headers = downloadHeaders(path)
    headers.set('content-length', String(size))
    return new Response(content, { headers })
  }
  throw elsewhere(uri)
}

async function downloadFile({ registry, request }: Call, path: string): Promise<Response> {
  const file = await registry.files.find(path)
  if (!file) throw mlflowMissing(`No such artifact: '${path}'`)
  return fileResponse(registry.files, file, request)
}

function elsewhere(uri: string) {
  return mlflowInvalid(`The files at ${uri} are not kept by this server: read them there.`)
}

async function listing(call: Call, uri: string, path: string) {
  const entries = await entriesOf(call, uri, path)
  return {
    root_uri: uri,
    files: entries.map(({ name, isDirectory, size }) => ({
      path: path === '' ? name : `${path}/${name}`,
      is_dir: isDirectory,
      ...(size !== undefined && { file_size: size }),
    })),
  }
}

async function runUri({ registry }: Call, id: string): Promise<string> {
  return runPlace(await registry.runs.get(id))
}

async function upload(call: Call) {
  const { input, request } = call
  const run = optionalText(input, 'run_uuid')
  if (!run) throw mlflowInvalid('Request must specify run_uuid.')
  if (!optionalText(input, 'path')) throw mlflowInvalid('Request must specify path.')
  const path = relativePath(text(input, 'path'))
  const bytes = await readBytes(request, { maxBytes: 10 * MIB })
  if (bytes.byteLength === 0) throw mlflowInvalid('Request must specify data.')
  await writeRunFile(call, run, path, bytes)
  return {}
}

/** Writes a file of a run where its experiment has them. */
export async function writeRunFile(
  call: Call,
  run: string,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const uri = await runUri(call, run)
  const place = readPlace(uri)
  if (place?.kind === 'proxied') {
    const { registry, by } = call
    await registry.files.put({ path: `${place.path}/${path}`, content: bytes, by })
  } else if (place?.kind === 'local' && call.localRoot?.holds(place.path)) {
    await call.localRoot.write(`${place.path}/${path}`, bytes)
  } else throw elsewhere(uri)
}

const proxied = '/mlflow-artifacts/artifacts'
/** The file or directory itself is what permission is asked for. */
const proxyAccess = (action: string): RouteAccess => ({
  action,
  resources: ({ params, input }) => [
    { type: 'artifact', name: params['*'] ?? optionalText(input, 'path') ?? '' },
  ],
})

const proxyRoutes: readonly MlflowRoute[] = [
  {
    method: 'PUT',
    path: `${proxied}/*`,
    base: 'api',
    access: proxyAccess('artifact.write'),
    bytes: true,
    async handle({ registry, request, params, maxArtifactBytes, by }) {
      const path = relativePath(params['*'])
      const content = limitedBody(request, { maxBytes: maxArtifactBytes })
      await registry.files.put({ path, content, by })
      return {}
    },
  },
  {
    method: 'GET',
    path: `${proxied}/*`,
    base: 'api',
    access: proxyAccess('artifact.read'),
    handle: (call) => downloadFile(call, relativePath(call.params['*'])),
  },
  {
    method: 'GET',
    path: proxied,
    base: 'api',
    access: proxyAccess('artifact.read'),
    fields: { path: { type: 'text' } },
    async handle({ registry, input }) {
      const entries = await registry.files.list(relativePath(optionalText(input, 'path')))
      if (entries.length === 0) return {}
      return {
        files: entries.map(({ name, isDirectory, size }) => ({
          path: name,
          is_dir: isDirectory,
          ...(size !== undefined && { file_size: size }),
        })),
      }
    },
  },
  {
    method: 'DELETE',
    path: `${proxied}/*`,
    base: 'api',
    access: proxyAccess('artifact.delete'),
    async handle({ registry, params, by }) {
      await registry.files.remove({ path: relativePath(params['*']), by })
      return {}
    },
  },
  ...(['create', 'complete', 'abort'] as const).map(
    (step): MlflowRoute => ({
      method: 'POST',
      path: `/mlflow-artifacts/mpu/${step}/*`,
      base: 'api',
      access: proxyAccess('artifact.write'),
      handle: () => jsonResponse(notImplemented(), 501),
    }),
  ),
  {
    method: 'GET',
    path: '/mlflow-artifacts/presigned/*',
    base: 'api',
    access: proxyAccess('artifact.read'),
    handle: () => jsonResponse(notImplemented(), 501),
  },
  {
    method: 'POST',
    path: '/mlflow/artifacts/presigned-upload-url',
    base: 'api',
    access: proxyAccess('artifact.write'),
    handle: () => jsonResponse(notImplemented(), 501),
  },
]

const ofRun = named('artifact.read', 'run', 'run_id')

export const artifactRoutes: readonly MlflowRoute[] = [
  ...proxyRoutes,
  {
    method: 'GET',
    path: '/mlflow/artifacts/list',
    base: 'api',
    access: ofRun,
    fields: { ...runId, path: { type: 'text' } },
    async handle(call) {
      const path = relativePath(optionalText(call.input, 'path'))
      return listing(call, await runUri(call, text(call.input, 'run_id')), path)
    },
  },
  {
    method: 'GET',
    path: '/get-artifact',
    base: 'root',
    access: ofRun,
    fields: { ...runId, path: { type: 'text', required: true } },
    async handle(call) {
      const path = relativePath(text(call.input, 'path'))
      return download(call, await runUri(call, text(call.input, 'run_id')), path)
    },
  },
  {
    method: 'GET',
    path: '/model-versions/get-artifact',
    base: 'root',
    access: named('artifact.read', 'model', 'name'),
    fields: {
      name: { type: 'text', required: true },
      version: { type: 'text', required: true },
      path: { type: 'text', required: true },
    },
    async handle(call) {
      const path = relativePath(text(call.input, 'path'))
      const number = readVersion(text(call.input, 'version'))
      const version = await call.registry.versions.get(text(call.input, 'name'), number)
      const [source] = await call.registry.versions.sources([version])
      const location = source?.location ?? ''
      // A version may point to files that are not its own: they are asked for by their own name.
      const place = readPlace(location)
      const name = place?.kind === 'proxied' ? `${place.path}/${path}` : location
      await call.demand('artifact.read', { type: 'artifact', name })
      return download(call, location, path)
    },
  },
  {
    method: 'POST',
    path: '/mlflow/upload-artifact',
    base: 'api',
    access: named('artifact.write', 'run', 'run_uuid'),
    fields: { run_uuid: { type: 'text' }, path: { type: 'text' } },
    bytes: true,
    handle: upload,
  },
  {
    method: 'GET',
    path: '/mlflow/logged-models/:id/artifacts/directories',
    base: 'api',
    access: named('artifact.read', 'logged-model', 'id'),
    fields: { artifact_directory_path: { type: 'text' } },
    async handle(call) {
      const path = relativePath(optionalText(call.input, 'artifact_directory_path'))
      const { artifactLocation } = await call.registry.loggedModels.get(call.params['id']!)
      return listing(call, artifactLocation, path)
    },
  },
  {
    method: 'GET',
    path: '/mlflow/logged-models/:id/artifacts/files',
    base: 'api',
    access: named('artifact.read', 'logged-model', 'id'),
    fields: { artifact_file_path: { type: 'text' } },
    async handle(call) {
      const path = relativePath(optionalText(call.input, 'artifact_file_path'))
      if (path === '') throw missingField('artifact_file_path')
      const { artifactLocation } = await call.registry.loggedModels.get(call.params['id']!)
      return download(call, artifactLocation, path)
    },
  },
]
