// Assignment, bandits and off-policy intervals of @mlops/abtest against MABWiser and Open Bandit Pipeline.
//
//   pnpm bench bandits-vs-mabwiser --python PATH [-- --resamples 1000]
//
// PATH is an interpreter with what this folder's requirements.txt names; without it our times only.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createAssigner } from '@mlops/abtest/assignment'
import type { Bandit, PolicyEstimator } from '@mlops/abtest/bandits'
import {
  epsilonGreedy,
  exp3,
  klUcb,
  linThompson,
  linUcb,
  policyValue,
  softmax,
  squareCb,
  thompsonBeta,
  thompsonGaussian,
  topTwoThompson,
  ucb1,
} from '@mlops/abtest/bandits'
import { createRng } from '@mlops/core'

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    resamples: { type: 'string', default: '1000' },
    python: { type: 'string' },
  },
})
const rows = Number(options.rows)
const [K, D] = [10, 10]
const rng = createRng(1)
const ids = Array.from({ length: K }, (_, k) => `arm-${k}`)
const contexts = Float64Array.from({ length: rows * D }, () => rng.next() - 0.5)
const decisions = Int32Array.from({ length: rows }, () => rng.int(K))
const rewards = Float64Array.from({ length: rows }, (_, i) =>
  rng.next() < 0.3 + 0.4 * contexts[i * D]! ? 1 : 0,
)
const propensity = new Float64Array(rows).fill(1 / K)
const target = Float64Array.from({ length: rows * K }, (_, i) => (i % K === 2 ? 0.46 : 0.06))
const predicted = new Float64Array(rows * K).fill(0.3)

interface Peer {
  readonly version: string
  /** Microseconds, and what came out. */
  readonly tasks: Readonly<Record<string, readonly [number, number | readonly number[] | null]>>
}

const peer = timePeer()
console.log(
  `K = ${K}, d = ${D}; CPU time, best of 5. Node ${process.versions.node}; ${peer?.version ?? 'no peer'}\n`,
)
console.log('| task | ours, µs | peer, µs | ratio |\n|---|---|---|---|')

// Any bandit, whatever its state: only its time is looked at.
// biome-ignore lint/suspicious/noExplicitAny: states differ and are never opened here.
type AnyBandit = Bandit<any, any>
const bandits: readonly (readonly [string, AnyBandit, boolean, number])[] = [
  ['ε-greedy', epsilonGreedy(), false, 200_000],
  ['UCB1', ucb1(), false, 200_000],
  ['softmax', softmax(), false, 200_000],
  ['EXP3', exp3(), false, 200_000],
  ['KL-UCB', klUcb(), false, 200_000],
  ['Thompson, beta', thompsonBeta(), false, 100_000],
  ['Thompson, beta, tolerance 0', thompsonBeta({ tolerance: 0 }), false, 1000],
  ['Thompson, Gaussian', thompsonGaussian(), false, 100_000],
  ['top-two Thompson', topTwoThompson(), false, 100_000],
  ['LinUCB', linUcb({ dimension: D }), true, 20_000],
  ['SquareCB', squareCb({ dimension: D }), true, 20_000],
  ['linear Thompson', linThompson({ dimension: D }), true, 1000],
]
// Choices with their updates from the first reward on: how the first run of the process fares, and the median of 15
// runs of other seeds after 20.
for (const [name, bandit] of [
  ['Thompson, beta', thompsonBeta()],
  ['Thompson, Gaussian', thompsonGaussian()],
  ['top-two Thompson', topTwoThompson()],
  ['KL-UCB', klUcb()],
] as const satisfies readonly (readonly [string, AnyBandit])[]) {
  const first = fromTheFirst(bandit, 2000, 0)
  for (let seed = 1; seed <= 20; seed++) fromTheFirst(bandit, 2000, seed)
  for (const choices of [2000, 20_000]) {
    const runs = Array.from({ length: 15 }, (_, i) => fromTheFirst(bandit, choices, 21 + i))
    const what = `${name}: select and update in turns, rewards 1 to ${choices}`
    line(what, runs.sort((a, b) => a - b)[7]!, undefined)
  }
  line(`${name}: the same, 1 to 2000, first run`, first, undefined)
}

for (const [name, bandit, contextual, times] of bandits) {
  const run = bandit.run(ids, { rng: createRng(2) })
  const context = (i: number) => contexts.subarray((i % rows) * D, (i % rows) * D + D)
  const outcome = (i: number) => ({
    arm: ids[decisions[i % rows]!]!,
    reward: rewards[i % rows]!,
    propensity: 0.1,
    ...(contextual && { context: context(i) }),
  })
  const learn = (i: number) => run.update(outcome(i))
  for (let i = 0; i < 2000; i++) learn(i)
  // Choices and updates in turns from 2000 rewards on, each time by a run of its own: some bandits grow faster with age.
  const turns = () => {
    const own = bandit.run(run.state(), { rng: createRng(3) })
    return (i: number) => {
      own.select(contextual ? context(i) : undefined)
      own.update(outcome(i))
    }
  }
  const both = timed(times, turns)
  const update = timed(times, () => learn)
  const select = timed(times, () => (i) => run.select(contextual ? context(i) : undefined))
  const choice = contextual ? Math.max(select, both - update) : both - update
  if (!contextual)
    line(`${name}: select and update in turns, rewards 2000 to ${2000 + times}`, both, undefined)
  line(
    `${name}: select${contextual ? '' : ' after an update'}`,
    choice,
    peer?.tasks[`${name}: select`]?.[0],
  )
  if (!contextual) line(`${name}: select again`, select, undefined)
  line(`${name}: update`, update, peer?.tasks[`${name}: update`]?.[0])
}

const assigner = createAssigner({
  key: 'checkout-button-2026',
  coverage: 0.5,
  arms: [{ key: 'control' }, { key: 'treatment' }],
})
const units = Array.from({ length: 50_000 }, (_, i) => ({ id: `user-7f3a-41c2-${i}` }))
line(
  'assignment with coverage, mlops-v1',
  timed(400_000, () => (i) => assigner.assign(units[i % 50_000]!)),
  undefined,
)
const growthbook = createAssigner({
  key: 'checkout-button-2026',
  algorithm: 'growthbook-v2',
  arms: [{ key: 'control' }, { key: 'treatment' }],
})
line(
  'assignment, growthbook-v2',
  timed(400_000, () => (i) => growthbook.assign(units[i % 50_000]!)),
  undefined,
)

const log = { action: decisions, reward: rewards, propensity, target, predicted }
for (const estimator of ['ips', 'snips', 'dr'] as const satisfies readonly PolicyEstimator[]) {
  const { interval } = policyValue(log, { estimator })
  const [time, bounds] = peer?.tasks[`${estimator}: interval`] ?? []
  line(
    `${estimator}: interval, ${rows} rows (peer: ${options.resamples} resamples)`,
    timed(10, () => () => policyValue(log, { estimator })),
    time,
  )
  if (Array.isArray(bounds))
    console.log(
      `<!-- ${estimator}: ours ${interval!.lower.toFixed(5)} to ${interval!.upper.toFixed(5)}, peer ${bounds.map((b) => b.toFixed(5)).join(' to ')} -->`,
    )
}

/** CPU microseconds a choice with its update, of a new bandit over arms with rates from 0.3 to 0.48. */
function fromTheFirst(bandit: AnyBandit, choices: number, seed: number): number {
  const own = createRng(seed)
  const rates = new Map(ids.map((id, k) => [id, 0.3 + 0.02 * k]))
  const run = bandit.run(ids, { rng: own })
  const start = process.cpuUsage()
  for (let i = 0; i < choices; i++) {
    const { arm } = run.select()
    run.update({ arm, reward: own.next() < rates.get(arm)! ? 1 : 0 })
  }
  const { user, system } = process.cpuUsage(start)
  return (user + system) / choices
}

/** CPU microseconds a turn, the best of five; each time by a task of its own. */
function timed(times: number, make: () => (i: number) => unknown): number {
  let best = Number.POSITIVE_INFINITY
  for (let r = 0; r < 5; r++) {
    const task = make()
    const start = process.cpuUsage()
    for (let i = 0; i < times; i++) task(i)
    const { user, system } = process.cpuUsage(start)
    best = Math.min(best, (user + system) / times)
  }
  return best
}

function line(name: string, ours: number, theirs: number | undefined): void {
  const ratio =
    theirs === undefined ? '– | –' : `${theirs.toPrecision(3)} | ${(theirs / ours).toPrecision(3)}×`
  console.log(`| ${name} | ${ours.toPrecision(3)} | ${ratio} |`)
}

/** The peers' times on the same data, or undefined without an interpreter. */
function timePeer(): Peer | undefined {
  if (options.python === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'bandits-vs-mabwiser-'))
  try {
    const files = {
      'contexts.f64': contexts,
      'rewards.f64': rewards,
      'decisions.i32': decisions,
      'propensity.f64': propensity,
      'target.f64': target,
      'predicted.f64': predicted,
    }
    for (const [name, values] of Object.entries(files)) writeFileSync(join(folder, name), values)
    const script = join(dirname(fileURLToPath(import.meta.url)), 'peer_times.py')
    const run = spawnSync(options.python, [script, folder, options.resamples], { encoding: 'utf8' })
    if (run.status !== 0) {
      console.log(
        `The peers were not timed: ${run.error?.message ?? run.stderr.trim().split('\n').at(-1)}. Give --python an interpreter with requirements.txt of this benchmark.`,
      )
      return undefined
    }
    if (run.stderr.includes('not timed')) console.log(run.stderr.trim())
    return JSON.parse(run.stdout) as Peer
  } finally {
    rmSync(folder, { recursive: true })
  }
}
