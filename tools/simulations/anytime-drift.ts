// How often monitors raise false alarms when they are read all the time, and how soon true ones.
// Prints a Markdown page and writes it to docs/calibration/anytime-drift.md.
//
//   npx tsx tools/simulations/anytime-drift.ts [--runs 500] [--shifted-runs 200]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createRng, type Rng } from '@mlops/core'
import { fitReference } from '@mlops/drift'
import {
  createMonitor,
  exchangeability,
  numericExchangeability,
  startExchangeability,
} from '@mlops/drift/anytime'
import { countBins, ksDistance, psi, quantileBinning } from '@mlops/stats'

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '500' },
    'shifted-runs': { type: 'string', default: '200' },
  },
})
const RUNS = Number(options.runs)
const SHIFTED_RUNS = Number(options['shifted-runs'])
const SEED = 20261121
const READS = 2000
const ROWS_PER_READ = 10
const REFERENCE = 2000
const WINDOW = 500
const SHIFT_AT = 500
const ALPHA = 0.05

const HABITS = [
  'anytime, reference as sample',
  'anytime, reference as truth',
  'KS p < 0.05',
  'PSI > 0.2',
] as const
type Alarms = Record<(typeof HABITS)[number], number | null>

const started = performance.now()
const lines = [
  '# Anytime-valid drift monitoring: false alarms and delay',
  '',
  `\`npx tsx tools/simulations/anytime-drift.ts --runs ${RUNS} --shifted-runs ${SHIFTED_RUNS}\`, seed ${SEED}.`,
  '',
  `One numeric column, standard normal. A fresh reference of ${REFERENCE} values per run; ${READS} reads, each after ${ROWS_PER_READ} further rows. The habits compare the last ${WINDOW} rows with the reference at every read: the Kolmogorov-Smirnov test at 5 %, and PSI over the reference's deciles (shares floored at 1e-4). Ours is \`exchangeability\` at alpha = ${ALPHA}.`,
  '',
  '## False alarms without any drift',
  '',
  `Share of ${RUNS} runs with at least one alarm up to a read:`,
  '',
  `| monitor | read 50 | 200 | 1000 | ${READS} |`,
  '|---|---|---|---|---|',
]
const calm = Array.from({ length: RUNS }, (_, run) => oneRun(`calm/${run}`, () => 0, 0, READS))
for (const habit of HABITS) {
  const share = (read: number) =>
    calm.filter((alarms) => alarms[habit] !== null && alarms[habit]! <= read * ROWS_PER_READ)
      .length / RUNS
  lines.push(`| ${habit} | ${[50, 200, 1000, READS].map((r) => percent(share(r))).join(' | ')} |`)
}
lines.push(
  '',
  `Reference as truth is wrong by construction once the stream is longer than the reference (${REFERENCE} values): the shares it takes for true are estimates.`,
  '',
  '## Delay behind a shift of the mean',
  '',
  `The mean moves at row ${SHIFT_AT}; ${SHIFTED_RUNS} runs. Median rows from the shift to the alarm, and the share of runs that found it within ${READS * ROWS_PER_READ - SHIFT_AT} rows; in brackets the share that had alarmed before it, which is left out.`,
  '',
  '| shift, standard deviations | anytime, reference as sample | KS p < 0.05, re-read | PSI > 0.2, re-read |',
  '|---|---|---|---|',
)
for (const shift of [0.1, 0.2, 0.5, 1]) {
  const reads = shift < 0.3 ? READS : 400
  const runs = Array.from({ length: SHIFTED_RUNS }, (_, run) =>
    oneRun(`shift/${shift}/${run}`, (row) => (row >= SHIFT_AT ? shift : 0), 0, reads),
  )
  const cell = (habit: (typeof HABITS)[number]) => {
    const fair = runs.filter((alarms) => alarms[habit] === null || alarms[habit]! > SHIFT_AT)
    const delays = fair.flatMap((alarms) =>
      alarms[habit] === null ? [] : [alarms[habit]! - SHIFT_AT],
    )
    const early = percent(1 - fair.length / runs.length)
    if (fair.length === 0) return `– (${early})`
    const sorted = fair
      .map((alarms) => (alarms[habit] ?? Infinity) - SHIFT_AT)
      .sort((a, b) => a - b)
    const middle = sorted[sorted.length >> 1]!
    return `${Number.isFinite(middle) ? middle : 'not found'}, ${percent(delays.length / fair.length)} (${early})`
  }
  lines.push(`| ${shift} | ${cell(HABITS[0])} | ${cell(HABITS[2])} | ${cell(HABITS[3])} |`)
}
lines.push(
  '',
  '## What the guarantee rests on',
  '',
  `The rows must be exchangeable. With autocorrelation the reference is no such sample of the stream, and alarms follow (${Math.min(RUNS, 200)} runs of ${READS} reads, no change of the marginal distribution):`,
  '',
  '| first-order autocorrelation | anytime, reference as sample | KS p < 0.05 | PSI > 0.2 |',
  '|---|---|---|---|',
)
for (const rho of [0.2, 0.5, 0.9]) {
  const runs = Array.from({ length: Math.min(RUNS, 200) }, (_, run) =>
    oneRun(`ar/${rho}/${run}`, () => 0, rho, READS),
  )
  const share = (habit: (typeof HABITS)[number]) =>
    percent(runs.filter((alarms) => alarms[habit] !== null).length / runs.length)
  lines.push(`| ${rho} | ${share(HABITS[0])} | ${share(HABITS[2])} | ${share(HABITS[3])} |`)
}
lines.push('', '## A monitor over four columns', '', ...monitorLines())
lines.push('', `Took ${((performance.now() - started) / 1000).toFixed(0)} s.`, '')
const page = lines.join('\n')
console.log(page)
writeFileSync(new URL('../../docs/calibration/anytime-drift.md', import.meta.url), page)

/** Rows after which each habit alarmed first. */
function oneRun(seed: string, mean: (row: number) => number, rho: number, reads: number): Alarms {
  const rng = createRng(`${SEED}/${seed}`)
  const noise = autoregressive(rng, rho)
  const reference = Float64Array.from({ length: REFERENCE }, () => noise())
  const stream = Float64Array.from(
    { length: reads * ROWS_PER_READ },
    (_, row) => noise() + mean(row),
  )
  const urn = numericExchangeability(reference, { rng })
  const alarms: Alarms = {
    'anytime, reference as sample': null,
    'anytime, reference as truth': null,
    'KS p < 0.05': null,
    'PSI > 0.2': null,
  }
  for (const [habit, treatReferenceAs] of [
    [HABITS[0], 'sample'],
    [HABITS[1], 'distribution'],
  ] as const) {
    let state = startExchangeability(urn, { seed })
    for (let read = 1; read <= reads && alarms[habit] === null; read++) {
      const rows = stream.subarray((read - 1) * ROWS_PER_READ, read * ROWS_PER_READ)
      const step = exchangeability(urn, state, rows, { treatReferenceAs })
      state = step.state
      if (step.logPeak >= Math.log(1 / ALPHA)) alarms[habit] = read * ROWS_PER_READ
    }
  }
  const binning = quantileBinning(reference, { bins: 10 })
  const expected = countBins(binning, reference).counts
  const critical = 1.3581 * Math.sqrt((REFERENCE + WINDOW) / (REFERENCE * WINDOW))
  for (let read = WINDOW / ROWS_PER_READ; read <= reads; read++) {
    if (alarms['KS p < 0.05'] !== null && alarms['PSI > 0.2'] !== null) break
    const row = read * ROWS_PER_READ
    const recent = stream.subarray(row - WINDOW, row)
    if (alarms['KS p < 0.05'] === null && ksDistance(reference, recent) > critical)
      alarms['KS p < 0.05'] = row
    if (alarms['PSI > 0.2'] === null && psi(expected, countBins(binning, recent).counts) > 0.2)
      alarms['PSI > 0.2'] = row
  }
  return alarms
}

function monitorLines(): string[] {
  const runs = Math.min(RUNS, 200)
  let anyAlarm = 0
  const delays: number[] = []
  for (let run = 0; run < runs; run++) {
    const rng = createRng(`${SEED}/monitor/${run}`)
    const reference = fitReference(table(rng, 2000, 0))
    const calmMonitor = createMonitor(reference, { seed: run })
    let alarmed = false
    for (let read = 0; read < READS / 10 && !alarmed; read++)
      alarmed = calmMonitor.observe(table(rng, 100, 0)).verdict === 'fail'
    if (alarmed) anyAlarm++
    const monitor = createMonitor(reference, { seed: run })
    monitor.observe(table(rng, 500, 0))
    let rows = 0
    while (rows < 20_000) {
      rows += 20
      if (monitor.observe(table(rng, 20, 0.5)).verdict === 'fail') break
    }
    delays.push(rows)
  }
  delays.sort((a, b) => a - b)
  return [
    `\`createMonitor\`, alpha = ${ALPHA} over all columns (two normal, one of them with 5 % missing; one of five categories; one boolean), references of 2000 rows, ${runs} runs of ${READS * 10} rows read every 100: ${percent(anyAlarm / runs)} of the runs without drift raised any alarm. When the mean of one column moves by 0.5 standard deviations after 500 rows, the median delay is ${delays[runs >> 1]} rows.`,
  ]
}

function table(rng: Rng, rows: number, shift: number) {
  const normal = autoregressive(rng, 0)
  return {
    moved: Float64Array.from({ length: rows }, () => normal() + shift),
    gappy: Float64Array.from({ length: rows }, () => (rng.next() < 0.05 ? Number.NaN : normal())),
    plan: Array.from({ length: rows }, () => 'abcde'[Math.floor(5 * rng.next() ** 2)] as string),
    active: Array.from({ length: rows }, () => rng.next() < 0.3),
  }
}

/** Standard normal values with a first-order autocorrelation. */
function autoregressive(rng: Rng, rho: number): () => number {
  const draw = () => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
  let last = draw()
  return () => {
    last = rho * last + Math.sqrt(1 - rho * rho) * draw()
    return last
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
