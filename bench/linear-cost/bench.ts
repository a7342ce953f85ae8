// Cost per value as tables grow, to 100 million values: in rows, and in columns.
//
//   pnpm bench linear-cost [-- --values 100000000 --repeats 2]
import { parseArgs } from 'node:util'
import { createRng } from '@mlops/core'
import { compare, fitReference } from '@mlops/drift'
import { ksTwoSampleTest, psiOfSamples, wasserstein1 } from '@mlops/stats'

const { values: options } = parseArgs({
  options: {
    values: { type: 'string', default: '100000000' },
    repeats: { type: 'string', default: '2' },
    python: { type: 'string' },
  },
})
const most = Number(options.values)
const repeats = Number(options.repeats)

const longest = most / 2
const [before, after] = [column(1, 0), column(2, 0.02)]

console.log(`ns a value, best of ${repeats}, one thread. Node ${process.versions.node}\n`)
console.log('| values | KS | PSI | Wasserstein-1 | fitReference | compare |')
console.log('|---|---|---|---|---|---|')
for (let rows = longest / 1000; rows <= longest; rows *= 10) {
  const [x, y] = [before.subarray(0, rows), after.subarray(0, rows)]
  const fitted = fitReference({ x })
  const cells = [
    perValue(2 * rows, () => ksTwoSampleTest(x, y)),
    perValue(2 * rows, () => psiOfSamples(x, y)),
    perValue(2 * rows, () => wasserstein1(x, y)),
    perValue(rows, () => fitReference({ x })),
    perValue(rows, () => compare(fitted, { x: y })),
  ]
  console.log(`| ${(2 * rows).toLocaleString('en')} | ${cells.join(' | ')} |`)
}

console.log('\n| columns of 100 000 rows | values | compare, both tables given |\n|---|---|---|')
for (const columns of [1, 10, 100, Math.floor(longest / 100_000)]) {
  const cut = (values: Float64Array) =>
    Object.fromEntries(
      Array.from({ length: columns }, (_, c) => [`c${c}`, values.subarray(c * 1e5, (c + 1) * 1e5)]),
    )
  const [reference, current] = [cut(before), cut(after)]
  const values = columns * 2e5
  const cost = perValue(values, () => compare(reference, current))
  console.log(`| ${columns} | ${values.toLocaleString('en')} | ${cost} |`)
}

function column(seed: number, shift: number): Float64Array {
  const rng = createRng(seed)
  const values = new Float64Array(longest)
  for (let i = 0; i < longest; i++) {
    values[i] =
      shift + Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
  }
  return values
}

function perValue(count: number, task: () => unknown): string {
  // Small tasks are repeated until they take long enough to be timed.
  const times = Math.max(1, Math.ceil(1e6 / count))
  let least = Infinity
  for (let r = 0; r <= repeats; r++) {
    const start = performance.now()
    for (let t = 0; t < times; t++) task()
    if (r > 0) least = Math.min(least, performance.now() - start)
  }
  return ((least * 1e6) / (times * count)).toFixed(1)
}
