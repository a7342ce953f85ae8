// How often the multivariate tests raise false alarms, and what they see that no column shows.
// Prints a Markdown page and writes it to docs/calibration/multivariate.md.
//
//   npx tsx tools/simulations/multivariate.ts [--runs 400] [--power-runs 100]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createRng, type Rng } from '@mlops/core'
import { compare } from '@mlops/drift'
import { classifierDrift, energyDrift, fitPca, mmdDrift, pcaDrift } from '@mlops/drift/multivariate'

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '400' },
    'power-runs': { type: 'string', default: '100' },
  },
})
const RUNS = Number(options.runs)
const POWER_RUNS = Number(options['power-runs'])
const SEED = 20261121
const started = performance.now()

type Sample = ReturnType<typeof sample>
type Alarm = (reference: Sample, current: Sample, rng: Rng) => number | null

/** p-values; the classifier's without its demand of a least area. */
const TESTS: Readonly<Record<string, Alarm>> = {
  'MMD, permutation': (r, c, rng) => mmdDrift(r, c, { rng, permutations: 199 }).pValue,
  'MMD, linear': (r, c, rng) => mmdDrift(r, c, { rng, estimator: 'linear' }).pValue,
  'energy, permutation': (r, c, rng) => energyDrift(r, c, { rng, permutations: 199 }).pValue,
  'classifier, split': (r, c, rng) => classifierDrift(r, c, { rng }).pValue,
}

const lines = [
  '# Multivariate drift: false alarms and power',
  '',
  `\`npx tsx tools/simulations/multivariate.ts --runs ${RUNS} --power-runs ${POWER_RUNS}\`, seed ${SEED}.`,
  '',
  'Three standard normal columns, the first two with correlation rho, and one of three categories.',
  '',
  '## False alarms without any drift',
  '',
  `Share of ${RUNS} pairs of tables (rho = 0.5) with a p-value of at most 0.01, 0.05 and 0.1. Permutation tests are exact by construction; the linear estimate and the classifier's ranks of the held-out half rest on a normal law.`,
  '',
  '| test | rows | p ≤ 0.01 | p ≤ 0.05 | p ≤ 0.1 |',
  '|---|---|---|---|---|',
]
for (const [name, test] of Object.entries(TESTS)) {
  for (const [n, m] of [
    [50, 50],
    [200, 100],
  ] as const) {
    const found = Array.from({ length: RUNS }, (_, run) => {
      const rng = createRng(`${SEED}/null/${n}/${run}`)
      return test(sample(rng, n, 0.5), sample(rng, m, 0.5), rng)!
    })
    const share = (level: number) => percent(found.filter((p) => p <= level).length / RUNS)
    lines.push(`| ${name} | ${n} vs ${m} | ${share(0.01)} | ${share(0.05)} | ${share(0.1)} |`)
  }
}
const pcaAlarms = (rho: number, runs: number) =>
  Array.from({ length: runs }, (_, run) => {
    const rng = createRng(`${SEED}/pca/${rho}/${run}`)
    return pcaDrift(fitPca(sample(rng, 3000, 0.5)), sample(rng, 300, rho)).drifted
  }).filter(Boolean).length / runs
lines.push(
  '',
  `PCA reconstruction error with limits of ± 3 standard deviations over 10 chunks of 300 rows, a chunk of 300 rows later: ${percent(pcaAlarms(0.5, RUNS))} of ${RUNS} chunks without drift raise an alarm. Ten values say little about a standard deviation, so this is more than the 0.3 % of a known one.`,
  '',
  '## A change of correlation only',
  '',
  `Correlation from 0.5 to another value; every column keeps its distribution. 500 against 500 rows (PCA: a reference of 3000, a chunk of 300), share of ${POWER_RUNS} runs with p ≤ 0.05. \`compare\` is the column by column report, drift in any column.`,
  '',
  `| rho | ${Object.keys(TESTS).join(' | ')} | PCA | \`compare\` |`,
  `|---|${Object.keys(TESTS)
    .map(() => '---|')
    .join('')}---|---|`,
)
for (const rho of [0.5, 0.3, 0, -0.5]) {
  const hits = Object.values(TESTS).map(
    (test) =>
      Array.from({ length: POWER_RUNS }, (_, run) => {
        const rng = createRng(`${SEED}/power/${rho}/${run}`)
        return test(sample(rng, 500, 0.5), sample(rng, 500, rho), rng)!
      }).filter((p) => p <= 0.05).length / POWER_RUNS,
  )
  const univariate =
    Array.from({ length: POWER_RUNS }, (_, run) => {
      const rng = createRng(`${SEED}/power/${rho}/${run}`)
      return compare(sample(rng, 500, 0.5), sample(rng, 500, rho)).dataset.drifted > 0
    }).filter(Boolean).length / POWER_RUNS
  const cells = [...hits, pcaAlarms(rho, POWER_RUNS), univariate].map(percent)
  lines.push(`| ${rho} | ${cells.join(' | ')} |`)
}
lines.push(
  '',
  'A shift of one mean by 0.3 standard deviations, for comparison. `compare` asks for an effect of 0.1 besides, and says which column it is.',
  '',
  `| ${Object.keys(TESTS).join(' | ')} | \`compare\` |`,
  `|${Object.keys(TESTS)
    .map(() => '---|')
    .join('')}---|`,
)
const pairs = Array.from({ length: POWER_RUNS }, (_, run) => {
  const rng = createRng(`${SEED}/shift/${run}`)
  const [r, c] = [sample(rng, 500, 0.5), sample(rng, 500, 0.5)]
  return { rng, r, c: { ...c, a: c.a.map((x) => x + 0.3) } }
})
lines.push(
  `| ${[
    ...Object.values(TESTS).map(
      (test) => pairs.filter(({ rng, r, c }) => test(r, c, rng)! <= 0.05).length / POWER_RUNS,
    ),
    pairs.filter(({ r, c }) => compare(r, c).dataset.drifted > 0).length / POWER_RUNS,
  ]
    .map(percent)
    .join(' | ')} |`,
  '',
  `Took ${((performance.now() - started) / 1000).toFixed(0)} s.`,
  '',
)
const page = lines.join('\n')
console.log(page)
writeFileSync(new URL('../../docs/calibration/multivariate.md', import.meta.url), page)

function sample(rng: Rng, rows: number, rho: number) {
  const draw = () => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
  const a = Array.from({ length: rows }, draw)
  return {
    a,
    b: a.map((x) => rho * x + Math.sqrt(1 - rho * rho) * draw()),
    c: a.map(draw),
    plan: a.map(() => ['free', 'paid', 'trial'][Math.floor(3 * rng.next() ** 2)]!),
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
