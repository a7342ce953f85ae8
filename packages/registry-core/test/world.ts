import type { Actor, ManualClock } from '@mlops/core'
import { isMlopsError, manualClock } from '@mlops/core'
import type { Store } from '@mlops/store'
import type { BlobStore } from '@mlops/store/blobs'
import { memoryBlobs } from '@mlops/store/blobs'
import type { Registry, RegistryOptions } from '../src/index.ts'
import { createRegistry } from '../src/index.ts'
import type { Place } from './places.ts'

export const model = 'flight-delay'

export function person(id: string, ...roles: string[]): Actor {
  return { type: 'human', id, ...(roles.length > 0 && { roles }) }
}

export const by = person('ada')

export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (isMlopsError(error)) return error.code
    throw error
  }
  return 'none'
}

export interface World {
  readonly registry: Registry
  readonly store: Store
  readonly place: Place
  readonly clock: ManualClock
  readonly blobs: BlobStore
  /** Another process's registry over the same database and blobs. */
  other(): Promise<{ readonly registry: Registry; readonly store: Store }>
}

/** A registry with a model and some versions of it, each with one file. */
export async function withWorld(
  makePlace: () => Promise<Place>,
  versions: number,
  run: (world: World) => Promise<void>,
  options: Partial<RegistryOptions> = {},
): Promise<void> {
  const place = await makePlace()
  const opened: Store[] = []
  try {
    const clock = manualClock('2026-01-01T00:00:00.000Z')
    const blobs = options.blobs ?? memoryBlobs()
    const open = async () => {
      const store = await place.open()
      opened.push(store)
      return { store, registry: await createRegistry({ clock, ...options, store, blobs }) }
    }
    const { store, registry } = await open()
    await registry.models.create({ name: model, by })
    for (let i = 1; i <= versions; i++) {
      const { version } = await registry.versions.create({ model, by })
      await registry.artifacts.put({ model, version, path: 'w.json', content: `[${i}]`, by })
    }
    await run({ registry, store, place, clock, blobs, other: open })
  } finally {
    for (const store of opened) await store.close()
    await place.remove()
  }
}
