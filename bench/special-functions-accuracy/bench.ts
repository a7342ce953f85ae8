// Worst and 90th-percentile relative error per special function, ours beside scipy's on the same points.
//
//   pnpm bench special-functions-accuracy [-- --points FILE]
//
// The points are those of the golden tests, or a file written by tools/golden/special_functions.py.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { specialFunctions } from '../../tools/conformance/special-functions.ts'

interface Points {
  readonly points: readonly (readonly [string, readonly number[], string])[]
}
interface Peer {
  readonly version: string
  readonly values: readonly (number | string | null)[]
}

/** |got/want - 1| with the digits of `want` beyond a double taken into account. */
function relativeError(got: number, want: string): number {
  const near = Number(want)
  if (near === 0) return Math.abs(got)
  if (!Number.isFinite(got)) return Number.POSITIVE_INFINITY
  // want = near + rest, the rest read from the decimal text over BigInt at a common scale
  const exact = decimal(want)
  const scale = 10n ** 40n
  const digits = toScaled(got, exact, scale)
  return Math.abs(Number(digits)) / 1e40
}

// want as mantissa * 10^exponent
function decimal(text: string): { mantissa: bigint; exponent: number } {
  const [digits, power] = text.toLowerCase().split('e') as [string, string | undefined]
  const [whole, fraction = ''] = digits.split('.') as [string, string | undefined]
  return { mantissa: BigInt(whole + fraction), exponent: Number(power ?? 0) - fraction.length }
}

// (got - want) / want * scale, got being an exact binary fraction
function toScaled(
  got: number,
  want: { mantissa: bigint; exponent: number },
  scale: bigint,
): bigint {
  const { mantissa, exponent } = binary(got)
  const up2 = exponent > 0 ? 1n << BigInt(exponent) : 1n
  const down2 = exponent < 0 ? 1n << BigInt(-exponent) : 1n
  const up10 = want.exponent > 0 ? 10n ** BigInt(want.exponent) : 1n
  const down10 = want.exponent < 0 ? 10n ** BigInt(-want.exponent) : 1n
  const left = mantissa * up2 * down10
  const right = want.mantissa * up10 * down2
  return ((left - right) * scale) / right
}

function binary(x: number): { mantissa: bigint; exponent: number } {
  let exponent = 0
  let m = x
  while (!Number.isInteger(m)) {
    m *= 2
    exponent--
  }
  return { mantissa: BigInt(m), exponent }
}

const here = dirname(fileURLToPath(import.meta.url))
const { values: options } = parseArgs({
  options: {
    python: { type: 'string' },
    points: {
      type: 'string',
      default: join(
        here,
        '../../packages/stats/src/distributions/__golden__/special-functions.json',
      ),
    },
  },
})
const { points } = JSON.parse(readFileSync(options.points, 'utf8')) as Points
const peer = scipyValues(options.python, options.points)

const errors = new Map<string, { ours: number[]; theirs: number[] }>()
points.forEach(([name, args, want], i) => {
  const f = specialFunctions[name]
  if (f === undefined) return
  const entry = errors.get(name) ?? { ours: [], theirs: [] }
  errors.set(name, entry)
  entry.ours.push(relativeError(f(...args), want))
  const value = peer?.values[i]
  if (value !== null && value !== undefined) entry.theirs.push(relativeError(Number(value), want))
})

const show = (e: number | undefined): string =>
  e === undefined ? '-' : e === Number.POSITIVE_INFINITY ? 'no value' : e.toExponential(1)
console.log(
  `| function | points | ours: worst | ours: p90 | scipy ${peer?.version ?? '(not run)'}: worst | scipy: p90 |`,
)
console.log('|---|---|---|---|---|---|')
let worse = 0
for (const [name, { ours, theirs }] of [...errors].sort(([a], [b]) => a.localeCompare(b))) {
  ours.sort((a, b) => b - a)
  theirs.sort((a, b) => b - a)
  const at90 = (list: number[]): number | undefined => list[Math.floor(list.length / 10)]
  if (theirs[0] !== undefined && ours[0]! > theirs[0]) worse++
  console.log(
    `| ${name} | ${ours.length} | ${show(ours[0])} | ${show(at90(ours))} | ${show(theirs[0])} | ${show(at90(theirs))} |`,
  )
}
console.log(`\nours is worse than scipy's worst on ${worse} of ${errors.size} functions`)

/** scipy's values at the points, or undefined without an interpreter. */
function scipyValues(python: string | undefined, path: string): Peer | undefined {
  if (python === undefined) return undefined
  const script = join(here, 'scipy_values.py')
  const run = spawnSync(python, [script, path], { encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (run.status !== 0) throw new Error(`scipy gave no values: ${run.error?.message ?? run.stderr}`)
  return JSON.parse(run.stdout) as Peer
}
