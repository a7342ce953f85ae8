// How often columns of each kind and rules of each sort raise an alarm, without drift and with some.
//
//   npx tsx tools/simulations/column-drift.ts [runs]
//
// Prints a Markdown table and writes docs/calibration/column-drift.md. Deterministic but for the runtime.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRng, type Rng, type TableInput } from '@mlops/core'
import { type CompareOptions, compare, findDriftSegments } from '@mlops/drift'
import { normal } from '@mlops/stats'

const SEED = 'column-drift'
const DAY = 86_400_000

interface Setting {
  readonly name: string
  readonly sizes: readonly [number, number]
  readonly nominal: string
  /** Whether one run with this amount of drift raises an alarm. */
  readonly alarm: (drift: number, rng: Rng, sizes: readonly [number, number]) => boolean
}

const gaussian = (rng: Rng) => normal.quantile(rng.next() || 0.5)

/** Documents that each favour one of ten topics, so that words of a document go together. */
function texts(n: number, drift: number, rng: Rng): string[] {
  return Array.from({ length: n }, () => {
    const topic = rng.next() < drift ? 9 : rng.int(10)
    const length = 5 + rng.int(20)
    return Array.from({ length }, () =>
      rng.next() < 0.6 ? `t${topic}w${rng.int(5)}` : `common${rng.int(40)}`,
    ).join(' ')
  })
}

function arrivals(n: number, drift: number, rng: Rng, start: number): Date[] {
  return Array.from({ length: n }, () => {
    const hour = (((14 + 4 * drift + 4 * gaussian(rng)) % 24) + 24) % 24
    return new Date(start + rng.int(20) * DAY + hour * 3_600_000)
  })
}

function vectors(n: number, drift: number, rng: Rng) {
  const dimension = 32
  const values = Float64Array.from({ length: n * dimension }, () => drift + gaussian(rng))
  return { values, dimension }
}

function rule(options: CompareOptions) {
  return (before: TableInput, after: TableInput) =>
    compare(before, after, options).columns[0]!.decision?.drifted ?? false
}

const numbers =
  (options: CompareOptions): Setting['alarm'] =>
  (drift, rng, [n, m]) => {
    const sample = (size: number, mean: number) =>
      Array.from({ length: size }, () => mean + gaussian(rng))
    return rule(options)({ x: sample(n, 0) }, { x: sample(m, drift) })
  }

const P_VALUE: CompareOptions = { rule: { method: 'p-value' }, types: { x: 'text' } }

const psi = (sizes: readonly [number, number]): Setting[] => [
  {
    name: 'PSI > 0.2',
    sizes,
    nominal: '–',
    alarm: numbers({ rule: { method: 'psi' } }),
  },
  {
    name: 'PSI corrected > 0.2',
    sizes,
    nominal: '–',
    alarm: numbers({ rule: { method: 'psi-corrected' } }),
  },
  {
    name: 'PSI significance',
    sizes,
    nominal: '0.05',
    alarm: numbers({ rule: { method: 'psi-significance' } }),
  },
  { name: 'Kuiper', sizes, nominal: '0.05', alarm: numbers({ rule: { method: 'kuiper' } }) },
]

const settings: readonly Setting[] = [
  ...psi([50, 50]),
  ...psi([200, 200]),
  ...psi([5000, 500]),
  {
    name: 'text, p-value',
    sizes: [400, 300],
    nominal: '0.05',
    alarm: (drift, rng, [n, m]) =>
      rule(P_VALUE)({ x: texts(n, 0, rng) }, { x: texts(m, drift / 2, rng) }),
  },
  {
    name: 'times, p-value',
    sizes: [2000, 500],
    nominal: '0.05',
    alarm: (drift, rng, [n, m]) =>
      rule({ rule: { method: 'p-value' } })(
        { x: arrivals(n, 0, rng, 0) },
        { x: arrivals(m, drift / 2, rng, 30 * DAY) },
      ),
  },
  {
    name: 'embedding of 32 dimensions, p-value',
    sizes: [300, 200],
    nominal: '0.05',
    alarm: (drift, rng, [n, m]) =>
      rule({ rule: { method: 'p-value' } })(
        { x: vectors(n, 0, rng) },
        { x: vectors(m, drift / 4, rng) },
      ),
  },
  {
    name: 'segments, any named',
    sizes: [2000, 2000],
    nominal: '0.05',
    alarm: (drift, rng, [n, m]) => {
      const rows = (size: number, shift: number) =>
        Array.from({ length: size }, () => {
          const plan = ['a', 'b', 'c', 'd'][rng.int(4)]!
          return {
            plan,
            age: rng.int(60),
            spend: gaussian(rng) + (plan === 'b' ? 2 * shift : 0),
          }
        })
      return findDriftSegments(rows(n, 0), rows(m, drift)).segments.length > 0
    },
  },
]

/** Share of runs with an alarm. */
function rate({ name, sizes, alarm }: Setting, drift: number, runs: number): number {
  const rng = createRng(`${SEED} ${name} ${sizes.join(' ')} ${drift}`)
  let alarms = 0
  for (let run = 0; run < runs; run++) if (alarm(drift, rng, sizes)) alarms++
  return alarms / runs
}

function main(runs: number): void {
  const start = performance.now()
  const rows = settings.map((setting) => {
    const [none, some] = [rate(setting, 0, runs), rate(setting, 0.4, runs)]
    const { name, sizes, nominal } = setting
    return `| ${name} | ${sizes.join(' / ')} | ${nominal} | ${none.toFixed(3)} | ${some.toFixed(3)} |`
  })
  const error = Math.sqrt((0.05 * 0.95) / runs).toFixed(3)
  const text = `# Alarms of column rules

\`npx tsx tools/simulations/column-drift.ts ${runs}\`, seed \`${SEED}\`, ${((performance.now() - start) / 1000).toFixed(0)} s.

Share of ${runs} runs with an alarm, without drift and with some; standard error about ${error} at 0.05. With drift
means: numbers moved by 0.4 sd; a fifth of the documents on one topic; arrivals 48 minutes later; every dimension
moved by 0.1 sd; spending moved by 0.8 sd in one of four plans.

| rule | reference / current rows | level | without drift | with drift |
|---|---|---|---|---|
${rows.join('\n')}
`
  console.log(text)
  const here = dirname(fileURLToPath(import.meta.url))
  writeFileSync(join(here, '../../docs/calibration/column-drift.md'), text)
}

main(Number(process.argv[2] ?? 1000))
