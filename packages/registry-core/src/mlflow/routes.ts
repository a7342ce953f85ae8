import { artifactRoutes } from './artifacts.ts'
import { assessmentRoutes } from './assessments.ts'
import type { MlflowRoute } from './call.ts'
import { evaluationDatasetRoutes } from './evaluation-datasets.ts'
import { experimentRoutes } from './experiments.ts'
import { loggedModelRoutes } from './logged-models.ts'
import { metricRoutes } from './metrics.ts'
import { modelVersionRoutes } from './model-versions.ts'
import { promptRunRoutes } from './prompt-runs.ts'
import { registeredModelRoutes } from './registered-models.ts'
import { runDataRoutes } from './run-data.ts'
import { runRoutes } from './runs.ts'
import { traceRoutes } from './traces.ts'
import { webhookRoutes } from './webhooks.ts'

const plain = (text: string) =>
  new Response(text, { headers: { 'content-type': 'text/plain; charset=utf-8' } })

/** The version of MLflow whose protocol is spoken; clients compare it with theirs. */
export const PROTOCOL_VERSION = '3.11.1'

const about: readonly MlflowRoute[] = [
  {
    method: 'GET',
    path: '/health',
    base: 'root',
    access: 'public',
    handle: () => plain('OK'),
  },
  {
    method: 'GET',
    path: '/version',
    base: 'root',
    access: 'public',
    handle: () => plain(PROTOCOL_VERSION),
  },
  {
    method: 'GET',
    path: '/mlflow/server-info',
    base: 'api-3',
    access: 'public',
    handle: () => ({ store_type: 'SqlStore', workspaces_enabled: false }),
  },
]

/** Everything the door answers to. */
export const routes: readonly MlflowRoute[] = [
  ...about,
  ...experimentRoutes,
  ...runRoutes,
  ...runDataRoutes,
  ...promptRunRoutes,
  ...metricRoutes,
  ...loggedModelRoutes,
  ...evaluationDatasetRoutes,
  ...traceRoutes,
  ...assessmentRoutes,
  ...registeredModelRoutes,
  ...modelVersionRoutes,
  ...artifactRoutes,
  ...webhookRoutes,
]
