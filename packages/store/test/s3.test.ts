import { readdir, rm } from 'node:fs/promises'
import { sha256Digest, uuidV7 } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import { readBlob } from '../src/blobs/index.ts'
import { blobStoreContract } from '../src/contract/index.ts'
import { openS3Blobs, type S3BlobOptions } from '../src/s3/index.ts'
import { createS3Client } from '../src/s3/s3-client.ts'
import { temporaryDirectory } from './places.ts'

const MIB = 1024 * 1024
const ids = uuidV7()
/** With the credentials of the test server in it. */
const server = new URL(process.env['MLOPS_TEST_S3_URL'] ?? 'http://user:secret@127.0.0.1:9')
const credentials = {
  accessKeyId: decodeURIComponent(server.username),
  secretAccessKey: decodeURIComponent(server.password),
}
const base = { endpoint: server.origin, bucket: 'test', credentials, wait: async () => {} }

/** A folder of its own in the bucket of the test server. */
async function place(options: Partial<S3BlobOptions> = {}) {
  const prefix = `${ids.next()}/`
  const blobs = await openS3Blobs({ ...base, prefix, ...options })
  const send = createS3Client(base)
  return {
    blobs,
    prefix,
    damage: async (digest: string, body: Uint8Array) => {
      await send({ method: 'PUT', key: `${prefix}sha256/${digest.slice(7)}`, body })
    },
    remove: async () => {},
  }
}

describe.skipIf(!process.env['MLOPS_TEST_S3_URL'])('S3 (MLOPS_TEST_S3_URL)', () => {
  blobStoreContract({ test, makePlace: () => place() })

  test('large content goes up in parts and comes back whole; no temporary file stays', async () => {
    const directory = await temporaryDirectory()
    const { blobs } = await place({ partBytes: 5 * MIB, temporaryDirectory: directory })
    const piece = Uint8Array.from({ length: MIB }, (_, i) => (i * 31) % 251)
    const { digest, size } = await blobs.put(
      (function* () {
        for (let i = 0; i < 17; i++) yield piece
      })(),
    )
    expect(size).toBe(17 * MIB)
    expect(sha256Digest(await readBlob(blobs, digest))).toBe(digest)
    expect(await blobs.stat(digest)).toEqual({ digest, size })
    const expected = sha256Digest('other')
    const wrong = blobs.put(new Uint8Array(6 * MIB), { expected })
    await expect(wrong).rejects.toMatchObject({ code: 'store.blob-mismatch' })
    expect(await readdir(directory)).toEqual([])
    await rm(directory, { recursive: true })
  })

  test('wrong credentials and a bucket that is not there are told when it is opened', async () => {
    const secretAccessKey = 'wrong'
    for (const [changed, s3Code] of [
      [{ credentials: { ...credentials, secretAccessKey } }, 'SignatureDoesNotMatch'],
      [{ bucket: 'nowhere' }, 'NoSuchBucket'],
    ] as const) {
      const opening = openS3Blobs({ ...base, ...changed })
      await expect(opening).rejects.toMatchObject({
        kind: 'unavailable',
        code: 'store.cannot-open',
        cause: { details: { s3Code } },
      })
      await opening.catch((error: unknown) => expect(JSON.stringify(error)).not.toContain('wrong'))
    }
  })

  test('current credentials are asked for before each request', async () => {
    let asked = 0
    const { blobs } = await place({
      credentials: async () => {
        asked++
        return credentials
      },
    })
    await blobs.put('x')
    expect(asked).toBe(2)
  })
})

describe('a service that fails', () => {
  const answer = (status: number, body = '', headers: Record<string, string> = {}) =>
    new Response(status === 204 ? null : body, { status, headers })
  const opened = (replies: (url: URL, init: RequestInit) => Response | Promise<Response>) =>
    openS3Blobs({
      ...base,
      fetch: async (url, init) => {
        const address = new URL(String(url))
        return address.searchParams.has('list-type')
          ? answer(200, '<ListBucketResult/>')
          : replies(address, init!)
      },
    })

  test('what may succeed later is tried again, with longer and longer waits', async () => {
    const waits: number[] = []
    let calls = 0
    const blobs = await openS3Blobs({
      ...base,
      wait: async (ms) => void waits.push(ms),
      fetch: async () => {
        calls++
        if (calls === 2) throw new TypeError('connection reset')
        return calls === 3 ? answer(503, '<Error><Code>SlowDown</Code></Error>') : answer(200)
      },
    })
    expect((await blobs.put('x')).size).toBe(1)
    expect(waits).toEqual([100, 200])
  })

  test('what will not succeed is told at once, what never does after all tries', async () => {
    let calls = 0
    const blobs = await opened(() => {
      calls++
      return answer(403, '<Error><Code>AccessDenied</Code></Error>')
    })
    await expect(blobs.put('x')).rejects.toMatchObject({
      code: 'store.io',
      details: { status: 403, s3Code: 'AccessDenied' },
    })
    expect(calls).toBe(1)
    const full = await opened(() => answer(507, '<Error><Code>InsufficientStorage</Code></Error>'))
    await expect(full.put('x')).rejects.toMatchObject({ code: 'store.disk-full' })
    await expect(openS3Blobs({ ...base, endpoint: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'store.cannot-open',
      kind: 'unavailable',
    })
  })

  test('parts that cannot be joined, though the status is 200, are given up', async () => {
    const methods: string[] = []
    const blobs = await opened((address, { method }) => {
      methods.push(`${method} ${[...address.searchParams.keys()].join('&')}`)
      if (address.searchParams.has('uploads'))
        return answer(200, '<R><UploadId>u&amp;1</UploadId></R>')
      if (method === 'POST') return answer(200, '<Error><Code>InternalError</Code></Error>')
      expect(address.searchParams.get('uploadId')).toBe('u&1')
      return answer(method === 'DELETE' ? 204 : 200, '', { etag: '"1"' })
    })
    await expect(blobs.put(new Uint8Array(9 * MIB))).rejects.toMatchObject({
      details: { s3Code: 'InternalError' },
    })
    expect(methods.at(-1)).toBe('DELETE uploadId')
  })

  test('a listing of several pages is read to its end; keys that are no blobs are passed over', async () => {
    const hex = (digit: string) => digit.repeat(64)
    const tokens: (string | null)[] = []
    const blobs = await openS3Blobs({
      ...base,
      prefix: 'a/',
      fetch: async (url) => {
        const token = new URL(String(url)).searchParams.get('continuation-token')
        tokens.push(token)
        const entry = (key: string) => `<Contents><Key>${key}</Key><Size>7</Size></Contents>\n`
        return answer(
          200,
          token === null
            ? `<R>${entry(`a/sha256/${hex('1')}`)}${entry('a/sha256/notes.txt')}<NextContinuationToken>x&amp;y</NextContinuationToken></R>`
            : `<R>${entry(`a/sha256/${hex('2')}`)}</R>`,
        )
      },
    })
    const listed = []
    for await (const info of blobs.list()) listed.push(info)
    expect(listed).toEqual([
      { digest: `sha256:${hex('1')}`, size: 7 },
      { digest: `sha256:${hex('2')}`, size: 7 },
    ])
    expect(tokens).toEqual([null, null, 'x&y'])
  })

  test('bad options are refused', async () => {
    for (const bad of [{ partBytes: 1024 }, { prefix: '../x/' }, { prefix: 'no-slash' }]) {
      await expect(openS3Blobs({ ...base, ...bad })).rejects.toMatchObject({
        code: 'store.invalid-option',
      })
    }
  })
})
