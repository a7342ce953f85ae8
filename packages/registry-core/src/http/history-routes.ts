import type { RegistryRoute } from './registry-route.ts'
import { whole } from './registry-route.ts'

/** What happened, and whether the record of it is whole. */
export const historyRoutes: readonly RegistryRoute[] = [
  {
    method: 'GET',
    path: '/models/:model/history',
    calls: 'history',
    handle: ({ registry, params, query, page }) => {
      const { version } = query
      return registry.history(params['model']!, {
        ...page,
        ...(version !== undefined && { version: whole('version', version) }),
      })
    },
  },
  {
    method: 'GET',
    path: '/history/verification',
    calls: 'verifyHistory',
    handle: ({ registry }) => registry.verifyHistory(),
  },
]
