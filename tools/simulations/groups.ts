// Size and power of the tests over several arms, of sign flips, and of regression by clusters.
// Prints a Markdown page and writes it to docs/calibration/groups.md.
//
//   npx tsx tools/simulations/groups.ts [--runs 4000]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { AbReadout } from '@mlops/abtest'
import { comparePairs, compareRegression, omnibusTest } from '@mlops/abtest'
import { createRng } from '@mlops/core'
import type { TestResult } from '@mlops/stats'
import { randomValues, share } from './random-values.ts'

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '4000' } } })
const RUNS = Number(options.runs)
const SEED = 20261121
const rng = createRng(SEED)
const { gauss, normals, successes } = randomValues(rng)

/** The share of runs in which p < 0.05, without an effect and with one. */
function row(name: string, draw: (effect: boolean) => TestResult): string {
  let [alarms, found] = [0, 0]
  for (let r = 0; r < RUNS; r++) {
    if ((draw(false).pValue ?? 1) < 0.05) alarms++
    if ((draw(true).pValue ?? 1) < 0.05) found++
  }
  return `| ${name} | ${share(alarms, RUNS)} | ${share(found, RUNS)} |`
}

const HEAD = ['| test | false alarms | found |', '|---|---|---|']

const alike = (effect: boolean) => ({
  a: normals(20),
  b: normals(20),
  c: normals(20, effect ? 0.6 : 0),
  d: normals(20, effect ? -0.6 : 0),
})
const unlike = (effect: boolean) => ({
  a: normals(40, 0, 1),
  b: normals(20, 0, 2),
  c: normals(10, effect ? 2.4 : 0, 3),
  d: normals(10, 0, 3),
})
const skewed = (effect: boolean) => ({
  a: normals(20).map(Math.exp),
  b: normals(20).map(Math.exp),
  c: normals(20, effect ? 1 : 0).map(Math.exp),
})
const rates = (n: number, p: number) => (effect: boolean) => ({
  a: { successes: successes(n, p), n },
  b: { successes: successes(n, p), n },
  c: { successes: successes(n, effect ? 1.6 * p : p), n },
})

const pairs = (n: number, heavy: boolean) => (effect: boolean) => {
  const zeros = new Float64Array(n)
  const differences = zeros.map(
    () => (effect ? 0.6 : 0) + (heavy ? Math.sinh(1.5 * gauss()) / 2 : gauss()),
  )
  return comparePairs(zeros, differences, { test: 'permutation', rng, resamples: 999 }).test
}

/** Clusters of 1 to 8 units that share much, with a covariate of the cluster and one of the unit. */
function cluster(id: number, treated: boolean, effect: number) {
  const own = gauss()
  const about = gauss()
  return Array.from({ length: 1 + rng.int(8) }, () => {
    const x = about + gauss()
    return { id, x, y: x + own + gauss() + (treated ? effect : 0) }
  })
}
function arm(clusters: number, treated: boolean, effect: number, by: 'unit' | 'cluster') {
  const units = Array.from({ length: clusters }, (_, id) => cluster(id, treated, effect)).flat()
  return {
    outcome: units.map(({ y }) => y),
    covariates: [units.map(({ x }) => x)],
    ...(by === 'cluster' && { clusters: units.map(({ id }) => id) }),
  }
}

function clusterRow(name: string, run: (effect: number) => AbReadout): string {
  let [alarms, found, covered] = [0, 0, 0]
  for (let r = 0; r < RUNS; r++) {
    if ((run(0).test.pValue ?? 1) < 0.05) alarms++
    const { test, effect } = run(0.9)
    if ((test.pValue ?? 1) < 0.05) found++
    const { lower, upper } = effect?.interval ?? { lower: 1, upper: 0 }
    if (lower! <= 0.9 && 0.9 <= upper!) covered++
  }
  return `| ${name} | ${share(alarms, RUNS)} | ${share(found, RUNS)} | ${share(covered, RUNS)} |`
}

const lines = [
  '# Several arms, sign flips and clusters: false alarms and power',
  '',
  `\`npx tsx tools/simulations/groups.ts --runs ${RUNS}\`, seed ${SEED}. Two-sided at 0.05: false alarms should be 5 %.`,
  '',
  '## Four arms of 20 normal values, two of them 0.6 sd away',
  '',
  ...HEAD,
  ...(['welch-anova', 'anova', 'kruskal-wallis'] as const).map((test) =>
    row(`\`${test}\``, (effect) => omnibusTest(alike(effect), { test })),
  ),
  '',
  '## Spreads of 1, 2, 3 and 3 under 40, 20, 10 and 10 values, one mean 2.4 higher',
  '',
  'Where the small arms have the large spreads, classical analysis of variance and the ranks alarm too often: that is why `welch-anova` is the default.',
  '',
  ...HEAD,
  ...(['welch-anova', 'anova', 'kruskal-wallis'] as const).map((test) =>
    row(`\`${test}\``, (effect) => omnibusTest(unlike(effect), { test })),
  ),
  '',
  '## Three arms of 20 log-normal values, one e times as large',
  '',
  ...HEAD,
  ...(['welch-anova', 'anova', 'kruskal-wallis'] as const).map((test) =>
    row(`\`${test}\``, (effect) => omnibusTest(skewed(effect), { test })),
  ),
  '',
  '## Three proportions, one 1.6 times as large',
  '',
  ...HEAD,
  row('`chi-square`, 0.05, 1000 an arm', (effect) => omnibusTest(rates(1000, 0.05)(effect))),
  row('`chi-square`, 0.3, 60 an arm', (effect) => omnibusTest(rates(60, 0.3)(effect))),
  '',
  '## Pairs: sign flips of the differences, an effect of 0.6 sd',
  '',
  'Exact with 8 pairs, 999 draws with 40. With few ways of signs p has few values, and the test alarms less often than it may.',
  '',
  ...HEAD,
  row('8 pairs, normal', pairs(8, false)),
  row('8 pairs, heavy tails', pairs(8, true)),
  row('40 pairs, normal', pairs(40, false)),
  row('40 pairs, heavy tails', pairs(40, true)),
  '',
  '## Regression of clustered units',
  '',
  'Clusters of 1 to 8 units that share an effect as large as the noise, dealt as wholes; one covariate; an effect of 0.9.',
  '',
  '| clusters an arm, errors | false alarms | found | coverage |',
  '|---|---|---|---|',
  ...[10, 20, 40].flatMap((count) => [
    clusterRow(`${count}, HC2 of units`, (effect) =>
      compareRegression(arm(count, false, effect, 'unit'), arm(count, true, effect, 'unit')),
    ),
    ...(['CR0', 'CR1'] as const).map((errors) =>
      clusterRow(`${count}, ${errors}`, (effect) =>
        compareRegression(
          arm(count, false, effect, 'cluster'),
          arm(count, true, effect, 'cluster'),
          {
            errors,
          },
        ),
      ),
    ),
  ]),
  '',
]
const page = lines.join('\n')
console.log(page)
writeFileSync(new URL('../../docs/calibration/groups.md', import.meta.url), page)
