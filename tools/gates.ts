// Every gate in turn; each is a script of its own with a message of its own.
import { spawnSync } from 'node:child_process'
import { root } from './workspace.ts'

const GATES: readonly (readonly [string, string])[] = [
  ['format and lint', 'biome ci . --error-on-warnings --colors=off'],
  ['types', 'turbo run typecheck --output-logs=errors-only'],
  ['types of the tools', 'tsc -p .'],
  ['layers and cycles', 'tsx tools/check-layers.ts'],
  ['purity', 'tsx tools/check-purity.ts'],
  ['exports, builds and docs', 'tsx tools/check-exports.ts'],
  ['publint and are-the-types-wrong', 'tsx tools/check-packages.ts'],
  ['unused files, exports and dependencies', 'knip'],
  ['size of every door', 'tsx tools/check-sizes.ts'],
  ['changesets', 'tsx tools/check-changesets.ts'],
  ['WebAssembly kernels', 'tsx tools/build-wasm.ts --check'],
  ['lockfile', 'tsx tools/check-lockfile.ts'],
  ['API reference', 'tsx tools/build-api-reference.ts --check'],
  ['runtimes', 'tsx runtime-tests/run.ts'],
]

const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' }
const wanted = process.argv.slice(2)
const chosen =
  wanted.length === 0 ? GATES : GATES.filter(([name]) => wanted.some((word) => name.includes(word)))
const failed: string[] = []
for (const [name, command] of chosen) {
  const started = performance.now()
  const done = spawnSync(command, { cwd: root, shell: true, encoding: 'utf8', env })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const passed = done.status === 0
  console.log(`${passed ? 'pass' : 'FAIL'}  ${name} (${seconds} s)`)
  if (!passed) {
    failed.push(name)
    console.log(`${done.stdout}${done.stderr}`.trimEnd().replace(/^/gm, '      '))
  }
}
if (failed.length > 0)
  console.log(
    `\nFailed: ${failed.join(', ')}. Run one alone with \`npm run gates -- "${failed[0]}"\`.`,
  )
console.log(`gates: ${chosen.length - failed.length} passed, ${failed.length} failed`)
process.exit(failed.length === 0 ? 0 : 1)
