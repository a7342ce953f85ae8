// Runs the conformance cases against the library: one line per method, every mismatch with both values.
//
//   pnpm conformance [--required] [--cases FILE] [--data DIR]
//
// Exit code 1 on any failed or unsupported case; with --required only for the methods of required.json.
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { ConformanceCase } from './case.ts'
import { caseFilesOf, loadCases } from './case-files.ts'
import { compare, type Mismatch } from './compare.ts'

const here = dirname(fileURLToPath(import.meta.url))
const shared = resolve(here, '../../../shared')

interface Tally {
  readonly file: string
  readonly method: string
  passed: number
  failed: number
  unsupported: number
  deviating: number
  readonly problems: string[]
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', multiple: true },
      data: { type: 'string', default: join(shared, 'data') },
      required: { type: 'boolean', default: false },
    },
  })
  const files =
    values.cases?.map((file) => resolve(file)) ?? caseFilesOf(join(shared, 'conformance'))
  const deviations = readJson<Record<string, string>>('deviations.json')
  const required = readJson<Record<string, string[]>>('required.json')

  const tallies = new Map<string, Tally>()
  for (const file of files) {
    for (const c of loadCases(file, values.data)) {
      await judge(c, deviations, tallyOf(tallies, c))
    }
  }
  const lines = [...tallies.values()]
  for (const tally of lines) print(tally)
  return verdict(lines, values.required ? required : undefined, values.cases === undefined)
}

function tallyOf(tallies: Map<string, Tally>, { file, method }: ConformanceCase): Tally {
  const key = `${file} ${method}`
  let tally = tallies.get(key)
  if (tally === undefined) {
    tally = { file, method, passed: 0, failed: 0, unsupported: 0, deviating: 0, problems: [] }
    tallies.set(key, tally)
  }
  return tally
}

async function judge(
  c: ConformanceCase,
  deviations: Record<string, string>,
  tally: Tally,
): Promise<void> {
  if (c.actual === undefined) {
    tally.unsupported++
    return
  }
  let mismatches: Mismatch[]
  try {
    mismatches = compare(c.expected, await c.actual(), c.tolerance)
  } catch (error) {
    mismatches = [{ path: '', expected: c.expected, actual: `threw ${(error as Error).message}` }]
  }
  if (mismatches.length === 0) {
    tally.passed++
    return
  }
  const reason = deviations[c.id]
  if (reason === undefined) tally.failed++
  else tally.deviating++
  for (const { path, expected, actual } of mismatches) {
    const where = path === '' ? c.id : `${c.id} ${path}`
    tally.problems.push(
      `    ${reason === undefined ? 'FAILED' : 'deviates'} ${where}: expected ${show(expected)}, got ${show(actual)}${reason === undefined ? '' : ` (${reason})`}`,
    )
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return typeof value === 'number' || text.length < 200
    ? typeof value === 'number'
      ? String(value)
      : text
    : `${text.slice(0, 200)}…`
}

function print({ file, method, passed, failed, unsupported, deviating, problems }: Tally): void {
  const deviation = deviating > 0 ? ` / ${deviating} deviating by design` : ''
  console.log(
    `${file} ${method}: ${passed} passed / ${failed} failed / ${unsupported} unsupported${deviation}`,
  )
  for (const problem of problems) console.log(problem)
}

function verdict(
  lines: readonly Tally[],
  required: Record<string, string[]> | undefined,
  whole: boolean,
): number {
  const sum = (key: 'passed' | 'failed' | 'unsupported' | 'deviating') =>
    lines.reduce((total, line) => total + line[key], 0)
  console.log(
    `\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('unsupported')} unsupported, ${sum('deviating')} deviating by design`,
  )
  if (required === undefined) return sum('failed') + sum('unsupported') > 0 ? 1 : 0

  const broken = lines.filter(
    ({ file, method, failed, unsupported }) =>
      (required[file] ?? []).includes(method) && failed + unsupported > 0,
  )
  for (const { file, method } of broken) console.log(`REQUIRED and not passing: ${file} ${method}`)
  const seen = new Set(lines.map(({ file, method }) => `${file} ${method}`))
  const lost = whole
    ? Object.entries(required).flatMap(([file, methods]) =>
        methods
          .filter((method) => !seen.has(`${file} ${method}`))
          .map((method) => `${file} ${method}`),
      )
    : []
  for (const name of lost) console.log(`REQUIRED and without a case: ${name}`)
  return broken.length + lost.length > 0 ? 1 : 0
}

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(here, name), 'utf8'))
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
