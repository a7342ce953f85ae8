import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { WebhookReach } from './guarded-post.ts'
import { guardedPost, webhookUrl } from './guarded-post.ts'

let hits = 0
let port = 0
const server = createServer((_, response) => {
  hits += 1
  response.end('internal')
})

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => new Promise((resolve) => server.close(resolve)))
beforeEach(() => {
  hits = 0
})

const openHttp: WebhookReach = { http: true }

async function codeOf(
  url: string,
  {
    reach = openHttp,
    addresses = ['127.0.0.1'],
  }: { reach?: WebhookReach; addresses?: string[] } = {},
): Promise<string> {
  try {
    const resolve = async () => addresses
    const post = { url, headers: {}, body: '{}', reach, resolve, timeoutMs: 2000 }
    return String((await guardedPost(post)).status)
  } catch (error) {
    return (error as { code: string }).code
  }
}

test.each([
  'http://127.0.0.1:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f000001:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://127.1:PORT/',
  'http://0:PORT/',
  'http://[::1]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::ffff:7f00:1]:PORT/',
  'http://[64:ff9b::7f00:1]:PORT/',
  'http://[2002:7f00:1::]:PORT/',
  'http://[fe80::1]:PORT/',
  'http://169.254.169.254/latest/meta-data/',
  'http://①②⑦.⓪.⓪.①:PORT/',
  'http://user:password@example.com:PORT/',
  'http://example.com:PORT/#fragment',
  'file:///etc/passwd',
  'gopher://127.0.0.1:PORT/',
  'data:text/plain,x',
  'javascript:alert(1)',
  '//127.0.0.1:PORT/',
  'http:',
  '',
])('%s is refused before anything is resolved', async (url) => {
  expect(await codeOf(url.replace('PORT', String(port)))).toBe('registry.webhook-url')
  expect(hits).toBe(0)
})

test.each([
  [['127.0.0.1']],
  [['10.0.0.5']],
  [['::1']],
  [['::ffff:127.0.0.1']],
  [['93.184.216.34', '127.0.0.1']],
  [['127.0.0.1', '93.184.216.34']],
  [['fe80::1%eth0']],
  [['localhost']],
  [[]],
])('a name that leads to %j is refused', async (addresses) => {
  expect(await codeOf(`http://hook.example:${port}/`, { addresses })).toBe(
    'registry.webhook-address',
  )
  expect(hits).toBe(0)
})

test('rebinding: the name is asked once, and the connection goes to what was vetted', async () => {
  const answers = [['127.0.0.1'], ['10.9.9.9'], ['93.184.216.34']]
  let asked = 0
  const resolve = async () => answers[asked++]!
  const reach = { http: true, addresses: ['127.0.0.1/32'] }
  const post = { headers: {}, body: '{}', reach, resolve, timeoutMs: 2000 }
  // The name does not exist: only the address that was vetted can have been connected to.
  const url = `http://no-such-host.invalid:${port}/`
  expect((await guardedPost({ ...post, url })).status).toBe(200)
  expect([asked, hits]).toEqual([1, 1])
  await expect(guardedPost({ ...post, url })).rejects.toMatchObject({
    code: 'registry.webhook-address',
  })
  expect([asked, hits]).toEqual([2, 1])
})

test('an address that is allowed by name of its range alone', async () => {
  const reach = { http: true, addresses: ['127.0.0.0/8'] }
  expect(await codeOf(`http://127.0.0.1:${port}/`, { reach })).toBe('200')
  expect(await codeOf(`http://10.0.0.1:${port}/`, { reach })).toBe('registry.webhook-url')
})

test('http only where it is allowed', () => {
  expect(() => webhookUrl('http://example.com/', {})).toThrow()
  expect(webhookUrl('https://example.com/x?y=1', {}).href).toBe('https://example.com/x?y=1')
  expect(webhookUrl('http://example.com/', { http: true }).protocol).toBe('http:')
})

test('errors tell nothing of the network behind', async () => {
  const reach = { http: true, addresses: ['127.0.0.1/32'] }
  const closed = createServer()
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
  const { port: free } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  const resolve = async () => ['127.0.0.1']
  const post = { headers: {}, body: '', reach, resolve, timeoutMs: 2000 }
  const error = await guardedPost({ ...post, url: `http://hook.example:${free}/` }).catch(
    (caught: Error) => caught,
  )
  expect(error).toMatchObject({ code: 'registry.webhook-failed', details: {} })
  expect((error as Error).message).not.toMatch(/127|ECONN/)
})

test('a resolver that hangs runs into the deadline', async () => {
  const resolve = () => new Promise<never>(() => {})
  const post = { headers: {}, body: '', reach: {}, resolve, timeoutMs: 50 }
  await expect(guardedPost({ ...post, url: 'https://hook.example/' })).rejects.toMatchObject({
    code: 'registry.webhook-timeout',
  })
})

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

test.skipIf(!hasOpenssl)(
  'over TLS (openssl makes the certificate) the certificate must be the name’s, though the connection goes to an address',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mlops-webhook-'))
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
    execFileSync(
      'openssl',
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout ${key} -out ${cert} -subj /CN=hook.example -addext subjectAltName=DNS:hook.example`.split(
        ' ',
      ),
      { stdio: 'ignore' },
    )
    const ca = readFileSync(cert, 'utf8')
    const names: (string | false | undefined)[] = []
    const secure = createTlsServer({ key: readFileSync(key), cert: ca }, (request, response) => {
      names.push((request.socket as unknown as { servername?: string }).servername)
      response.end()
    })
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
    try {
      const { port: at } = secure.address() as AddressInfo
      const reach = { addresses: ['127.0.0.1/32'] }
      const resolve = async () => ['127.0.0.1']
      const post = { headers: {}, body: '{}', reach, resolve, timeoutMs: 5000 }
      const to = (host: string) => `https://${host}:${at}/`
      expect((await guardedPost({ ...post, url: to('hook.example'), ca })).status).toBe(200)
      expect(names).toEqual(['hook.example'])
      for (const [url, trusted] of [
        [to('other.example'), ca],
        [to('127.0.0.1'), ca],
        [to('hook.example'), undefined],
      ] as const) {
        const given = { ...post, url, ...(trusted !== undefined && { ca: trusted }) }
        await expect(guardedPost(given)).rejects.toMatchObject({ code: 'registry.webhook-failed' })
      }
      expect(names).toHaveLength(1)
    } finally {
      secure.closeAllConnections()
      await new Promise((resolve) => secure.close(resolve))
      rmSync(directory, { recursive: true, force: true })
    }
  },
)
