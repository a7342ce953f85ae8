import { connect } from 'node:net'
import { serve } from '@mlops/http/node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Door } from './door.ts'
import { openDoor } from './door.ts'

// What a fetch client cannot send: bytes on a socket.

let door: Door
let server: Awaited<ReturnType<typeof serve>>
beforeEach(async () => {
  door = await openDoor()
  server = await serve(
    { fetch: door.handler },
    { port: 0, headersTimeoutMs: 300, requestTimeoutMs: 600 },
  )
})
afterEach(async () => {
  await server.close({ drainMs: 100 })
  await door.close()
})

/** Sends pieces, `everyMs` apart, and returns all that came back until the connection ended. */
function raw(pieces: readonly string[], everyMs = 0): Promise<{ text: string; ms: number }> {
  return new Promise((resolve) => {
    const start = performance.now()
    const socket = connect(server.port, '127.0.0.1')
    let text = ''
    let next = 0
    const timer = setInterval(() => {
      if (next < pieces.length && socket.writable) socket.write(pieces[next++]!, 'latin1')
    }, everyMs)
    const stop = setTimeout(() => socket.destroy(), 5000)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      clearTimeout(stop)
      resolve({ text, ms: performance.now() - start })
    })
  })
}
const request = (line: string, headers: readonly string[] = [], body = '') =>
  [line, 'Host: localhost', 'Connection: close', ...headers, '', body].join('\r\n')
const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])

test('paths that a URL parser would have tidied reach the door as they are', async () => {
  await door.registry.files.put({
    path: '1/kept.txt',
    content: 'kept',
    by: { type: 'human', id: 'a' },
  })
  const base = '/api/2.0/mlflow-artifacts/artifacts'
  for (const path of [
    '/../../../etc/passwd',
    '/1/../../../../etc/passwd',
    '/..\\..\\etc\\passwd',
    '/1/\\..\\x',
    '/./1/../../x',
    '//etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/1/..;/..;/x',
  ]) {
    const { text } = await raw([request(`GET ${base}${path} HTTP/1.1`)])
    expect([path, statusOf(text) >= 400, text.includes('root:')]).toEqual([path, true, false])
  }
  // The name in a request line is a proxy's affair; Host decides, and nothing is sent on.
  for (const line of [
    'GET http://evil.example/api/2.0/mlflow/experiments/get?experiment_id=0 HTTP/1.1',
    'GET //evil.example/api/2.0/mlflow/experiments/search HTTP/1.1',
  ]) {
    const { text } = await raw([request(line)])
    expect([line, statusOf(text)]).toEqual([line, line.includes('http:') ? 200 : 404])
  }
})

test('a slow sender is cut, in its headers and in its body', async () => {
  const slowHeaders = await raw(
    ['GET /health HTTP/1.1\r\nHost: localhost\r\n', ...Array(40).fill('X-A: b\r\n')],
    100,
  )
  expect(slowHeaders.ms).toBeLessThan(3000)
  expect([408, Number.NaN]).toContain(statusOf(slowHeaders.text))
  for (const line of [
    'POST /api/2.0/mlflow/experiments/create HTTP/1.1',
    'PUT /api/2.0/mlflow-artifacts/artifacts/0/slow HTTP/1.1',
  ]) {
    const head = request(line, ['Content-Type: application/json', 'Content-Length: 100000'])
    const slow = await raw([head, ...Array(60).fill('x')], 60)
    expect([line, slow.ms < 3500]).toEqual([line, true])
    expect([line, statusOf(slow.text) === 200]).toEqual([line, false])
  }
  expect(await door.registry.files.find('0/slow')).toBeUndefined()
  expect((await fetch(`${server.url}/health`)).status).toBe(200)
}, 20_000)

test('oversized headers, and requests that mean two things, are refused', async () => {
  const get = 'GET /api/2.0/mlflow/experiments/get?experiment_id=0 HTTP/1.1'
  expect(statusOf((await raw([request(get, [`X-Big: ${'x'.repeat(100_000)}`])])).text)).toBe(431)
  expect(statusOf((await raw([request(`GET /${'x'.repeat(100_000)} HTTP/1.1`)])).text)).toBe(431)
  const post = 'POST /api/2.0/mlflow/experiments/create HTTP/1.1'
  for (const headers of [
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
    ['Content-Length: -1'],
    ['X-A: b\r\n c'],
    ['Content-Length : 3'],
  ]) {
    const { text } = await raw([
      request(post, ['Content-Type: application/json', ...headers], '{"name": "smuggled"}'),
    ])
    expect([headers, statusOf(text) === 200]).toEqual([headers, false])
  }
  expect(await door.registry.experiments.findByName('smuggled')).toBeUndefined()
})

test('another Host header is refused on the wire, too', async () => {
  const line = 'GET /api/2.0/mlflow/experiments/get?experiment_id=0 HTTP/1.1'
  const evil = `${line}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`
  expect(statusOf((await raw([evil])).text)).toBe(403)
  expect(statusOf((await raw([`${line}\r\nConnection: close\r\n\r\n`])).text)).toBe(400)
  expect(statusOf((await raw([request(line)])).text)).toBe(200)
})
