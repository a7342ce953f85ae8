import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uuidV7 } from '@mlops/core'
import { openStore } from '@mlops/store'
import { afterEach, expect, test } from 'vitest'
import type { Tables } from '../src/tables.ts'

const postgresUrl = process.env['MLOPS_TEST_POSTGRES_URL']
const schema = `test_${uuidV7().next().replaceAll('-', '')}`
const sqlite = `sqlite:${join(mkdtempSync(join(tmpdir(), 'abtest-service-')), 'experiments.db')}`
let server: { process: ChildProcess; url: string }
afterEach(() => void server?.process.kill('SIGKILL'))

async function start(url: string): Promise<typeof server> {
  const where = ['--store', url, ...(url === sqlite ? [] : ['--schema', schema])]
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', '--port', '0', ...where], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  for await (const chunk of child.stdout) {
    out += String(chunk)
    const found = /listening on (\S+)/.exec(out)
    if (found) return { process: child, url: found[1]! }
  }
  throw new Error(`the service ended: ${out}`)
}

async function kill(): Promise<void> {
  const gone = new Promise((resolve) => server.process.once('exit', resolve))
  server.process.kill('SIGKILL')
  await gone
}

/** The answer, or undefined when the server died before it gave one. */
async function post(path: string, body: unknown) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  try {
    const response = await fetch(`${server.url}${path}`, init)
    return (await response.json()) as { arm: string; id: string; kept: number }
  } catch {
    return undefined
  }
}

test('SQLite: kill -9 in the middle of traffic loses nothing that was acknowledged', () => survives(sqlite), 60_000)

test.skipIf(!postgresUrl)(
  'PostgreSQL (MLOPS_TEST_POSTGRES_URL): kill -9 in the middle of traffic loses nothing that was acknowledged',
  async () => {
    await survives(postgresUrl!)
    const store = await openStore(postgresUrl!, { schema })
    await store.query.schema.dropSchema(schema).cascade().execute()
    await store.close()
  },
  60_000,
)

async function survives(url: string): Promise<void> {
  server = await start(url)
  await post('/experiments', {
    key: 'crash',
    hypothesis: 'nothing is lost',
    metric: { name: 'conversion', better: 'higher', outcome: 'conversion' },
    schedule: { kind: 'fixed', sampleSize: { control: 1000, treatment: 1000 } },
  })
  const told = {
    arms: new Map<string, string>(),
    outcomes: new Set<string>(),
    choices: new Map<string, string>(),
    rewards: new Set<string>(),
  }
  let nextId = 0
  for (let round = 0; round < 3; round++) {
    let dead = false
    const client = async () => {
      while (!dead) {
        const unit = `u${nextId++}`
        const assigned = await post('/experiments/crash/assignments', { unit })
        if (assigned === undefined) return
        told.arms.set(unit, assigned.arm)
        const observed = await post('/experiments/crash/outcomes', { outcomes: [{ unit, value: 1 }] })
        if (observed?.kept === 1) told.outcomes.add(unit)
        const choice = await post('/banners/choices', {})
        if (choice === undefined) return
        told.choices.set(choice.id, choice.arm)
        const learned = await post('/banners/rewards', { rewards: [{ choice: choice.id, reward: 1 }] })
        if (learned?.kept === 1) told.rewards.add(choice.id)
      }
    }
    const clients = [client(), client(), client(), client()]
    // In the middle: the clients go on while the process dies.
    while (told.rewards.size < 20 * (round + 1)) await new Promise((go) => setTimeout(go, 5))
    await kill()
    dead = true
    await Promise.all(clients)
    server = await start(url)
  }
  expect(told.outcomes.size).toBeGreaterThanOrEqual(60)

  // Everybody is told the same arm after the crashes.
  for (const [unit, arm] of [...told.arms].slice(0, 20))
    expect((await post('/experiments/crash/assignments', { unit }))?.arm).toBe(arm)
  await kill()

  const store = (await openStore(url, url === sqlite ? {} : { schema })).tables<Tables>()
  expect((await store.check()).status).toBe(url === sqlite ? 'ok' : 'not-checked')
  const exposures = new Map(
    (await store.query.selectFrom('exposures').selectAll().execute()).map(({ unit, arm }) => [unit, arm]),
  )
  for (const [unit, arm] of told.arms) expect(exposures.get(unit)).toBe(arm)
  const outcomes = new Set((await store.query.selectFrom('outcomes').select('unit').execute()).map(({ unit }) => unit))
  for (const unit of told.outcomes) expect(outcomes.has(unit)).toBe(true)
  const choices = new Map((await store.query.selectFrom('choices').selectAll().execute()).map((row) => [row.id, row]))
  for (const [id, arm] of told.choices) expect(choices.get(id)?.arm).toBe(arm)
  for (const id of told.rewards) expect(choices.get(id)?.reward).toBe(1)
  // What the bandit learned is what the log says that it learned from: no reward twice, none half.
  const { state } = await store.query.selectFrom('bandits').select('state').executeTakeFirstOrThrow()
  const rewarded = [...choices.values()].filter(({ reward }) => reward !== null)
  const { updates, arms } = JSON.parse(state) as { updates: number; arms: { id: string; body: { n: number } }[] }
  expect(updates).toBe(rewarded.length)
  for (const { id, body } of arms) expect(body.n).toBe(rewarded.filter(({ arm }) => arm === id).length)
  await store.close()
}
