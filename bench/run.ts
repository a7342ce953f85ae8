// Runs the benchmarks, each beside its peer on the same data in one run.
//
//   pnpm bench [--list] [NAME …] [--python PATH | --no-python] [-- ARGUMENTS OF THE BENCHMARK]
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { peerPython } from './python.ts'

const here = dirname(fileURLToPath(import.meta.url))
const benchmarks = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(here, entry.name, 'bench.ts')))
  .map(({ name }) => ({ name, path: join(here, name, 'bench.ts') }))

function main(): number {
  const typed = process.argv.slice(2)
  const cut = typed.indexOf('--')
  const [own, passedOn] = cut < 0 ? [typed, []] : [typed.slice(0, cut), typed.slice(cut + 1)]
  const { values, positionals: names } = parseArgs({
    args: own,
    allowPositionals: true,
    options: {
      list: { type: 'boolean', default: false },
      python: { type: 'string' },
      'no-python': { type: 'boolean', default: false },
    },
  })
  if (values.list) {
    for (const { name, path } of benchmarks) console.log(`${name.padEnd(28)} ${purposeOf(path)}`)
    return 0
  }
  const known = benchmarks.map(({ name }) => name)
  const strange = names.filter((name) => !known.includes(name))
  if (strange.length > 0) {
    throw new Error(`There is no benchmark ${strange.join(', ')}. There are: ${known.join(', ')}.`)
  }
  if (passedOn.length > 0 && names.length !== 1) {
    throw new Error(
      `What stands behind -- is for one benchmark: name it. There are: ${known.join(', ')}.`,
    )
  }
  const load = loadavg()[0]!
  if (load > 1) {
    console.log(`Load is ${load.toFixed(1)}: believe the ratios, not the milliseconds.`)
  }

  const chosen = benchmarks.filter(({ name }) => names.length === 0 || names.includes(name))
  const failed: string[] = []
  for (const { name, path } of chosen) {
    console.log(`\n## ${name}\n`)
    const interpreter = values['no-python'] ? undefined : (values.python ?? peersOrReason(name))
    const args = [
      '--import',
      'tsx',
      path,
      ...(interpreter === undefined ? [] : ['--python', interpreter]),
      ...passedOn,
    ]
    if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) failed.push(name)
  }
  if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}`)
  return failed.length === 0 ? 0 : 1
}

/** The first comment line of a benchmark. */
function purposeOf(path: string): string {
  return readFileSync(path, 'utf8')
    .split('\n', 1)[0]!
    .replace(/^\/\/ /, '')
}

/** Each benchmark may have peers of its own beside it; else those of all serve. */
function peersOrReason(name: string): string | undefined {
  const own = join(here, name, 'requirements.txt')
  const python = peerPython(existsSync(own) ? own : join(here, 'requirements.txt'))
  if ('path' in python) return python.path
  console.log(`${python.missing}\nGoing on without the peers: our times only.`)
  return undefined
}

try {
  process.exitCode = main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
