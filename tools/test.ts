// All tests that need no server, the documentation's examples among them; says what was skipped.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './workspace.ts'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

const reports = ['packages', 'examples']
  .flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(root, folder, name, '.report/tests.json')),
  )
  .concat(join(root, '.report/tests.json'))
for (const report of reports) rmSync(report, { force: true })

const turbo = spawnSync(
  'turbo',
  ['run', 'test', '--continue', '--concurrency=2', '--output-logs=errors-only'],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
const tools = spawnSync(
  'vitest',
  [
    'run',
    '--dir',
    'tools',
    '--config',
    'tools/vitest.config.ts',
    '--reporter=default',
    '--reporter=json',
    '--outputFile.json=.report/tests.json',
  ],
  { cwd: root, stdio: 'inherit' },
)

let passed = 0
let failed = 0
const skipped: string[] = []
for (const path of reports.filter(existsSync)) {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report
  passed += report.numPassedTests
  failed += report.numFailedTests
  for (const { name, status, assertionResults } of report.testResults) {
    // A file that could not even be loaded reports no test of its own.
    if (status === 'failed' && assertionResults.length === 0) failed++
    const left = assertionResults.filter(
      (test) => test.status !== 'passed' && test.status !== 'failed',
    )
    if (left.length > 0)
      skipped.push(...left.map((test) => `${relative(root, name)}: ${test.fullName}`))
  }
}
// A package that ended badly without a report must not pass for one without tests.
if (failed === 0 && (turbo.status !== 0 || tools.status !== 0)) failed++

if (skipped.length > 0) {
  console.log(`\nSkipped here (${skipped.length}), because they need a server or another runtime:`)
  for (const name of skipped) console.log(`  ${name}`)
  console.log(
    'Set MLOPS_TEST_POSTGRES_URL to a PostgreSQL where databases may be made to run those that need one; `tools/chdb.sh` makes the engine that MLOPS_TEST_CHDB_PYTHON names, `tools/s3.sh` the server that MLOPS_TEST_S3_URL names.',
  )
}
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`)
process.exit(failed === 0 ? 0 : 1)
