import { isMlopsError } from '@mlops/core'
import { expect, test } from 'vitest'
import { readJson } from '../body.ts'
import { createService, json } from '../service.ts'
import { serve } from './serve.ts'

test('serves, and drains the requests under way when closed', async () => {
  let letGo = () => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const server = await serve(
    {
      async fetch(request) {
        if (request.url.endsWith('/slow')) await held
        return new Response(new URL(request.url).pathname)
      },
    },
    { port: 0 },
  )
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
  const slow = fetch(`${server.url}/slow`)
  expect(await (await fetch(`${server.url}/fast`)).text()).toBe('/fast')
  const closed = server.close()
  letGo()
  expect(await (await slow).text()).toBe('/slow')
  await closed
  await server.close()
  await expect(fetch(server.url)).rejects.toThrow()
})

test('a request that never ends is cut when the time is over', async () => {
  const server = await serve({ fetch: () => new Promise<Response>(() => {}) }, { port: 0 })
  const pending = fetch(server.url)
  pending.catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, 50))
  await server.close({ drainMs: 50 })
  await expect(pending).rejects.toThrow()
})

test('a port in use is named, with the way out', async () => {
  const handler = { fetch: () => new Response('x') }
  const first = await serve(handler, { port: 0 })
  const error = await serve(handler, { port: first.port }).catch((e: unknown) => e)
  expect(isMlopsError(error) && [error.kind, error.code, error.details]).toEqual([
    'unavailable',
    'http.port-in-use',
    { host: '127.0.0.1', port: first.port },
  ])
  expect((error as Error).message).toContain(String(first.port))
  await first.close()
  const nowhere = await serve(handler, { port: 0, host: 'no.such.host.invalid' }).catch(
    (e: unknown) => e,
  )
  expect(isMlopsError(nowhere) && nowhere.code).toBe('http.cannot-listen')
})

test('a body over the limit is refused over the wire, and the server lives on', async () => {
  const service = createService({
    routes: [
      {
        method: 'POST',
        path: '/',
        access: 'public',
        handle: async ({ request }) => json(await readJson(request, { maxBytes: 1000 })),
      },
    ],
  })
  const server = await serve(service, { port: 0 })
  const post = (body: string) =>
    fetch(server.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  expect((await post(`"${'x'.repeat(500_000)}"`)).status).toBe(413)
  expect((await post('[1]')).status).toBe(200)
  await server.close()
})

test('globals stay as they are, unless a program that owns its process says otherwise', async () => {
  const own = { Request: globalThis.Request, Response: globalThis.Response }
  const service = createService({
    routes: [
      {
        method: 'POST',
        path: '/json',
        access: 'public',
        handle: async ({ request }) => json(await readJson(request)),
      },
      {
        method: 'GET',
        path: '/stream',
        access: 'public',
        handle: () => new Response(new Blob(['streamed']).stream(), { status: 206 }),
      },
    ],
  })
  const answers = async (replaceGlobals?: boolean) => {
    const server = await serve(service, { port: 0, ...(replaceGlobals && { replaceGlobals }) })
    const post = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"é":1}',
    }
    const whole = await fetch(`${server.url}/json`, post)
    const piece = await fetch(`${server.url}/stream`)
    const told = [whole, piece].map(({ status, headers }) => [status, headers.get('content-type')])
    const result = [await whole.text(), await piece.text(), told]
    await server.close()
    return result
  }
  const plain = await answers()
  expect(globalThis.Response).toBe(own.Response)
  try {
    expect(await answers(true)).toEqual(plain)
    expect(globalThis.Response).not.toBe(own.Response)
  } finally {
    for (const [name, value] of Object.entries(own))
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  }
})
