// Every door, imported by an ES module.

import * as abtest from '@mlops/abtest'
import * as assignment from '@mlops/abtest/assignment'
import * as assignmentContract from '@mlops/abtest/assignment-contract'
import * as bandits from '@mlops/abtest/bandits'
import * as core from '@mlops/core'
import * as schema from '@mlops/core/schema'
import * as drift from '@mlops/drift'
import * as governance from '@mlops/governance'
import * as presets from '@mlops/governance/presets'
import * as http from '@mlops/http'
import * as node from '@mlops/http/node'
import * as lineage from '@mlops/lineage'
import * as registryCore from '@mlops/registry-core'
import * as report from '@mlops/report'
import * as stats from '@mlops/stats'
import * as store from '@mlops/store'
import * as blobs from '@mlops/store/blobs'
import * as contract from '@mlops/store/contract'
import * as postgres from '@mlops/store/postgres'
import * as sqlite from '@mlops/store/sqlite'
import { journey } from './journey.mjs'

await journey({
  core,
  schema,
  stats,
  store,
  blobs,
  contract,
  sqlite,
  postgres,
  http,
  node,
  drift,
  abtest,
  assignment,
  assignmentContract,
  bandits,
  registryCore,
  lineage,
  governance,
  presets,
  report,
})
console.log('ok')
