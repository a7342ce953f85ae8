import assert from 'node:assert/strict'
import type { Digest } from '@mlops/core'
import { sha256Digest } from '@mlops/core'
import type { BlobStore } from '../blobs/blob-store.ts'
import { readBlob } from '../blobs/blob-store.ts'
import { rejectsWith } from './store-contract.ts'

/** A blob store made fresh for one test. */
export interface BlobPlace {
  readonly blobs: BlobStore
  /** Replaces the stored bytes of a blob behind the store's back. */
  readonly damage?: (digest: Digest, bytes: Uint8Array) => Promise<void>
  remove(): Promise<void>
}

export interface BlobContractInput {
  readonly test: (name: string, run: () => Promise<void>) => void
  readonly makePlace: () => Promise<BlobPlace>
  /** Whether places can `damage` a blob; if not, that test is left out. @default 'possible' */
  readonly damage?: 'possible' | 'impossible'
}

/** The suite that every {@link BlobStore} passes. */
export function blobStoreContract({
  test,
  makePlace,
  damage = 'possible',
}: BlobContractInput): void {
  const withBlobs = (name: string, run: (place: BlobPlace) => Promise<void>) =>
    test(`blobs: ${name}`, async () => {
      const place = await makePlace()
      try {
        await run(place)
      } finally {
        await place.remove()
      }
    })

  withBlobs('bytes come back, from every kind of source', async ({ blobs }) => {
    const text = 'héllo'
    const bytes = new TextEncoder().encode(text)
    const sources = [
      text,
      bytes,
      [bytes.subarray(0, 2), bytes.subarray(2)],
      (async function* () {
        yield bytes
      })(),
      new Blob([bytes]).stream() as ReadableStream<Uint8Array>,
    ]
    for (const source of sources) {
      const info = await blobs.put(source)
      assert.deepEqual(info, { digest: sha256Digest(bytes), size: bytes.length })
      assert.deepEqual(await readBlob(blobs, info.digest), bytes)
    }
    const empty = await blobs.put('')
    assert.equal(empty.size, 0)
    assert.deepEqual(await readBlob(blobs, empty.digest), new Uint8Array())
  })

  withBlobs('equal content is kept once, and listed in order', async ({ blobs }) => {
    const digests: Digest[] = []
    for (const text of ['a', 'b', 'a', 'c']) digests.push((await blobs.put(text)).digest)
    const listed = []
    for await (const { digest } of blobs.list()) listed.push(digest)
    assert.deepEqual(listed, [...new Set(digests)].sort())
    assert.deepEqual(await blobs.stat(digests[0]!), { digest: digests[0], size: 1 })
    await blobs.delete(digests[0]!)
    await blobs.delete(digests[0]!)
    assert.equal(await blobs.stat(digests[0]!), undefined)
    await rejectsWith('store.blob-missing', blobs.get(digests[0]!))
  })

  withBlobs('a large stream passes through in pieces', async ({ blobs }) => {
    const piece = new Uint8Array(64 * 1024).fill(7)
    const { digest, size } = await blobs.put(
      (function* () {
        for (let i = 0; i < 160; i++) yield piece
      })(),
    )
    assert.equal(size, 160 * 65536)
    let total = 0
    for await (const chunk of (await blobs.get(digest)) as unknown as AsyncIterable<Uint8Array>) {
      total += chunk.length
    }
    assert.equal(total, size)
  })

  withBlobs('unexpected, oversized and failing content is not kept', async ({ blobs }) => {
    const other = sha256Digest('other')
    await rejectsWith('store.blob-mismatch', blobs.put('text', { expected: other }))
    await rejectsWith('store.blob-too-large', blobs.put('text', { maxBytes: 3 }))
    await rejectsWith('store.blob-not-bytes', blobs.put(['text'] as unknown as Uint8Array[]))
    await assert.rejects(
      blobs.put(
        // biome-ignore lint/correctness/useYield: a source that fails before its first piece
        (async function* (): AsyncGenerator<Uint8Array> {
          throw new Error('broken pipe')
        })(),
      ),
      /broken pipe/,
    )
    for await (const { digest } of blobs.list()) assert.fail(`${digest} was kept`)
  })

  withBlobs('only well-formed addresses are looked up', async ({ blobs }) => {
    for (const bad of ['', 'sha256:..', `sha256:${'A'.repeat(64)}`, '../../etc/passwd', 'md5:0']) {
      await rejectsWith('store.invalid-digest', blobs.get(bad as never))
      await rejectsWith('store.invalid-digest', blobs.stat(bad as never))
      await rejectsWith('store.invalid-digest', blobs.delete(bad as never))
    }
  })

  withBlobs('ranges', async ({ blobs }) => {
    const { digest } = await blobs.put('0123456789')
    const range = async (start: number, end: number) =>
      new Response(await blobs.get(digest, { range: { start, end } })).text()
    assert.equal(await range(0, 10), '0123456789')
    assert.equal(await range(3, 5), '34')
    for (const [start, end] of [
      [-1, 2],
      [0, 11],
      [5, 5],
      [0.5, 2],
    ] as const) {
      await rejectsWith('store.invalid-range', range(start, end))
    }
  })

  withBlobs('a reader may walk away', async ({ blobs }) => {
    const { digest } = await blobs.put(new Uint8Array(3_000_000))
    await (await blobs.get(digest)).cancel()
    const reader = (await blobs.get(digest)).getReader()
    assert.equal((await reader.read()).done, false)
    await reader.cancel()
    assert.equal((await readBlob(blobs, digest)).length, 3_000_000)
  })

  if (damage === 'impossible') return

  withBlobs('damage is told before the end, and putting again repairs it', async (place) => {
    assert.ok(place.damage, 'the place must be able to damage a blob')
    const { blobs } = place
    const bytes = new Uint8Array(1_000_000).fill(1)
    const { digest } = await blobs.put(bytes)
    const flipped = bytes.slice()
    flipped[999_999] = 3
    for (const damaged of [
      flipped,
      bytes.slice(0, -1),
      new Uint8Array([...bytes, 0]),
      new Uint8Array(),
    ]) {
      await place.damage(digest, damaged)
      let seen = 0
      await rejectsWith(
        'store.blob-damaged',
        (async () => {
          for await (const chunk of (await blobs.get(
            digest,
          )) as unknown as AsyncIterable<Uint8Array>) {
            seen += chunk.length
          }
        })(),
      )
      assert.ok(seen < bytes.length, 'the whole content came out before the error')
      await rejectsWith('store.blob-damaged', blobs.get(digest, { verify: 'before' }))
      if (damaged.length > 1) {
        await rejectsWith('store.blob-damaged', blobs.get(digest, { range: { start: 0, end: 1 } }))
      }
      await blobs.put(bytes)
      assert.deepEqual(await readBlob(blobs, digest), bytes)
    }
  })
}
