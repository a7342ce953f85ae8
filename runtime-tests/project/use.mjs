// Every door, imported by an ES module.

import * as abtest from '@mlops/abtest'
import * as assignment from '@mlops/abtest/assignment'
import * as assignmentContract from '@mlops/abtest/assignment-contract'
import * as bandits from '@mlops/abtest/bandits'
import * as design from '@mlops/abtest/design'
import * as guards from '@mlops/abtest/guards'
import * as sequential from '@mlops/abtest/sequential'
import * as core from '@mlops/core'
import * as schema from '@mlops/core/schema'
import * as drift from '@mlops/drift'
import * as anytime from '@mlops/drift/anytime'
import * as driftMultivariate from '@mlops/drift/multivariate'
import * as parquet from '@mlops/drift/parquet'
import * as profile from '@mlops/drift/profile'
import * as sql from '@mlops/drift/sql'
import * as stream from '@mlops/drift/stream'
import * as streamContract from '@mlops/drift/stream-contract'
import * as driftWorkers from '@mlops/drift/workers'
import * as evaluate from '@mlops/evaluate'
import * as governance from '@mlops/governance'
import * as presets from '@mlops/governance/presets'
import * as http from '@mlops/http'
import * as node from '@mlops/http/node'
import * as lineage from '@mlops/lineage'
import * as registryCore from '@mlops/registry-core'
import * as registryHttp from '@mlops/registry-core/http'
import * as importMlflow from '@mlops/registry-core/import-mlflow'
import * as mlflow from '@mlops/registry-core/mlflow'
import * as webhooks from '@mlops/registry-core/webhooks'
import * as report from '@mlops/report'
import * as stats from '@mlops/stats'
import * as statsMultivariate from '@mlops/stats/multivariate'
import * as statsWorkers from '@mlops/stats/workers'
import * as store from '@mlops/store'
import * as blobs from '@mlops/store/blobs'
import * as contract from '@mlops/store/contract'
import * as postgres from '@mlops/store/postgres'
import * as s3 from '@mlops/store/s3'
import * as sqlite from '@mlops/store/sqlite'
import { journey } from './journey.mjs'

await journey({
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
  registryHttp,
  webhooks,
  lineage,
  governance,
  presets,
  report,
})
console.log('ok')
