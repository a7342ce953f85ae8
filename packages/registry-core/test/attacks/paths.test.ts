import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Door } from './door.ts'
import { climbs, expectQuiet, openDoor } from './door.ts'

// CVE-2023-1177, -2356, -2780, -6831, -6909, -6977, -2024-1560, -2024-1594, -2025-11201 and mlflow#7166:
// a path that a client names leads out of where files are kept.

const SECRET = 'the secret outside'
let top: string
let root: string
let door: Door

beforeEach(async () => {
  top = await realpath(await mkdtemp(join(tmpdir(), 'mlops-attack-')))
  root = join(top, 'root')
  await mkdir(root)
  await writeFile(join(top, 'secret.txt'), SECRET)
})
afterEach(async () => {
  await door?.close()
  await rm(top, { recursive: true, force: true })
})

const targets = ['etc/passwd', 'secret.txt', 'root/../secret.txt']

describe('the artifact proxy', () => {
  test('no spelling of a climb reads, writes or removes anything', async () => {
    door = await openDoor()
    const { registry } = door
    await registry.files.put({
      path: '1/kept.txt',
      content: 'kept',
      by: { type: 'human', id: 'a' },
    })
    for (const climb of climbs) {
      for (const target of targets) {
        for (const start of ['', '1/', 'x/']) {
          const path = `/api/2.0/mlflow-artifacts/artifacts/${start}${climb.repeat(4)}${target}`
          for (const method of ['GET', 'DELETE']) {
            const response = await door.send(method, path)
            const text = await response.text()
            expectQuiet(text)
            expect([path, text.includes('kept') || text.includes(SECRET)]).toEqual([path, false])
            if (method === 'GET') expect([path, response.status >= 400]).toEqual([path, true])
          }
        }
      }
    }
    expect(await registry.files.find('1/kept.txt')).toBeDefined()
  })

  test('what is written stays a key: it is listed as it was named, or refused', async () => {
    door = await openDoor()
    for (const climb of climbs) {
      const path = `/api/2.0/mlflow-artifacts/artifacts/a/${climb}b.txt`
      const response = await door.send('PUT', path, { body: 'x' })
      // A URL parser takes plain dots away before anybody looks: then the path is another one.
      expect([climb, [200, 400, 404].includes(response.status)]).toEqual([climb, true])
      expectQuiet(await response.text())
    }
    const names = async (directory: string): Promise<string[]> => {
      const found: string[] = []
      for (const { name, isDirectory } of await door.registry.files.list(directory)) {
        const path = directory === '' ? name : `${directory}/${name}`
        found.push(...(isDirectory ? await names(path) : [path]))
      }
      return found
    }
    for (const name of await names('')) {
      let decoded = name
      for (let i = 0; i < 5; i++)
        decoded = decoded.replace(/%([0-9a-f]{2})/gi, (_, code) =>
          String.fromCharCode(Number.parseInt(code, 16)),
        )
      expect([name, decoded.split(/[/\\]/).includes('..')]).toEqual([name, false])
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect([name, /[\u0000-\u001f\\]/.test(name)]).toEqual([name, false])
    }
  })

  test('absolute paths of any system are no names', async () => {
    door = await openDoor()
    for (const path of [
      '%2fetc%2fpasswd',
      'C:%5cWindows%5cwin.ini',
      'C:/Windows/win.ini',
      '%5c%5chost%5cshare',
      'file:%2f%2f%2fetc',
    ]) {
      const url = `/api/2.0/mlflow-artifacts/artifacts/${path}`
      expect([path, (await door.send('PUT', url, { body: 'x' })).status === 200]).toEqual([
        path,
        false,
      ])
      expect([path, (await door.send('GET', url)).status >= 400]).toEqual([path, true])
    }
  })

  test('the path of a query is read like any other', async () => {
    door = await openDoor()
    const run = await door.run()
    for (const climb of [...climbs, '/', 'C:\\', '\\\\host\\']) {
      const path = encodeURIComponent(`${climb.repeat(3)}secret.txt`)
      for (const url of [
        `/api/2.0/mlflow-artifacts/artifacts?path=${path}`,
        `/api/2.0/mlflow/artifacts/list?run_id=${run}&path=${path}`,
        `/get-artifact?run_id=${run}&path=${path}`,
        `/get-artifact?run_id=${run}&path=${climb.repeat(3)}secret.txt`,
      ]) {
        const response = await door.send('GET', url)
        const text = await response.text()
        expectQuiet(text)
        const isEmpty = response.status === 200 && (JSON.parse(text).files ?? []).length === 0
        expect([url, response.status >= 400 || isEmpty]).toEqual([url, true])
      }
    }
  })
})

test('an upload names a file of its run, or nothing', async () => {
  door = await openDoor()
  const run = await door.run()
  for (const climb of climbs) {
    const path = encodeURIComponent(`${climb.repeat(3)}x.txt`)
    const url = `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run}&path=${path}`
    const { status } = await door.send('POST', url, { body: 'x' })
    expect([climb, [200, 400].includes(status)]).toEqual([climb, true])
  }
  const tops = await door.registry.files.list('')
  expect(tops.map(({ name }) => name)).toEqual(['0'])
  expect((await door.registry.files.list('0')).map(({ name }) => name)).toEqual([run])
})

describe('a directory as root', () => {
  const local = async () => {
    door = await openDoor({ artifactRoot: pathToFileURL(root).href })
    const run = await door.run()
    const place = join(root, '0', run, 'artifacts')
    await mkdir(place, { recursive: true })
    return { run, place }
  }
  const read = (run: string, path: string) =>
    door.send('GET', `/get-artifact?run_id=${run}&path=${encodeURIComponent(path)}`)

  test('serves what is below, and nothing through symbolic links', async () => {
    const { run, place } = await local()
    await writeFile(join(place, 'mine.txt'), 'mine')
    await symlink(join(top, 'secret.txt'), join(place, 'link.txt'))
    await symlink(top, join(place, 'up'))
    await symlink('../../../../secret.txt', join(place, 'relative.txt'))
    expect(await (await read(run, 'mine.txt')).text()).toBe('mine')
    for (const path of ['link.txt', 'up/secret.txt', 'relative.txt', 'up/root/../secret.txt']) {
      const response = await read(run, path)
      expect([path, response.status >= 400, (await response.text()).includes(SECRET)]).toEqual([
        path,
        true,
        false,
      ])
    }
    const { json } = await door.call('GET', `artifacts/list?run_id=${run}`)
    expect(json.files.map(({ path }: { path: string }) => path)).toEqual(['mine.txt'])
    expect((await door.call('GET', `artifacts/list?run_id=${run}&path=up`)).json.files).toEqual([])
  })

  test('writes nothing behind a link, nor over one', async () => {
    const { run, place } = await local()
    await symlink(top, join(place, 'up'))
    const upload = (path: string) =>
      door.send('POST', `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run}&path=${path}`, {
        body: 'evil',
      })
    for (const path of ['up/new.txt', 'up/deep/new.txt', 'up/secret.txt']) {
      expect([path, (await upload(path)).status]).toEqual([path, 400])
    }
    await symlink(join(top, 'secret.txt'), join(place, 'over.txt'))
    await upload('over.txt')
    const { readFile } = await import('node:fs/promises')
    expect(await readFile(join(top, 'secret.txt'), 'utf8')).toBe(SECRET)
    await expect(readFile(join(top, 'new.txt'))).rejects.toThrow()
  })

  test('an experiment elsewhere is remembered, and never opened', async () => {
    await local()
    for (const place of [
      `file://${top}`,
      top,
      `file://localhost${top}`,
      `file:${top}`,
      'file:///etc',
      '/etc',
    ]) {
      const made = await door.call('POST', 'experiments/create', {
        name: place,
        artifact_location: place,
      })
      if (made.status !== 200) continue
      const { json } = await door.call('POST', 'runs/create', {
        experiment_id: made.json.experiment_id,
      })
      const run = json.run.info.run_id as string
      await mkdir(join(top, run, 'artifacts'), { recursive: true })
      await writeFile(join(top, run, 'artifacts', 'x.txt'), SECRET)
      const response = await read(run, 'x.txt')
      expect([place, response.status, (await response.text()).includes(SECRET)]).toEqual([
        place,
        400,
        false,
      ])
    }
  })
})
