// How well CBPE and DLE follow the true performance when the inputs shift, and that they fail when
// the relation of inputs and labels does. Writes docs/calibration/estimation-without-labels.md.
//
//   npx tsx tools/simulations/estimation-without-labels.ts [--runs 100]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createRng, type Rng } from '@mlops/core'
import { estimateCbpe, estimateDle, fitCbpe, fitDle } from '@mlops/evaluate'

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '100' } } })
const RUNS = Number(options.runs)
const SEED = 20261121
const started = performance.now()
const chunk = { by: 'count', count: 1 } as const

interface Line {
  readonly estimated: number
  readonly realised: number
  readonly covered: boolean
  readonly alarm: boolean
}

const lines = [
  '# Estimation without labels: where it holds, and where not',
  '',
  `\`npx tsx tools/simulations/estimation-without-labels.ts --runs ${RUNS}\`, seed ${SEED}.`,
  '',
  `${RUNS} runs each: a reference of 4000 rows with labels, a chunk of 1000 later rows whose labels the estimate does not see. *Gap*: mean of |estimate − realised|; *in band*: realised within ± 3 sampling errors; *alarm*: the estimate left the limits learned from ten chunks of the reference.`,
  '',
  '## CBPE, accuracy of a binary model',
  '',
  'x is normal, P(label = 1) = 1/(1 + exp(−1.5·x)), and the scores are that probability squared, so they need calibration.',
  '',
  '| what changes | realised | estimated | gap | in band | alarm |',
  '|---|---|---|---|---|---|',
]
for (const [name, shift, slope] of [
  ['nothing', 0, 1.5],
  ['covariate shift: mean of x + 0.5', 0.5, 1.5],
  ['covariate shift: mean of x − 1', -1, 1.5],
  ['covariate shift: mean of x + 2', 2, 1.5],
  ['concept shift: slope 1.5 to 0.5', 0, 0.5],
  ['concept shift: slope 1.5 to −1.5', 0, -1.5],
] as const) {
  lines.push(
    row(name, (rng) => {
      const fitted = fitCbpe(classified(rng, 4000, 0, 1.5), { metrics: ['accuracy'], rng })
      return estimateCbpe(fitted, classified(rng, 1000, shift, slope), { chunk })
    }),
  )
}
lines.push(
  '',
  '## DLE, mean absolute error of a regression',
  '',
  'y = 3a + noise, the prediction is 3a, and the noise has the standard deviation 0.3 + |b|.',
  '',
  '| what changes | realised | estimated | gap | in band | alarm |',
  '|---|---|---|---|---|---|',
)
for (const [name, shift, factor] of [
  ['nothing', 0, 1],
  ['covariate shift: mean of b + 0.5', 0.5, 1],
  ['covariate shift: mean of b + 1', 1, 1],
  ['covariate shift: mean of b + 3, beyond the reference', 3, 1],
  ['concept shift: noise twice as large', 0, 2],
] as const) {
  lines.push(
    row(name, (rng) => {
      const fitted = fitDle(regressed(rng, 4000, 0, 1), { metrics: ['mae'] })
      return estimateDle(fitted, regressed(rng, 1000, shift, factor), { chunk })
    }),
  )
}
lines.push(
  '',
  'Under covariate shift the estimates follow, as far as the reference has rows like the new ones: trees do not extrapolate. Under concept shift they stay where they were, and wrong: neither method sees labels. Only realised performance shows it.',
  '',
  `Took ${((performance.now() - started) / 1000).toFixed(0)} s.`,
  '',
)
const page = lines.join('\n')
console.log(page)
writeFileSync(new URL('../../docs/calibration/estimation-without-labels.md', import.meta.url), page)

function row(name: string, estimate: (rng: Rng) => ReturnType<typeof estimateCbpe>): string {
  const found = Array.from({ length: RUNS }, (_, run): Line => {
    const { points } = estimate(createRng(`${SEED}/${name}/${run}`)).metrics[0]!
    const { estimated, realised, band, alarm } = points[0]!
    return {
      estimated: estimated!,
      realised: realised!,
      covered: band!.lower <= realised! && realised! <= band!.upper,
      alarm: alarm === true,
    }
  })
  const mean = (of: (line: Line) => number) =>
    found.reduce((sum, line) => sum + of(line), 0) / found.length
  const percent = (of: (line: Line) => boolean) =>
    `${(100 * mean((l) => Number(of(l)))).toFixed(0)} %`
  return `| ${name} | ${mean((l) => l.realised).toFixed(3)} | ${mean((l) => l.estimated).toFixed(3)} | ${mean((l) => Math.abs(l.estimated - l.realised)).toFixed(3)} | ${percent((l) => l.covered)} | ${percent((l) => l.alarm)} |`
}

function normalOf(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
}

function classified(rng: Rng, rows: number, shift: number, slope: number) {
  const x = Array.from({ length: rows }, () => shift + normalOf(rng))
  const scores = x.map((v) => (1 + Math.exp(-1.5 * v)) ** -2)
  return {
    scores,
    predictions: x.map((v) => v >= 0),
    targets: x.map((v) => rng.next() < 1 / (1 + Math.exp(-slope * v))),
  }
}

function regressed(rng: Rng, rows: number, shift: number, factor: number) {
  const a = Array.from({ length: rows }, () => normalOf(rng))
  const b = a.map(() => shift + normalOf(rng))
  return {
    features: { a, b },
    predictions: a.map((v) => 3 * v),
    targets: a.map((v, i) => 3 * v + factor * (0.3 + Math.abs(b[i]!)) * normalOf(rng)),
  }
}
