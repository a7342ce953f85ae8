// Every door, required by a CommonJS module.
const core = require('@mlops/core')
const schema = require('@mlops/core/schema')
const stats = require('@mlops/stats')
const statsMultivariate = require('@mlops/stats/multivariate')
const statsWorkers = require('@mlops/stats/workers')
const store = require('@mlops/store')
const blobs = require('@mlops/store/blobs')
const contract = require('@mlops/store/contract')
const sqlite = require('@mlops/store/sqlite')
const postgres = require('@mlops/store/postgres')
const s3 = require('@mlops/store/s3')
const http = require('@mlops/http')
const node = require('@mlops/http/node')
const drift = require('@mlops/drift')
const driftWorkers = require('@mlops/drift/workers')
const stream = require('@mlops/drift/stream')
const streamContract = require('@mlops/drift/stream-contract')
const anytime = require('@mlops/drift/anytime')
const parquet = require('@mlops/drift/parquet')
const profile = require('@mlops/drift/profile')
const sql = require('@mlops/drift/sql')
const driftMultivariate = require('@mlops/drift/multivariate')
const evaluate = require('@mlops/evaluate')
const abtest = require('@mlops/abtest')
const assignment = require('@mlops/abtest/assignment')
const assignmentContract = require('@mlops/abtest/assignment-contract')
const bandits = require('@mlops/abtest/bandits')
const design = require('@mlops/abtest/design')
const guards = require('@mlops/abtest/guards')
const sequential = require('@mlops/abtest/sequential')
const registryCore = require('@mlops/registry-core')
const importMlflow = require('@mlops/registry-core/import-mlflow')
const mlflow = require('@mlops/registry-core/mlflow')
const webhooks = require('@mlops/registry-core/webhooks')
const lineage = require('@mlops/lineage')
const governance = require('@mlops/governance')
const presets = require('@mlops/governance/presets')
const report = require('@mlops/report')

import('./journey.mjs')
  .then(({ journey }) =>
    journey({
      core,
      schema,
      stats,
      statsWorkers,
      store,
      blobs,
      contract,
      sqlite,
      postgres,
      s3,
      http,
      node,
      drift,
      driftWorkers,
      stream,
      streamContract,
      anytime,
      parquet,
      profile,
      sql,
      driftMultivariate,
      evaluate,
      statsMultivariate,
      abtest,
      assignment,
      assignmentContract,
      bandits,
      design,
      guards,
      sequential,
      registryCore,
      importMlflow,
      mlflow,
      webhooks,
      lineage,
      governance,
      presets,
      report,
    }),
  )
  .then(
    () => console.log('ok'),
    (error) => {
      console.error(error)
      process.exit(1)
    },
  )
