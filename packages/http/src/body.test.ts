import { isMlopsError } from '@mlops/core'
import { expect, test } from 'vitest'
import { limitedBody, readBytes, readJson } from './body.ts'
import { readPage } from './paging.ts'

function post(
  body: string | Uint8Array | ReadableStream<Uint8Array> | null,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) {
  return new Request('http://localhost/', {
    method: 'POST',
    headers,
    body,
    duplex: 'half',
  } as RequestInit)
}

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (isMlopsError(error)) return error.code
    throw error
  }
  return 'none'
}

test.each([
  ['application/json', 'none'],
  ['Application/JSON; charset=utf-8', 'none'],
  ['application/merge-patch+json', 'none'],
  ['text/plain', 'http.unsupported-media-type'],
  ['text/json', 'http.unsupported-media-type'],
  ['', 'http.unsupported-media-type'],
])('content type %s', async (type, code) => {
  expect(await codeOf(() => readJson(post('{}', { 'content-type': type })))).toBe(code)
})

test.each([
  ['', 'http.invalid-json'],
  ['{', 'http.invalid-json'],
  ['{"a":1}x', 'http.invalid-json'],
  ['NaN', 'http.invalid-json'],
])('body %j', async (body, code) => {
  expect(await codeOf(() => readJson(post(body)))).toBe(code)
})

test('bytes that are not UTF-8, and a compressed body, are refused', async () => {
  const latin1 = new Uint8Array([0x22, 0xe9, 0x22])
  expect(await codeOf(() => readJson(post(latin1)))).toBe('http.invalid-json')
  const gzip = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  expect(await codeOf(() => readJson(post('{}', gzip)))).toBe('http.unsupported-media-type')
})

test('an endless body is cut at the limit, and its source is told', async () => {
  let sent = 0
  let stopped = false
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1000
      controller.enqueue(new Uint8Array(1000).fill(32))
    },
    cancel() {
      stopped = true
    },
  })
  expect(await codeOf(() => readJson(post(endless), { maxBytes: 10_000 }))).toBe(
    'http.body-too-large',
  )
  expect(sent).toBeLessThan(20_000)
  await expect.poll(() => stopped).toBe(true)
})

test('an announced length over the limit is refused before anything is read', async () => {
  const headers = { 'content-type': 'application/json', 'content-length': '11' }
  expect(await codeOf(() => limitedBody(post('{}', headers), { maxBytes: 10 }))).toBe(
    'http.body-too-large',
  )
  expect(await readJson(post(`${' '.repeat(8)}{}`), { maxBytes: 10 })).toEqual({})
})

test.each([
  ['', { limit: 100 }],
  ['limit=7&cursor=abc', { limit: 7, cursor: 'abc' }],
])('page %j', (query, page) => {
  expect(readPage(new URLSearchParams(query))).toEqual(page)
})

test.each([
  ['limit=0', 'core.invalid-limit'],
  ['limit=1.5', 'core.invalid-limit'],
  ['limit=1e2', 'core.invalid-limit'],
  ['limit=', 'core.invalid-limit'],
  ['limit=99999', 'core.invalid-limit'],
  ['limit=1&limit=2', 'http.repeated-parameter'],
])('page %j is refused', async (query, code) => {
  expect(await codeOf(() => readPage(new URLSearchParams(query)))).toBe(code)
})

test('a body of announced length is read whole, and one that is longer than announced is refused', async () => {
  const announced = (length: number) => post('{"a":1}', { 'content-length': String(length) })
  expect(new TextDecoder().decode(await readBytes(announced(7)))).toBe('{"a":1}')
  expect(await codeOf(() => readBytes(announced(8), { maxBytes: 7 }))).toBe('http.body-too-large')
  expect(await codeOf(() => readBytes(announced(1), { maxBytes: 6 }))).toBe('http.body-too-large')
})
