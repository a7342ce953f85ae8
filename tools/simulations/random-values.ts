import type { Rng } from '@mlops/core'

/** Random values for simulations, from one seeded source. */
export function randomValues(rng: Rng) {
  /** Standard normal, by Box and Muller. */
  const gauss = () => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
  const normals = (n: number, mean = 0, sd = 1) =>
    Float64Array.from({ length: n }, () => mean + sd * gauss())
  const successes = (n: number, p: number) => {
    let k = 0
    for (let i = 0; i < n; i++) if (rng.next() < p) k++
    return k
  }
  return { gauss, normals, successes }
}

/** A share of runs with its standard error, in percent. */
export function share(count: number, runs: number): string {
  const p = count / runs
  return `${(100 * p).toFixed(1)} ± ${(100 * Math.sqrt((p * (1 - p)) / runs)).toFixed(1)} %`
}
