import { createReadStream } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { givenOptions, invalid } from '@mlops/core'
import { readPlace } from '../mlflow/places.ts'

/** Where the files lie on this machine that the database knows below a URI. */
export interface ArtifactDirectory {
  /** `mlflow-artifacts:/`, `file:///home/ada/mlruns`: how the database names it. */
  readonly uri: string
  /** `./mlartifacts` */
  readonly directory: string
}

export interface FoundFile {
  /** Below the place that was asked for, with slashes. */
  readonly path: string
  readonly size: number
  open(): ReturnType<typeof createReadStream>
}

export interface ArtifactDirectories {
  /** The directory of a URI, whether it exists or not; undefined for what lies elsewhere. */
  find(uri: string): string | undefined
  /** All files below a directory; what a symbolic link leads out to is only named. */
  files(directory: string): AsyncIterable<FoundFile | { readonly outside: string }>
}

/** @throws `invalid` `mlflow.invalid-import` */
export function artifactDirectories(given: readonly ArtifactDirectory[]): ArtifactDirectories {
  const roots = given.map((one) => {
    const { uri, directory } = givenOptions(one, 'mlflow.invalid-import')
    const place = typeof uri === 'string' ? readPlace(uri) : undefined
    if (!place || place.kind === 'foreign' || typeof directory !== 'string') {
      throw invalid(
        'mlflow.invalid-import',
        `artifacts is a list of { uri, directory }, where uri is mlflow-artifacts:/… or file:///…; got ${typeof uri === 'string' ? uri : typeof uri}`,
        {},
      )
    }
    return { ...place, directory: resolve(directory) }
  })
  // The longest one says it best.
  roots.sort((a, b) => b.path.length - a.path.length)

  return {
    find(uri) {
      const place = readPlace(uri)
      if (!place || place.kind === 'foreign') return undefined
      for (const root of roots) {
        if (root.kind !== place.kind) continue
        const below = root.path === '' || root.path === '/' ? root.path : `${root.path}/`
        if (place.path === root.path) return root.directory
        if (!place.path.startsWith(below)) continue
        return join(root.directory, place.path.slice(below.length))
      }
      return undefined
    },
    async *files(directory) {
      const top = await realpath(directory).catch(() => undefined)
      if (top === undefined) return
      for (const root of roots) {
        const real = await realpath(root.directory).catch(() => undefined)
        if (real === undefined || !isWithin(real, top)) continue
        return yield* walk(top, top, '')
      }
      yield { outside: directory }
    },
  }
}

function isWithin(top: string, path: string): boolean {
  return path === top || path.startsWith(top.endsWith(sep) ? top : top + sep)
}

async function* walk(
  top: string,
  directory: string,
  prefix: string,
): AsyncGenerator<FoundFile | { readonly outside: string }> {
  const entries = await readdir(directory, { withFileTypes: true })
  for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const real = await realpath(join(directory, name)).catch(() => undefined)
    if (real === undefined || !isWithin(top, real)) {
      yield { outside: `${prefix}${name}` }
      continue
    }
    // A link to a directory above would never end.
    const linked = real !== join(directory, name)
    const found = await stat(real)
    if (found.isDirectory() && !linked) yield* walk(top, real, `${prefix}${name}/`)
    else if (found.isFile()) {
      yield { path: `${prefix}${name}`, size: found.size, open: () => createReadStream(real) }
    }
  }
}
