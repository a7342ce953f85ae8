import type { RegistryRoute } from './registry-route.ts'

const CHANGES = {
  deploy: 'deploy',
  canary: 'canary',
  'promote-canary': 'promoteCanary',
  split: 'split',
  'stand-by': 'standBy',
  'switch-over': 'switchOver',
  abort: 'abort',
  'mark-good': 'markGood',
  rollback: 'rollback',
  retire: 'retire',
} as const

const at = '/models/:model/deployments/:environment'

/** Which version serves where. */
export const deploymentRoutes: readonly RegistryRoute[] = [
  {
    method: 'GET',
    path: '/deployments',
    calls: 'deployments.list',
    handle: ({ registry, query, page }) => {
      const { model, environment } = query
      return registry.deployments.list({
        ...page,
        ...(model !== undefined && { model }),
        ...(environment !== undefined && { environment }),
      })
    },
  },
  {
    method: 'GET',
    path: at,
    calls: 'deployments.get',
    handle: ({ registry, params }) =>
      registry.deployments.get(params['model']!, params['environment']!),
  },
  {
    method: 'GET',
    path: `${at}/history`,
    calls: 'deployments.history',
    handle: ({ registry, params, page }) =>
      registry.deployments.history(params['model']!, params['environment']!, page),
  },
  ...Object.entries(CHANGES).map(
    ([step, method]): RegistryRoute => ({
      method: 'POST',
      path: `${at}/${step}`,
      calls: `deployments.${method}`,
      handle: ({ registry, command }) => registry.deployments[method](command),
    }),
  ),
]
