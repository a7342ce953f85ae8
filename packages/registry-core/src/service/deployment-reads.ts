import type { Actor, Page, PageRequest } from '@mlops/core'
import { decodeCursor, givenOptions, invalid, pageLimit } from '@mlops/core'
import { assertText } from '../model/arguments.ts'
import type {
  Deployment,
  DeploymentAction,
  DeploymentChange,
  Serving,
} from '../model/deployment.ts'
import type { RegistryContext } from './context.ts'
import { cursorSeq, nextCursor } from './cursors.ts'
import { assembleDeployment, deploymentRow, loadDeployment } from './deployment-records.ts'

export interface DeploymentReads {
  /** @throws `not-found` `registry.no-deployment` */
  get(model: string, environment: string): Promise<Deployment>
  find(model: string, environment: string): Promise<Deployment | undefined>
  /** By environment and model: which version serves where. */
  list(
    options?: PageRequest & { readonly model?: string; readonly environment?: string },
  ): Promise<Page<Deployment>>
  /** Newest change first. */
  history(model: string, environment: string, page?: PageRequest): Promise<Page<DeploymentChange>>
}

/** See `Deployments`. */
export function createDeploymentReads({ db }: RegistryContext): DeploymentReads {
  return {
    get: (model, environment) => loadDeployment(db.query, model, environment),
    async find(model, environment) {
      const row = await deploymentRow(db.query, model, environment)
      return row && assembleDeployment(db.query, row)
    },
    async list(options) {
      const { limit: wantedLimit, cursor, model, environment } = givenOptions(options ?? {})
      if (model !== undefined) assertText(model, 'model')
      if (environment !== undefined) assertText(environment, 'environment')
      const limit = pageLimit(wantedLimit)
      let select = db.query.selectFrom('registry_deployments').selectAll()
      if (model !== undefined) select = select.where('model', '=', model)
      if (environment !== undefined) select = select.where('environment', '=', environment)
      if (cursor !== undefined) {
        const [lastEnvironment, lastModel] = cursorPair(cursor)
        select = select.where((on) =>
          on.or([
            on('environment', '>', lastEnvironment),
            on.and([on('environment', '=', lastEnvironment), on('model', '>', lastModel)]),
          ]),
        )
      }
      const rows = await select
        .orderBy('environment')
        .orderBy('model')
        .limit(limit + 1)
        .execute()
      const items: Deployment[] = []
      for (const row of rows.slice(0, limit)) items.push(await assembleDeployment(db.query, row))
      return { items, ...nextCursor(rows, limit, (last) => [last.environment, last.model]) }
    },
    async history(model, environment, options) {
      assertText(model, 'model')
      assertText(environment, 'environment')
      const { limit: wantedLimit, cursor } = givenOptions(options ?? {})
      const limit = pageLimit(wantedLimit)
      let select = db.query
        .selectFrom('registry_deployment_changes')
        .selectAll()
        .where('model', '=', model)
        .where('environment', '=', environment)
      if (cursor !== undefined) select = select.where('event_seq', '<', cursorSeq(cursor))
      const rows = await select
        .orderBy('event_seq', 'desc')
        .limit(limit + 1)
        .execute()
      const items = rows.slice(0, limit).map((row) => ({
        model,
        environment,
        action: row.action as DeploymentAction,
        ...(JSON.parse(row.state) as Serving),
        reason: row.reason,
        by: JSON.parse(row.by_actor) as Actor,
        at: row.at,
      }))
      return { items, ...nextCursor(rows, limit, ({ event_seq }) => event_seq) }
    },
  }
}

function cursorPair(cursor: string): [string, string] {
  const position = decodeCursor(cursor)
  if (Array.isArray(position) && position.length === 2) {
    if (position.every((part) => typeof part === 'string')) return position as [string, string]
  }
  throw invalid('core.invalid-cursor', 'the cursor is not one that this list gave out', {})
}
