// Writes dist/types of the package in the current folder: one declaration file a source file.
// The native compiler does in a second what bundling declarations does in ten.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const tsc = fileURLToPath(new URL('../node_modules/tsc7/bin/tsc', import.meta.url))
const out = 'dist/types'
rmSync(out, { recursive: true, force: true })
const done = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
if (done.status !== 0) process.exit(done.status ?? 1)

// Sources import each other as `./x.ts`; what is published beside them are `./x.js` and `./x.d.ts`.
for (const path of declarations(out)) {
  const text = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    text.replace(/((?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2'),
  )
}

function declarations(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return declarations(path)
    return entry.name.endsWith('.d.ts') ? [path] : []
  })
}
