import { MlopsError } from '@mlops/core'
import type { Registry } from '../service/registry.ts'
import { mlflowInvalid } from './errors.ts'
import { runPlace } from './json.ts'

/** A place of files as the protocol names it; the door itself opens only its own. */
export type Place =
  | { readonly kind: 'proxied'; readonly path: string }
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'foreign' }

/** Reads a URI once, and decodes it once. Undefined when it is no plain place. */
export function readPlace(uri: string): Place | undefined {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):(.*)$/s.exec(uri)
  if (!scheme) return uri.startsWith('/') ? local(uri) : undefined
  const [, given, rest] = scheme as unknown as [string, string, string]
  const name = given.toLowerCase()
  if (name === 'mlflow-artifacts') {
    const path = /^(?:\/\/[^/]*)?\/*(.*?)\/*$/s.exec(rest)![1]!
    return isClean(path) ? { kind: 'proxied', path } : undefined
  }
  if (name !== 'file') return { kind: 'foreign' }
  const path = /^(?:\/\/(?:localhost)?)?(\/.*)$/s.exec(rest)?.[1]
  return path === undefined ? undefined : local(decoded(path))
}

function local(path: string): Place | undefined {
  return isClean(path.replace(/^\/+/, '')) ? { kind: 'local', path: normal(path) } : undefined
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return '..'
  }
}

/** No way up, whatever is decoded again; no control characters, no backslash, no fragment. */
export function isClean(path: string): boolean {
  let seen = path
  for (let i = 0; i < 10; i++) {
    if (/[\p{Cc}\\#]/u.test(seen) || seen.split(/[/?]/).includes('..')) return false
    const next = seen.replace(/%[0-9a-fA-F]{2}/g, (code) =>
      String.fromCharCode(Number.parseInt(code.slice(1), 16)),
    )
    if (next === seen) return true
    seen = next
  }
  return false
}

/** A path without empty, `.` and `..` parts; it never leaves the root. */
function normal(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** Where an experiment's files may go. @throws `invalid` `mlflow.invalid-parameter` */
export function assertPlace(uri: string): void {
  const tail = uri.replace(/^[A-Za-z][A-Za-z0-9+.-]+:\/*/, '')
  if (uri.length <= 2048 && isClean(tail) && !uri.includes('?')) return
  throw mlflowInvalid(
    `Invalid artifact location '${uri}': it must not hold .., #, ?, backslashes or control characters, however encoded.`,
  )
}

/** A location that a client named, made absolute. @throws as {@link assertPlace} */
export function completePlace(uri: string, relativeTo: string | undefined): string {
  assertPlace(uri)
  if (uri.startsWith('/') || /^[A-Za-z][A-Za-z0-9+.-]+:/.test(uri)) return uri
  if (relativeTo !== undefined) return `${relativeTo.replace(/\/+$/, '')}/${uri}`
  throw mlflowInvalid(`Invalid artifact location '${uri}': name it by an absolute URI.`)
}

const relative = (source: string) =>
  mlflowInvalid(
    `Invalid model version source: '${source}'. If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.`,
  )

/** Prompts are kept as versions without files under this source. */
const NO_FILES = 'dummy-source'

export interface ResolvedSource {
  readonly location: string
  readonly runId: string
}

/**
 * Where the files of a new version are. Sources are only ever compared with what the server gave out
 * itself; none is opened.
 *
 * @throws `invalid` `mlflow.invalid-parameter`; `not-found` for a run or model that does not exist.
 */
export async function resolveSource(
  registry: Registry,
  { source, runId, modelId }: { source: string; runId: string; modelId: string },
): Promise<ResolvedSource> {
  if (source === NO_FILES) return { location: '', runId }
  const model = /^models:\/+(.+)$/.exec(source)?.[1]
  if (model !== undefined) return fromModel(registry, source, model, runId)
  if (modelId !== '' && !isLocal(source)) await registry.loggedModels.get(modelId)
  if (!isLocal(source)) {
    if (!isClean(source.replace(/^[A-Za-z][A-Za-z0-9+.-]+:/, '').replaceAll('+', ' '))) {
      throw relative(source)
    }
    return { location: source, runId: await runOf(registry, runId, modelId) }
  }
  await assertBelow(registry, { source, runId, modelId })
  return { location: source, runId: await runOf(registry, runId, modelId) }
}

async function fromModel(
  registry: Registry,
  source: string,
  rest: string,
  runId: string,
): Promise<ResolvedSource> {
  const [name, version, extra] = rest.split('/')
  if (version === undefined) {
    const logged = await registry.loggedModels.get(name!)
    return { location: logged.artifactLocation, runId: runId || (logged.sourceRun ?? '') }
  }
  if (extra !== undefined || !/^\d{1,15}$/.test(version)) throw relative(source)
  const of = { model: decoded(name!), version: Number(version) }
  await registry.versions.get(of.model, of.version)
  const [from] = await registry.versions.sources([of])
  return { location: from?.location ?? '', runId: runId || (from?.runId ?? '') }
}

async function runOf(registry: Registry, runId: string, modelId: string): Promise<string> {
  if (runId !== '' || modelId === '') return runId
  return (await registry.loggedModels.get(modelId)).sourceRun ?? ''
}

/** Schemes are the same in any case. */
const isFile = (uri: string) => /^file:/i.test(uri)

function isLocal(source: string): boolean {
  return isFile(source) || !/^[A-Za-z][A-Za-z0-9+.-]+:/.test(source)
}

/** A local path may only be one below the run or logged model that it is said to come from. */
async function assertBelow(
  registry: Registry,
  { source, runId, modelId }: { source: string; runId: string; modelId: string },
): Promise<void> {
  const host = /^file:\/\/([^/]+)/i.exec(source)?.[1]
  if (host !== undefined && host !== 'localhost') {
    // MLflow answers this one with 500, and its own test suite asks for it.
    throw new MlopsError({
      kind: 'internal',
      code: 'mlflow.invalid-remote-uri',
      message: `${source} is not a valid remote uri. For remote access on windows, please consider using a different scheme such as SMB.`,
    })
  }
  const owner = modelId === '' ? 'run_id' : 'model_id'
  const path = localPath(source)
  const root = await rootOf(registry, runId, modelId)
  if (path !== undefined && root !== undefined) {
    if (path === root || path.startsWith(`${root}/`)) return
  }
  throw mlflowInvalid(
    `Invalid model version source: '${source}'. To use a local path as a model version source, the ${owner} request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the ${owner}.`,
  )
}

async function rootOf(
  registry: Registry,
  runId: string,
  modelId: string,
): Promise<string | undefined> {
  if (modelId !== '') return localPath((await registry.loggedModels.get(modelId)).artifactLocation)
  if (runId === '') return undefined
  return localPath(runPlace(await registry.runs.get(runId)))
}

/** The path of a local URI, walked to its end: `..` inside is fine as long as the result is. */
function localPath(uri: string): string | undefined {
  const path = isFile(uri)
    ? /^file:(?:\/\/(?:localhost)?)?(\/.*)$/is.exec(uri)?.[1]
    : uri.startsWith('/')
      ? uri
      : undefined
  if (path === undefined) return undefined
  const once = isFile(uri) ? decoded(path) : path
  if (/[\p{Cc}\\#]/u.test(once) || /%[0-9a-fA-F]{2}/.test(once)) return undefined
  return normal(once)
}
