// Size, power and coverage of every analysis at the end of an experiment.
// Prints a Markdown page and writes it to docs/calibration/analysis.md.
//
//   npx tsx tools/simulations/analysis.ts [--runs 2000]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  type AbReadout,
  bayesianReadout,
  compareArms,
  compareBayesian,
  compareClusters,
  compareCuped,
  compareManyArms,
  comparePairs,
  comparePostStratified,
  compareQuantiles,
  compareRatios,
  compareRegression,
  type Effect,
  equivalence,
  type MultiplicityMethod,
  nonInferiority,
  type UnpairedTest,
} from '@mlops/abtest'
import { createRng } from '@mlops/core'
import { normal } from '@mlops/stats'

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '2000' } } })
const RUNS = Number(options.runs)
const SEED = 20261121
const ALPHA = 0.05

const started = performance.now()
const rng = createRng(SEED)
const gauss = () => normal.quantile(Math.max(1e-300, rng.next()))
const many = (n: number, draw: (i: number) => number) =>
  Array.from({ length: n }, (_, i) => draw(i))
const percent = (count: number, of: number) => `${((100 * count) / of).toFixed(1)} %`

/** Draws an experiment with or without an effect; `truth` is the effect, `lift` the relative one. */
interface Scenario {
  readonly name: string
  readonly run: (effect: boolean) => AbReadout
  readonly truth: number | null
  readonly lift: number | null
  readonly runs?: number
}

const holds = (effect: Effect | null, truth: number) =>
  effect?.interval != null &&
  (effect.interval.lower ?? -Infinity) <= truth &&
  truth <= (effect.interval.upper ?? Infinity)

function row({ name, run, truth, lift, runs = RUNS }: Scenario): string {
  let [alarms, found, covered, lifted] = [0, 0, 0, 0]
  for (let r = 0; r < runs; r++) {
    if (run(false).test.pValue! < ALPHA) alarms++
    const readout = run(true)
    if (readout.test.pValue! < ALPHA) found++
    if (truth !== null && holds(readout.effect, truth)) covered++
    if (lift !== null && holds(readout.relativeEffect, lift)) lifted++
  }
  const share = (known: number | null, count: number) =>
    known === null ? '–' : percent(count, runs)
  return `| ${name} | ${runs} | ${percent(alarms, runs)} | ${percent(found, runs)} | ${share(truth, covered)} | ${share(lift, lifted)} |`
}

const HEAD = [
  '| method | runs | false alarms | found | coverage of the effect | coverage of the lift |',
  '|---|---|---|---|---|---|',
]
const uneven = { allocation: [0.4, 0.6] } as const

// Normal values, spreads 2 and 3, 40 and 60 units.
const spread = (test: UnpairedTest, runs?: number): Scenario => ({
  name: `\`${test}\``,
  run: (effect) =>
    compareArms(
      many(40, () => 10 + 2 * gauss()),
      many(60, () => 10 + (effect ? 1.5 : 0) + 3 * gauss()),
      { test, rng, resamples: 499, ...uneven },
    ),
  truth:
    test === 'mann-whitney' || test === 'brunner-munzel' ? normal.cdf(1.5 / Math.sqrt(13)) : 1.5,
  lift: test.startsWith('mann') || test.startsWith('brunner') || test === 'bootstrap' ? null : 0.15,
  ...(runs !== undefined && { runs }),
})

// Log-normal values: skewed, mean exp(½).
const skewed = (
  name: string,
  more: Parameters<typeof compareArms>[2],
  runs?: number,
): Scenario => ({
  name,
  run: (effect) =>
    compareArms(
      many(80, () => Math.exp(gauss())),
      many(80, () => Math.exp(gauss()) * (effect ? 1.6 : 1)),
      { rng, resamples: 999, ...more },
    ),
  truth: 0.6 * Math.exp(0.5),
  lift: more?.test === 'bootstrap' ? null : 0.6,
  ...(runs !== undefined && { runs }),
})

const rates = (test: UnpairedTest, n: number, p: number, q: number): Scenario => ({
  name: `\`${test}\`, ${p} against ${q}, ${n} an arm`,
  run: (effect) => {
    const count = (rate: number) => many(n, () => (rng.next() < rate ? 1 : 0))
    return compareArms(count(p), count(effect ? q : p), { test })
  },
  truth: q - p,
  lift: q / p - 1,
})

const before = (n: number, effect: number) => {
  const covariate = many(n, () => 20 + 4 * gauss())
  return {
    covariate,
    outcome: covariate.map((x) => 0.9 * x + effect * (1 + 0.1 * (x - 20)) + 2 * gauss()),
  }
}
const adjusted = (
  name: string,
  compare: (c: ReturnType<typeof before>, t: ReturnType<typeof before>) => AbReadout,
): Scenario => ({
  name,
  run: (effect) => compare(before(120, 0), before(120, effect ? 0.9 : 0)),
  truth: 0.9,
  lift: 0.05,
})
const columns = ({ outcome, covariate }: ReturnType<typeof before>) => ({
  outcome,
  covariates: [covariate],
})
const bands = ({ outcome, covariate }: ReturnType<typeof before>) => ({
  outcome,
  strata: covariate.map((x) => Math.max(-1, Math.min(1, Math.round((x - 20) / 4)))),
})

// Users with 1 to 9 page views, and a click rate of their own.
const users = (n: number, rate: number) => {
  const views = many(n, () => 1 + rng.int(9))
  const clicks = views.map((v) => {
    const own = Math.min(1, Math.max(0, rate + 0.1 * gauss()))
    return many(v, () => (rng.next() < own ? 1 : 0)).reduce((a, b) => a + b, 0)
  })
  return { outcome: clicks, denominator: views }
}
// Clusters of 2 to 9 values that share an effect.
const groups = (n: number, mean: number) => {
  const values: number[] = []
  const clusters: number[] = []
  for (let g = 0; g < n; g++) {
    const own = mean + gauss()
    const size = 2 + rng.int(8)
    for (let i = 0; i < size; i++) {
      values.push(own + gauss())
      clusters.push(g)
    }
  }
  return { values, clusters }
}
const clustered = (
  name: string,
  compare: (c: ReturnType<typeof groups>, t: ReturnType<typeof groups>) => AbReadout,
  lift: number | null,
  runs?: number,
): Scenario => ({
  name,
  run: (effect) => compare(groups(40, 5), groups(40, effect ? 5.7 : 5)),
  truth: 0.7,
  lift,
  ...(runs !== undefined && { runs }),
})
const quantileOf = (q: number): Scenario => {
  const value = -Math.log(1 - q)
  return {
    name: `\`compareQuantiles\`, ${q} of exponential values, 500 an arm`,
    run: (effect) => {
      const arm = (scale: number) => many(500, () => -scale * Math.log(1 - rng.next()))
      return compareQuantiles(arm(1), arm(effect ? 1.2 : 1), { quantile: q })
    },
    truth: 0.2 * value,
    lift: 0.2,
  }
}
const pairs = (test: 'paired-t' | 'wilcoxon' | 'sign' | 'bootstrap', runs?: number): Scenario => ({
  name: `\`${test}\``,
  run: (effect) => {
    const units = many(50, () => 20 + 3 * gauss())
    return comparePairs(
      units.map((u) => u + gauss()),
      units.map((u) => u + (effect ? 0.5 : 0) + gauss()),
      { test, rng, resamples: 499 },
    )
  },
  truth: 0.5,
  lift: test === 'paired-t' ? 0.025 : null,
  ...(runs !== undefined && { runs }),
})
const binaryPairs = (
  test: 'mcnemar' | 'mcnemar-mid-p' | 'mcnemar-chi-square' | 'mcnemar-corrected',
): Scenario => ({
  name: `\`${test}\``,
  run: (effect) => {
    const skill = many(120, () => rng.next())
    // P(right) = 2p² for p <= ½, 1 − 2(1 − p)² above: 0.5 and 0.68.
    const right = (p: number) => skill.map((s) => (0.5 * s + 0.5 * rng.next() < p ? 1 : 0))
    return comparePairs(right(0.5), right(effect ? 0.6 : 0.5), { test })
  },
  truth: 0.18,
  lift: 0.36,
})

const lines = [
  '# Analyses at the end: false alarms, power and coverage',
  '',
  `\`npx tsx tools/simulations/analysis.ts --runs ${RUNS}\`, seed ${SEED}.`,
  '',
  `Two-sided at alpha = ${ALPHA}: false alarms should be 5 %, coverage 95 %. Two standard errors of a share of ${RUNS} runs are ${(200 * Math.sqrt(0.0475 / RUNS)).toFixed(1)} percentage points there.`,
  '',
  '## Values: spreads of 2 and 3, 40 and 60 units, an effect of 1.5 on 10',
  '',
  '`bootstrap` is the percentile one, here and below where nothing else is said. Student’s test assumes equal spreads and the larger arm has the larger one: too few alarms. Mann-Whitney’s p-value assumes them, too; its interval (Brunner and Munzel’s) does not. The effect of the last two rows is the probability of superiority.',
  '',
  ...HEAD,
  ...(['welch', 'student', 'yuen'] as const).map((test) => row(spread(test))),
  row(spread('permutation', 1000)),
  row(spread('bootstrap', 1000)),
  row(spread('mann-whitney')),
  row(spread('brunner-munzel')),
  '',
  '## Skewed values: log-normal, 80 an arm, 60 % more',
  '',
  'Both bootstraps err too often here, BCa more so: the skewness of two heavy-tailed arms is badly estimated.',
  '',
  ...HEAD,
  row(skewed('`welch`', {})),
  row(skewed('`bootstrap`, BCa', { test: 'bootstrap', bootstrap: 'bca' }, 1000)),
  row(skewed('`bootstrap`, percentile', { test: 'bootstrap', bootstrap: 'percentile' }, 1000)),
  '',
  '## Proportions',
  '',
  'Exact and corrected tests alarm less often than they may. With 60 units the lift has a wide normal interval.',
  '',
  ...HEAD,
  ...(
    ['two-proportion-z', 'two-proportion-z-unpooled', 'chi-square-yates', 'fisher'] as const
  ).flatMap((test) => [row(rates(test, 60, 0.3, 0.5)), row(rates(test, 1000, 0.05, 0.08))]),
]

lines.push(
  '',
  'Coverage of the intervals of a difference, and of ratio and odds, where there is an effect:',
  '',
  '| interval | 0.3 against 0.5, 60 an arm | 0.02 against 0.06, 80 an arm |',
  '|---|---|---|',
)
const cases = [
  [60, 0.3, 0.5],
  [80, 0.02, 0.06],
] as const
const coverage = (
  pick: (n: number, x: number, y: number) => Effect | null | undefined,
  truth: (p: number, q: number) => number,
) =>
  cases.map(([n, p, q]) => {
    let [covered, defined] = [0, 0]
    for (let r = 0; r < RUNS; r++) {
      const count = (rate: number) =>
        many(n, () => (rng.next() < rate ? 1 : 0)).reduce((a, b) => a + b, 0)
      const effect = pick(n, count(p), count(q))
      if (!effect) continue
      defined++
      if (holds(effect, truth(p, q))) covered++
    }
    return `${percent(covered, defined)}${defined < RUNS ? ` (defined in ${percent(defined, RUNS)})` : ''}`
  })
for (const interval of ['newcombe', 'miettinen-nurminen', 'agresti-caffo', 'wald'] as const) {
  const found = coverage(
    (n, x, y) => compareArms({ successes: x, n }, { successes: y, n }, { interval }).effect,
    (p, q) => q - p,
  )
  lines.push(`| difference, ${interval} | ${found.join(' | ')} |`)
}
for (const ratioInterval of ['koopman', 'katz'] as const) {
  const found = coverage(
    (n, x, y) =>
      compareArms({ successes: x, n }, { successes: y, n }, { ratioInterval }).otherEffects.find(
        (e) => e.scale === 'ratio' && e.interval !== null,
      ),
    (p, q) => q / p,
  )
  lines.push(`| ratio, ${ratioInterval} | ${found.join(' | ')} |`)
}
for (const test of ['two-proportion-z', 'fisher'] as const) {
  const found = coverage(
    (n, x, y) =>
      compareArms({ successes: x, n }, { successes: y, n }, { test }).otherEffects.find(
        (e) => e.scale === 'odds-ratio',
      ),
    (p, q) => q / (1 - q) / (p / (1 - p)),
  )
  lines.push(`| odds, ${test === 'fisher' ? 'exact' : 'logit'} | ${found.join(' | ')} |`)
}

lines.push(
  '',
  '## Variance reduction: 120 an arm, a covariate with correlation 0.87, an effect that grows with it',
  '',
  ...HEAD,
  row(adjusted('unadjusted', (c, t) => compareArms(c.outcome, t.outcome))),
  row(adjusted('CUPED, theta within arms', (c, t) => compareCuped(c, t))),
  row(adjusted('CUPED, theta of all units', (c, t) => compareCuped(c, t, { theta: 'all-units' }))),
  ...(['HC0', 'HC1', 'HC2', 'HC3', 'classical'] as const).map((errors) =>
    row(
      adjusted(`regression, slopes of each arm, ${errors}`, (c, t) =>
        compareRegression(columns(c), columns(t), { errors }),
      ),
    ),
  ),
  row(
    adjusted('regression, common slopes, HC2', (c, t) =>
      compareRegression(columns(c), columns(t), { interactions: 'none' }),
    ),
  ),
  row(
    adjusted('post-stratification, 3 strata', (c, t) => comparePostStratified(bands(c), bands(t))),
  ),
  '',
  '## Ratios, clusters, quantiles',
  '',
  'Naive: values of one cluster taken for independent units.',
  '',
  ...HEAD,
  row({
    name: '`compareRatios`, clicks per view, 150 users an arm',
    run: (effect) => compareRatios(users(150, 0.3), users(150, effect ? 0.35 : 0.3)),
    truth: 0.05,
    lift: 0.05 / 0.3,
  }),
  row(clustered('`compareClusters`, 40 clusters an arm', compareClusters, 0.14)),
  row(
    clustered(
      'naive',
      (c, t) => compareArms(c.values, t.values, { allocation: [c.values.length, t.values.length] }),
      0.14,
    ),
  ),
  row(
    clustered(
      '`bootstrap` of clusters',
      (c, t) =>
        compareArms(c.values, t.values, {
          test: 'bootstrap',
          rng,
          resamples: 499,
          clusters: { control: c.clusters, treatment: t.clusters },
        }),
      null,
      500,
    ),
  ),
  row(quantileOf(0.5)),
  row(quantileOf(0.9)),
  row(
    clustered(
      '`compareQuantiles`, median, clusters',
      (c, t) =>
        compareQuantiles(c.values, t.values, {
          clusters: { control: c.clusters, treatment: t.clusters },
        }),
      0.14,
    ),
  ),
  row(
    clustered(
      'median, naive',
      (c, t) =>
        compareQuantiles(c.values, t.values, { allocation: [c.values.length, t.values.length] }),
      0.14,
    ),
  ),
  '',
  '## Pairs: 50 units that differ by 3, an effect of 0.5; 120 pairs of right and wrong',
  '',
  ...HEAD,
  row(pairs('paired-t')),
  row(pairs('wilcoxon')),
  row(pairs('sign')),
  row(pairs('bootstrap', 1000)),
  ...(['mcnemar', 'mcnemar-mid-p', 'mcnemar-chi-square', 'mcnemar-corrected'] as const).map(
    (test) => row(binaryPairs(test)),
  ),
)

lines.push(
  '',
  '## Margins: means of 100 an arm, sd 1, margin 0.4',
  '',
  '| hypothesis | true difference | passes |',
  '|---|---|---|',
)
for (const [name, truth, held] of [
  ['non-inferiority at its border', -0.4, (r: AbReadout) => nonInferiority(r, { margin: 0.4 })],
  ['non-inferiority', 0, (r: AbReadout) => nonInferiority(r, { margin: 0.4 })],
  ['equivalence at its border', 0.4, (r: AbReadout) => equivalence(r, { margin: 0.4 })],
  ['equivalence', 0, (r: AbReadout) => equivalence(r, { margin: 0.4 })],
] as const) {
  let passes = 0
  for (let r = 0; r < RUNS; r++) {
    const arms = [many(100, gauss), many(100, () => truth + gauss())] as const
    if (held(compareArms(...arms)).verdict === 'pass') passes++
  }
  lines.push(`| ${name} | ${truth} | ${percent(passes, RUNS)} |`)
}

lines.push(
  '',
  '## Four arms against one control',
  '',
  'An error: any arm without an effect is called better or worse. False discoveries: their share among what is called so, on average. Half of the arms have an effect in the last two columns. All adjustments see the same experiments.',
  '',
  '| adjustment | any error, no effects | false discoveries, half | found, half |',
  '|---|---|---|---|',
)
const METHODS: readonly MultiplicityMethod[] = [
  'none',
  'bonferroni',
  'holm',
  'hochberg',
  'hommel',
  'benjamini-hochberg',
  'benjamini-yekutieli',
]
{
  const tally = METHODS.map(() => ({ errors: 0, wrong: 0, found: 0 }))
  // The mean and variance of n normal values, drawn as such.
  const n = 200
  const arm = (effect: number) => ({ n, mean: effect + gauss() / Math.sqrt(n), variance: 1 })
  const arms = (effects: readonly number[]) => ({
    control: arm(0),
    treatments: Object.fromEntries(effects.map((effect, i) => [`arm ${i}`, arm(effect)])),
  })
  for (let r = 0; r < RUNS; r++) {
    const [none, half] = [arms([0, 0, 0, 0]), arms([0.3, 0.3, 0, 0])]
    for (const [i, adjust] of METHODS.entries()) {
      const called = ({ control, treatments }: typeof none) =>
        compareManyArms(control, treatments, { adjust }).rows.map(
          ({ verdict }) => verdict !== 'inconclusive',
        )
      const own = tally[i]!
      if (called(none).some(Boolean)) own.errors++
      const [right, false_] = [called(half).slice(0, 2), called(half).slice(2)].map(
        (part) => part.filter(Boolean).length,
      ) as [number, number]
      own.found += right / 2
      own.wrong += right + false_ === 0 ? 0 : false_ / (right + false_)
    }
  }
  for (const [i, adjust] of METHODS.entries()) {
    const { errors, wrong, found } = tally[i]!
    lines.push(
      `| ${adjust} | ${percent(errors, RUNS)} | ${percent(wrong, RUNS)} | ${percent(found, RUNS)} |`,
    )
  }
}

lines.push(
  '',
  '## Bayesian',
  '',
  'Coverage of the 95 % credible interval of the difference, and how often P(better) >= 0.95 or P(worse) >= 0.95 without an effect (10 % is what two flat tails of 5 % mean). With truths drawn from the prior, a posterior is right on average: of the experiments with P(better) of 0.9 to 0.95, that share should be better.',
  '',
  '| model | runs | coverage | decided without an effect | better where P(better) is 0.9 to 0.95 |',
  '|---|---|---|---|---|',
)
{
  const runs = Math.min(RUNS, 600)
  let [covered, decided, near, right] = [0, 0, 0, 0]
  const count = (n: number, rate: number) => ({
    successes: many(n, () => (rng.next() < rate ? 1 : 0)).reduce((a, b) => a + b, 0),
    n,
  })
  for (let r = 0; r < runs; r++) {
    const [p, q] = [rng.next(), rng.next()]
    const found = compareBayesian(count(40, p), count(40, q))
    if (holds(found.effect, q - p)) covered++
    if (compareBayesian(count(200, 0.2), count(200, 0.2)).verdict !== 'inconclusive') decided++
  }
  for (let r = 0; r < 40 * runs; r++) {
    // Near truths, so that the band is visited; the prior of both is the same uniform stretch.
    const [p, q] = [rng.next(), rng.next()]
    const [a, b] = [count(20, p), count(20, q)]
    const gap = b.successes - a.successes
    if (gap < 2 || gap > 6) continue
    const better = compareBayesian(a, b).probabilityBetter!
    if (better < 0.9 || better >= 0.95) continue
    near++
    if (q > p) right++
  }
  lines.push(
    `| beta-binomial, uniform prior | ${runs} | ${percent(covered, runs)} | ${percent(decided, runs)} | ${percent(right, near)} of ${near} |`,
  )
}
{
  let [covered, decided, near, right] = [0, 0, 0, 0]
  const prior = { effectPrior: { sd: 0.2, scale: 'difference' } } as const
  const arm = (mean: number) => ({ n: 100, mean: mean + gauss() / 10, variance: 1 })
  for (let r = 0; r < 4 * RUNS; r++) {
    const truth = 0.2 * gauss()
    const found = bayesianReadout(compareArms(arm(5), arm(5 + truth)), prior)
    if (holds(found.effect, truth)) covered++
    const better = found.probabilityBetter!
    if (better >= 0.9 && better < 0.95) {
      near++
      if (truth > 0) right++
    }
    if (bayesianReadout(compareArms(arm(5), arm(5))).verdict !== 'inconclusive') decided++
  }
  lines.push(
    `| normal, prior sd 0.2 (flat in column four) | ${4 * RUNS} | ${percent(covered, 4 * RUNS)} | ${percent(decided, 4 * RUNS)} | ${percent(right, near)} of ${near} |`,
  )
}

lines[2] += ` Took ${((performance.now() - started) / 1000).toFixed(0)} s on one core.`
lines.push('')
const page = lines.join('\n')
console.log(page)
writeFileSync(new URL('../../docs/calibration/analysis.md', import.meta.url), page)
