import { isMlopsError } from '@mlops/core'
import { openStore } from '@mlops/store'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { withAccess } from '../src/index.ts'
import type { FoundMethod } from './methods.ts'
import { methodsOf } from './methods.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl } from './places.ts'
import type { World } from './world.ts'
import { by, withWorld } from './world.ts'
import type { RightCall } from './wrong-input/right-calls.ts'
import { rightCalls } from './wrong-input/right-calls.ts'
import { wrongEdits, wrongValues } from './wrong-input/wrong-values.ts'

type Arguments = readonly unknown[]
type Method = FoundMethod['call']

/** Methods whose first argument is a transaction, with one. */
function inTransaction(name: string, call: Method, { store }: World): Method {
  if (name !== 'log.append' && name !== 'log.expectAppend') return call
  return (...args) => store.transaction(async (tx) => call(tx, ...args))
}

function shown(args: Arguments): string {
  const text = (value: unknown) =>
    typeof value === 'object' && value !== null ? value : `${typeof value} ${String(value)}`
  try {
    return JSON.stringify(args, (_, value) => text(value)).slice(0, 500)
  } catch (error) {
    return String(error)
  }
}

/** How a call was answered, and what is wrong with how it was refused. */
async function answerOf(call: Method, args: Arguments) {
  let promised: unknown
  try {
    promised = call(...args)
  } catch (error) {
    return { refused: true, fault: `throws instead of rejecting: ${String(error)}` }
  }
  try {
    await promised
    return { refused: false }
  } catch (error) {
    if (!isMlopsError(error)) return { refused: true, fault: `is not typed: ${String(error)}` }
    const { kind, code, cause } = error
    if (kind === 'internal') return { refused: true, fault: `${code}: ${String(cause)}` }
    // Who may not review is kept in the log, as it is said there.
    return { refused: kind !== 'denied' }
  }
}

/** How many rows each table has. */
async function rowsOf({ store }: World): Promise<string> {
  const tables =
    store.dialect === 'sqlite'
      ? sql<{ name: string }>`select name from sqlite_master where type = 'table'`
      : sql<{
          name: string
        }>`select tablename as name from pg_tables where schemaname = current_schema()`
  const counts: string[] = []
  for (const { name } of (await tables.execute(store.query)).rows) {
    const count = sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`
    counts.push(`${name} ${(await count.execute(store.query)).rows[0]!.n}`)
  }
  return counts.sort().join('\n')
}

/** Calls a method with everything that is wrong; tells what it let through or broke. */
async function faultsOf(world: World, name: string, { args, before, each }: RightCall) {
  const { registry } = world
  await before?.(registry)
  const method = methodsOf(registry).find((one) => one.name === name)!
  const call = inTransaction(name, method.call, world)
  const newest = async () => (await registry.log.head())?.seq
  const faults: string[] = []
  const rows = await rowsOf(world)
  let head = await newest()
  let taken = 0
  let n = 0
  for (const edit of wrongEdits(args(0))) {
    n += 1
    if (each) {
      await each(registry, n)
      head = await newest()
    }
    const wrong = edit(args(n))
    const { refused, fault } = await answerOf(call, wrong)
    if (fault !== undefined) faults.push(`${name} ${shown(wrong)} ${fault}`)
    const after = await newest()
    if (refused && after !== head) faults.push(`${name} ${shown(wrong)} is refused, and logged`)
    if (!refused) taken += 1
    head = after
  }
  if (taken === 0 && !each && (await rowsOf(world)) !== rows) faults.push(`${name} left something`)
  // Else nothing but the first fault of the arguments would have been seen.
  await each?.(registry, n + 1)
  const right = await answerOf(call, args(n + 1))
  return { faults, isSeen: taken > 0 || !right.refused }
}

const unseen = { faults: [] as string[], isSeen: false }

/** Where a world is cheap, a method whose right call is refused is swept again in a fresh one. */
function suite(makePlace: () => Promise<Place>, isCheap: boolean) {
  const within = (run: (world: World) => Promise<void>) => withWorld(makePlace, 4, run)

  test('every method has its right call', () =>
    within(async (world) => {
      const names = methodsOf(world.registry).map(({ name }) => name)
      expect(Object.keys(await rightCalls(world)).sort()).toEqual(names.sort())
    }))

  test('every method refuses what is wrong with a typed error, and leaves nothing', async () => {
    const found: string[] = []
    const left = new Set<string>()
    await within(async ({ registry }) => {
      for (const { name } of methodsOf(registry)) left.add(name)
    })
    while (left.size > 0) {
      await within(async (world) => {
        const calls = await rightCalls(world)
        let isFresh = true
        for (const name of left) {
          const sweep = faultsOf(world, name, calls[name]!)
          // What was called before may have taken away what this one needs.
          const { faults, isSeen } = isFresh ? await sweep : await sweep.catch(() => unseen)
          const isRepeated = !isSeen && isCheap
          if (isRepeated && !isFresh) break
          if (isRepeated) faults.push(`${name} refuses what is right, too`)
          found.push(...faults)
          left.delete(name)
          isFresh = false
        }
        expect((await world.registry.log.verify()).status).toBe('intact')
      })
    }
    expect(found).toEqual([])
  })

  test('so does the registry as one actor may use it', () =>
    within(async ({ registry, store }) => {
      const guarded = withAccess(registry, { port: { allows: () => true }, actor: by, store })
      const faults: string[] = []
      for (const { name, call } of methodsOf(guarded)) {
        for (const wrong of wrongValues) {
          for (const args of [[wrong], [wrong, wrong], ['flight-delay', wrong]]) {
            const { fault } = await answerOf(call, args)
            if (fault !== undefined) faults.push(`${name} ${shown(args)} ${fault}`)
          }
        }
      }
      expect(faults).toEqual([])
      expect((await registry.log.verify()).status).toBe('intact')
    }))
}

const memoryPlace = async (): Promise<Place> => ({
  open: () => openStore('sqlite::memory:'),
  remove: async () => {},
})

describe('sqlite', () => suite(memoryPlace, true))
describe.skipIf(!postgresUrl)('postgres', () => suite(postgresPlace, false))
