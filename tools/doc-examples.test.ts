import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatWithOptions } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docExamples, runnable, sameOutput } from './doc-examples.ts'
import { root } from './workspace.ts'

const folder = join(root, '.report', 'examples')
const examples = docExamples().map((example, at) => ({
  ...example,
  ...runnable(example.code),
  file: join(folder, `${String(at).padStart(3, '0')}-${example.place.replace(/[^\w]+/g, '-')}.ts`),
}))

const home = process.cwd()
const scratch = mkdtempSync(join(tmpdir(), 'examples-'))

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const { file, source } of examples) writeFileSync(file, `${source}\nexport {}\n`)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.base.json', include: ['*.ts'] }),
  )
})

afterAll(() => {
  process.chdir(home)
  rmSync(scratch, { recursive: true, force: true })
})

describe('the documentation shows code that runs', () => {
  test.each(examples)('$place', { timeout: 30_000 }, async ({ file, promised }) => {
    process.chdir(scratch)
    const printed = new Map<number, string>()
    const recorder = (line: number, ...values: unknown[]) => {
      const text = formatWithOptions({ colors: false }, ...values)
      const before = printed.get(line)
      printed.set(line, before === undefined ? text : `${before}\n${text}`)
    }
    Object.assign(globalThis, { __record: recorder })
    await import(/* @vite-ignore */ file)
    for (const [line, text] of promised) {
      const was = printed.get(line)
      expect(
        was === undefined ? undefined : sameOutput(was, text) ? text : was,
        `line ${line}`,
      ).toBe(text)
    }
  })

  test('and that type-checks', { timeout: 120_000 }, () => {
    const done = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], {
      encoding: 'utf8',
    })
    expect(done.stdout).toBe('')
  })
})

describe('the reader of examples', () => {
  test('finds what a print promises, behind it or below it', () => {
    const code =
      "console.log(1) // 1\nconsole.log(\n  f(')'),\n) // 2\nconsole.log(3)\n// a\n// b\nconsole.log(4)\n"
    expect([...runnable(code).promised]).toEqual([
      [1, '1'],
      [2, '2'],
      [5, 'a\nb'],
    ])
  })

  test('tells different outputs apart', () => {
    expect(sameOutput('a b', "'a b'")).toBe(true)
    expect(sameOutput('[ 1, 2 ]', '[ 1,\n  2 ]')).toBe(true)
    expect(sameOutput('0.1', '0.2')).toBe(false)
    expect(sameOutput('', 'x')).toBe(false)
  })
})
