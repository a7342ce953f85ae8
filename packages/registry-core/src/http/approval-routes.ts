import type { ApprovalStatus } from '../model/approval.ts'
import type { RegistryRoute } from './registry-route.ts'
import { whole } from './registry-route.ts'

const steps = (['approve', 'reject', 'withdraw', 'commit', 'comment'] as const).map(
  (step): RegistryRoute => ({
    method: 'POST',
    path: `/approvals/:id/${step}`,
    calls: `approvals.${step}`,
    handle: ({ registry, command }) => registry.approvals[step](command),
  }),
)

/** Changes that wait for people. */
export const approvalRoutes: readonly RegistryRoute[] = [
  {
    method: 'POST',
    path: '/models/:model/versions/:version/approvals',
    calls: 'approvals.propose',
    status: 201,
    handle: ({ registry, command }) => registry.approvals.propose(command),
  },
  {
    method: 'GET',
    path: '/approvals',
    calls: 'approvals.list',
    handle: ({ registry, query, page }) => {
      const { model, version, status } = query
      return registry.approvals.list({
        ...page,
        ...(model !== undefined && { model }),
        ...(version !== undefined && { version: whole('version', version) }),
        ...(status !== undefined && { status: status as ApprovalStatus }),
      })
    },
  },
  {
    method: 'GET',
    path: '/approvals/:id',
    calls: 'approvals.get',
    handle: ({ registry, params }) => registry.approvals.get(params['id']!),
  },
  ...steps,
]
