import type { Objective, Trial } from '../model/study.ts'

type Measured = Pick<Trial, 'number' | 'values'>

interface Scored {
  readonly number: number
  /** By objective; less is better. */
  readonly costs: readonly number[]
}

/**
 * The numbers of the best trials, ascending. Of one objective: the trial with the best value, the
 * earlier of equals. Of several: the Pareto front, which is all trials that no other dominates (at
 * least as good in each objective and better in one); equals stay together. A trial with a NaN is
 * never among them. Cost: O(n log n + n · front).
 */
export function bestTrials(
  trials: readonly Measured[],
  objectives: readonly Objective[],
): readonly number[] {
  const scored = trials
    .map(({ number, values }) => ({
      number,
      costs: objectives.map(({ metric, goal }) =>
        goal === 'min' ? values[metric]! : -values[metric]!,
      ),
    }))
    .filter(({ costs }) => !costs.some(Number.isNaN))
    .sort(byCosts)
  if (objectives.length === 1) return scored.slice(0, 1).map(({ number }) => number)
  // What dominates a trial stands before it, and of those one is on the front itself.
  const front: Scored[] = []
  for (const one of scored) {
    if (!front.some((other) => dominates(other.costs, one.costs))) front.push(one)
  }
  return front.map(({ number }) => number).sort((a, b) => a - b)
}

function byCosts(a: Scored, b: Scored): number {
  const at = a.costs.findIndex((cost, i) => cost !== b.costs[i])
  // Infinities have no difference.
  if (at >= 0) return a.costs[at]! < b.costs[at]! ? -1 : 1
  return a.number - b.number
}

function dominates(a: readonly number[], b: readonly number[]): boolean {
  return a.every((cost, i) => cost <= b[i]!) && a.some((cost, i) => cost < b[i]!)
}
