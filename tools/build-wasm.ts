// Compiles packages/stats/assembly/kernels.ts and writes the module, in base64, to src/kernels/wasm-module.ts.
//
//   tsx tools/build-wasm.ts [--check]
//
// With --check it writes nothing and fails when the committed module is not what the source compiles to.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './workspace.ts'

const source = 'packages/stats/assembly/kernels.ts'
const target = join(root, 'packages/stats/src/kernels/wasm-module.ts')

const folder = mkdtempSync(join(tmpdir(), 'wasm-'))
try {
  const binary = join(folder, 'kernels.wasm')
  const options = '-O3 --runtime stub --noAssert --enable simd --use abort='.split(' ')
  const compiler = join(root, 'node_modules/assemblyscript/bin/asc.js')
  const done = spawnSync(process.execPath, [compiler, source, '-o', binary, ...options], {
    cwd: root,
    encoding: 'utf8',
  })
  if (done.status !== 0) throw new Error(done.stderr)
  const text = `// Written by tools/build-wasm.ts from ${source}; do not edit.\nexport const wasmModule =\n  '${readFileSync(binary).toString('base64')}'\n`
  if (!process.argv.includes('--check')) writeFileSync(target, text)
  else if (readFileSync(target, 'utf8') !== text) {
    console.error(`${target} is stale; run \`npx tsx tools/build-wasm.ts\`.`)
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
}
