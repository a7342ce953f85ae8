import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, { readonly types: string; readonly default: string }>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export interface WorkspacePackage {
  /** Folder name under `packages/`. */
  readonly folder: string
  readonly dir: string
  readonly manifest: Manifest
  /** Public doors: `.` → `index`, `./schema` → `schema`. */
  readonly doors: readonly {
    readonly specifier: string
    readonly entry: string
    readonly files: { readonly types: string; readonly default: string }
  }[]
}

/** The published packages, in alphabetical order. */
export function workspacePackages(): WorkspacePackage[] {
  return readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name: folder }) => {
      const dir = join(root, 'packages', folder)
      const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest
      const doors = Object.entries(manifest.exports ?? {})
        .filter(([key]) => key !== './package.json')
        .map(([key, files]) => ({
          specifier: key === '.' ? manifest.name : `${manifest.name}/${key.slice(2)}`,
          entry: key === '.' ? 'index' : key.slice(2),
          files,
        }))
      return { folder, dir, manifest, doors }
    })
}

/** All files below a folder whose path passes the test, sorted. */
export function filesBelow(dir: string, wanted: (path: string) => boolean): string[] {
  const found: string[] = []
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.'))
      continue
    const path = join(dir, entry.name)
    if (entry.isDirectory()) found.push(...filesBelow(path, wanted))
    else if (wanted(path)) found.push(path)
  }
  return found.sort()
}

/** Prints the faults of a check and ends the process: 0 when there are none, else 1. */
export function conclude(check: string, faults: readonly string[], ok: string): never {
  if (faults.length === 0) {
    console.log(`${check}: ${ok}`)
    process.exit(0)
  }
  console.error(`${check}: ${faults.length} fault${faults.length === 1 ? '' : 's'}`)
  for (const fault of faults) console.error(`  - ${fault}`)
  process.exit(1)
}
