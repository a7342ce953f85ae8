import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '@mlops/core'
import { describe, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'drift-gate-'))
const at = (name: string) => join(folder, name)
const gate = (...args: string[]) => {
  const run = spawnSync(process.execPath, ['--import', 'tsx', 'src/drift-gate.ts', ...args], {
    cwd: join(import.meta.dirname, '..'),
    encoding: 'utf8',
  })
  return { code: run.status, out: run.stdout, err: run.stderr }
}

function csv(seed: string, shift: number): string {
  const rng = createRng(seed)
  const lines = Array.from({ length: 3000 }, (_, i) => {
    const amount = (20 + 100 * rng.next() ** 2 + shift).toFixed(2)
    const country = rng.next() < 0.6 ? 'NO' : '"SE, DK"'
    return `${i},${amount},${country},${i % 7 === 0 ? '' : Math.floor(rng.next() * 40)}`
  })
  return ['id,amount,country,visits', ...lines].join('\n')
}
writeFileSync(at('march.csv'), csv('march', 0))
writeFileSync(at('april.csv'), csv('april', 0))
writeFileSync(at('may.csv'), csv('may', 40))

describe('the gate', () => {
  test('fits a reference, lets like data pass, and fails on drift with a report for the CI', () => {
    const fit = gate('fit', at('march.csv'), '--out', at('reference.profile'))
    expect(fit).toMatchObject({ code: 0, out: expect.stringContaining('3000 rows, 4 columns') })

    const april = gate('check', at('april.csv'), '--reference', at('reference.profile'), '--strict')
    expect(april).toMatchObject({ code: 0, out: expect.stringContaining('PASS') })

    const outputs = ['--junit', at('may.xml'), '--markdown', at('may.md'), '--html', at('may.html')]
    const may = gate('check', at('may.csv'), '--reference', at('reference.profile'), '--ignore', 'id', ...outputs)
    // One of three columns drifted: a warning by default, and no pass under --strict.
    expect(may).toMatchObject({ code: 0, out: expect.stringContaining('WARN') })
    expect(gate('check', at('may.csv'), '--reference', at('reference.profile'), '--strict').code).toBe(1)
    expect(readFileSync(at('may.xml'), 'utf8')).toMatch(/<testcase [^>]*name="amount"[^>]*><failure /)
    expect(readFileSync(at('may.md'), 'utf8')).toContain('amount')
    expect(readFileSync(at('may.html'), 'utf8')).toContain('<svg')
  })

  test('a column that vanished fails without --strict', () => {
    const without = csv('april', 0)
      .split('\n')
      .map((line) => line.replace(/^[^,]*,[^,]*,/, ''))
    writeFileSync(at('short.csv'), without.join('\n'))
    expect(gate('check', at('short.csv'), '--reference', at('reference.profile')).code).toBe(1)
  })

  test('says what is wrong where no check could be made, with another exit code than drift', () => {
    writeFileSync(at('torn.csv'), 'id,amount\n1,"2')
    expect(gate('check', at('torn.csv'), '--reference', at('reference.profile'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('drift.csv-unterminated-quote'),
    })
    writeFileSync(at('bad.profile'), readFileSync(at('reference.profile')).subarray(0, 100))
    expect(gate('check', at('april.csv'), '--reference', at('bad.profile')).code).toBe(2)
    expect(gate('check', at('nowhere.csv'), '--reference', at('reference.profile')).code).toBe(2)
    expect(gate('check').err).toContain('usage')
  })
})
