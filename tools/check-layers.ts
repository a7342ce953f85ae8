// The arrows of the architecture: packages import downwards only, the domain packages never each
// other, every import is declared, and no file imports itself in a circle.
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { conclude, filesBelow, root, workspacePackages } from './workspace.ts'

const LAYERS: Readonly<Record<string, number>> = {
  core: 0,
  stats: 1,
  store: 1,
  http: 1,
  drift: 2,
  quality: 2,
  evaluate: 2,
  abtest: 2,
  'registry-core': 2,
  lineage: 2,
  governance: 2,
  monitor: 3,
  rollout: 3,
  report: 3,
}

const faults: string[] = []
const packages = workspacePackages()

for (const { folder, dir, manifest } of packages) {
  const layer = LAYERS[folder]
  if (layer === undefined) {
    faults.push(`packages/${folder} has no layer; add it to LAYERS in tools/check-layers.ts`)
    continue
  }
  const declared = new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.optionalDependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
  ])
  const sources = filesBelow(
    join(dir, 'src'),
    (path) => /\.ts$/.test(path) && !/\.(test|fixture)\.ts$/.test(path),
  )
  const arrows = new Map<string, string[]>()
  for (const file of sources) {
    const shown = relative(root, file)
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.')) {
        const target = join(dirname(file), specifier)
        arrows.set(file, [...(arrows.get(file) ?? []), target])
        continue
      }
      if (specifier.startsWith('node:')) continue
      const name = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/')
      if (!declared.has(name) && name !== manifest.name) {
        faults.push(
          `${shown} imports '${name}', which packages/${folder}/package.json does not declare`,
        )
      }
      const target = packages.find((other) => other.manifest.name === name)
      if (target === undefined) continue
      const targetLayer = LAYERS[target.folder] ?? Number.POSITIVE_INFINITY
      if (targetLayer >= layer) {
        faults.push(
          `${shown} (layer ${layer}) imports ${name} (layer ${targetLayer}); arrows point down, and packages of one layer meet through @mlops/core`,
        )
      }
    }
  }
  for (const cycle of cyclesOf(arrows)) {
    faults.push(`import cycle: ${cycle.map((file) => relative(root, file)).join(' -> ')}`)
  }
}

conclude('check-layers', faults, `${packages.length} packages, all arrows point down, no cycles`)

function importsOf(file: string): string[] {
  return ts
    .preProcessFile(readFileSync(file, 'utf8'), true, true)
    .importedFiles.map((found) => found.fileName)
}

function cyclesOf(arrows: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = []
  const state = new Map<string, 'open' | 'done'>()
  const path: string[] = []
  function visit(file: string) {
    state.set(file, 'open')
    path.push(file)
    for (const target of arrows.get(file) ?? []) {
      if (state.get(target) === 'open') cycles.push([...path.slice(path.indexOf(target)), target])
      else if (!state.has(target)) visit(target)
    }
    path.pop()
    state.set(file, 'done')
  }
  for (const file of arrows.keys()) if (!state.has(file)) visit(file)
  return cycles
}
