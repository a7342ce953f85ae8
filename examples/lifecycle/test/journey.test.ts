import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@mlops/store'
import { afterAll, beforeAll, expect, test } from 'vitest'

// The figures are those of check.py, which computes them with scikit-learn and scipy.
const out = mkdtempSync(join(tmpdir(), 'lifecycle-'))
let printed = ''
let status: number | null = null

beforeAll(() => {
  const main = join(import.meta.dirname, '../src/main.ts')
  const run = spawnSync('tsx', [main], { encoding: 'utf8', env: { ...process.env, DEMO_OUTPUT: out } })
  printed = run.stdout + run.stderr
  status = run.status
}, 120_000)
afterAll(() => rmSync(out, { recursive: true, force: true }))

test('the journey ends well', () => {
  expect(printed).toContain('6. Look at it')
  expect(status).toBe(0)
})

test('its numbers are those of an independent calculation', () => {
  expect(printed).toMatch(/delay +numeric +fail +0\.09224 +1\.724e-9 +0\.04958/)
  expect(printed).toMatch(/operator +categorical +fail +0\.2398 +8\.592e-153 +0\.4176/)
  expect(printed).toContain('0.1751 under treatment, 0.1985 under control (-0.0234, -11.79 %')
  expect(printed).toContain('95 % interval -0.02602 to -0.02079')
})

test('the guard refuses the early read, the gate the unproven model, and the author’s own signature', () => {
  expect(printed).toContain('2952 of 6570 pairs (flight) are there')
  expect(printed).toMatch(/flight-delay 1\.1\.0: refused\. Missing:\n( {2}- .+\n){6}/)
  expect(printed).toContain('ana cannot sign model-version:flight-delay@2 as risk-officer: self-approval')
  expect(printed).toContain('flight-delay 1.1.0 is in production')
  expect(printed).toContain('Rolled back to 1.0.0, and promoted 1.1.0 again: granted')
})

test('the forged copy is found, the original is sound, and the report stands alone', async () => {
  expect(printed).toMatch(/One byte changed in a copy of the database: broken, entry \d+ was changed/)
  const store = await openStore(`sqlite:${join(out, 'mlops.db')}`)
  expect((await store.check()).status).toBe('ok')
  await store.close()
  const report = readFileSync(join(out, 'report.html'), 'utf8')
  expect(report).not.toMatch(/<script|https?:\/\/(?!example\.org)/)
  expect(report.length).toBeLessThan(400_000)
  expect(existsSync(join(out, 'blobs'))).toBe(true)
})
