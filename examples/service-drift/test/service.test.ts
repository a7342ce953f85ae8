import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { churn, customers } from '../src/model.ts'

const state = join(mkdtempSync(join(tmpdir(), 'service-drift-')), 'state.json')
let server: { process: ChildProcess; url: string; rows: number }
afterAll(() => void server?.process.kill('SIGKILL'))

async function start(): Promise<typeof server> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', '--port', '0', '--state', state], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  for await (const chunk of child.stdout) {
    out += String(chunk)
    const found = /listening on (\S+) after (\d+) rows/.exec(out)
    if (found) return { process: child, url: found[1]!, rows: Number(found[2]) }
  }
  throw new Error(`the service ended: ${out}`)
}

async function kill(): Promise<void> {
  const gone = new Promise((resolve) => server.process.once('exit', resolve))
  server.process.kill('SIGKILL')
  await gone
}

let nextId = 0
async function traffic(requests: number, shift: number): Promise<void> {
  for (let r = 0; r < requests; r++) {
    const batch = customers(`traffic ${nextId}`, 50, shift).map((one) => ({ id: `c${nextId++}`, ...one }))
    const scored = await post('/score', { customers: batch })
    expect(scored.scores[0]!.churn).toBeCloseTo(churn(batch[0]!), 12)
  }
}

async function post(path: string, body: unknown) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(`${server.url}${path}`, init)
  return { status: response.status, ...((await response.json()) as { scores: { churn: number }[] }) }
}
const get = async (path: string) => await (await fetch(`${server.url}${path}`)).text()
const standing = async () =>
  JSON.parse(await get('/drift')) as { verdict: string; rows: number; columns: { name: string; alarm: boolean }[] }

test('scores, stays calm, survives kill -9, and alarms when the world changes', async () => {
  server = await start()
  expect(server.rows).toBe(0)
  await traffic(20, 0)
  expect(await standing()).toMatchObject({ verdict: 'pass', rows: 1000 })

  await kill()
  server = await start()
  // Every acknowledged row was kept.
  expect(server.rows).toBe(1000)
  await traffic(10, 0)
  expect(await standing()).toMatchObject({ verdict: 'pass', rows: 1500 })

  await traffic(20, 60)
  const after = await standing()
  expect(after.verdict).toBe('fail')
  expect(after.columns.filter(({ alarm }) => alarm).map(({ name }) => name)).toContain('minutes')
  expect(after.columns.find(({ name }) => name === 'age')!.alarm).toBe(false)

  const metrics = await get('/metrics')
  expect(metrics).toContain('mlops_drift_monitor_column_alarm{service="churn",column="minutes"} 1')
  expect(metrics).toMatch(/mlops_drift_rows\{service="churn",side="current"\} 2500/)
  const page = await get('/report')
  expect(page).toContain('<svg')
  expect(page).toContain('minutes')

  await kill()
  server = await start()
  expect((await standing()).verdict).toBe('fail')
})

test('labels feed a detector of errors; bad requests are refused and change nothing', async () => {
  const before = (await standing()).rows
  const rows = customers('labelled', 400).map((one, i) => ({ id: `l${i}`, ...one }))
  await post('/score', { customers: rows })
  const labels = rows.map((one, i) => ({ id: one.id, left: i < 200 ? churn(one) >= 0.5 : churn(one) < 0.5 }))
  expect(await post('/labels', { labels })).toMatchObject({ learned: 400, errorAlarms: 1 })

  const bad = [
    { customers: [] },
    { customers: [{ id: 'x', age: -1, minutes: 1, plan: 'free' }] },
    { customers: 7 },
    null,
  ]
  for (const body of bad) expect((await post('/score', body)).status).toBe(400)
  expect((await standing()).rows).toBe(before + 400)
})
