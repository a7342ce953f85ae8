// Every door, required by a CommonJS module.
const core = require('@mlops/core')
const schema = require('@mlops/core/schema')
const stats = require('@mlops/stats')
const store = require('@mlops/store')
const blobs = require('@mlops/store/blobs')
const contract = require('@mlops/store/contract')
const sqlite = require('@mlops/store/sqlite')
const postgres = require('@mlops/store/postgres')
const http = require('@mlops/http')
const node = require('@mlops/http/node')
const drift = require('@mlops/drift')
const abtest = require('@mlops/abtest')
const assignment = require('@mlops/abtest/assignment')
const assignmentContract = require('@mlops/abtest/assignment-contract')
const bandits = require('@mlops/abtest/bandits')
const registryCore = require('@mlops/registry-core')
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
    }),
  )
  .then(
    () => console.log('ok'),
    (error) => {
      console.error(error)
      process.exit(1)
    },
  )
