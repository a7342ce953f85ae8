/**
 * Worst and 90th-percentile relative error per function, ours beside scipy's on the same points.
 *
 *     python scipy_values.py points.json > scipy.json
 *     tsx accuracy.ts points.json scipy.json
 *
 * `points.json` is the conformance file, or one written by tools/golden/special_functions.py.
 */
import { readFileSync } from 'node:fs'
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

const [pointsPath, peerPath] = process.argv.slice(2)
if (pointsPath === undefined || peerPath === undefined) {
  throw new Error('usage: tsx accuracy.ts points.json scipy.json')
}
const { points } = JSON.parse(readFileSync(pointsPath, 'utf8')) as Points
const peer = JSON.parse(readFileSync(peerPath, 'utf8')) as Peer

const errors = new Map<string, { ours: number[]; theirs: number[] }>()
points.forEach(([name, args, want], i) => {
  const f = specialFunctions[name]
  if (f === undefined) return
  const entry = errors.get(name) ?? { ours: [], theirs: [] }
  errors.set(name, entry)
  entry.ours.push(relativeError(f(...args), want))
  const value = peer.values[i]
  if (value !== null && value !== undefined) entry.theirs.push(relativeError(Number(value), want))
})

const show = (e: number | undefined): string =>
  e === undefined ? '-' : e === Number.POSITIVE_INFINITY ? 'no value' : e.toExponential(1)
console.log(
  `| function | points | ours: worst | ours: p90 | scipy ${peer.version}: worst | scipy: p90 |`,
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
