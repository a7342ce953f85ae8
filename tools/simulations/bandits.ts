// Regret of the bandits beside the bounds of theory, and coverage of the off-policy intervals.
// Prints a Markdown page and writes it to docs/calibration/bandits.md.
//
//   npx tsx tools/simulations/bandits.ts [--runs 30] [--choices 5000] [--logs 1000]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Bandit, PolicyEstimator, PolicyValueOptions } from '@mlops/abtest/bandits'
import {
  crossFittedRewards,
  epsilonGreedy,
  exp3,
  klUcb,
  linThompson,
  linUcb,
  logisticThompson,
  policyValue,
  softmax,
  squareCb,
  thompsonBeta,
  topTwoThompson,
  ucb1,
} from '@mlops/abtest/bandits'
import { createRng } from '@mlops/core'

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '30' },
    choices: { type: 'string', default: '5000' },
    logs: { type: 'string', default: '1000' },
  },
})
const [RUNS, CHOICES, LOGS] = [options.runs, options.choices, options.logs].map(Number) as [
  number,
  number,
  number,
]
const SEED = 20261121
/** Thompson's regret varies much between runs. */
const LAG_RUNS = 4 * RUNS
const RATES = [0.5, 0.45, 0.4, 0.35, 0.3]
const ARMS = RATES.map((_, k) => `arm-${k}`)

// Any bandit, whatever its state: only its choices are looked at.
// biome-ignore lint/suspicious/noExplicitAny: states differ and are never opened here.
type AnyBandit = Bandit<any, any>

const started = performance.now()
const lines = [
  '# Bandits: regret against known bounds; off-policy intervals: coverage',
  '',
  `\`npx tsx tools/simulations/bandits.ts --runs ${RUNS} --choices ${CHOICES} --logs ${LOGS}\`, seed ${SEED}.`,
  '',
  '## Rates that stay',
  '',
  `0/1 rewards with rates ${RATES.join(', ')}; ${RUNS} runs. Mean (pseudo-)regret after so many choices, with the standard error of the last column. "asymptote" is Lai and Robbins' \`ln n · Σ Δ/kl\`, the slope that no consistent policy can undercut in the limit; "UCB1's theorem" is \`8·ln n·Σ 1/Δ + (1 + π²/3)·ΣΔ\`; "EXP3's theorem" \`2.63·sqrt(n·K·ln K)\` for the γ that the number of choices asks for, which is the one used here.`,
  '',
]
const marks = [CHOICES / 50, CHOICES / 10, CHOICES / 2, CHOICES].map(Math.round)
lines.push(`| policy | ${marks.join(' | ')} | ± |`, `|---|${'---|'.repeat(marks.length + 1)}`)
const gaps = RATES.map((rate) => RATES[0]! - rate)
const kl = (p: number, q: number) => p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q))
const k = RATES.length
const gamma = Math.min(1, Math.sqrt((k * Math.log(k)) / ((Math.E - 1) * CHOICES)))
const policies: readonly [string, AnyBandit][] = [
  ['ε-greedy, ε = 0.1', epsilonGreedy()],
  ['ε-greedy, inverse schedule, ε = 10', epsilonGreedy({ epsilon: 10, schedule: 'inverse' })],
  ['softmax, temperature 0.05', softmax({ temperature: 0.05 })],
  ['UCB1', ucb1()],
  ['KL-UCB', klUcb()],
  ['Thompson, beta', thompsonBeta()],
  ['Thompson, beta, tolerance 0', thompsonBeta({ tolerance: 0 })],
  ['top-two Thompson', topTwoThompson()],
  ['top-two Thompson, tolerance 0', topTwoThompson({ tolerance: 0 })],
  [`EXP3, γ = ${gamma.toFixed(3)}`, exp3({ gamma })],
]
for (const [name, bandit] of policies)
  lines.push(
    row(
      name,
      regretOf(bandit, () => RATES, marks),
    ),
  )
const bounds: readonly [string, (n: number) => number][] = [
  ['at random', (n) => (n * gaps.reduce((a, b) => a + b, 0)) / k],
  [
    'asymptote',
    (n) =>
      Math.log(n) *
      RATES.slice(1).reduce((s, rate, i) => s + gaps[i + 1]! / kl(rate, RATES[0]!), 0),
  ],
  [
    "UCB1's theorem",
    (n) =>
      8 * Math.log(n) * gaps.slice(1).reduce((s, gap) => s + 1 / gap, 0) +
      (1 + Math.PI ** 2 / 3) * gaps.reduce((a, b) => a + b, 0),
  ],
  ["EXP3's theorem", (n) => 2.63 * Math.sqrt(n * k * Math.log(k))],
]
for (const [name, bound] of bounds)
  lines.push(`| *${name}* | ${marks.map((n) => bound(n).toFixed(0)).join(' | ')} | |`)

lines.push('', '## How far Thompson may lag', '', ...lag())

lines.push(
  '',
  '## Rates that change',
  '',
  `Rates 0.8, 0.6, 0.5, 0.3, 0.2, which are reversed half way: the best arm becomes the worst. Mean regret against the best arm of the moment; ${RUNS} runs.`,
  '',
  `| policy | ${marks.join(' | ')} | ± |`,
  `|---|${'---|'.repeat(marks.length + 1)}`,
)
const FIRST = [0.8, 0.6, 0.5, 0.3, 0.2]
const THEN = [...FIRST].reverse()
const moving: readonly [string, AnyBandit][] = [
  ['ε-greedy, ε = 0.1', epsilonGreedy()],
  ['ε-greedy, discount 0.99', epsilonGreedy({ memory: { discount: 0.99 } })],
  ['UCB1, α = 0.5', ucb1({ alpha: 0.5 })],
  ['D-UCB, discount 0.998', ucb1({ memory: { discount: 0.998 }, alpha: 0.5 })],
  ['SW-UCB, window 800', ucb1({ memory: { window: 800 }, alpha: 0.5 })],
  ['Thompson, beta', thompsonBeta()],
  ['Thompson, beta, tolerance 0', thompsonBeta({ tolerance: 0 })],
  ['Thompson, beta, discount 0.998', thompsonBeta({ memory: { discount: 0.998 } })],
  [
    'Thompson, beta, discount 0.998, tolerance 0',
    thompsonBeta({ memory: { discount: 0.998 }, tolerance: 0 }),
  ],
]
for (const [name, bandit] of moving)
  lines.push(
    row(
      name,
      regretOf(bandit, (t) => (t < CHOICES / 2 ? FIRST : THEN), marks),
    ),
  )

lines.push(
  '',
  '## With a context',
  '',
  `Five arms, contexts of a constant and four features in [−1, 1]; a fresh world of coefficients each run; ${RUNS} runs. Linear: rewards are \`x·θ\` plus normal noise of sd 0.5. Logistic: 0/1 rewards with rate \`σ(x·θ)\`.`,
  '',
  `| world | policy | ${marks.join(' | ')} | ± |`,
  `|---|---|${'---|'.repeat(marks.length + 1)}`,
)
const dimension = 5
const contextual: readonly ['linear' | 'logistic', string, AnyBandit | undefined][] = [
  ['linear', 'at random', undefined],
  ['linear', 'LinUCB, α = 1', linUcb({ dimension })],
  ['linear', 'linear Thompson, noise 0.5', linThompson({ dimension, noiseSd: 0.5 })],
  ['linear', 'SquareCB, γ = 10·√t', squareCb({ dimension })],
  ['logistic', 'at random', undefined],
  ['logistic', 'LinUCB, α = 0.5', linUcb({ dimension, alpha: 0.5 })],
  ['logistic', 'logistic Thompson', logisticThompson({ dimension })],
]
for (const [world, name, bandit] of contextual)
  lines.push(`| ${world} ${row(name, contextualRegret(world, bandit, marks))}`)

lines.push('', '## Off-policy evaluation', '', ...coverage())
lines.push('', `Took ${((performance.now() - started) / 1000).toFixed(0)} s.`, '')
const page = lines.join('\n')
console.log(page)
writeFileSync(new URL('../../docs/calibration/bandits.md', import.meta.url), page)

/** Regret of every run at each mark. */
function regretOf(
  bandit: AnyBandit,
  ratesAt: (t: number) => readonly number[],
  at: readonly number[],
): number[][] {
  return Array.from({ length: RUNS }, (_, number) => {
    const rng = createRng(`${SEED}/${number}`)
    const run = bandit.run(ARMS, { rng: rng.split() })
    const out: number[] = []
    let regret = 0
    for (let t = 0; t < CHOICES; t++) {
      const rates = ratesAt(t)
      const { arm, propensity } = run.select()
      const rate = rates[Number(arm.slice(4))]!
      regret += Math.max(...rates) - rate
      run.update({ arm, propensity, reward: rng.next() < rate ? 1 : 0 })
      if (at.includes(t + 1)) out.push(regret)
    }
    return out
  })
}

/** What a tolerance costs and saves. */
function lag(): string[] {
  const exact = thompsonBeta({ tolerance: 0 })
  const rows = [0, 0.05, 0.1, 0.2, 0.4].map((tolerance) => {
    const bandit = thompsonBeta({ tolerance })
    let [computed, farthest, distance, looks, regret, squares] = [0, 0, 0, 0, 0, 0]
    for (let number = 0; number < LAG_RUNS; number++) {
      const rng = createRng(`${SEED}/lag/${number}`)
      const run = bandit.run(ARMS, { rng: rng.split() })
      const learned: { arm: string; reward: number }[] = []
      let [state, last, own] = [exact.start(ARMS), undefined as unknown, 0]
      for (let t = 0; t < CHOICES; t++) {
        const { arm, probabilities } = run.select()
        if (probabilities !== last) computed++
        last = probabilities
        if (number < RUNS && t % 25 === 0) {
          state = exact.update(state, learned.splice(0))
          const wanted = exact.probabilities(state).probabilities
          const apart = wanted.reduce((sum, p, i) => sum + Math.abs(p - probabilities[i]!), 0) / 2
          farthest = Math.max(farthest, apart)
          distance += apart
          looks++
        }
        const rate = RATES[Number(arm.slice(4))]!
        own += RATES[0]! - rate
        const outcome = { arm, reward: rng.next() < rate ? 1 : 0 }
        run.update(outcome)
        if (number < RUNS) learned.push(outcome)
      }
      regret += own / LAG_RUNS
      squares += own ** 2 / LAG_RUNS
    }
    const error = Math.sqrt((squares - regret ** 2) / (LAG_RUNS - 1))
    return `| ${tolerance} | ${regret.toFixed(1)} | ${error.toFixed(1)} | ${(computed / LAG_RUNS).toFixed(0)} | ${(distance / looks).toFixed(4)} | ${farthest.toFixed(3)} |`
  })
  return [
    `The same rates, ${LAG_RUNS} runs of ${CHOICES} choices: regret at the end, how often the probabilities changed, and how far they were from those of all rewards (total variation; every 25 choices of ${RUNS} runs). The tolerance bounds the last column.`,
    '',
    '| tolerance | regret | ± | changes | mean distance | largest |',
    '|---|---|---|---|---|---|',
    ...rows,
  ]
}

function contextualRegret(
  world: 'linear' | 'logistic',
  bandit: AnyBandit | undefined,
  at: readonly number[],
): number[][] {
  return Array.from({ length: RUNS }, (_, number) => {
    const rng = createRng(`${SEED}/${world}/${number}`)
    const theta = ARMS.map(() => Array.from({ length: dimension }, () => 2 * rng.next() - 1))
    const run = bandit?.run(ARMS, { rng: rng.split() })
    const out: number[] = []
    let regret = 0
    for (let t = 0; t < CHOICES; t++) {
      const context = [1, ...Array.from({ length: dimension - 1 }, () => 2 * rng.next() - 1)]
      const means = theta.map((row) => {
        const sum = row.reduce((s, c, i) => s + c * context[i]!, 0)
        return world === 'linear' ? sum : 1 / (1 + Math.exp(-sum))
      })
      const arm = run?.select(context).arm ?? ARMS[rng.int(ARMS.length)]!
      const mean = means[Number(arm.slice(4))]!
      regret += Math.max(...means) - mean
      const noise = Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
      const reward = world === 'linear' ? mean + 0.5 * noise : rng.next() < mean ? 1 : 0
      run?.update({ arm, context, reward })
      if (at.includes(t + 1)) out.push(regret)
    }
    return out
  })
}

function row(name: string, runs: readonly (readonly number[])[]): string {
  const means = runs[0]!.map((_, m) => runs.reduce((s, run) => s + run[m]!, 0) / runs.length)
  const last = means.length - 1
  const variance =
    runs.reduce((s, run) => s + (run[last]! - means[last]!) ** 2, 0) / (runs.length - 1)
  return `| ${name} | ${means.map((mean) => mean.toFixed(0)).join(' | ')} | ${Math.sqrt(variance / runs.length).toFixed(0)} |`
}

function coverage(): string[] {
  const sizes = [100, 400, 2000]
  const estimators: readonly [PolicyEstimator, PolicyValueOptions][] = [
    ['ips', {}],
    ['snips', {}],
    ['clipped-ips', { clip: 3 }],
    ['dm', {}],
    ['dr', {}],
    ['sndr', {}],
    ['switch-dr', { tau: 3 }],
    ['dr-os', { lambda: 20 }],
  ]
  const found = new Map<string, { covered: number; width: number; error: number }>()
  const truth = trueValue()
  for (const n of sizes) {
    for (let number = 0; number < LOGS; number++) {
      const log = loggedWorld(`${SEED}/log/${n}/${number}`, n)
      for (const [estimator, extra] of estimators) {
        const { value, interval } = policyValue(log, { estimator, ...extra })
        const key = `${estimator} ${n}`
        const tally = found.get(key) ?? { covered: 0, width: 0, error: 0 }
        if (interval!.lower <= truth && truth <= interval!.upper) tally.covered++
        tally.width += interval!.upper - interval!.lower
        tally.error += value! - truth
        found.set(key, tally)
      }
    }
  }
  return [
    `Three arms, two features, logged by a policy that is far from the target (weights up to 5.3); predictions by \`crossFittedRewards\`, a linear model of rates that are nearly linear. ${LOGS} logs of each size. Share of the analytic 95 % intervals that hold the true value ${truth.toFixed(4)}, mean error, and mean width. clipped-ips is biased on purpose; dm holds nothing of the model's error in its interval.`,
    '',
    `| estimator | ${sizes.map((n) => `${n} rows: coverage | error | width`).join(' | ')} |`,
    `|---|${'---|'.repeat(3 * sizes.length)}`,
    ...estimators.map(([estimator]) => {
      const cells = sizes.map((n) => {
        const { covered, width, error } = found.get(`${estimator} ${n}`)!
        return `${((100 * covered) / LOGS).toFixed(1)} % | ${(error / LOGS).toFixed(4)} | ${(width / LOGS).toFixed(3)}`
      })
      return `| ${estimator} | ${cells.join(' | ')} |`
    }),
  ]
}

function ratesOf(u: number, v: number): number[] {
  return [0.2 + 0.5 * u, 0.6 - 0.4 * v, 0.3 + 0.2 * u * v]
}

function sharesOf(u: number): number[] {
  return u > 0.5 ? [0.8, 0.1, 0.1] : [0.1, 0.7, 0.2]
}

function trueValue(): number {
  let sum = 0
  const steps = 1000
  for (let i = 0; i < steps; i++) {
    for (let j = 0; j < steps; j++) {
      const [u, v] = [(i + 0.5) / steps, (j + 0.5) / steps]
      const shares = sharesOf(u)
      sum += ratesOf(u, v).reduce((total, rate, arm) => total + rate * shares[arm]!, 0)
    }
  }
  return sum / steps ** 2
}

function loggedWorld(seed: string, n: number) {
  const rng = createRng(seed)
  const contexts = new Float64Array(2 * n)
  const target = new Float64Array(3 * n)
  const action = new Int32Array(n)
  const reward = new Float64Array(n)
  const propensity = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const [u, v] = [rng.next(), rng.next()]
    const first = 0.15 + 0.5 * v
    const logging = [first, 0.85 - first, 0.15]
    contexts.set([u, v], 2 * i)
    target.set(sharesOf(u), 3 * i)
    const draw = rng.next()
    const arm = draw < first ? 0 : draw < 0.85 ? 1 : 2
    action[i] = arm
    propensity[i] = logging[arm]!
    reward[i] = rng.next() < ratesOf(u, v)[arm]! ? 1 : 0
  }
  const predicted = crossFittedRewards({ contexts, action, reward }, { arms: 3, dimension: 2 })
  return { target, action, reward, propensity, predicted }
}
