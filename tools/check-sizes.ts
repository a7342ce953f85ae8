// What each door costs whoever bundles it: minified and gzipped, with everything it imports.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { conclude, root, workspacePackages } from './workspace.ts'

const limits = JSON.parse(readFileSync(join(root, 'tools/size-limits.json'), 'utf8')) as Record<
  string,
  number
>
const faults: string[] = []
const sizes: string[] = []

for (const { dir, doors, manifest } of workspacePackages()) {
  const optional = [
    ...Object.keys(manifest.optionalDependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
  ]
  for (const { specifier, entry } of doors) {
    const bundle = await build({
      entryPoints: [join(dir, 'dist', `${entry}.js`)],
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'node',
      logLevel: 'silent',
      external: optional,
    })
    const kilobytes = gzipSync(bundle.outputFiles[0]!.contents).length / 1024
    const limit = limits[specifier]
    sizes.push(
      `  ${specifier.padEnd(28)} ${kilobytes.toFixed(1).padStart(6)} KB of ${limit ?? '?'} KB`,
    )
    if (limit === undefined) faults.push(`${specifier} has no limit in tools/size-limits.json`)
    else if (kilobytes > limit) {
      faults.push(
        `${specifier} is ${kilobytes.toFixed(1)} KB gzipped, over its limit of ${limit} KB`,
      )
    }
  }
}
console.log(sizes.join('\n'))
conclude('check-sizes', faults, `${sizes.length} doors within their limits`)
