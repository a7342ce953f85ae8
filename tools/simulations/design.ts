// Power that a design states, against the share of simulated experiments in which its test finds the effect.
// Prints a Markdown page and writes it to docs/calibration/design.md.
//
//   npx tsx tools/simulations/design.ts [--runs 4000]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { proportionsApart } from '@mlops/abtest'
import {
  achievedPower,
  type Design,
  type DesignAnswer,
  designForClusters,
  designForEquivalence,
  designForExactProportions,
  designForMannWhitney,
  designForMcNemar,
  designForMeans,
  designForNonInferiority,
  designForOddsRatio,
  designForPairs,
  designForProportions,
  designForQuantile,
  designForRatio,
  designForRelativeLift,
  requiredUnits,
} from '@mlops/abtest/design'
import { asymptoticSequence, groupSequentialBounds } from '@mlops/abtest/sequential'
import { createRng } from '@mlops/core'
import {
  covariance,
  describe,
  fisherExact,
  mannWhitney,
  mcNemar,
  normal,
  pairedT,
  quantile,
  studentT,
  studentTTest,
  twoProportionZ,
  welchT,
} from '@mlops/stats'
import { randomValues, share } from './random-values.ts'

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '4000' } } })
const RUNS = Number(options.runs)
const SEED = 20261122
const Z = normal.quantileSf(0.025)
const rng = createRng(SEED)
const { gauss, normals, successes } = randomValues(rng)
const started = performance.now()

interface Row {
  readonly name: string
  readonly answer: DesignAnswer
  /** One experiment: was the effect found? */
  readonly found: (arms: readonly number[], effect: number) => boolean
  /** Where the formula is known to be rough. */
  readonly note?: string
}

const size = (design: Design, effect: number, power = 0.8) =>
  requiredUnits(design, { effect, power })
const at = (design: Design, units: readonly number[], effect: number) =>
  achievedPower(design, { units, effect })
const below = (p: number | null, level = 0.05) => p !== null && p < level
const counts = (arms: readonly number[], control: number, treatment: number) =>
  [
    { successes: successes(arms[0]!, control), n: arms[0]! },
    { successes: successes(arms[1]!, treatment), n: arms[1]! },
  ] as const
const logOdds = (p: number) => Math.log(p / (1 - p))
const lognormal = (n: number, factor: number) => normals(n).map((z) => factor * Math.exp(z / 2))

const moments = {
  numerator: { mean: 2, variance: 1.36 },
  denominator: { mean: 4, variance: 1 },
  covariance: 0.5,
}
/** Numerator and denominator of a unit, with the moments above and a shift of the ratio. */
function ratioSample(n: number, shift: number) {
  const views = normals(n, 4, 1)
  const clicks = views.map((view) => (0.5 + shift) * view + Math.sqrt(1.11) * gauss())
  const [v, c] = [describe(views), describe(clicks)]
  const ratio = c.mean! / v.mean!
  const shared = covariance(clicks, views)!
  const variance = (c.sd! ** 2 - 2 * ratio * shared + ratio ** 2 * v.sd! ** 2) / v.mean! ** 2 / n
  return { ratio, variance }
}

/** Totals of clusters: mean over units, and its variance from the totals. */
function clusterSample(clusters: number, shift: number, sizes: () => number, icc: number) {
  const parts = Array.from({ length: clusters }, () => {
    const m = sizes()
    const own = Math.sqrt(icc) * gauss()
    let sum = 0
    for (let i = 0; i < m; i++) sum += shift + own + Math.sqrt(1 - icc) * gauss()
    return { m, sum }
  })
  const units = parts.reduce((total, { m }) => total + m, 0)
  const mean = parts.reduce((total, { sum }) => total + sum, 0) / units
  const squares = parts.reduce((total, { m, sum }) => total + (sum - m * mean) ** 2, 0)
  return { mean, variance: ((squares / units ** 2) * clusters) / (clusters - 1) }
}
const clusterTest = (arms: readonly number[], effect: number, sizes: () => number) => {
  const [c, t] = [
    clusterSample(arms[0]!, 0, sizes, 0.1),
    clusterSample(arms[1]!, effect, sizes, 0.1),
  ]
  const statistic = Math.abs(t.mean - c.mean) / Math.sqrt(c.variance + t.variance)
  return 2 * studentT.sf(statistic, arms[0]! + arms[1]! - 2) < 0.05
}

const mannWhitneyEffect = normal.cdf(0.3 / Math.SQRT2) - 0.5
const odds = Math.exp(logOdds(0.25) - logOdds(0.15))
const dunnett = designForMeans({ sd: 1, allocation: [1, 1, 1, 1], correction: 'dunnett' })
const looks = { kind: 'group-sequential', looks: 4 } as const
const bounds = groupSequentialBounds({ looks: 4 })
const anytime = { kind: 'asymptotic-sequence', tightestAt: 1000 } as const

const rows: Row[] = [
  {
    name: 'means, Student',
    answer: size(designForMeans({ sd: 1 }), 0.5),
    found: ([c, t], e) => below(studentTTest(normals(t!, e), normals(c!)).pValue),
  },
  {
    name: 'means, Student, 1 to 3, one-sided',
    answer: size(designForMeans({ sd: 1, allocation: [1, 3], alternative: 'greater' }), 0.4),
    found: ([c, t], e) =>
      below(studentTTest(normals(t!, e), normals(c!), { alternative: 'greater' }).pValue),
  },
  {
    name: 'means, Welch, sd 1 and 2',
    answer: size(designForMeans({ sd: 1, treatmentSd: 2 }), 1),
    found: ([c, t], e) => below(welchT(normals(t!, e, 2), normals(c!)).pValue),
  },
  {
    name: 'pairs',
    answer: size(designForPairs({ sd: 2 }), 1),
    found: ([n], e) => below(pairedT(normals(n!, e, 2), new Float64Array(n!)).pValue),
  },
  {
    name: 'proportions, pooled',
    answer: size(designForProportions({ control: 0.2 }), 0.1),
    found: (arms, e) => {
      const [c, t] = counts(arms, 0.2, 0.2 + e)
      return below(twoProportionZ(t, c).pValue)
    },
  },
  {
    name: 'proportions, unpooled, 2 to 1',
    answer: size(
      designForProportions({ control: 0.2, variance: 'unpooled', allocation: [2, 1] }),
      0.1,
    ),
    found: (arms, e) => {
      const [c, t] = counts(arms, 0.2, 0.2 + e)
      return below(twoProportionZ(t, c, { variance: 'unpooled' }).pValue)
    },
  },
  {
    name: 'proportions, arcsine',
    answer: size(designForProportions({ control: 0.2, variance: 'arcsine' }), 0.1),
    found: (arms, e) => {
      const [c, t] = counts(arms, 0.2, 0.2 + e)
      return (
        Math.abs(twoProportionZ(t, c).effectSize!.value!) * Math.sqrt(1 / (1 / c.n + 1 / t.n)) > Z
      )
    },
  },
  {
    name: 'proportions, exact Fisher',
    answer: size(designForExactProportions({ control: 0.2 }), 0.35),
    found: (arms, e) => {
      const [c, t] = counts(arms, 0.2, 0.2 + e)
      return (
        fisherExact([
          [t.successes, t.n - t.successes],
          [c.successes, c.n - c.successes],
        ]).pValue! <= 0.05
      )
    },
  },
  {
    name: 'proportions, exact pooled z, 12 and 12',
    answer: at(designForExactProportions({ control: 0.1, test: 'z-pooled' }), [12, 12], 0.5),
    found: (arms, e) => {
      const [c, t] = counts(arms, 0.1, 0.1 + e)
      return below(twoProportionZ(t, c).pValue)
    },
  },
  {
    name: 'odds ratio',
    answer: size(designForOddsRatio({ control: 0.15 }), odds),
    found: (arms) => {
      const [c, t] = counts(arms, 0.15, 0.25)
      const mean = (c.successes + t.successes) / (c.n + t.n)
      return (
        Math.abs(logOdds(t.successes / t.n) - logOdds(c.successes / c.n)) /
          Math.sqrt((1 / c.n + 1 / t.n) / (mean * (1 - mean))) >
        Z
      )
    },
  },
  {
    name: 'ratio metric',
    answer: size(designForRatio(moments), 0.06),
    found: (arms, e) => {
      const [c, t] = [ratioSample(arms[0]!, 0), ratioSample(arms[1]!, e)]
      return Math.abs(t.ratio - c.ratio) / Math.sqrt(c.variance + t.variance) > Z
    },
    note: 'the treatment’s variance is a little larger than planned',
  },
  {
    name: 'median of normal values',
    answer: size(designForQuantile({ quantile: 0.5, density: 1 / Math.sqrt(2 * Math.PI) }), 0.25),
    found: ([c, t], e) =>
      Math.abs(quantile(normals(t!, e), 0.5)! - quantile(normals(c!), 0.5)!) /
        Math.sqrt((Math.PI / 2) * (1 / c! + 1 / t!)) >
      Z,
  },
  {
    name: '90th percentile of normal values',
    answer: size(
      designForQuantile({
        quantile: 0.9,
        density: Math.exp(-(normal.quantile(0.9) ** 2) / 2) / Math.sqrt(2 * Math.PI),
      }),
      0.3,
    ),
    found: ([c, t], e) => {
      const f = Math.exp(-(normal.quantile(0.9) ** 2) / 2) / Math.sqrt(2 * Math.PI)
      return (
        Math.abs(quantile(normals(t!, e), 0.9)! - quantile(normals(c!), 0.9)!) /
          Math.sqrt((0.09 / f ** 2) * (1 / c! + 1 / t!)) >
        Z
      )
    },
  },
  {
    name: 'Mann-Whitney',
    answer: size(designForMannWhitney(), mannWhitneyEffect),
    found: ([c, t]) =>
      below(
        mannWhitney(normals(t!, 0.3), normals(c!), { correction: 'none', pValueBy: 'normal' })
          .pValue,
      ),
  },
  {
    name: 'McNemar',
    answer: size(designForMcNemar({ discordant: 0.3 }), 0.12),
    found: ([n], e) => {
      let [gained, lost] = [0, 0]
      for (let i = 0; i < n!; i++) {
        const u = rng.next()
        if (u < (0.3 + e) / 2) gained++
        else if (u < 0.3) lost++
      }
      return below(mcNemar(gained, lost, { by: 'chi-square' }).pValue)
    },
  },
  {
    name: 'non-inferiority, means',
    answer: size(designForNonInferiority({ sd: 1, difference: 0.05 }), 0.4),
    found: ([c, t], margin) =>
      below(
        studentTTest(normals(t!, 0.05 + margin), normals(c!), { alternative: 'greater' }).pValue,
      ),
  },
  {
    name: 'non-inferiority, Farrington-Manning',
    answer: size(designForNonInferiority({ control: 0.8 }), 0.1),
    found: (arms, margin) => {
      const [c, t] = counts(arms, 0.8, 0.8)
      const [pc, pt] = [c.successes / c.n, t.successes / t.n]
      const [nc, nt] = proportionsApart(pc, pt, -margin, t.n / c.n)
      return (
        (pt - pc + margin) / Math.sqrt((nc * (1 - nc)) / c.n + (nt * (1 - nt)) / t.n) >
        normal.quantileSf(0.05)
      )
    },
  },
  {
    name: 'equivalence, means',
    answer: size(designForEquivalence({ sd: 1, difference: 0.1 }), 0.5),
    found: ([c, t], margin) => {
      const result = studentTTest(normals(t!, 0.1), normals(c!), { confidence: 0.9 })
      return result.interval!.lower! > -margin && result.interval!.upper! < margin
    },
  },
  {
    name: 'equivalence, proportions',
    answer: size(designForEquivalence({ control: 0.4 }), 0.12),
    found: (arms, margin) => {
      const [c, t] = counts(arms, 0.4, 0.4)
      const { difference } = twoProportionZ(t, c)
      const [pc, pt] = [c.successes / c.n, t.successes / t.n]
      return (
        (margin - Math.abs(difference!)) /
          Math.sqrt((pc * (1 - pc)) / c.n + (pt * (1 - pt)) / t.n) >
        normal.quantileSf(0.05)
      )
    },
  },
  {
    name: 'relative lift, lognormal values',
    answer: size(
      designForRelativeLift({
        mean: Math.exp(0.125),
        sd: Math.exp(0.125) * Math.sqrt(Math.expm1(0.25)),
        treatmentSd: 1.15 * Math.exp(0.125) * Math.sqrt(Math.expm1(0.25)),
      }),
      0.15,
    ),
    found: ([c, t], e) => {
      const [a, b] = [describe(lognormal(c!, 1)), describe(lognormal(t!, 1 + e))]
      const lift = b.mean! / a.mean! - 1
      return (
        Math.abs(lift) /
          Math.sqrt(
            b.sd! ** 2 / t! / a.mean! ** 2 + (a.sd! ** 2 * b.mean! ** 2) / c! / a.mean! ** 4,
          ) >
        Z
      )
    },
    note: 'the estimated standard error moves with the lift, so z varies less than the formula says: conservative',
  },
  {
    name: 'clusters of 8, equal',
    answer: size(designForClusters({ sd: 1, icc: 0.1, clusterSize: 8 }), 0.5),
    found: (arms, e) => clusterTest(arms, e, () => 8),
  },
  {
    name: 'clusters, few',
    answer: size(designForClusters({ sd: 1, icc: 0.1, clusterSize: 8 }), 1),
    found: (arms, e) => clusterTest(arms, e, () => 8),
  },
  {
    name: 'clusters of 2 or 14',
    answer: size(designForClusters({ sd: 1, icc: 0.1, clusterSize: 8, sizeCv: 0.75 }), 0.4),
    found: (arms, e) => clusterTest(arms, e, () => (rng.next() < 0.5 ? 2 : 14)),
    note: 'the variance of a weighted mean is itself estimated from few clusters',
  },
  {
    name: 'three treatments, Dunnett, one of them',
    answer: size(dunnett, 0.4),
    found: (arms, e) =>
      below(
        studentTTest(normals(arms[1]!, e), normals(arms[0]!)).pValue,
        dunnett.alphaPerComparison,
      ),
  },
  {
    name: 'group sequential, four looks',
    answer: size(designForMeans({ sd: 1, looks }), 0.3),
    found: ([c, t], e) => {
      const all = [normals(c!), normals(t!, e)] as const
      return bounds.looks.some(({ information, z }) => {
        const [x, y] = [
          all[0].subarray(0, Math.round(c! * information)),
          all[1].subarray(0, Math.round(t! * information)),
        ]
        return (
          z !== null &&
          (describe(y).mean! - describe(x).mean!) / Math.sqrt(1 / x.length + 1 / y.length) > z
        )
      })
    },
  },
  {
    name: 'always-valid bound at the end',
    answer: size(designForMeans({ sd: 1, looks: anytime }), 0.3),
    found: ([c, t], e) => {
      const se = Math.sqrt(1 / c! + 1 / t!)
      const mean = e + se * gauss()
      return below(asymptoticSequence(mean, se, { n: c! + t!, tightestAt: 1000 }).pValue)
    },
  },
]

const lines = [
  '# Designs: the power they state, and the power they have',
  '',
  `\`npx tsx tools/simulations/design.ts --runs ${RUNS}\`, seed ${SEED}.`,
  '',
  `Each design is asked for its units (power 0.8, alpha 0.05, two-sided unless it says otherwise); then ${RUNS} experiments of that size are drawn, with the effect, and analysed with the test that the design names. Exact designs and integrals leave only the error of the simulation; the others are approximations of the field, and the column z says how many standard errors of the simulation they are off.`,
  '',
  '| design | units | stated | simulated | z | remark |',
  '|---|---|---|---|---|---|',
]
let worst = 0
for (const { name, answer, found, note = '' } of rows) {
  let count = 0
  for (let run = 0; run < RUNS; run++) if (found(answer.arms, answer.effect!)) count++
  const p = answer.power!
  const z = (count / RUNS - p) / Math.sqrt((p * (1 - p)) / RUNS)
  worst = Math.max(worst, Math.abs(count / RUNS - p))
  lines.push(
    `| ${name} | ${answer.arms.join(' + ')} | ${(100 * p).toFixed(1)} % | ${share(count, RUNS)} | ${z.toFixed(1)} | ${note} |`,
  )
}

let family = 0
const [units] = size(dunnett, 0.4).arms
for (let run = 0; run < RUNS; run++) {
  const control = normals(units!)
  let alarm = false
  for (let k = 0; k < 3; k++)
    if (below(studentTTest(normals(units!), control).pValue, dunnett.alphaPerComparison))
      alarm = true
  if (alarm) family++
}
lines.push(
  '',
  `Largest distance: ${(100 * worst).toFixed(1)} percentage points.`,
  '',
  '## Three treatments without an effect, Dunnett',
  '',
  `At least one difference was found in ${share(family, RUNS)} of the experiments (level 5 %, ${dunnett.alphaPerComparison.toFixed(5)} for each).`,
)
lines[2] += ` Took ${Math.round((performance.now() - started) / 1000)} s on one core.`
const page = `${lines.join('\n')}\n`
process.stdout.write(page)
writeFileSync(new URL('../../docs/calibration/design.md', import.meta.url), page)
