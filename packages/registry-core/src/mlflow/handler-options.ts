import type { Clock, IdSource, Logger } from '@mlops/core'
import { invalid, silentLogger, systemClock, uuidV7 } from '@mlops/core'
import type { AuthPort } from '@mlops/http'
import { LOCAL_HOSTS, originGuard } from '../http/origin-guard.ts'
import { assertPorts } from '../model/arguments.ts'
import type { Registry } from '../service/registry.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import type { MlflowContext } from './call.ts'
import { localRoot } from './local-root.ts'
import { assertPlace } from './places.ts'
import { stageTable } from './stages.ts'

export interface MlflowHandlerOptions {
  readonly registry: Registry
  /**
   * Who is calling, and what they may do. There is no default: `openAccess(actor)` lets everybody in
   * as one actor, and `denyAll` of `@mlops/http` nobody.
   */
  readonly auth: AuthPort
  /**
   * Where the files of new experiments go: `mlflow-artifacts:/`, through this door into the
   * registry's blobs, or `file:///directory`, which clients on the same machine write themselves.
   *
   * @default 'mlflow-artifacts:/'
   */
  readonly artifactRoot?: string
  /**
   * The directory that a relative artifact location of an experiment is completed by, as MLflow's
   * server does with its working directory. @default none: relative locations are refused
   */
  readonly relativeTo?: string
  /** Names under which the server may be reached, with or without a port; `*` is any. @default this machine's own */
  readonly allowedHosts?: readonly string[]
  /** Pages of other origins that may call. @default none */
  readonly allowedOrigins?: readonly string[]
  /** Other stages for MLflow's `None`, `Staging`, `Production` and `Archived`. */
  readonly stages?: Readonly<Record<string, string>>
  /**
   * What MLflow's webhooks are kept and sent by: `createWebhooks` of `@mlops/registry-core/webhooks`,
   * over the registry's store. @default none: their routes answer 501
   */
  readonly webhooks?: Webhooks
  /** The largest file that may be uploaded. @default 64 GiB */
  readonly maxArtifactBytes?: number
  /** The largest JSON body. @default 32 MiB */
  readonly maxBodyBytes?: number
  readonly clock?: Clock
  readonly ids?: IdSource
  readonly logger?: Logger
}

const GIB = 1024 ** 3
const MIB = 1024 ** 2

/** @throws as `createMlflowHandler` */
export function readOptions(options: MlflowHandlerOptions) {
  const {
    registry,
    auth,
    artifactRoot = 'mlflow-artifacts:/',
    relativeTo,
    allowedHosts = LOCAL_HOSTS,
    allowedOrigins = [],
    stages,
    webhooks,
    maxArtifactBytes = 64 * GIB,
    maxBodyBytes = 32 * MIB,
    clock = systemClock,
    ids = uuidV7({ clock }),
    logger = silentLogger,
  } = options ?? {}
  const hasAuth = typeof auth?.authenticate === 'function' && typeof auth.authorize === 'function'
  if (typeof registry?.runs?.log !== 'function' || !hasAuth) {
    throw invalid(
      'mlflow.invalid-options',
      'the handler needs a registry and auth with authenticate and authorize: openAccess(actor) lets everybody in',
      {},
    )
  }
  if (webhooks !== undefined && typeof webhooks?.dispatch !== 'function') {
    throw invalid('mlflow.invalid-options', 'webhooks are what createWebhooks makes', {})
  }
  assertPorts({ clock, ids }, 'mlflow.invalid-options')
  if (typeof artifactRoot !== 'string') {
    throw invalid('mlflow.invalid-root', 'artifactRoot is a URI', { artifactRoot })
  }
  assertPlace(artifactRoot)
  const context: MlflowContext = {
    registry,
    clock,
    ids,
    artifactRoot,
    relativeTo: relativeTo ?? undefined,
    localRoot: artifactRoot.startsWith('file:')
      ? localRoot(artifactRoot, () => ids.next())
      : undefined,
    maxArtifactBytes,
    webhooks: webhooks ?? undefined,
    stages: stageTable(registry.stageRules, stages ?? undefined),
  }
  return {
    context,
    auth,
    guard: originGuard(allowedHosts, allowedOrigins, 'mlflow.invalid-hosts'),
    maxBodyBytes,
    logger,
  }
}
