// How often an A/B test errs when it is looked at again and again: naive peeking, and the sequential designs.
// Prints a Markdown page and writes it to docs/calibration/peeking.md.
//
//   npx tsx tools/simulations/peeking.ts [--runs 4000]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  asymptoticSequence,
  crossingProbabilities,
  groupSequentialBounds,
  groupSequentialInference,
  mixtureSprt,
  type SpendingFunction,
} from '@mlops/abtest/sequential'
import { createRng } from '@mlops/core'
import { normal } from '@mlops/stats'

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '4000' } } })
const RUNS = Number(options.runs)
const SEED = 20261121
const ALPHA = 0.05
/** Units of an arm at the end; standard deviation 1. */
const UNITS = 5000
const Z = normal.quantileSf(ALPHA / 2)
const LOOKS = [1, 2, 3, 5, 10, 14, 20, 50, 100]
const SPENDING: readonly SpendingFunction[] = ['lan-demets-obrien-fleming', 'lan-demets-pocock']

const started = performance.now()
const rng = createRng(SEED)
const gauss = () => normal.quantile(Math.max(1e-300, rng.next()))
const percent = (count: number, of = RUNS) => `${((100 * count) / of).toFixed(1)} %`

/** Sum of treatment minus control after each look, with `effect` per unit. */
function path(looks: number, effect: number): number[] {
  const batch = UNITS / looks
  let sum = 0
  return Array.from({ length: looks }, () => {
    sum += effect * batch + Math.sqrt(2 * batch) * gauss()
    return sum
  })
}

const lines = [
  '# Looking again and again: errors, power and coverage',
  '',
  `\`npx tsx tools/simulations/peeking.ts --runs ${RUNS}\`, seed ${SEED}.`,
  '',
  `Two arms of normal values with standard deviation 1, ${UNITS} units each at the end, equally spaced looks, alpha = ${ALPHA}, two-sided. An experiment stops at the first look that finds a difference. Two standard errors of a share of ${RUNS} runs are ${(200 * Math.sqrt((ALPHA * (1 - ALPHA)) / RUNS)).toFixed(1)} percentage points at 5 %.`,
  '',
  '## Differences found where there is none',
  '',
  '| looks | naive, exact | naive | O’Brien-Fleming spending | Pocock spending | asymptotic sequence | mixture SPRT |',
  '|---|---|---|---|---|---|---|',
]
for (const looks of LOOKS) {
  const information = Array.from({ length: looks }, (_, k) => (k + 1) / looks)
  const upper = information.map(() => Z)
  const { within } = crossingProbabilities({ information, upper, lower: upper.map((z) => -z) })
  const bounds = SPENDING.map((spending) =>
    groupSequentialBounds({ looks, alpha: ALPHA, spending }),
  )
  const found = [0, 0, 0, 0, 0]
  for (let run = 0; run < RUNS; run++) {
    const seen = [false, false, false, false, false]
    for (const [k, sum] of path(looks, 0).entries()) {
      const n = ((k + 1) * UNITS) / looks
      const se = Math.sqrt(2 / n)
      const z = Math.abs(sum / n) / se
      if (z > Z) seen[0] = true
      for (const [i, { looks: bound }] of bounds.entries()) {
        const b = bound[k]!.z
        if (b !== null && z > b) seen[1 + i] = true
      }
      if (asymptoticSequence(sum / n, se, { n: 2 * n }).pValue! < ALPHA) seen[3] = true
      if (mixtureSprt(sum / n, se, { effectSd: 0.05 }).pValue! < ALPHA) seen[4] = true
    }
    for (const [i, yes] of seen.entries()) if (yes) found[i]!++
  }
  lines.push(
    `| ${looks} | ${(100 * (1 - within)).toFixed(1)} % | ${found.map((count) => percent(count)).join(' | ')} |`,
  )
}

lines.push(
  '',
  '## A look after every pair of units, from 100 units of each arm to 5000',
  '',
  '| design | differences found |',
  '|---|---|',
)
{
  const found = { naive: 0, asymptotic: 0, sprt: 0 }
  for (let run = 0; run < RUNS; run++) {
    const seen = { naive: false, asymptotic: false, sprt: false }
    let sum = 0
    for (let n = 1; n <= UNITS; n++) {
      sum += Math.SQRT2 * gauss()
      if (n < 100) continue
      const se = Math.sqrt(2 / n)
      if (Math.abs(sum / n) <= Z * se) continue
      // Whoever finds a difference here has one by the naive rule as well.
      seen.naive = true
      if (asymptoticSequence(sum / n, se, { n: 2 * n }).pValue! < ALPHA) seen.asymptotic = true
      if (mixtureSprt(sum / n, se, { effectSd: 0.05 }).pValue! < ALPHA) seen.sprt = true
    }
    for (const key of Object.keys(found) as (keyof typeof found)[]) if (seen[key]) found[key]++
  }
  lines.push(
    `| naive, p < ${ALPHA} | ${percent(found.naive)} |`,
    `| asymptotic sequence, tightest at 5000 units | ${percent(found.asymptotic)} |`,
    `| mixture SPRT, effects of 0.05 | ${percent(found.sprt)} |`,
  )
}

const EFFECT = 2.801585 / Math.sqrt(UNITS / 2)
const COVERED = Math.min(RUNS, 1000)
lines.push(
  '',
  `## Power, and what it costs: 5 looks, an effect that one look finds with 80 %`,
  '',
  `Coverage is that of the 95 % interval at the look where the experiment stopped, over ${COVERED} runs.`,
  '',
  '| design | found | units on average | coverage |',
  '|---|---|---|---|',
)
{
  const names = ['naive', ...SPENDING, 'asymptotic sequence', 'mixture SPRT'] as const
  const bounds = SPENDING.map((spending) =>
    groupSequentialBounds({ looks: 5, alpha: ALPHA, spending }),
  )
  for (const [design, name] of names.entries()) {
    let [found, units, covered] = [0, 0, 0]
    for (let run = 0; run < COVERED; run++) {
      for (const [k, sum] of path(5, EFFECT).entries()) {
        const n = ((k + 1) * UNITS) / 5
        const se = Math.sqrt(2 / n)
        const effect = sum / n
        const read = look(design, k, effect, se, n)
        if (!read.found && k < 4) continue
        if (read.found) found++
        units += n / UNITS
        const { lower, upper } = read.interval()
        if (lower! <= EFFECT && EFFECT <= upper!) covered++
        break
      }
    }
    lines.push(
      `| ${name} | ${percent(found, COVERED)} | ${percent(units, COVERED)} of the maximum | ${percent(covered, COVERED)} |`,
    )
  }

  function look(design: number, k: number, effect: number, se: number, n: number) {
    const z = Math.abs(effect) / se
    if (design === 0)
      return { found: z > Z, interval: () => ({ lower: effect - Z * se, upper: effect + Z * se }) }
    if (design <= 2) {
      const own = bounds[design - 1]!
      const bound = own.looks[k]!.z
      return {
        found: bound !== null && z > bound,
        interval: () =>
          groupSequentialInference(
            { ...own, looks: own.looks.slice(0, k + 1) },
            { effect, standardError: se },
          ).interval,
      }
    }
    const read =
      design === 3
        ? asymptoticSequence(effect, se, { n: 2 * n })
        : mixtureSprt(effect, se, { effectSd: 0.05 })
    return { found: read.pValue! < ALPHA, interval: () => read.interval }
  }
}

lines[2] += ` Took ${((performance.now() - started) / 1000).toFixed(0)} s on one core.`
lines.push('')
const page = lines.join('\n')
console.log(page)
writeFileSync(new URL('../../docs/calibration/peeking.md', import.meta.url), page)
