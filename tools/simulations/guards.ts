// How often the guards of an experiment alarm, where nothing is wrong and where something is.
// Prints a Markdown page and writes it to docs/calibration/guards.md.
//
//   npx tsx tools/simulations/guards.ts [--runs 2000]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  attrition,
  checkExperiment,
  effectTrend,
  type Finding,
  leeBounds,
  multipleExposures,
  prePeriodBalance,
  retroAa,
} from '@mlops/abtest/guards'
import { createRng } from '@mlops/core'
import { randomValues, share } from './random-values.ts'

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '2000' } } })
const RUNS = Number(options.runs)
const SEED = 20261123
const rng = createRng(SEED)
const { gauss, normals, successes } = randomValues(rng)
const started = performance.now()

interface Row {
  readonly name: string
  readonly fine: () => Finding
  readonly faulty: () => Finding
  readonly fault: string
  readonly level: string
}

const split = (n: number, p: number) => {
  const control = successes(n, p)
  return [control, n - control]
}
const exposures = (n: number, crossing: readonly [number, number]) => {
  const [units, arms]: [number[], string[]] = [[], []]
  for (let unit = 0; unit < n; unit++) {
    const arm = rng.next() < 0.5 ? 0 : 1
    units.push(unit)
    arms.push(['control', 'treatment'][arm]!)
    if (rng.next() >= crossing[arm]!) continue
    units.push(unit)
    arms.push(['treatment', 'control'][arm]!)
  }
  return multipleExposures({ units, arms }).finding
}
const losses = (control: number, treatment: number) => {
  const assigned = split(4000, 0.5)
  return attrition(assigned, [
    successes(assigned[0]!, 1 - control),
    successes(assigned[1]!, 1 - treatment),
  ])
}
const before = (shift: number) => {
  const metric = (by: number) => [
    normals(500).map((z) => Math.exp(z)),
    normals(500).map((z) => Math.exp(z) + by),
  ]
  return prePeriodBalance({ visits: metric(shift), spend: metric(0), age: metric(0) })
}
const clustered = (spread: number) => {
  const units = Array.from({ length: 2000 }, (_, i) => i % 200)
  const own = normals(200, 0, spread)
  const values = units.map((unit) => own[unit]! + gauss())
  return retroAa(values, { rng, units, splits: 400 }).finding
}
const overTime = (slope: number) => {
  const rows = Array.from({ length: 100 * 7 }, (_, i) => [Math.floor(i / 7), i % 7] as const)
  const level = normals(100)
  // Outcomes of one unit drift together, some units leave early, weekends differ.
  const drift = normals(100, 0, 0.2)
  const kept = rows.filter(([unit, day]) => day < 2 || (unit * 7919) % 11 > day)
  return effectTrend({
    units: kept.map(([unit]) => unit),
    arms: kept.map(([unit]) => unit % 2),
    periods: kept.map(([, day]) => day),
    values: kept.map(
      ([unit, day]) =>
        level[unit]! +
        drift[unit]! * day +
        (day > 4 ? 1 : 0) +
        gauss() +
        (unit % 2) * (2 + slope * day),
    ),
  }).finding
}

const rows: Row[] = [
  {
    name: 'sample ratio, 4000 units',
    level: '0.1 %',
    fine: () => checkExperiment({ assigned: split(4000, 0.5) }).findings[0]!,
    fault: '46 to 54',
    faulty: () => checkExperiment({ assigned: split(4000, 0.46) }).findings[0]!,
  },
  {
    name: 'sample ratio by phases',
    level: 'at most 0.1 %',
    fine: () =>
      checkExperiment({
        phases: [
          { counts: split(2000, 0.9), allocation: [9, 1] },
          { counts: split(2000, 0.5), allocation: [1, 1] },
        ],
      }).findings[0]!,
    fault: '46 to 54 in the second',
    faulty: () =>
      checkExperiment({
        phases: [
          { counts: split(2000, 0.9), allocation: [9, 1] },
          { counts: split(4000, 0.46), allocation: [1, 1] },
        ],
      }).findings[0]!,
  },
  {
    name: 'multiple exposures, 0.5 % of 4000 units',
    level: '0.1 %',
    fine: () => exposures(4000, [0.005, 0.005]),
    fault: '0.5 % of one arm, 3 % of the other',
    faulty: () => exposures(4000, [0.005, 0.03]),
  },
  {
    name: 'attrition, 10 % of 4000 units',
    level: '0.1 %',
    fine: () => losses(0.1, 0.1),
    fault: '10 % and 15 %',
    faulty: () => losses(0.1, 0.15),
  },
  {
    name: 'pre-period, three lognormal metrics, 500 units per arm',
    level: '1 %',
    fine: () => before(0),
    fault: 'one shifted by 0.25 sd',
    faulty: () => before(0.54),
  },
  {
    name: 'retro A/A, 200 units with ten independent values, 400 splits',
    level: '0.1 %',
    fine: () => clustered(0),
    fault: 'intracluster correlation 0.2',
    faulty: () => clustered(0.5),
  },
  {
    name: 'novelty, 100 units over up to seven periods',
    level: '1 %',
    fine: () => overTime(0),
    fault: 'the effect loses 0.5 a period',
    faulty: () => overTime(-0.5),
  },
]

const lines = [
  '# Guards: how often they alarm',
  '',
  `\`npx tsx tools/simulations/guards.ts --runs ${RUNS}\`, seed ${SEED}.`,
  '',
  `${RUNS} experiments each.`,
  '',
  '| guard | level | warns or fails, nothing wrong | fault | warns or fails | of these, fails |',
  '|---|---|---|---|---|---|',
]
for (const { name, level, fine, fault, faulty } of rows) {
  let [alarms, caught, failed] = [0, 0, 0]
  for (let run = 0; run < RUNS; run++) {
    if (fine().verdict !== 'ok') alarms++
    const { verdict } = faulty()
    if (verdict !== 'ok') caught++
    if (verdict === 'fail') failed++
  }
  lines.push(
    `| ${name} | ${level} | ${share(alarms, RUNS)} | ${fault} | ${share(caught, RUNS)} | ${share(failed, RUNS)} |`,
  )
}

// Lee's bounds: outcomes are lost more often, and the larger ones first, under control.
const coverage = [0, 0, 0, 0]
const [EFFECT, UNITS] = [0.3, 1000]
for (let run = 0; run < RUNS; run++) {
  const [control, treatment]: [(number | null)[], (number | null)[]] = [[], []]
  for (let i = 0; i < 2 * UNITS; i++) {
    const y = gauss()
    const seen = y + gauss()
    // Monotone: who is seen under control is seen under treatment.
    if (i % 2 === 0) control.push(seen > -0.5 ? y : null)
    else treatment.push(seen > -1 ? y + EFFECT : null)
  }
  const { lower, upper, interval } = leeBounds(control, treatment)
  const naive = mean(treatment) - mean(control)
  if (interval!.lower <= EFFECT && EFFECT <= interval!.upper) coverage[0]!++
  if (lower! <= EFFECT && EFFECT <= upper!) coverage[1]!++
  if (Math.abs(naive - EFFECT) <= 1.96 * Math.sqrt(2 / (0.7 * UNITS))) coverage[2]!++
  coverage[3]! += upper! - lower!
}
function mean(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null)
  return known.reduce((sum, value) => sum + value, 0) / known.length
}
lines.push(
  '',
  '## Lee’s bounds',
  '',
  `${UNITS} units per arm, outcomes missing by what they are (36 % and 24 %), effect ${EFFECT} on everybody. The 95 % interval of Imbens and Manski covers the effect in ${share(coverage[0]!, RUNS)} of the experiments, the bounds alone hold it in ${share(coverage[1]!, RUNS)}; they are ${(coverage[3]! / RUNS).toFixed(2)} apart on average. The plain difference of the outcomes that are there, with its usual interval, covers it in ${share(coverage[2]!, RUNS)}.`,
)
lines[2] += ` Took ${Math.round((performance.now() - started) / 1000)} s on one core.`
const page = `${lines.join('\n')}\n`
process.stdout.write(page)
writeFileSync(new URL('../../docs/calibration/guards.md', import.meta.url), page)
