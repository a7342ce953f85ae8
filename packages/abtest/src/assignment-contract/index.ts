import assert from 'node:assert/strict'
import type { StickyStore } from '../assignment/sticky-store.ts'

export interface StickyContractInput {
  readonly test: (name: string, run: () => Promise<void>) => void
  /** An empty store; called for each test. */
  readonly makeStore: () => Promise<StickyStore> | StickyStore
}

/** The suite that every sticky store passes, synchronous or not. */
export function stickyStoreContract({ test, makeStore }: StickyContractInput): void {
  const withStore = (name: string, run: (store: StickyStore) => Promise<void>) =>
    test(`sticky store: ${name}`, async () => run(await makeStore()))

  withStore('what was never stored is not there', async (store) => {
    assert.equal(await store.find('id', 'u1'), undefined)
  })

  withStore('what is stored comes back, and nothing else', async (store) => {
    assert.equal(await store.putIfAbsent('id', 'u1', 'e__0', 'a'), 'a')
    assert.equal(await store.putIfAbsent('id', 'u1', 'f__2', 'b'), 'b')
    assert.deepEqual(plain(await store.find('id', 'u1')), {
      attribute: 'id',
      value: 'u1',
      assignments: { e__0: 'a', f__2: 'b' },
    })
    assert.equal(await store.find('id', 'u2'), undefined)
    assert.equal(await store.find('device', 'u1'), undefined)
  })

  withStore('the first arm stands', async (store) => {
    await store.putIfAbsent('id', 'u1', 'e__0', 'a')
    assert.equal(await store.putIfAbsent('id', 'u1', 'e__0', 'b'), 'a')
    assert.equal((await store.find('id', 'u1'))?.assignments['e__0'], 'a')
  })

  withStore('writers at once agree', async (store) => {
    const arms = Array.from({ length: 20 }, (_, i) => `arm-${i}`)
    const stands = await Promise.all(arms.map((arm) => store.putIfAbsent('id', 'u1', 'e__0', arm)))
    assert.equal(new Set(stands).size, 1)
    assert.equal((await store.find('id', 'u1'))?.assignments['e__0'], stands[0])
    const entries = arms.map((arm) => store.putIfAbsent('id', 'u2', arm, 'x'))
    await Promise.all(entries)
    assert.equal(Object.keys((await store.find('id', 'u2'))!.assignments).length, 20)
  })

  withStore('names that look alike, or like parts of others, stay apart', async (store) => {
    const names = [
      'a',
      'A',
      'a ',
      'ä',
      'a\u0308',
      '__proto__',
      'constructor',
      'a||b',
      'x"y',
      "x'y",
      '日本',
      '1',
    ]
    for (const name of names) await store.putIfAbsent('id', name, name, `arm of ${name}`)
    await store.putIfAbsent('a', 'b||c', 'e', 'left')
    await store.putIfAbsent('a||b', 'c', 'e', 'right')
    for (const name of names) {
      const found = await store.find('id', name)
      assert.deepEqual(Object.entries(found!.assignments), [[name, `arm of ${name}`]])
    }
    assert.equal((await store.find('a', 'b||c'))?.assignments['e'], 'left')
    assert.equal((await store.find('a||b', 'c'))?.assignments['e'], 'right')
  })

  withStore('a document that was handed out does not change the store', async (store) => {
    await store.putIfAbsent('id', 'u1', 'e__0', 'a')
    const found = await store.find('id', 'u1')
    try {
      ;(found!.assignments as Record<string, string>)['e__0'] = 'b'
    } catch {
      // Frozen documents are as good as copies.
    }
    assert.equal((await store.find('id', 'u1'))?.assignments['e__0'], 'a')
  })
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
