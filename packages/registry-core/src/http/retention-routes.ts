import type { RegistryRoute } from './registry-route.ts'

/** What may go, what stays, and what comes back. */
export const retentionRoutes: readonly RegistryRoute[] = [
  {
    method: 'POST',
    path: '/retention/plan',
    calls: 'retention.plan',
    handle: ({ registry, command }) => registry.retention.plan(command.policies),
  },
  {
    method: 'POST',
    path: '/retention/apply',
    calls: 'retention.apply',
    handle: ({ registry, command }) => registry.retention.apply(command),
  },
  {
    method: 'POST',
    path: '/retention/sweep',
    calls: 'retention.sweep',
    handle: ({ registry, command }) => registry.retention.sweep(command),
  },
  {
    method: 'GET',
    path: '/models/:model/holds',
    calls: 'retention.holds',
    handle: async ({ registry, params }) => ({
      items: await registry.retention.holds(params['model']!),
    }),
  },
  {
    method: 'POST',
    path: '/models/:model/holds',
    calls: 'retention.hold',
    status: 201,
    handle: ({ registry, command }) => registry.retention.hold(command),
  },
  {
    method: 'DELETE',
    path: '/holds/:id',
    calls: 'retention.release',
    status: 204,
    handle: ({ registry, command }) => registry.retention.release(command),
  },
  {
    method: 'GET',
    path: '/models/:model/tombstones',
    calls: 'retention.tombstones',
    handle: ({ registry, params, page }) => registry.retention.tombstones(params['model']!, page),
  },
  {
    method: 'POST',
    path: '/models/:model/versions/:version/restore',
    calls: 'retention.restore',
    status: 204,
    handle: ({ registry, command }) => registry.retention.restore(command),
  },
]
