// Runs the store and log contracts on `node:sqlite` without any test runner, in the directory given,
// and prints the outcome as JSON. For runtimes that have it: node contract-run.mjs <directory>
import { join } from 'node:path'
import { logContract, storeContract } from '../dist/contract.js'
import { openSqliteStore } from '../dist/sqlite.js'

const directory = process.argv[2]
const tests = []
const test = (name, run) => tests.push({ name, run })
let places = 0
const makePlace = async () => {
  const path = join(directory, `${places++}.db`)
  return { open: () => openSqliteStore(path, { engine: 'node:sqlite' }), remove: async () => {} }
}
storeContract({ test, makePlace })
logContract({ test, makePlace })

const failed = []
for (const { name, run } of tests) {
  try {
    await run()
  } catch (error) {
    failed.push(`${name}: ${error.stack}`)
  }
}
console.log(JSON.stringify({ passed: tests.length - failed.length, failed }))
