import type { Clock, IdSource, Logger } from '@mlops/core'
import { silentLogger, systemClock, uuidV7 } from '@mlops/core'
import type { Service } from '@mlops/http'
import type { EventLog } from '@mlops/store'
import { createEventLog, openStore } from '@mlops/store'
import { openBanners } from './banners.ts'
import { createExperiments } from './experiments.ts'
import type { DeliveryModel } from './models.ts'
import * as models from './models.ts'
import { experimentService } from './service.ts'
import { createShadow } from './shadow.ts'
import type { Tables } from './tables.ts'
import { migrations } from './tables.ts'

/** The service over a database, and how to let go of it. */
export interface Opened {
  readonly service: Service
  readonly log: EventLog
  close(): Promise<void>
}

export async function open(
  url: string,
  {
    clock = systemClock,
    ids = uuidV7({ clock }),
    logger = silentLogger,
    seed = 'banners',
    champion = models.champion,
    challenger = models.challenger,
    schema,
  }: {
    readonly clock?: Clock
    readonly ids?: IdSource
    readonly logger?: Logger
    readonly seed?: string
    readonly champion?: DeliveryModel
    readonly challenger?: DeliveryModel
    /** Of PostgreSQL, where the database holds other things, too. */
    readonly schema?: string
  } = {},
): Promise<Opened> {
  const database = await openStore(url, { ...(schema !== undefined && { schema }) })
  const store = database.tables<Tables>()
  await store.migrate('abtest-service', migrations)
  const log = createEventLog({ store: database, name: 'experiments', clock })
  const service = experimentService({
    experiments: createExperiments({ store, log, clock }),
    shadow: createShadow({ store, clock, logger, champion, challenger }),
    banners: await openBanners({ store, clock, ids, arms: ['blue', 'green', 'red'], seed }),
  })
  return { service, log, close: () => database.close() }
}
