// Every door, type-checked against the published declarations.
import type { AbReadout } from '@mlops/abtest'
import { compareArms, readPlan, registerPlan } from '@mlops/abtest'
import { createAssigner, memoryStickyStore } from '@mlops/abtest/assignment'
import { stickyStoreContract } from '@mlops/abtest/assignment-contract'
import { type BanditState, thompsonBeta } from '@mlops/abtest/bandits'
import { type DesignAnswer, designForMeans, requiredUnits } from '@mlops/abtest/design'
import { checkExperiment, type ExperimentCheck } from '@mlops/abtest/guards'
import { groupSequentialBounds, type SequentialLook } from '@mlops/abtest/sequential'
import { type Evidence, isMlopsError, systemClock } from '@mlops/core'
import { actorSchema } from '@mlops/core/schema'
import { compare, type DriftReport, fitReference } from '@mlops/drift'
import { createMonitor, type MonitorReport } from '@mlops/drift/anytime'
import { fitPca, type PcaReference } from '@mlops/drift/multivariate'
import { readParquet } from '@mlops/drift/parquet'
import { type DataProfile, mergeProfiles, profileRows } from '@mlops/drift/profile'
import { compareSql } from '@mlops/drift/sql'
import { adwin, type StreamVerdict } from '@mlops/drift/stream'
import { detectorContract } from '@mlops/drift/stream-contract'
import { type DriftWorkers, openDriftWorkers } from '@mlops/drift/workers'
import { estimateCbpe, fitCbpe, type PerformanceSeries } from '@mlops/evaluate'
import { createGovernance, stageGate } from '@mlops/governance'
import { standardPolicy } from '@mlops/governance/presets'
import { createService, json } from '@mlops/http'
import { serve } from '@mlops/http/node'
import { createLineage } from '@mlops/lineage'
import { createRegistry, createRoleAccess, withAccess } from '@mlops/registry-core'
import { createRegistryService } from '@mlops/registry-core/http'
import { importMlflow } from '@mlops/registry-core/import-mlflow'
import { createMlflowHandler, openAccess } from '@mlops/registry-core/mlflow'
import { createWebhooks, type DispatchReport } from '@mlops/registry-core/webhooks'
import { toHtml } from '@mlops/report'
import { studentT, welchT } from '@mlops/stats'
import { type Matrix, matrixOf } from '@mlops/stats/multivariate'
import { openWorkers } from '@mlops/stats/workers'
import { openStore } from '@mlops/store'
import { memoryBlobs } from '@mlops/store/blobs'
import { storeContract } from '@mlops/store/contract'
import { openPostgresStore } from '@mlops/store/postgres'
import { openS3Blobs } from '@mlops/store/s3'
import { openSqliteStore } from '@mlops/store/sqlite'

export const report: DriftReport = compare(fitReference({ x: [1, 2, 3] }), {
  x: Float64Array.of(1, 2, 3),
})
export const verdict: StreamVerdict = adwin().run().update(1)
export const standing: MonitorReport = createMonitor(fitReference({ x: [1, 2, 3] })).report()
export const profiled = async (): Promise<DataProfile> =>
  mergeProfiles(await profileRows([{ x: 1 }]))
export const readout: AbReadout = compareArms([1, 2, 3], [2, 3, null])
export const arm: string | null = createAssigner({ key: 'e', arms: [{ key: 'a' }] }).assign({
  id: 1,
}).arm
export const learned: BanditState = thompsonBeta().start(['a', 'b'])
export const firstLook: SequentialLook | undefined = groupSequentialBounds({ looks: 2 }).looks[0]
export const planned: DesignAnswer = requiredUnits(designForMeans({ sd: 1 }), { effect: 0.5 })
export const checked: ExperimentCheck = checkExperiment({ assigned: [50, 51] })
export const p: number | null = welchT([1, 2], [3, 4]).pValue
export const tail: number = studentT.sf(2, 5)
export const components: PcaReference = fitPca({ x: [1, 2, 3, 4], y: [2, 1, 4, 3] }, { chunks: 2 })
const scored = { scores: [0.2, 0.8, 0.4, 0.9], targets: [0, 1, 1, 1] }
export const estimates: PerformanceSeries = estimateCbpe(
  fitCbpe(scored, { chunks: 2, metrics: ['accuracy'] }),
  scored,
  { chunk: { by: 'count', count: 1 } },
)
export const square: Matrix = matrixOf([
  [1, 0],
  [0, 1],
])
export const page: string = toHtml([report, readout])

export async function wire(): Promise<Evidence[]> {
  const store = await openStore('sqlite::memory:')
  const governance = await createGovernance({ store, policy: standardPolicy() })
  const gate = stageGate({ governance, gates: { production: 'production' } })
  const registry = await createRegistry({ store, blobs: memoryBlobs(), gate })
  const imported = importMlflow({
    registry,
    database: 'no-such.db',
    by: { type: 'service', id: 's' },
  })
  await imported.catch((error: { code: string }) => error.code)
  const door = createMlflowHandler({ registry, auth: openAccess({ type: 'service', id: 's' }) })
  await door(new Request('http://localhost/health'))
  const actor = { type: 'human', id: 'ada' } as const
  const port = await createRoleAccess({ store })
  const guarded = withAccess(registry, { port, actor, store })
  console.log((await guarded.models.list()).items.length)
  const service = createRegistryService({ registry, store, port, authenticate: () => actor })
  console.log(service.routes.length)
  const keys = { current: 'k', keys: { k: new Uint8Array(32) } }
  const webhooks = await createWebhooks({ store, keys })
  const round: DispatchReport = await webhooks.dispatch()
  console.log(round.delivered)
  const lineage = await createLineage({ store })
  const server = await serve(
    createService({
      routes: [{ method: 'GET', path: '/', access: 'public', handle: () => json(report) }],
    }),
    { port: 0 },
  )
  await server.close()
  const workers = openWorkers({ threads: 1 })
  const shifts: number[] = await workers.map('psi', [
    [
      [1, 2],
      [2, 1],
    ],
  ])
  console.log(shifts.length)
  await workers.close()
  try {
    await lineage.record({})
  } catch (error) {
    if (isMlopsError(error)) console.log(error.code, error.kind)
  }
  return [...(await registry.evidence.list('m', 1))]
}

// @ts-expect-error a plan needs a metric
registerPlan({ name: 'x' }, { clock: systemClock })
export const open: () => DriftWorkers = () => openDriftWorkers({ threads: 1 })
export const unused = [
  compareSql,
  detectorContract,
  memoryStickyStore,
  stickyStoreContract,
  readPlan,
  readParquet,
  actorSchema,
  storeContract,
  openPostgresStore,
  openS3Blobs,
  openSqliteStore,
]
